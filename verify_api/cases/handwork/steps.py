"""Steps one officer takes alone, with a reason: 取消, 重新开启, 签发."""

from datetime import datetime

from sqlalchemy.orm import Session

from registry.errors import Conflict, Invalid
from verify_api.accounts.actor import Actor, Role
from verify_api.cases.access import require_role
from verify_api.cases.facts import FactKind, begin, end, standing, voids_behind
from verify_api.cases.ground import ground_on
from verify_api.cases.handwork.reasons import NothingStands, reasoned, restart_case
from verify_api.cases.models import Case
from verify_api.cases.states import Capability, Event, State, may
from verify_api.cases.steps import enter
from verify_api.cases.timing import running, stop
from verify_api.cases.transition import move, note, require
from verify_api.policy.values import Rectification


def cancel(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """取消任务, by the authority with a reason."""
    require_role(actor, Role.ADMIN)
    reasoned(reason)
    require(case, Capability.CANCEL)
    ground = ground_on(session, now=now)
    move(session, case, Event.CANCELLED, ground=ground, actor=actor, reason=reason, now=now)
    enter(session, case, ground=ground, now=now)


def reopen(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """FIRST, waiting to lapse: the authority gives a fresh month (SZ-30d)."""
    require_role(actor, Role.ADMIN)
    reasoned(reason)
    require(case, Capability.REOPEN)
    restart_case(session, case, Event.REOPENED, reason, actor, now)


DAYS_OF_A_MONTH = 28  # The shortest: however the months fall, the term stays inside the cap.


class TermNotAllowed(Invalid):
    """The officer's own term lies outside what policy and law allow."""

    code = "rectification_term_not_allowed"
    message = "指定的整改期限不在允许的范围内"


def issue_draft(
    session: Session, case: Case, *, reason: str, report_days: int | None = None, actor: Actor, now: datetime
) -> None:
    """签发: an officer sends the 整改通知书 that policy had left as a draft.

    `report_days`: natural days from service for the report and the new list, in place of the policy's months
    (A.1.3); the three-month cap of 22号令 28 stands above them.

    Raises:
        NothingStands: No draft waits. Conflict: A guard still holds. TermNotAllowed: Too short or too long.
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
    ground = ground_on(session, now=now)
    _require_term(report_days, ground.policy.rectification)
    for fact in drafts:
        end(session, fact, by=actor.label, reason="已签发", now=now)
    if event is Event.MISSED:
        stop(session, case, reason="missed", now=now)
    said = reason.strip() or drafts[-1].reason
    facts = {"checkins": voids_behind(drafts)}
    move(session, case, event, ground=ground, actor=actor, reason=said, facts=facts, now=now)
    enter(session, case, ground=ground, report_days=report_days, now=now)


def refuse_draft(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """不予签发: the officer does not sign the 整改通知书 that policy had left as a draft.

    A deadline stays missed all the same: a hold takes the place of its draft, until an officer extends the
    deadline, cancels the case, or lifts the hold, upon which the next sweep drafts the order again. After a
    打卡不合格 the window simply goes on and the person has to come again.

    Raises:
        NothingStands: No draft waits. Conflict: The case has passed with a check-in that does not count.
    """
    require_role(actor, Role.ADMIN)
    reasoned(reason)
    drafts = standing(session, case.id, FactKind.NOTICE_DRAFT)
    if not drafts:
        raise NothingStands("没有待签发的整改通知书")
    if not may(State(case.state), Capability.HOLD):
        raise Conflict("核查已记为通过而其中有打卡不合格，不能不予签发", code="pass_without_all")
    for fact in drafts:
        end(session, fact, by=actor.label, reason=f"不予签发：{reason.strip()}", now=now)
    if any(fact.detail["event"] == Event.MISSED for fact in drafts):
        said = f"整改通知书不予签发：{reason.strip()}"
        begin(session, case.id, FactKind.HOLD, by=actor.label, reason=said, now=now)
    ground = ground_on(session, now=now)
    note(session, case, "notice_refused", ground=ground, actor=actor, reason=reason, now=now)


def _require_term(days: int | None, rule: Rectification) -> None:
    longest = rule.cap_months * DAYS_OF_A_MONTH
    if days is not None and not rule.min_officer_days <= days <= longest:
        raise TermNotAllowed(f"指定的整改期限须在{rule.min_officer_days}日至{longest}日之间")
