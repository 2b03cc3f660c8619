"""What the bureau does to a running deadline: 中止计时, 恢复计时, 延长."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.errors import Invalid
from verify_api.accounts.actor import Actor, Role
from verify_api.cases import outcomes
from verify_api.cases.access import require_role
from verify_api.cases.facts import FactKind
from verify_api.cases.ground import ground_on
from verify_api.cases.handwork.reasons import NothingStands, begin_fact, end_fact, reasoned
from verify_api.cases.models import Case, CaseDeadline, CaseFact
from verify_api.cases.pauses import carry_on, receded
from verify_api.cases.states import Capability
from verify_api.cases.steps import days_of
from verify_api.cases.timing import DeadlineKind, as_value, cap_on, running, shift
from verify_api.cases.transition import note, require
from verify_api.deadlines.rules import end_of, fixed


class DayWrong(Invalid):
    """A new last day that is not later than the old one, or beyond what the law allows."""

    code = "day_wrong"


def pause(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> CaseFact:
    """Force majeure: the clock stands and what is left of it is kept."""
    fact = begin_fact(session, case, FactKind.PAUSE, Capability.PAUSE, "paused", reason, actor, now)
    session.flush()
    outcomes.tell_paused(session, case, fact)
    return fact


def resume(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """The clock runs again with what was left, also of a deadline that began while it stood.

    Whoever had nothing left has at least this day. The term of a certificate is a fact and has not stood.
    """
    current = running(session, case.id)
    ends = None if current is None else receded(session, current, now=now)
    fact = end_fact(session, case, FactKind.PAUSE, "resumed", reason, actor, now)
    if current is None or ends is None or current.kind == DeadlineKind.EXPIRE:
        return
    basis = f"因不可抗力自 {fact.since.astimezone(SHANGHAI):%Y-%m-%d} 中止计时"
    ground = ground_on(session, now=now)
    ends = max(ends, end_of(ground.today))
    runs = carry_on(session, case, current, ends=ends, basis=basis, ground=ground, now=now)
    outcomes.tell_resumed(session, case, fact, runs, now=now)


def extend(
    session: Session, case: Case, *, last_day: date, reason: str, actor: Actor, now: datetime
) -> CaseDeadline:
    """Move the running deadline to a later day; within 整改 never beyond the three-month cap (22号令 28).

    Raises:
        DayWrong: Not later, or beyond the cap.
    """
    require_role(actor, Role.ADMIN)
    reasoned(reason)
    require(case, Capability.EXTEND)
    current = running(session, case.id)
    if current is None or current.kind == DeadlineKind.EXPIRE:
        raise NothingStands("当前没有可以延长的期限")
    if last_day <= current.last_day:
        raise DayWrong("延长后的期限须晚于原期限")
    if last_day < now.astimezone(SHANGHAI).date():
        raise DayWrong("延长后的期限不能早于今天")
    ground = ground_on(session, now=now)
    cap = cap_on(days_of(session, case, ground, now=now), ground)
    if cap is not None and last_day > cap:
        raise DayWrong(f"整改期限自送达之日起不得超过上限，最晚为 {cap:%Y年%m月%d日}", code="beyond_cap")
    facts = {"from": current.last_day.isoformat(), "to": last_day.isoformat()}
    later = fixed(as_value(current), last_day, basis=f"经批准延长：{reason.strip()}")
    row = shift(session, case, current, later, reason="moved", ground=ground, now=now)
    note(session, case, "extended", ground=ground, actor=actor, reason=reason, facts=facts, now=now)
    outcomes.tell_extended(session, case, row, now=now)
    return row
