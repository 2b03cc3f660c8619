"""文书登记簿 as JSON: every document, and how far the making of today's pages has come."""

from datetime import datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from verify_api.accounts.deps import StaffDep
from verify_api.http.deps import NowDep, SessionDep
from verify_api.notices.models import Notice
from verify_api.notices.register import PAGE, Progress, Stage, find, progress, stage_of
from verify_api.notices.serving import notice_view

router = APIRouter(prefix="/api/v1/console", tags=["console"])

Text = Annotated[str, Query(max_length=60)]
Page = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/notices")
def notices(
    _actor: StaffDep,
    session: SessionDep,
    now: NowDep,
    stage: Stage | None = None,
    q: Text = "",
    page: Page = 1,
) -> dict[str, Any]:
    """A page of the register, the newest first, with the progress of today's documents."""
    found = find(session, stage=stage, text=q, page=page)
    return {
        "progress": progress_view(today(session, now)),
        "total": found.total,
        "page": page,
        "page_size": PAGE,
        "notices": [line(row) for row in found.rows],
    }


def today(session: Session, now: datetime) -> Progress:
    """The documents issued since midnight in Shenzhen: the sweep acts then."""
    midnight = datetime.combine(now.astimezone(SHANGHAI).date(), time.min, SHANGHAI)
    return progress(session, since=midnight, now=now)


def progress_view(found: Progress) -> dict[str, Any]:
    """How far it has come; `minutes_left` is null while no page was made in the last minute."""
    return {
        "since": found.since.isoformat(),
        "issued": found.issued,
        "made": found.made,
        "pending": found.pending,
        "a_minute": found.a_minute,
        "minutes_left": found.minutes_left,
        "stuck": found.stuck,
    }


def line(notice: Notice) -> dict[str, Any]:
    """One document in the register."""
    return notice_view(notice) | {
        "stage": stage_of(notice).value,
        "enterprise": {"uscc": notice.enterprise.uscc, "name": notice.enterprise.name},
    }
