"""不可抗力: while a pause stands the clock stands, and what was left of it is kept."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.ground import Ground
from verify_api.cases.models import Case, CaseDeadline, CaseFact
from verify_api.cases.timing import as_value, shift
from verify_api.deadlines.rules import Deadline, end_of, fixed

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
    return _standing_added(session, row.case_id, row.start_day, row.due_at, now=now)


def woken(session: Session, row: CaseDeadline) -> datetime:
    """Where a stopped deadline ends with the pauses that ended meanwhile: nobody moved its end then."""
    if row.ended_at is None:
        return row.due_at
    return _ended_added(session, row.case_id, row.start_day, row.due_at, since=row.ended_at)


def begun_earlier(session: Session, case_id: int, deadline: Deadline) -> datetime:
    """The same for a deadline that has been running unseen since its start day."""
    since = end_of(deadline.start_day)
    return _ended_added(session, case_id, deadline.start_day, deadline.ends_at, since=since)


def is_gone(session: Session, case_id: int, *, start_day: date, ends: datetime, now: datetime) -> bool:
    """Whether nothing is left of a clock that ends then, if a pause that stands is looked at too."""
    return _standing_added(session, case_id, start_day, ends, now=now) <= now


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

    A day off gives way to the next working day (T-03).
    """
    last_day = max(current.last_day, (ends - INSTANT).astimezone(SHANGHAI).date())
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


def _ended_added(
    session: Session, case_id: int, start_day: date, ends: datetime, *, since: datetime
) -> datetime:
    """One pause after the other: what the first gave back may be what the second falls into."""
    for pause in pauses_of(session, case_id):
        if pause.ended_at is not None and pause.ended_at > since and pause.since < ends:
            ends += _inside(pause, start_day, until=pause.ended_at)
    return ends


def _standing_added(
    session: Session, case_id: int, start_day: date, ends: datetime, *, now: datetime
) -> datetime:
    pause = next(iter(standing(session, case_id, FactKind.PAUSE)), None)
    if pause is None or pause.since >= ends:
        return ends
    return ends + _inside(pause, start_day, until=now)


def _inside(pause: CaseFact, start_day: date, *, until: datetime) -> timedelta:
    """The part of a pause that fell on counted days: the start day is not counted (民法典 201)."""
    return max(ZERO, until - max(pause.since, end_of(start_day)))
