"""撤销打卡不合格认定 (DOMAIN §0): two officers let a voided check-in count again.

What followed from the void is undone with it: the draft of an order, or the order itself as long as nothing
of the 整改 has begun. Who had voided it and why stays in the history.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Conflict
from verify_api.accounts.actor import Actor
from verify_api.cases import documents, handwork, outcomes
from verify_api.cases.access import require_role
from verify_api.cases.facts import FactKind, end, standing, voids_behind
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.handwork.two_officers import REVIEW, TWO_OFFICERS, TwoOfficers, take_back
from verify_api.cases.models import Case, CaseDeadline, CaseEvent, CheckIn, Proposal
from verify_api.cases.states import Capability, Event, State, may
from verify_api.cases.steps import enter
from verify_api.cases.timing import DeadlineKind
from verify_api.cases.transition import move, note, require
from verify_api.checkins import queries
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.verification import end_if_complete

RESTORE = "restore_checkin"


class NotVoided(handwork.NothingStands):
    """Nobody has voided it, or it belongs to a list for which nobody comes any more."""

    code = "no_voided_checkin"
    message = "该人员在生效的名单中没有被认定不合格的打卡"


class OrderStands(Conflict):
    """The order to rectify has another cause, or more than this one."""

    code = "order_for_other_cause"
    message = "责令整改通知书不是仅因打卡不合格发出，不能撤销认定；需要时请提请撤销整改通知"


class RectificationBegun(Conflict):
    """The firm has reported already; what it did is not undone behind its back."""

    code = "rectification_begun"
    message = "企业已提交整改报告，不能再撤销打卡不合格认定；需要时请提请撤销整改通知"


def propose_restore(
    session: Session, case: Case, *, person_id: int, reason: str, actor: Actor, now: datetime
) -> Proposal:
    """First signature; the case must be locked.

    Raises:
        NotAllowedNow, NotVoided, OrderStands, RectificationBegun: As they say.
        Conflict: The person has come again meanwhile. AlreadyStands: It is proposed already.
    """
    require_role(actor, *REVIEW)
    require(case, Capability.RESTORE_CHECKIN)
    checkin = _voided_of(session, case, person_id)
    _order_behind(session, case, checkin)
    detail = {"person": person_id, "checkin": checkin.id}
    given: dict[str, Any] = {"action": RESTORE, "reason": reason, "detail": detail, "steps": STEPS}
    return handwork.propose(session, case, **given, actor=actor, now=now)


def _restore(session: Session, case: Case, proposal: Proposal, actor: Actor, now: datetime) -> None:
    """It counts again, and the case goes on as if it had always counted."""
    checkin = _voided_of(session, case, proposal.detail["person"])
    if checkin.id != proposal.detail["checkin"]:
        raise NotVoided("提请之后该人员的打卡又有变化，请不同意此提请，需要时重新提请")
    order = _order_behind(session, case, checkin)
    facts = _said_of(checkin) | {"proposed_by": proposal.proposed_by}
    ground = ground_on(session, now=now)
    facts |= _count_again(session, checkin)
    _end_draft(session, case, checkin, actor, now)
    if order is not None and not _stand_void(session, order):
        _lift_order(session, case, proposal, facts, ground, actor, now)
        return
    what, said = Event.CHECKIN_RESTORED.value, proposal.reason
    note(session, case, what, ground=ground, actor=actor, reason=said, facts=facts, now=now)
    if not _ends(session, case, checkin, ground, now):
        outcomes.tell_restored(session, case, now=now)


def _voided_of(session: Session, case: Case, person_id: int) -> CheckIn:
    """The newest voided check-in of a person on the list in force.

    Raises:
        NotVoided: There is none. Conflict: The person has come again.
    """
    row = queries.approved_list(session, case.id)
    if row is not None and queries.standing_checkin(session, row.id, person_id) is not None:
        raise Conflict("该人员已有生效的打卡，无需撤销认定", code="already_accepted")
    for checkin in queries.voided_checkins(session, case.id):
        if checkin.person_id == person_id:
            return checkin
    raise NotVoided


def _order_behind(session: Session, case: Case, checkin: CheckIn) -> CaseEvent | None:
    """The order to rectify that rests on this void; None where there is no order.

    Raises:
        OrderStands: It rests on something else, or the window had ended when it was made.
        RectificationBegun: The firm has reported.
    """
    if State(case.state) is not State.RECTIFYING:
        return None
    moved = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.from_state != CaseEvent.to_state)
    order = session.scalars(moved.order_by(CaseEvent.seq.desc()).limit(1)).one()
    is_of_void = order.event == Event.CHECKIN_VOIDED and checkin.id in order.facts.get("checkins", ())
    if not is_of_void or _was_late(session, order):
        raise OrderStands
    reported = select(CaseEvent.id).where(
        CaseEvent.case_id == case.id, CaseEvent.seq > order.seq, CaseEvent.event == "report_uploaded"
    )
    if session.scalar(reported.limit(1)) is not None:
        raise RectificationBegun
    return order


def _was_late(session: Session, order: CaseEvent) -> bool:
    """Whether the window had ended by then: the order would have come without the void."""
    query = select(CaseDeadline.due_at).where(
        CaseDeadline.case_id == order.case_id, CaseDeadline.kind == DeadlineKind.CHECK_IN.value
    )
    due_at = session.scalars(query.order_by(CaseDeadline.id.desc()).limit(1)).one()
    return order.from_state == State.CHECKING_IN and due_at <= order.at


def _said_of(checkin: CheckIn) -> dict[str, Any]:
    assert checkin.voided_at is not None
    return {
        "person": checkin.person_id,
        "checkins": [checkin.id],
        "voided_at": checkin.voided_at.isoformat(),
        "voided_by": checkin.voided_by,
        "voided_reason": checkin.voided_reason,
    }


def _count_again(session: Session, checkin: CheckIn) -> dict[str, Any]:
    """Its attempt, if there is one, is accepted as it was; what the history says of that."""
    checkin.voided_at = checkin.voided_by = checkin.voided_reason = None
    session.flush()
    if checkin.attempt_id is None:
        return {}
    attempt = session.get_one(Attempt, checkin.attempt_id)
    attempt.state, attempt.reasons = AttemptState.ACCEPTED.value, []
    return {"attempt": attempt.public_id}


def _end_draft(session: Session, case: Case, checkin: CheckIn, actor: Actor, now: datetime) -> None:
    """The draft of an order that waits because of this void, and no other one."""
    for draft in standing(session, case.id, FactKind.NOTICE_DRAFT):
        if checkin.id in voids_behind([draft]):
            end(session, draft, by=actor.label, reason="打卡不合格的认定已撤销", now=now)


def _stand_void(session: Session, order: CaseEvent) -> bool:
    """Whether the order rests on another void besides, which nobody has taken back."""
    query = select(CheckIn.id).where(CheckIn.id.in_(order.facts["checkins"]), CheckIn.voided_at.is_not(None))
    return session.scalar(query.limit(1)) is not None


def _lift_order(
    session: Session,
    case: Case,
    proposal: Proposal,
    facts: dict[str, Any],
    ground: Ground,
    actor: Actor,
    now: datetime,
) -> None:
    """The 责令整改通知书 falls, and a fresh window opens for whoever has not come yet."""
    take_back(session, case, documents.ORDER, proposal, actor, now)
    outcomes.lift_marks(session, case, reason=f"整改通知书已撤销：{proposal.reason}", now=now)
    case.rectification_served_on = None
    what, said = Event.CHECKIN_RESTORED, proposal.reason
    move(session, case, what, ground=ground, actor=actor, reason=said, facts=facts, now=now)
    deadline = enter(session, case, ground=ground, now=now)
    row = queries.approved_list(session, case.id)
    assert deadline is not None and row is not None
    row.window_closes_at = deadline.due_at
    checkin = session.get_one(CheckIn, proposal.detail["checkin"])
    if not _ends(session, case, checkin, ground, now):
        outcomes.tell_reopened(session, case, deadline, now=now)


def _ends(session: Session, case: Case, checkin: CheckIn, ground: Ground, now: datetime) -> bool:
    """Whether it was the last one that was missing; then the case passes at once."""
    if not may(State(case.state), Capability.CHECK_IN):
        return False
    done = queries.progress(session, checkin.list_id)
    facts = {
        "person": checkin.person_id,
        "method": checkin.method,
        "done": done.done,
        "total": done.total,
    }
    return end_if_complete(session, case, done, ground=ground, facts=facts, now=now)


STEPS = TWO_OFFICERS | {RESTORE: TwoOfficers(Capability.RESTORE_CHECKIN, REVIEW, REVIEW, _restore)}
