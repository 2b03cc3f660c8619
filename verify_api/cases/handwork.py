"""Hand-work of the bureau: each step with a reason, audited, and by two officers where §0 says so."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.errors import Conflict, Forbidden, Invalid
from verify_api.accounts.actor import Actor, Role
from verify_api.cases import documents, outcomes
from verify_api.cases.access import require_role
from verify_api.cases.facts import AlreadyStands, FactKind, begin, end, standing
from verify_api.cases.ground import ground_on
from verify_api.cases.models import Case, CaseDeadline, CaseFact, PersonList, Proposal
from verify_api.cases.states import Capability, Event, State
from verify_api.cases.steps import enter
from verify_api.cases.timing import DeadlineKind, as_value, running, shift, stop
from verify_api.cases.transition import move, note, require
from verify_api.deadlines.rules import fixed

INSTANT = timedelta(microseconds=1)


class ReasonNeeded(Invalid):
    """Hand-work needs a reason that others can read later."""

    code = "reason_missing"
    message = "请填写理由"


class NothingStands(Conflict):
    """There is no such hold, pause or appeal to end."""

    code = "nothing_stands"
    message = "当前没有可以解除的事项"


class SecondOfficerNeeded(Forbidden):
    """The second signature must be another officer's."""

    code = "second_officer_needed"
    message = "须由另一名工作人员复核"


class DayWrong(Invalid):
    """A new last day that is not later than the old one, or beyond what the law allows."""

    code = "day_wrong"


def hold(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> CaseFact:
    """Guard (e): no adverse step while the hold stands."""
    return _begin(session, case, FactKind.HOLD, Capability.HOLD, "held", reason, actor, now)


def release(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """End every hold. A step that is due follows by itself at the next sweep."""
    _end(session, case, FactKind.HOLD, "released", reason, actor, now)


def pause(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> CaseFact:
    """Force majeure: the clock stands and what is left of it is kept."""
    current = running(session, case.id)
    left = None if current is None else max(0, (current.due_at - now).total_seconds())
    detail = {"seconds_left": left, "deadline": current.id if current else None}
    return _begin(session, case, FactKind.PAUSE, Capability.PAUSE, "paused", reason, actor, now, detail)


def resume(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """The clock runs again with what was left, to the end of the day on which that falls.

    A day off gives way to the next working day (T-03). The term of a certificate is a fact and has not stood.
    """
    fact = _end(session, case, FactKind.PAUSE, "resumed", reason, actor, now)
    current = running(session, case.id)
    if current is None or fact.detail.get("deadline") != current.id or current.kind == DeadlineKind.EXPIRE:
        return
    ground = ground_on(session, now=now)
    ends = now + timedelta(seconds=fact.detail["seconds_left"])
    # 24:00 still belongs to its day; and whoever had nothing left has at least today.
    last_day = max(current.last_day, ground.today, (ends - INSTANT).astimezone(SHANGHAI).date())
    basis = f"因不可抗力自 {fact.since.astimezone(SHANGHAI):%Y-%m-%d} 中止计时"
    later = fixed(as_value(current), last_day, basis=basis, calendar=ground.calendar)
    shift(session, case, current, later, reason="moved", ground=ground, now=now)


def extend(
    session: Session, case: Case, *, last_day: date, reason: str, actor: Actor, now: datetime
) -> CaseDeadline:
    """Move the running deadline to a later day; within 整改 never beyond the three-month cap (22号令 28).

    Raises:
        DayWrong: Not later, or beyond the cap.
    """
    require_role(actor, Role.ADMIN)
    _reasoned(reason)
    require(case, Capability.EXTEND)
    current = running(session, case.id)
    if current is None or current.kind == DeadlineKind.EXPIRE:
        raise NothingStands("当前没有可以延长的期限")
    if last_day <= current.last_day:
        raise DayWrong("延长后的期限须晚于原期限")
    cap = documents.cap_of(session, case)
    if cap is not None and last_day > cap:
        raise DayWrong(f"整改期限自送达之日起不得超过三个月，最晚为 {cap:%Y年%m月%d日}", code="beyond_cap")
    ground = ground_on(session, now=now)
    facts = {"from": current.last_day.isoformat(), "to": last_day.isoformat()}
    later = fixed(as_value(current), last_day, basis=f"经批准延长：{reason.strip()}")
    row = shift(session, case, current, later, reason="moved", ground=ground, now=now)
    note(session, case, "extended", ground=ground, actor=actor, reason=reason, facts=facts, now=now)
    outcomes.tell_extended(session, case, row, now=now)
    return row


def cancel(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """取消任务, by the authority with a reason."""
    require_role(actor, Role.ADMIN)
    _reasoned(reason)
    require(case, Capability.CANCEL)
    ground = ground_on(session, now=now)
    move(session, case, Event.CANCELLED, ground=ground, actor=actor, reason=reason, now=now)
    enter(session, case, ground=ground, now=now)


def reopen(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """FIRST, waiting to lapse: the authority gives a fresh month (SZ-30d)."""
    require_role(actor, Role.ADMIN)
    _reasoned(reason)
    require(case, Capability.REOPEN)
    _restart(session, case, Event.REOPENED, reason, actor, now)


def issue_draft(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """签发: an officer sends the 整改通知书 that policy had left as a draft.

    Raises:
        NothingStands: No draft waits. Conflict: A guard still holds.
    """
    require_role(actor, Role.ADMIN)
    drafts = standing(session, case.id, FactKind.NOTICE_DRAFT)
    if not drafts:
        raise NothingStands("没有待签发的整改通知书")
    if standing(session, case.id, FactKind.HOLD, FactKind.PAUSE, FactKind.APPEAL):
        raise Conflict("尚有未解除的暂缓、中止或陈述申辩，不能签发", code="guard_stands")
    event = Event(drafts[-1].detail["event"])
    current = running(session, case.id)
    if event is Event.MISSED and (current is None or current.is_provisional or current.due_at > now):
        raise NothingStands("期限尚未届满，不能签发整改通知书")
    for fact in drafts:
        end(session, fact, by=actor.label, reason="已签发", now=now)
    ground = ground_on(session, now=now)
    if event is Event.MISSED:
        stop(session, case, reason="missed", now=now)
    said = reason.strip() or drafts[-1].reason
    move(session, case, event, ground=ground, actor=actor, reason=said, now=now)
    enter(session, case, ground=ground, now=now)


def appeal(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> CaseFact:
    """陈述申辩: while it is open no adverse step is taken (guard b)."""
    _reasoned(reason)
    if standing(session, case.id, FactKind.APPEAL):
        raise AlreadyStands("已有正在处理的陈述申辩")
    ground = ground_on(session, now=now)
    fact = begin(session, case.id, FactKind.APPEAL, by=actor.label, reason=reason.strip(), now=now)
    note(session, case, "appealed", ground=ground, actor=actor, reason=reason, now=now)
    return fact


def decide_appeal(
    session: Session, case: Case, *, is_upheld: bool, reason: str, actor: Actor, now: datetime
) -> None:
    """The authority answers; an upheld appeal leaves a hold, so that an officer takes the next step."""
    require_role(actor, Role.ADMIN, Role.DECIDER)
    _end(session, case, FactKind.APPEAL, "appeal_decided", reason, actor, now, {"upheld": is_upheld})
    if is_upheld:
        said = f"陈述申辩成立：{reason.strip()}"
        begin(session, case.id, FactKind.HOLD, by=actor.label, reason=said, now=now)


def propose(
    session: Session,
    case: Case,
    *,
    action: str,
    reason: str,
    detail: Mapping[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> Proposal:
    """First signature under a step that needs two officers.

    Raises:
        NotAllowedNow: The state does not allow the step. AlreadyStands: It is proposed already.
    """
    capability, roles, _ = TWO_OFFICERS[action]
    require_role(actor, *roles)
    _reasoned(reason)
    require(case, capability)
    open_one = select(Proposal.id).where(
        Proposal.case_id == case.id, Proposal.action == action, Proposal.outcome.is_(None)
    )
    if session.scalar(open_one) is not None:
        raise AlreadyStands("该事项已提请复核")
    row = Proposal(
        case_id=case.id,
        action=action,
        reason=reason.strip(),
        detail=dict(detail or {}),
        proposed_by=actor.label,
        proposed_at=now,
    )
    session.add(row)
    ground = ground_on(session, now=now)
    note(
        session,
        case,
        "proposed_step",
        ground=ground,
        actor=actor,
        reason=reason,
        facts={"action": action},
        now=now,
    )
    return row


def confirm(
    session: Session,
    case: Case,
    proposal: Proposal,
    *,
    is_agreed: bool,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Second signature, by another officer; only now does the step happen.

    Raises:
        SecondOfficerNeeded: The same officer. NothingStands: Already decided.
    """
    capability, roles, act = TWO_OFFICERS[proposal.action]
    require_role(actor, *roles)
    if proposal.outcome is not None:
        raise NothingStands("该事项已处理")
    if proposal.proposed_by == actor.label:
        raise SecondOfficerNeeded
    proposal.decided_by, proposal.decided_at = actor.label, now
    proposal.outcome = "confirmed" if is_agreed else "refused"
    if not is_agreed:
        ground = ground_on(session, now=now)
        facts = {"action": proposal.action}
        note(session, case, "step_refused", ground=ground, actor=actor, reason=reason, facts=facts, now=now)
        return
    require(case, capability)
    act(session, case, proposal, actor, now)


def _void_approval(session: Session, case: Case, proposal: Proposal, actor: Actor, now: datetime) -> None:
    """SZ-27: the list falls; a new version gets a new month."""
    query = select(PersonList).where(PersonList.case_id == case.id, PersonList.status == "approved")
    for row in session.scalars(query):
        row.status = "voided"
    ground = ground_on(session, now=now)
    move(session, case, Event.APPROVAL_VOIDED, ground=ground, actor=actor, reason=proposal.reason, now=now)
    enter(session, case, ground=ground, now=now)
    outcomes.tell_approval_voided(session, case, now=now)


def _rescind_notice(session: Session, case: Case, proposal: Proposal, actor: Actor, now: datetime) -> None:
    documents.rescind_newest(
        session, case, reason=proposal.reason, proposed_by=proposal.proposed_by, by=actor.label, now=now
    )
    outcomes.lift_marks(session, case, reason=f"整改通知书已撤销：{proposal.reason}", now=now)
    case.rectification_served_on = None
    _restart(session, case, Event.NOTICE_RESCINDED, proposal.reason, actor, now)


def _rescind_decision(session: Session, case: Case, proposal: Proposal, actor: Actor, now: datetime) -> None:
    documents.rescind_newest(
        session, case, reason=proposal.reason, proposed_by=proposal.proposed_by, by=actor.label, now=now
    )
    outcomes.reinstate(session, case, reason=proposal.reason, actor=actor.label, now=now)
    _restart(session, case, Event.DECISION_RESCINDED, proposal.reason, actor, now)


def _revoke(session: Session, case: Case, proposal: Proposal, actor: Actor, now: datetime) -> None:
    """Only after the days for 陈述申辩 are over and every appeal is answered."""
    if documents.unserved(session, case) is not None:
        raise Conflict("撤回告知书尚无送达凭证，不能作出撤回决定", code="proposal_not_served")
    current = running(session, case.id)
    if standing(session, case.id, FactKind.APPEAL, FactKind.HOLD, FactKind.PAUSE):
        raise Conflict("尚有未处理的陈述申辩、暂缓或中止，不能作出撤回决定", code="guard_stands")
    if current is None or current.is_provisional or now < current.due_at:
        raise Conflict("陈述申辩期限尚未届满，不能作出撤回决定", code="defence_period_runs")
    ground = ground_on(session, now=now)
    move(session, case, Event.DECIDED_REVOKE, ground=ground, actor=actor, reason=proposal.reason, now=now)
    enter(session, case, ground=ground, now=now)


def _keep(session: Session, case: Case, proposal: Proposal, actor: Actor, now: datetime) -> None:
    ground = ground_on(session, now=now)
    move(session, case, Event.DECIDED_KEEP, ground=ground, actor=actor, reason=proposal.reason, now=now)
    enter(session, case, ground=ground, now=now)


Act = Callable[[Session, Case, Proposal, Actor, datetime], None]
TWO_OFFICERS: dict[str, tuple[Capability, tuple[Role, ...], Act]] = {
    "void_approval": (Capability.VOID_APPROVAL, (Role.REVIEWER, Role.ADMIN), _void_approval),
    "rescind_notice": (Capability.RESCIND_NOTICE, (Role.ADMIN, Role.DECIDER), _rescind_notice),
    "rescind_decision": (Capability.RESCIND_DECISION, (Role.ADMIN, Role.DECIDER), _rescind_decision),
    "revoke": (Capability.DECIDE_REVOCATION, (Role.ADMIN, Role.DECIDER), _revoke),
    "keep": (Capability.DECIDE_REVOCATION, (Role.ADMIN, Role.DECIDER), _keep),
}


def _restart(session: Session, case: Case, event: Event, reason: str, actor: Actor, now: datetime) -> None:
    ground = ground_on(session, now=now)
    after = move(session, case, event, ground=ground, actor=actor, reason=reason, now=now)
    case.first_submitted_at = None if after is State.OPEN else case.first_submitted_at
    deadline = enter(session, case, ground=ground, is_restart=True, now=now)
    if deadline is not None:
        outcomes.tell_reopened(session, case, deadline, now=now)


def _begin(
    session: Session,
    case: Case,
    kind: FactKind,
    capability: Capability,
    what: str,
    reason: str,
    actor: Actor,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> CaseFact:
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    _reasoned(reason)
    require(case, capability)
    if kind is FactKind.PAUSE and standing(session, case.id, kind):
        raise AlreadyStands("已经中止计时")
    fact = begin(session, case.id, kind, by=actor.label, reason=reason.strip(), detail=detail, now=now)
    ground = ground_on(session, now=now)
    note(session, case, what, ground=ground, actor=actor, reason=reason, now=now)
    return fact


def _end(
    session: Session,
    case: Case,
    kind: FactKind,
    what: str,
    reason: str,
    actor: Actor,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> CaseFact:
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    _reasoned(reason)
    found = standing(session, case.id, kind)
    if not found:
        raise NothingStands
    for fact in found:
        end(session, fact, by=actor.label, reason=reason.strip(), now=now)
    ground = ground_on(session, now=now)
    note(session, case, what, ground=ground, actor=actor, reason=reason, facts=facts, now=now)
    return found[0]


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise ReasonNeeded
