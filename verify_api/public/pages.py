"""公示 and 文书核验, for everybody; the QR code of a document leads to `/v/<code>`."""

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Response

from registry.errors import DakaError
from verify_api.http.deps import NowDep, SessionDep
from verify_api.notices.models import NoticeKind
from verify_api.notices.publication import PAGE, PUBLISHED
from verify_api.pages.render import FrameDep, go
from verify_api.public import queries
from verify_api.public.routes import Word, listed, verified, year_rates

router = APIRouter(include_in_schema=False)

TONES = {"有效": "info", "已被替代": "", "已撤销": ""}


@router.get("/public")
def public_page(
    frame: FrameDep,
    session: SessionDep,
    now: NowDep,
    kind: str = "",
    q: Word = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Documents, pass rates, draws."""
    wanted = NoticeKind(kind) if kind in {one.value for one in PUBLISHED} else None
    lines = listed(session, kind=wanted, q=q, before=before, now=now)
    more = {"kind": kind, "q": q, "before": str(lines[-1]["id"])} if len(lines) == PAGE else None
    return frame.show(
        "public/list.html",
        lines=lines,
        tones=TONES,
        kinds=[("", "全部文书"), *((one.value, one.value) for one in PUBLISHED)],
        kind=kind,
        q=q,
        is_first_page=before is None,
        more="/public?" + urlencode({name: value for name, value in more.items() if value}) if more else "",
        rates=year_rates(session, year=None, now=now),
        draws=queries.approved_draws(session, limit=10),
    )


@router.get("/v")
def asked(frame: FrameDep, code: Word = "") -> Response:
    """The form for those who hold a paper and no camera."""
    if code.strip():
        return go(f"/v/{quote(code.strip(), safe='')}")
    return frame.show("public/verify.html", found=None, code="", tones=TONES)


@router.get("/v/{code}")
def verify_page(code: str, frame: FrameDep, session: SessionDep, now: NowDep) -> Response:
    """Whether the document holds. The reader compares it with what he has in his hands."""
    try:
        found = verified(session, code=code[:60], sha256="", now=now)
    except DakaError as error:
        return frame.show(
            "public/verify.html", found=None, code=code[:60], tones=TONES, errors=error, status=404
        )
    return frame.show("public/verify.html", found=found, code=code[:60], tones=TONES)
