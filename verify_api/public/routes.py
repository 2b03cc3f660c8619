"""`/api/v1/public`: documents, their standing, pass rates and draws, for everybody."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.errors import Invalid, NotFound
from verify_api.cases.draws import DrawNotFound, draw_of
from verify_api.cases.ground import ground_on
from verify_api.http.deps import NowDep, SessionDep
from verify_api.notices.models import Notice, NoticeKind
from verify_api.notices.publication import PAGE, PUBLISHED, as_public, published
from verify_api.notices.queries import by_code, by_digest
from verify_api.public import queries, views

router = APIRouter(prefix="/api/v1/public", tags=["public"])
Answer = dict[str, Any]
Word = Annotated[str, Query(max_length=60)]
FIRST_YEAR = 2020


class DocumentUnknown(NotFound):
    """No document bears this code or digest."""

    code = "document_unknown"
    message = "没有查到这份文书"
    hint = "请核对文书上的核验码；查不到的文书不是本平台发出的，请拨打咨询电话核实"


class NothingAsked(Invalid):
    """Neither a code nor a digest."""

    code = "code_or_digest_needed"
    message = "请输入文书核验码或文件的 SHA-256 摘要"


def listed(
    session: Session, *, kind: NoticeKind | None, q: str, before: int | None, now: datetime
) -> list[Answer]:
    """A page of the public list."""
    ground = ground_on(session, now=now)
    found = published(
        session,
        policy=ground.policy,
        calendar=ground.calendar,
        now=now,
        kinds=PUBLISHED if kind is None else (kind,),
        search=q,
        before=before,
    )
    return views.notice_views(session, found)


def verified(session: Session, *, code: str, sha256: str, now: datetime) -> Answer:
    """The document of a code, or of a file's digest.

    Raises:
        NothingAsked, DocumentUnknown: As they say.
    """
    if not code.strip() and not sha256.strip():
        raise NothingAsked
    notice = by_code(session, code) if code.strip() else by_digest(session, sha256)
    if notice is None:
        raise DocumentUnknown
    ground = ground_on(session, now=now)
    public = as_public(notice, policy=ground.policy, calendar=ground.calendar, now=now)
    [view] = views.notice_views(session, [public])
    successor = session.scalar(select(Notice).where(Notice.replaces_id == notice.id))
    return views.with_successor(view, successor) | {"is_produced": notice.produced_at is not None}


def year_rates(session: Session, *, year: int | None, now: datetime) -> list[Answer]:
    """合格率 per track."""
    today = now.astimezone(SHANGHAI).date()
    return [views.rate_view(one) for one in queries.rates(session, year=year or today.year, today=today)]


@router.get("/notices")
def list_notices(
    session: SessionDep,
    now: NowDep,
    kind: NoticeKind | None = None,
    q: Word = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Answer:
    """Orders, proposals, revocations, lapses, the newest first; `next` is the `before` of the next page."""
    found = listed(session, kind=kind, q=q, before=before, now=now)
    return {"items": found, "next": found[-1]["id"] if len(found) == PAGE else None}


@router.get("/verification")
def verify(
    session: SessionDep,
    now: NowDep,
    code: Word = "",
    sha256: Annotated[str, Query(max_length=64)] = "",
) -> Answer:
    """Whether a document is ours and holds: by the code under its QR code, or by the digest of the file."""
    return verified(session, code=code, sha256=sha256, now=now)


@router.get("/pass-rate")
def pass_rates(
    session: SessionDep, now: NowDep, year: Annotated[int | None, Query(ge=FIRST_YEAR, le=2100)] = None
) -> list[Answer]:
    """合格率 = passed / due, with its denominator and what does not count."""
    return year_rates(session, year=year, now=now)


@router.get("/draws")
def list_draws(session: SessionDep) -> list[Answer]:
    """Approved draws (双随机、一公开)."""
    return [views.draw_view(row) for row in queries.approved_draws(session)]


@router.get("/draws/{draw_id}")
def show_draw(draw_id: int, session: SessionDep) -> Answer:
    """An approved draw as `daka draw replay` reads it."""
    row = draw_of(session, draw_id)
    if not row.is_approved:
        raise DrawNotFound
    return views.draw_record(row)
