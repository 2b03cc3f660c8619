"""Steps that take two officers (DOMAIN §0): one proposes, another confirms, and only then it happens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Conflict, Forbidden
from verify_api.accounts.actor import Actor, Role
from verify_api.cases import documents, outcomes
from verify_api.cases.access import require_role
from verify_api.cases.facts import AlreadyStands, FactKind, end, standing
from verify_api.cases.ground import ground_on
from verify_api.cases.handwork.reasons import NothingStands, reasoned, restart_case
from verify_api.cases.models import Case, CaseEvent, PersonList, Proposal
from verify_api.cases.states import Capability, Event
from verify_api.cases.steps import enter
from verify_api.cases.timing import running
from verify_api.cases.transition import move, note, require
from verify_api.notices.models import NoticeKind


class SecondOfficerNeeded(Forbidden):
    """The second signature must be another officer's."""

    code = "second_officer_needed"
    message = "须由另一名工作人员复核"


@dataclass(frozen=True, slots=True)
class TwoOfficers:
    """A step with who may propose it and who may confirm it (DOMAIN A.1.2)."""

    capability: Capability
    proposers: tuple[Role, ...]
    confirmers: tuple[Role, ...]
    act: Callable[[Session, Case, Proposal, Actor, datetime], None]


class ProposalOutdated(Conflict):
    """What was proposed concerned another stage of the case."""

    code = "proposal_outdated"
    message = "提请之后任务状态已变化，不能再同意；请不同意此提请，需要时重新提请"


def propose(
    session: Session,
    case: Case,
    *,
    action: str,
    reason: str,
    detail: Mapping[str, Any] | None = None,
    steps: Mapping[str, TwoOfficers] | None = None,
    actor: Actor,
    now: datetime,
) -> Proposal:
    """First signature under a step that needs two officers.

    `steps`: those the caller knows of, where some lie above cases; without it those of this module.

    Raises:
        NotAllowedNow: The state does not allow the step. AlreadyStands: It is proposed already.
    """
    step = (steps or TWO_OFFICERS)[action]
    require_role(actor, *step.proposers)
    reasoned(reason)
    require(case, step.capability)
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
    # Counted from here: what moves the case afterwards makes the proposal one about something else.
    row.detail = {**row.detail, "seq": case.version}
    session.flush()
    return row


def confirm(
    session: Session,
    case: Case,
    proposal: Proposal,
    *,
    is_agreed: bool,
    reason: str,
    steps: Mapping[str, TwoOfficers] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Second signature, by another officer; only now does the step happen.

    Raises:
        SecondOfficerNeeded: The same officer, or for a 撤回 the one who opened the case.
        NothingStands: Already decided, or not to be decided here.
        ProposalOutdated: The case has moved since; it can only be refused.
    """
    step = (steps or TWO_OFFICERS).get(proposal.action)
    if step is None or proposal.outcome is not None:
        raise NothingStands("该事项已处理，或不在此处复核")
    require_role(actor, *step.confirmers)
    if proposal.proposed_by == actor.label:
        raise SecondOfficerNeeded
    proposal.decided_by, proposal.decided_at = actor.label, now
    proposal.outcome = "confirmed" if is_agreed else "refused"
    if not is_agreed:
        ground = ground_on(session, now=now)
        facts = {"action": proposal.action}
        note(session, case, "step_refused", ground=ground, actor=actor, reason=reason, facts=facts, now=now)
        return
    require(case, step.capability)
    if _has_moved(session, case, since=proposal.detail.get("seq", 0)):
        raise ProposalOutdated
    step.act(session, case, proposal, actor, now)


def _has_moved(session: Session, case: Case, *, since: int) -> bool:
    query = select(CaseEvent.id).where(
        CaseEvent.case_id == case.id, CaseEvent.seq > since, CaseEvent.from_state != CaseEvent.to_state
    )
    return session.scalar(query.limit(1)) is not None


def _void_approval(session: Session, case: Case, proposal: Proposal, actor: Actor, now: datetime) -> None:
    """SZ-27: the list falls; a new version gets a new month."""
    query = select(PersonList).where(PersonList.case_id == case.id, PersonList.status == "approved")
    for row in session.scalars(query):
        row.status = "voided"
    ground = ground_on(session, now=now)
    move(session, case, Event.APPROVAL_VOIDED, ground=ground, actor=actor, reason=proposal.reason, now=now)
    for draft in standing(session, case.id, FactKind.NOTICE_DRAFT):
        end(session, draft, by=actor.label, reason="名单审核通过已撤销", now=now)
    enter(session, case, ground=ground, now=now)
    outcomes.tell_approval_voided(session, case, now=now)


def take_back(
    session: Session, case: Case, kinds: Sequence[NoticeKind], proposal: Proposal, actor: Actor, now: datetime
) -> None:
    """Rescind the documents of the kinds; nobody has to serve them any more."""
    said, first = proposal.reason, proposal.proposed_by
    documents.rescind(session, case, *kinds, reason=said, proposed_by=first, by=actor.label, now=now)
    for fact in standing(session, case.id, FactKind.SERVICE_FAILED):
        end(session, fact, by=actor.label, reason="文书已撤销", now=now)


def _rescind_notice(session: Session, case: Case, proposal: Proposal, actor: Actor, now: datetime) -> None:
    take_back(session, case, documents.ORDER, proposal, actor, now)
    outcomes.lift_marks(session, case, reason=f"整改通知书已撤销：{proposal.reason}", now=now)
    case.rectification_served_on = None
    restart_case(session, case, Event.NOTICE_RESCINDED, proposal.reason, actor, now)


def _rescind_decision(session: Session, case: Case, proposal: Proposal, actor: Actor, now: datetime) -> None:
    """A 撤回 not served yet has taken nothing; the mark falls, as the order that follows has to be served."""
    take_back(session, case, documents.DECISION, proposal, actor, now)
    outcomes.lift_marks(session, case, reason=f"决定已撤销：{proposal.reason}", now=now)
    outcomes.reinstate(session, case, reason=proposal.reason, actor=actor.label, now=now)
    restart_case(session, case, Event.DECISION_RESCINDED, proposal.reason, actor, now)


def _revoke(session: Session, case: Case, proposal: Proposal, actor: Actor, now: datetime) -> None:
    """After the days for 陈述申辩, with every appeal answered, and not by who opened the case."""
    if case.opened_by == actor.label:
        raise SecondOfficerNeeded("建立任务的工作人员不能作出撤回决定")
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


REVIEW = (Role.REVIEWER, Role.ADMIN)
_HEADS = (Role.ADMIN, Role.DECIDER)
_DECIDER = (Role.DECIDER,)
TWO_OFFICERS = {
    "void_approval": TwoOfficers(Capability.VOID_APPROVAL, REVIEW, REVIEW, _void_approval),
    "rescind_notice": TwoOfficers(Capability.RESCIND_NOTICE, _HEADS, _HEADS, _rescind_notice),
    "rescind_decision": TwoOfficers(Capability.RESCIND_DECISION, _HEADS, _HEADS, _rescind_decision),
    "revoke": TwoOfficers(Capability.DECIDE_REVOCATION, _HEADS, _DECIDER, _revoke),
    "keep": TwoOfficers(Capability.DECIDE_REVOCATION, _HEADS, _DECIDER, _keep),
}
