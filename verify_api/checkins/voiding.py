"""打卡不合格 (SZ-33): an accepted check-in is voided with a reason, by face or at the window alike."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Conflict, Reason
from verify_api.accounts.actor import Actor, Role
from verify_api.cases import outcomes
from verify_api.cases.access import require_role
from verify_api.cases.facts import FactKind, begin, standing, voids_behind
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.guards import has_valid_item
from verify_api.cases.models import Case, CheckIn
from verify_api.cases.openings import running_stock
from verify_api.cases.states import Capability, Event, State, Track
from verify_api.cases.steps import enter
from verify_api.cases.transition import move, note, require
from verify_api.checkins import queries
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.review import NotInReview, ReasonNeeded, locked
from verify_api.policy.values import NoticeIssue


def void_checkin(session: Session, *, public_id: str, reason: str, actor: Actor, now: datetime) -> Case:
    """Void the check-in of an attempt.

    Raises:
        NotInReview: The attempt is not an accepted one that still stands.
    """
    attempt, case = locked(session, public_id)
    checkin = session.scalar(
        select(CheckIn).where(CheckIn.attempt_id == attempt.id, CheckIn.voided_at.is_(None))
    )
    _void(session, case, checkin, reason=reason, actor=actor, now=now)
    return case


def void_person(
    session: Session, case: Case, *, person_id: int, reason: str, actor: Actor, now: datetime
) -> None:
    """Void the check-in of a person on the list in force, however it came about. The case must be locked.

    Raises:
        NotInReview: The person has no standing check-in.
    """
    row = queries.approved_list(session, case.id)
    checkin = None if row is None else queries.standing_checkin(session, row.id, person_id)
    _void(session, case, checkin, reason=reason, actor=actor, now=now)


def _void(
    session: Session, case: Case, checkin: CheckIn | None, *, reason: str, actor: Actor, now: datetime
) -> None:
    """STOCK: the notice follows at once, or waits for an officer. FIRST and 整改打卡: the person comes again.

    A check-in of a list that a later one has taken the place of decides nothing any more: voiding it would
    reopen a window in which nobody is left to come.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    if not reason.strip():
        raise ReasonNeeded
    require(case, Capability.VOID_CHECKIN)
    row = queries.approved_list(session, case.id)
    if checkin is None or row is None or checkin.list_id != row.id:
        raise NotInReview("没有生效的打卡，不能认定为不合格", code="no_standing_checkin")
    _require_something_to_order(session, case)
    checkin.voided_at, checkin.voided_by, checkin.voided_reason = now, actor.label, reason.strip()
    facts: dict[str, Any] = {"person": checkin.person_id, "checkins": [checkin.id]}
    if checkin.attempt_id is not None:
        attempt = session.get_one(Attempt, checkin.attempt_id)
        attempt.state = AttemptState.REJECTED.value
        attempt.reasons = [Reason("voided_by_staff", f"打卡不合格：{reason.strip()}").to_mapping()]
        facts["attempt"] = attempt.public_id
    _after_void(session, case, facts, ground_on(session, now=now), reason, actor, now)


def _require_something_to_order(session: Session, case: Case) -> None:
    """A passed 日常核查 is opened again by an order to rectify: not where there is nothing left to rectify.

    Raises:
        Conflict: The items or the firm are gone, or another 日常核查 runs, in which it can be taken up.
    """
    if (case.track, case.state) not in {(Track.STOCK, State.PASSED), (Track.STOCK, State.RECTIFIED)}:
        return
    if not has_valid_item(outcomes.enterprise_of(session, case), outcomes.items_of(session, case)):
        raise Conflict("企业或者所涉资质已不在有效状态，不能再认定打卡不合格", code="nothing_left")
    other = running_stock(session, case.enterprise_id)
    if other is not None:
        raise Conflict(
            f"企业另有进行中的日常核查（{other.number}），请在该任务中处理", code="another_case_runs"
        )


def _after_void(
    session: Session,
    case: Case,
    facts: dict[str, Any],
    ground: Ground,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    stock_first_round = case.track == Track.STOCK and State(case.state) in (State.CHECKING_IN, State.PASSED)
    if stock_first_round and _notice_waits(session, case, ground):
        detail = {"event": Event.CHECKIN_VOIDED.value} | facts
        begin(session, case.id, FactKind.NOTICE_DRAFT, by=actor.label, reason=reason, detail=detail, now=now)
        note(session, case, "notice_drafted", ground=ground, actor=actor, reason=reason, facts=facts, now=now)
        return
    was = State(case.state)
    # An order that follows at once also takes in what another one had been drafted for.
    drafts = standing(session, case.id, FactKind.NOTICE_DRAFT)
    facts["checkins"] = [*voids_behind(drafts), *facts["checkins"]]
    after = move(
        session, case, Event.CHECKIN_VOIDED, ground=ground, actor=actor, reason=reason, facts=facts, now=now
    )
    outcomes.tell_voided(session, case, now=now)
    if after is was:
        return  # The window that runs goes on; the person simply has to come again.
    deadline = enter(session, case, ground=ground, now=now)
    if was is State.RECTIFIED:
        outcomes.mark_again(session, case, now=now)
    row = queries.approved_list(session, case.id)
    if row is not None and deadline is not None and after in (State.CHECKING_IN, State.RECHECKING_IN):
        row.window_closes_at = deadline.due_at


def _notice_waits(session: Session, case: Case, ground: Ground) -> bool:
    """Policy leaves the notice to an officer, or something stands that keeps every adverse step back."""
    if ground.policy.rectification.issue is NoticeIssue.DRAFT:
        return True
    return bool(standing(session, case.id, FactKind.HOLD, FactKind.PAUSE, FactKind.APPEAL))
