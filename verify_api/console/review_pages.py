"""名单审核: the queue, and the list of one case with approval and rejection (SZ-26 … SZ-29)."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from registry.errors import DakaError
from verify_api.accounts.actor import Actor
from verify_api.accounts.deps import StaffDep
from verify_api.accounts.onboarding import newest_file
from verify_api.cases import review, views
from verify_api.cases.access import case_for
from verify_api.cases.choosing import items_under
from verify_api.cases.ground import ground_on
from verify_api.cases.lists import current_list
from verify_api.cases.models import Case
from verify_api.cases.states import Capability
from verify_api.cases.transition import require
from verify_api.console.common import LockedDep
from verify_api.console.desk import counts, departed, points_of, review_queue
from verify_api.console.sketches import point_sketch
from verify_api.console.waiting import target_of
from verify_api.http.deps import NowDep, SessionDep
from verify_api.pages.forms import FormDep
from verify_api.pages.people import actors_named, names_of
from verify_api.pages.render import Frame, FrameDep, attempt, go
from verify_api.store_pages.performance import performance_of

router = APIRouter(prefix="/console", include_in_schema=False)


@router.get("/reviews")
def queue_page(_actor: StaffDep, frame: FrameDep, session: SessionDep, now: NowDep) -> Response:
    """Lists that wait, the oldest first, with the office's target: never a deemed approval (SZ-26)."""
    queue = review_queue(session)
    ground = ground_on(session, now=now)
    lines = views.summaries(session, [case for _, case in queue], now=now)
    targets = [target_of(ground, row.submitted_at) for row, _ in queue]
    return frame.show(
        "console/reviews.html",
        here="reviews",
        counts=counts(session),
        lines=[
            line | {"row": row, "target": target, "target_left": (target - ground.today).days}
            for (row, _), line, target in zip(queue, lines, targets, strict=True)
        ],
        names=actors_named(session, [row.claimed_by for row, _ in queue]),
        target_days=ground.policy.review.target_working_days,
    )


@router.get("/cases/{number}/review")
def review_page(number: str, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """The list of one case with everything a reviewer needs."""
    return _page(frame, session, case_for(session, number, actor=actor), actor)


def _page(
    frame: Frame,
    session: Session,
    case: Case,
    actor: Actor,
    error: DakaError | None = None,
    *,
    opinion: str = "",
) -> Response:
    require(case, Capability.REVIEW)
    session.refresh(case, ["enterprise", "items"])
    row = current_list(session, case)
    points = points_of(session, case.enterprise_id)
    confirmed = next((point for point in points if point.confirmed_at), None)
    ground = ground_on(session, now=frame.now)
    return frame.show(
        "console/review.html",
        here="reviews",
        counts=counts(session),
        case=views.detail(session, case, now=frame.now),
        row=row,
        enterprise=case.enterprise,
        people=names_of(session, {one["person"] for one in row.people}),
        leads={item.technical_lead_id for item in items_under(session, case)},
        findings=row.findings,
        performance=performance_of(
            session,
            case.enterprise,
            items_under(session, case),
            [one["person"] for one in row.people],
            now=frame.now,
        ),
        flags=departed(session, case, row),
        point=confirmed,
        sketch=point_sketch(confirmed, ground) if confirmed else "",
        licence=newest_file(session, case.enterprise_id, "licence"),
        video=newest_file(session, case.enterprise_id, "video"),
        is_mine=row.claimed_by in (None, actor.label),
        claimer=actors_named(session, [row.claimed_by]).get(row.claimed_by or "", ""),
        target=target_of(ground, row.submitted_at),
        opinion=opinion,
        errors=error or (),
    )


@router.post("/cases/{number}/claim")
def claim(_form: FormDep, case: LockedDep, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """Take the list for review."""
    outcome = attempt(session, lambda: review.claim(session, case, actor=actor, now=frame.now))
    if isinstance(outcome, DakaError):
        return _page(frame, session, case, actor, outcome)
    return go(f"/console/cases/{case.number}/review", "claimed")


@router.post("/cases/{number}/review")
def decide(form: FormDep, case: LockedDep, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """审核通过 or 审核不通过, with an opinion."""
    opinion, is_approved = form.text("opinion"), form.either("decision", yes="approve", no="reject")
    act = review.approve if is_approved else review.reject
    outcome = attempt(session, lambda: act(session, case, opinion=opinion, actor=actor, now=frame.now))
    if isinstance(outcome, DakaError):
        return _page(frame, session, case, actor, outcome, opinion=opinion)
    return go(f"/console/cases/{case.number}", "approved" if is_approved else "rejected")
