"""What the bureau does to a running deadline: 中止计时, 恢复计时, 延长."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.errors import Invalid
from verify_api.accounts.actor import Actor, Role
from verify_api.cases import documents, outcomes
from verify_api.cases.access import require_role
from verify_api.cases.facts import FactKind
from verify_api.cases.ground import ground_on
from verify_api.cases.handwork.reasons import NothingStands, begin_fact, end_fact, reasoned
from verify_api.cases.models import Case, CaseDeadline, CaseFact
from verify_api.cases.states import Capability
from verify_api.cases.timing import DeadlineKind, as_value, running, shift
from verify_api.cases.transition import note, require
from verify_api.deadlines.rules import fixed

INSTANT = timedelta(microseconds=1)


class DayWrong(Invalid):
    """A new last day that is not later than the old one, or beyond what the law allows."""

    code = "day_wrong"


def pause(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> CaseFact:
    """Force majeure: the clock stands and what is left of it is kept."""
    current = running(session, case.id)
    left = None if current is None else max(0, (current.due_at - now).total_seconds())
    detail = {"seconds_left": left, "deadline": current.id if current else None}
    return begin_fact(session, case, FactKind.PAUSE, Capability.PAUSE, "paused", reason, actor, now, detail)


def resume(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """The clock runs again with what was left, to the end of the day on which that falls.

    A day off gives way to the next working day (T-03). The term of a certificate is a fact and has not stood.
    """
    fact = end_fact(session, case, FactKind.PAUSE, "resumed", reason, actor, now)
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
    reasoned(reason)
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
