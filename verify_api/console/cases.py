"""`/api/v1/console/cases`: opening, looking, review. Roles are checked by the services (DOMAIN A.1.2)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from verify_api.accounts.actor import Role
from verify_api.accounts.deps import MailingDep, StaffDep
from verify_api.accounts.inclusion import include_enterprise
from verify_api.cases import queries, review, views
from verify_api.cases.access import case_for, require_role
from verify_api.cases.openings import GivenReason, open_first_cases, open_stock_case
from verify_api.cases.states import State, Track
from verify_api.checkins.views import attempts_of_case
from verify_api.console.bodies import Nothing, OpenStock, Opinion
from verify_api.console.common import LockedDep, known, proposal_view
from verify_api.http.deps import NowDep, PartsDep, SessionDep
from verify_api.notices.queries import of_case
from verify_api.notices.serving import notice_for, notice_view, pdf_answer

router = APIRouter(prefix="/api/v1/console", tags=["console"])
Answer = dict[str, Any]


@router.post("/enterprises/{uscc}/inclusion")
def include(
    uscc: str, _body: Nothing, actor: StaffDep, session: SessionDep, mailing: MailingDep, now: NowDep
) -> Answer:
    """Include an enterprise: account and SMS (SZ-02), and the FIRST cases of its 告知承诺 items."""
    require_role(actor, Role.ADMIN)
    enterprise = known(session, uscc)
    included = include_enterprise(session, enterprise_id=enterprise.id, actor=actor, mailing=mailing, now=now)
    opened = open_first_cases(session, enterprise=enterprise, actor=actor, now=now)
    return {
        "cases": [case.number for case in opened],
        "is_new": included.is_new,
        "is_reachable": included.is_reachable,
    }


@router.post("/cases", status_code=201)
def open_stock(
    body: OpenStock, actor: StaffDep, session: SessionDep, mailing: MailingDep, now: NowDep
) -> Answer:
    """Open a STOCK case for a reason of SZ-31, including the enterprise if it has no account yet."""
    enterprise = known(session, body.uscc)
    given = [GivenReason(one.code, one.note) for one in body.reasons]
    case, is_new = open_stock_case(
        session, enterprise=enterprise, reasons=given, item_ids=body.items, actor=actor, now=now
    )
    include_enterprise(session, enterprise_id=enterprise.id, actor=actor, mailing=mailing, now=now)
    return {"case": case.number, "is_new": is_new}


@router.get("/cases")
def list_cases(
    actor: StaffDep,
    session: SessionDep,
    now: NowDep,
    state: Annotated[list[State] | None, Query()] = None,
    track: Track | None = None,
    q: Annotated[str, Query(max_length=60)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Answer:
    """Cases, the next due first."""
    found = queries.find_cases(session, states=state or (), track=track, text=q, page=page)
    items = views.summaries(session, found.cases, now=now)
    return {"items": items, "total": found.total, "page": found.page, "pages": found.pages}


@router.get("/cases/{number}")
def show_case(number: str, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """A case with everything about it, attempts and documents included."""
    case = case_for(session, number, actor=actor)
    session.refresh(case, ["enterprise", "items"])
    return views.detail(session, case, now=now) | {
        "attempts": attempts_of_case(session, case.id),
        "notices": [notice_view(one) for one in of_case(session, case.id)],
        "proposals": [proposal_view(one) for one in queries.open_proposals(session, case.id)],
    }


@router.post("/cases/{number}/claim")
def claim(case: LockedDep, _body: Nothing, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """Take a list for review."""
    return {"version": review.claim(session, case, actor=actor, now=now).version}


@router.post("/cases/{number}/approval")
def approve(case: LockedDep, body: Opinion, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """审核通过: the list is frozen and check-in opens."""
    row = review.approve(session, case, opinion=body.opinion, actor=actor, now=now)
    return {"version": row.version, "state": case.state, "closes_at": views.iso(row.window_closes_at)}


@router.post("/cases/{number}/rejection")
def reject(case: LockedDep, body: Opinion, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """审核不通过, with an opinion."""
    row = review.reject(session, case, opinion=body.opinion, actor=actor, now=now)
    return {"version": row.version, "state": case.state}


@router.get("/board")
def board(actor: StaffDep, session: SessionDep, now: NowDep) -> list[Answer]:
    """The rectification board: what stands where, days left, what happens next."""
    return views.summaries(session, queries.rectification_board(session), now=now)


@router.get("/waiting")
def waiting(actor: StaffDep, session: SessionDep) -> list[Answer]:
    """The waiting room: why the sweep waits, and failed services."""
    return [
        views.fact_view(fact) | {"case": case.number, "enterprise": case.enterprise.name}
        for fact, case in queries.waiting_room(session)
    ]


@router.get("/notices/{notice_id}/pdf", response_class=Response)
def notice_pdf(notice_id: int, actor: StaffDep, session: SessionDep, parts: PartsDep) -> Response:
    """One document."""
    return pdf_answer(notice_for(session, notice_id, actor=actor), parts.evidence)
