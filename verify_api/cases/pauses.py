"""不可抗力: while a pause stands the clock stands, and what was left of it is kept."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.ground import Ground
from verify_api.cases.models import Case, CaseDeadline, CaseFact
from verify_api.cases.timing import as_value, shift
from verify_api.deadlines.rules import end_of, fixed

ZERO = timedelta()
# 24:00 still belongs to its day.
INSTANT = timedelta(microseconds=1)


def pauses_of(session: Session, case_id: int) -> list[CaseFact]:
    """Every pause of the case, ended or not; no two overlap."""
    query = select(CaseFact).where(CaseFact.case_id == case_id, CaseFact.kind == FactKind.PAUSE.value)
    return list(session.scalars(query.order_by(CaseFact.id)))


def receded(session: Session, row: CaseDeadline, *, now: datetime) -> datetime:
    """Where a running deadline would end if its clock ran on from now: a pause moves it hour by hour.

    A pause that begins after the end gives nothing back, nor does one to a certificate's term (`on_day`).
    """
    pause = next(iter(standing(session, row.case_id, FactKind.PAUSE)), None)
    if pause is None or pause.since >= row.due_at:
        return row.due_at
    return row.due_at + _inside(pause, row, until=now)


def slept(session: Session, row: CaseDeadline) -> timedelta:
    """How long pauses stood that ended while the deadline itself was stopped: nobody moved its end then."""
    if row.ended_at is None:
        return ZERO
    over = [one for one in pauses_of(session, row.case_id) if one.ended_at is not None]
    return sum(
        (
            _inside(one, row, until=one.ended_at)
            for one in over
            if one.ended_at is not None and one.ended_at > row.ended_at and one.since < row.due_at
        ),
        ZERO,
    )


def carry_on(
    session: Session,
    case: Case,
    current: CaseDeadline,
    *,
    ends: datetime,
    basis: str,
    ground: Ground,
    now: datetime,
) -> CaseDeadline:
    """Let the running deadline end later, at the end of the day on which `ends` falls.

    A day off gives way to the next working day (T-03); whoever had nothing left has at least today.
    """
    last_day = max(current.last_day, ground.today, (ends - INSTANT).astimezone(SHANGHAI).date())
    if last_day == current.last_day:
        return current
    later = fixed(as_value(current), last_day, basis=basis, calendar=ground.calendar)
    return shift(session, case, current, later, reason="moved", ground=ground, now=now)


def days_stood(session: Session, case: Case, *, now: datetime) -> int:
    """Whole days, rounded up, for which the clock stood since the notice was served.

    整改期限最长不超过三个月 (22号令 28) is a period like any other: what force majeure took is no part of it.
    """
    if case.rectification_served_on is None:
        return 0
    served = end_of(case.rectification_served_on)
    stood = [(one.ended_at or now) - max(one.since, served) for one in pauses_of(session, case.id)]
    return -(-sum((max(ZERO, one) for one in stood), ZERO) // timedelta(days=1))


def _inside(pause: CaseFact, row: CaseDeadline, *, until: datetime) -> timedelta:
    """The part of a pause that fell on counted days: the start day is not counted (民法典 201)."""
    return max(ZERO, until - max(pause.since, end_of(row.start_day)))
