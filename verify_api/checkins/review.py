"""What officers decide about check-ins: the review band, window verification, voiding (打卡不合格)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Conflict, Forbidden, Invalid, NotFound, Reason
from verify_api.accounts.actor import Actor, Role
from verify_api.cases import outcomes
from verify_api.cases.access import require_role
from verify_api.cases.facts import FactKind, begin
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.models import Case, CheckIn, PersonList, Proposal
from verify_api.cases.states import Capability, Event, State, Track
from verify_api.cases.steps import enter
from verify_api.cases.transition import lock, move, note, require
from verify_api.checkins import queries
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.verdict import Verdict
from verify_api.checkins.verification import accept, conclude
from verify_api.policy.values import NoticeIssue

REFUSED_BY_STAFF = "refused_by_staff"
WINDOW = "window_verification"


class AttemptUnknown(NotFound):
    """No such attempt."""

    code = "attempt_not_found"
    message = "打卡记录不存在"


class NotInReview(Conflict):
    """The attempt has been decided, or is not for officers to decide."""

    code = "attempt_not_in_review"
    message = "该打卡记录不在人工复核中"


class ReasonNeeded(Invalid):
    """An officer's decision needs a reason."""

    code = "reason_missing"
    message = "请填写理由"


class SecondOfficerNeeded(Forbidden):
    """Window verification is signed by two officers (§0)."""

    code = "second_officer_needed"
    message = "窗口核验须由两名工作人员分别确认"


def decide_review(
    session: Session, *, public_id: str, is_accepted: bool, reason: str, actor: Actor, now: datetime
) -> Attempt:
    """An officer judges a check-in of the review band, having seen both pictures.

    The check-in counts from when it was received, not from when the officer had time.

    Raises:
        NotInReview, ReasonNeeded, AttemptUnknown, RoleMissing: As they say.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    if not reason.strip():
        raise ReasonNeeded
    attempt, case = _locked(session, public_id)
    if attempt.state != AttemptState.NEEDS_REVIEW:
        raise NotInReview
    attempt.measures = (attempt.measures or {}) | {
        "staff": {"by": actor.label, "at": now.isoformat(), "accepted": is_accepted, "reason": reason.strip()}
    }
    conclude(
        session,
        case,
        attempt,
        _staff_verdict(session, case, attempt, is_accepted, reason),
        actor=actor,
        now=now,
    )
    return attempt


def _staff_verdict(session: Session, case: Case, attempt: Attempt, is_accepted: bool, reason: str) -> Verdict:
    if not is_accepted:
        said = Reason(REFUSED_BY_STAFF, f"人工复核未通过：{reason.strip()}", "请重新打卡，或到窗口现场核验")
        return Verdict(AttemptState.REJECTED, (said,))
    require(case, Capability.CHECK_IN)
    row = session.get(PersonList, attempt.list_id)
    if row is None or row.status != "approved":
        raise NotInReview("打卡名单已被撤销或更换")
    if queries.standing_checkin(session, row.id, attempt.person_id) is not None:
        return Verdict(AttemptState.REJECTED, (Reason("already_accepted", "您已完成本次打卡，无需重复打卡"),))
    return Verdict(AttemptState.ACCEPTED, ())


def propose_window(
    session: Session, case: Case, *, person_id: int, record: Mapping[str, Any], actor: Actor, now: datetime
) -> Proposal:
    """First signature under a window verification; the case must be locked (人脸办法 10).

    `record`: document type and how identity was established, without photographs.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    require(case, Capability.CHECK_IN)
    row = _open_list(session, case, person_id, now)
    if queries.standing_checkin(session, row.id, person_id) is not None:
        raise Conflict("该人员已完成打卡", code="already_accepted")
    detail = {"person": person_id, "list": row.id, "record": dict(record), "at": now.isoformat()}
    proposal = Proposal(
        case_id=case.id,
        action=WINDOW,
        reason="窗口现场核验",
        detail=detail,
        proposed_by=actor.label,
        proposed_at=now,
    )
    session.add(proposal)
    session.flush()
    return proposal


def confirm_window(session: Session, case: Case, proposal: Proposal, *, actor: Actor, now: datetime) -> None:
    """Second signature, by another officer; equal in effect to a check-in by face.

    The first signature is the moment that counts: the second officer's lunch costs nobody his check-in.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    if proposal.proposed_by == actor.label:
        raise SecondOfficerNeeded
    require(case, Capability.CHECK_IN)
    if proposal.outcome is not None or proposal.action != WINDOW:
        raise NotInReview("该事项已处理")
    proposal.decided_by, proposal.decided_at, proposal.outcome = actor.label, now, "confirmed"
    row = session.get_one(PersonList, proposal.detail["list"])
    if row.status != "approved":
        raise NotInReview("打卡名单已被撤销或更换")
    accept(
        session,
        case,
        list_id=row.id,
        person_id=proposal.detail["person"],
        attempt_id=None,
        method="window",
        received_at=proposal.proposed_at,
        actor=actor,
        now=now,
    )


def void_checkin(session: Session, *, public_id: str, reason: str, actor: Actor, now: datetime) -> Case:
    """打卡不合格 (SZ-33): an accepted check-in is voided with a reason.

    STOCK: the notice follows at once, or waits for an officer where policy says so. FIRST and 整改打卡: the
    person has to come again.

    Raises:
        NotInReview: The attempt is not an accepted one that still stands.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    if not reason.strip():
        raise ReasonNeeded
    attempt, case = _locked(session, public_id)
    require(case, Capability.VOID_CHECKIN)
    checkin = session.scalar(
        select(CheckIn).where(CheckIn.attempt_id == attempt.id, CheckIn.voided_at.is_(None)).with_for_update()
    )
    if checkin is None:
        raise NotInReview("该打卡记录没有生效的打卡，不能认定为不合格", code="no_standing_checkin")
    checkin.voided_at, checkin.voided_by, checkin.voided_reason = now, actor.label, reason.strip()
    attempt.state = AttemptState.REJECTED.value
    attempt.reasons = [Reason("voided_by_staff", f"打卡不合格：{reason.strip()}").to_mapping()]
    _after_void(session, case, attempt, ground_on(session, now=now), reason, actor, now)
    return case


def _after_void(
    session: Session, case: Case, attempt: Attempt, ground: Ground, reason: str, actor: Actor, now: datetime
) -> None:
    facts = {"attempt": attempt.public_id, "person": attempt.person_id}
    stock_first_round = case.track == Track.STOCK and State(case.state) in (State.CHECKING_IN, State.PASSED)
    if stock_first_round and ground.policy.rectification.issue is NoticeIssue.DRAFT:
        detail = {"event": Event.CHECKIN_VOIDED.value} | facts
        begin(session, case.id, FactKind.NOTICE_DRAFT, by=actor.label, reason=reason, detail=detail, now=now)
        note(session, case, "notice_drafted", ground=ground, actor=actor, reason=reason, facts=facts, now=now)
        return
    was = State(case.state)
    after = move(
        session, case, Event.CHECKIN_VOIDED, ground=ground, actor=actor, reason=reason, facts=facts, now=now
    )
    outcomes.tell_voided(session, case, now=now)
    if after is was:
        return  # The window that runs goes on; the person simply has to come again.
    deadline = enter(session, case, ground=ground, now=now)
    row = queries.approved_list(session, case.id)
    if row is not None and deadline is not None and after in (State.CHECKING_IN, State.RECHECKING_IN):
        row.window_closes_at = deadline.due_at


def _open_list(session: Session, case: Case, person_id: int, now: datetime) -> PersonList:
    row = queries.approved_list(session, case.id)
    if row is None or not queries.is_listed(session, row.id, person_id):
        raise AttemptUnknown("该人员不在打卡名单中", code="not_selected")
    closes = queries.closes_at(session, row, now=now)
    if closes is None or now >= closes:
        raise Conflict("打卡时间已经结束", code="window_closed")
    return row


def _locked(session: Session, public_id: str) -> tuple[Attempt, Case]:
    """The case first, then the attempt, like everybody else: no two can lock each other out."""
    case_id = session.scalar(select(Attempt.case_id).where(Attempt.public_id == public_id))
    if case_id is None:
        raise AttemptUnknown
    case = lock(session, case_id)
    assert case is not None
    attempt = session.scalars(
        select(Attempt)
        .where(Attempt.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return attempt, case
