"""The calendar in force, and loading a year into it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from verify_api.deadlines.calendar import HolidayCalendar, YearDays, published
from verify_api.deadlines.models import CalendarYear
from verify_api.deadlines.rules import Deadline
from verify_api.deadlines.yearfile import YearFile, listed

# Any number of ours: revisions of years are numbered one transaction at a time.
LOCK = 4_031_931

# The one combination of revisions in use, replaced when another year is loaded. The key holds digests, so
# what a rolled-back transaction left here is not taken for something else.
_latest: dict[str, tuple[tuple[tuple[int, str], ...], HolidayCalendar]] = {}


@dataclass(frozen=True, slots=True)
class LoadedYear:
    """What loading a year changed: deadlines that touch this span are to be computed again."""

    year: int
    revision: int
    is_new: bool
    first_day: date
    last_day: date
    calendar_version: str

    def touches(self, deadline: Deadline) -> bool:
        """Whether the deadline's period has a day in the span, so that its end may have moved."""
        return deadline.start_day <= self.last_day and deadline.last_day >= self.first_day


def current_calendar(session: Session) -> HolidayCalendar:
    """The published calendar with the newest revision of every loaded year.

    One small query; the calendar itself is built once per combination of revisions.
    """
    newest = (
        select(CalendarYear.id, CalendarYear.sha256)
        .ext(distinct_on(CalendarYear.year))
        .order_by(CalendarYear.year, CalendarYear.revision.desc())
    )
    key = tuple((row.id, row.sha256) for row in session.execute(newest))
    kept = _latest.get("calendar")
    if kept is not None and kept[0] == key:
        return kept[1]
    rows = session.scalars(select(CalendarYear).where(CalendarYear.id.in_([item[0] for item in key])))
    calendar = published().with_years(_days(row) for row in rows)
    _latest["calendar"] = (key, calendar)
    return calendar


def load_year(session: Session, *, year_file: YearFile, actor: str, now: datetime) -> LoadedYear:
    """Store a new revision of a year unless it says the same as the newest one.

    Deadlines computed under the former calendar are the caller's to compute again (`LoadedYear.touches`).
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    newest = session.scalar(
        select(CalendarYear)
        .where(CalendarYear.year == year_file.year)
        .order_by(CalendarYear.revision.desc())
        .limit(1)
    )
    is_new = newest is None or newest.sha256 != year_file.sha256
    revision = (newest.revision if newest else 0) + is_new
    if is_new:
        session.add(
            CalendarYear(
                year=year_file.year,
                revision=revision,
                source=year_file.source,
                off=listed(year_file.off),
                work=listed(year_file.work),
                sha256=year_file.sha256,
                loaded_by=actor,
                loaded_at=now,
            )
        )
        session.flush()
    days = year_file.days(revision)
    first = min(days.first_day, _days(newest).first_day) if newest else days.first_day
    version = current_calendar(session).version
    return LoadedYear(year_file.year, revision, is_new, first, days.last_day, version)


def loaded_years(session: Session) -> list[CalendarYear]:
    """Every revision of every year, newest first."""
    query = select(CalendarYear).order_by(CalendarYear.year.desc(), CalendarYear.revision.desc())
    return list(session.scalars(query))


def _days(row: CalendarYear) -> YearDays:
    off, work = ({date.fromisoformat(day) for day, _ in items} for items in (row.off, row.work))
    return YearDays(row.year, f"{row.year}r{row.revision}", frozenset(off), frozenset(work))
