"""Which deadline follows which state. One deadline of a case runs at a time; replaced ones stay readable."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from verify_api.cases.facts import FactKind, end, standing
from verify_api.cases.ground import Ground
from verify_api.cases.models import Case, CaseDeadline, CaseFact, PersonList
from verify_api.cases.states import Event, State, Track
from verify_api.deadlines.rules import (
    Deadline,
    compute_again,
    earlier_of,
    fixed,
    months_after,
    natural_days_after,
    on_day,
    working_days_after,
)


class DeadlineKind(StrEnum):
    """What is due."""

    INITIATE = "initiate"  # 发起打卡: the first submission of a list
    RESUBMIT = "resubmit"  # 重新提交名单
    CHECK_IN = "check_in"  # 全部完成打卡
    EXPIRE = "expire"  # 有效期至
    REPORT = "report"  # 整改报告和新名单
    RECHECK_IN = "recheck_in"  # 整改打卡
    DEFENCE = "defence"  # 陈述申辩


KIND_LABELS = {
    DeadlineKind.INITIATE: "发起人员打卡",
    DeadlineKind.RESUBMIT: "重新提交名单",
    DeadlineKind.CHECK_IN: "全部完成打卡",
    DeadlineKind.EXPIRE: "资质证书有效期届满",
    DeadlineKind.REPORT: "提交整改报告并重新发起打卡",
    DeadlineKind.RECHECK_IN: "完成整改打卡",
    DeadlineKind.DEFENCE: "陈述申辩",
}
# What the sweep acts on. The end of a hearing period only allows an officer to decide.
ACTING = frozenset(DeadlineKind) - {DeadlineKind.DEFENCE}

CODE = "《中华人民共和国民法典》第二百零一条至第二百零四条"
GUIDE = "《建筑业企业资质核查平台操作细则》"
DECREE = "《建筑业企业资质管理规定》（住房城乡建设部令第22号）第二十八条"


@dataclass(frozen=True, slots=True)
class Facts:
    """The days that a case's deadlines count from."""

    today: date
    first_issued_on: date
    valid_to: date
    served_on: date | None = None
    rectification_served_on: date | None = None
    report_days: int | None = None  # the officer's own term in the notice in force
    days_stood: int = 0
    is_restart: bool = False


def planned(track: Track, state: State, facts: Facts, ground: Ground) -> tuple[DeadlineKind, Deadline] | None:
    """The deadline that begins to run when a case enters the state; None where nothing runs."""
    rules = FIRST if track is Track.FIRST else STOCK
    rule = rules.get(state)
    return rule(facts, ground) if rule else None


Planned = tuple[DeadlineKind, Deadline] | None


def _months(start: date, months: int, ground: Ground, basis: str) -> Deadline:
    roll = ground.policy.counting.roll_enterprise_deadlines
    return months_after(start, months, calendar=ground.calendar, roll=roll, basis=f"{basis}；{CODE}")


def _days(start: date, days: int, ground: Ground, basis: str) -> Deadline:
    roll = ground.policy.counting.roll_enterprise_deadlines
    return natural_days_after(start, days, calendar=ground.calendar, roll=roll, basis=basis)


def _first_open(facts: Facts, ground: Ground) -> Planned:
    if facts.is_restart:  # Reopened by the authority: a fresh month, as for a STOCK case.
        return DeadlineKind.INITIATE, _months(facts.today, 1, ground, f"{GUIDE}（重新开启）")
    months = ground.policy.first.initiate_months
    return DeadlineKind.INITIATE, _months(facts.first_issued_on, months, ground, f"{GUIDE}二（一）1（SZ-15）")


def _expiry(facts: Facts, ground: Ground) -> Planned:
    basis = f"资质证书有效期（T-03）；{GUIDE}二（一）4（SZ-30d）"
    return DeadlineKind.EXPIRE, on_day(facts.valid_to, calendar=ground.calendar, basis=basis)


def _first_checkin(facts: Facts, ground: Ground) -> Planned:
    months = ground.policy.first.checkin_months
    return DeadlineKind.CHECK_IN, _months(facts.today, months, ground, f"{GUIDE}二（一）4（SZ-30b）")


def _stock_open(facts: Facts, ground: Ground) -> Planned:
    start = facts.today if facts.is_restart or facts.served_on is None else facts.served_on
    months = ground.policy.stock.initiate_months
    return DeadlineKind.INITIATE, _months(start, months, ground, f"{GUIDE}二（二）（SZ-32）")


def _resubmit(facts: Facts, ground: Ground) -> Deadline:
    days = ground.policy.stock.resubmit_days
    basis = f"{GUIDE}（SZ-33）；{CODE}"
    return _days(facts.today, days, ground, basis)


def _stock_rejected(facts: Facts, ground: Ground) -> Planned:
    return DeadlineKind.RESUBMIT, _resubmit(facts, ground)


def _stock_checkin(facts: Facts, ground: Ground) -> Planned:
    months = ground.policy.stock.checkin_months
    return DeadlineKind.CHECK_IN, _months(facts.today, months, ground, f"{GUIDE}二（二）4（SZ-30b、SZ-38）")


def _cap(facts: Facts, ground: Ground) -> Deadline:
    """Three months after service, the hard end of every 整改; it does not roll.

    Days on which the clock stood are no part of the three months.
    """
    served = facts.rectification_served_on or facts.today
    months = ground.policy.rectification.cap_months
    start = served + timedelta(days=facts.days_stood)
    basis = f"{DECREE}（不可抗力中止 {facts.days_stood} 日不计入）" if facts.days_stood else DECREE
    return months_after(start, months, calendar=ground.calendar, roll=False, basis=basis)


def cap_on(facts: Facts, ground: Ground) -> date | None:
    """The last day on which 整改 may end (22号令 28); None outside 整改."""
    return None if facts.rectification_served_on is None else _cap(facts, ground).last_day


def _report(facts: Facts, ground: Ground) -> Planned:
    served = facts.rectification_served_on
    if served is None:
        return None  # Guard (d): without proof of delivery no clock runs.
    basis = f"{GUIDE}（SZ-35）"
    if facts.report_days is None:
        own = _months(served, ground.policy.rectification.report_months, ground, basis)
    else:
        basis = f"{basis}；整改通知书指定；{CODE}"
        own = _days(served, facts.report_days, ground, basis)
    return DeadlineKind.REPORT, earlier_of(own, _cap(facts, ground))


def _report_again(facts: Facts, ground: Ground) -> Planned:
    return DeadlineKind.RESUBMIT, earlier_of(_resubmit(facts, ground), _cap(facts, ground))


def _recheckin(facts: Facts, ground: Ground) -> Planned:
    months = ground.policy.rectification.checkin_months
    own = _months(facts.today, months, ground, f"{GUIDE}（SZ-36、SZ-37）")
    return DeadlineKind.RECHECK_IN, earlier_of(own, _cap(facts, ground))


def _defence(facts: Facts, ground: Ground) -> Planned:
    if facts.served_on is None:
        return None  # Guard (d): nobody is heard in days of which he has not been told.
    days = ground.policy.revocation.defence_working_days
    basis = "《中华人民共和国行政处罚法》第四十四条、第四十五条、第八十五条（参照）"
    return DeadlineKind.DEFENCE, working_days_after(
        facts.served_on, days, calendar=ground.calendar, basis=basis
    )


FIRST = {
    State.OPEN: _first_open,
    State.REJECTED: _expiry,
    State.CHECKING_IN: _first_checkin,
    State.AWAITING_LAPSE: _expiry,
}
STOCK = {
    State.OPEN: _stock_open,
    State.REJECTED: _stock_rejected,
    State.CHECKING_IN: _stock_checkin,
    State.RECTIFYING: _report,
    State.RECTIFICATION_REJECTED: _report_again,
    State.RECHECKING_IN: _recheckin,
    State.REVOCATION_PROPOSED: _defence,
}


def running(session: Session, case_id: int) -> CaseDeadline | None:
    """The deadline that runs now."""
    query = select(CaseDeadline).where(CaseDeadline.case_id == case_id, CaseDeadline.ended_at.is_(None))
    return session.scalar(query)


def restart(
    session: Session, case: Case, plan: Planned, *, ground: Ground, now: datetime
) -> CaseDeadline | None:
    """End the running deadline and let the planned one run. The case must be locked."""
    stop(session, case, reason="state_changed", now=now)
    return None if plan is None else start(session, case, plan[0], plan[1], ground=ground, now=now)


def stop(session: Session, case: Case, *, reason: str, now: datetime) -> None:
    """End the running deadline, if any, and with it what only waited because it had passed."""
    current = running(session, case.id)
    if current is not None:
        halt(session, case, current, reason=reason, now=now)
    case.due_at = None


def halt(
    session: Session,
    case: Case,
    current: CaseDeadline,
    *,
    reason: str,
    facts: Sequence[CaseFact] | None = None,
    now: datetime,
) -> None:
    """End the deadline that runs. Nothing is flushed: one UPDATE carries this and what follows.

    `facts` are those that stand beside the case, where the caller has read them.
    """
    current.ended_at, current.ended_reason = now, reason
    case.due_at = None
    if facts is None:
        with session.no_autoflush:
            facts = standing(session, case.id, FactKind.WAIT, FactKind.NOTICE_DRAFT)
    for fact in facts:
        missed_draft = fact.kind == FactKind.NOTICE_DRAFT and fact.detail.get("event") == Event.MISSED
        if fact.kind == FactKind.WAIT or missed_draft:
            end(session, fact, by="system", reason="期限已变动", now=now)


def start(
    session: Session, case: Case, kind: DeadlineKind, deadline: Deadline, *, ground: Ground, now: datetime
) -> CaseDeadline:
    """Let a deadline run. The case must be locked and nothing else running."""
    session.flush()  # The unique index allows one open row, so the old one must go first.
    row = CaseDeadline(
        case_id=case.id,
        kind=kind.value,
        start_day=deadline.start_day,
        rule=deadline.rule,
        last_day=deadline.last_day,
        due_at=deadline.ends_at,
        rolled_from=deadline.rolled_from,
        is_provisional=deadline.provisional,
        calendar_version=deadline.calendar_version,
        basis=deadline.basis,
        policy_version=ground.version,
        created_at=now,
    )
    session.add(row)
    case.due_at = deadline.ends_at if kind in ACTING else None
    session.flush()
    return row


def as_value(row: CaseDeadline) -> Deadline:
    """A stored deadline as the rules' value."""
    return Deadline(
        start_day=row.start_day,
        rule=row.rule,
        last_day=row.last_day,
        ends_at=row.due_at.astimezone(SHANGHAI),
        rolled_from=row.rolled_from,
        provisional=row.is_provisional,
        calendar_version=row.calendar_version,
        basis=row.basis,
    )


def shift(
    session: Session,
    case: Case,
    current: CaseDeadline,
    later: Deadline,
    *,
    reason: str,
    ground: Ground,
    now: datetime,
) -> CaseDeadline:
    """Put another end in the place of the running one. The window shown to the people on the list follows."""
    stop(session, case, reason=reason, now=now)
    row = start(session, case, DeadlineKind(current.kind), later, ground=ground, now=now)
    if current.kind in (DeadlineKind.CHECK_IN, DeadlineKind.RECHECK_IN):
        query = select(PersonList).where(PersonList.case_id == case.id, PersonList.status == "approved")
        for approved in session.scalars(query):
            approved.window_closes_at = row.due_at
    session.flush()
    return row


def renew(session: Session, case: Case, *, ground: Ground, now: datetime) -> CaseDeadline | None:
    """Compute the running deadline again under the calendar in force; None if its end stays what it was.

    A day that was shown to the enterprise is never taken away: it stays where the computation would end
    sooner, as one set by an officer does (信赖保护). The case must be locked.
    """
    current = running(session, case.id)
    if current is None or current.calendar_version == ground.calendar.version:
        return None
    before = as_value(current)
    again = compute_again(before, calendar=ground.calendar)
    if again.last_day < before.last_day:
        again = fixed(again, before.last_day, basis="节假日安排变动后原告知期限较晚，予以保留")
    if replace(again, calendar_version=before.calendar_version) == before:
        current.calendar_version = ground.calendar.version  # Looked at again, nothing to say.
        return None
    row = shift(session, case, current, again, reason="recomputed", ground=ground, now=now)
    row.policy_version = current.policy_version  # Its length is the one decided then.
    return row
