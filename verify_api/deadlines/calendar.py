"""The holiday calendar as a value: published days off and 调休 working days, year by year.

The State Council publishes each year's arrangement in the autumn before it. `published()` is what the
`chinesecalendar` package knows; an operator loads later (or amended) years from a file, see `yearfile`.
A year nobody has loaded is *unknown*: the calendar answers None and deadlines become provisional (T-03).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version as package_version

SATURDAY = 5
# The arrangement of a New Year may move days of the December before it (2018-12-29 was worked for 2019).
DECEMBER_LEAD = (12, 15)


@dataclass(frozen=True, slots=True)
class YearDays:
    """One year's published exceptions to "Monday to Friday are worked".

    `off` and `work` lie in `year` or in the second half of the December before it.
    """

    year: int
    revision: str
    off: frozenset[date]
    work: frozenset[date]

    @property
    def first_day(self) -> date:
        """The first day whose meaning this arrangement can change."""
        return min([date(self.year, 1, 1), *self.off, *self.work])

    @property
    def last_day(self) -> date:
        """The last day whose meaning this arrangement can change."""
        return date(self.year, 12, 31)


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """Which days are off. Immutable; `version` names exactly the data it was built from."""

    version: str
    known_years: frozenset[int]
    off: frozenset[date]
    work: frozenset[date]

    def is_day_off(self, day: date) -> bool | None:
        """True for holidays, bridged days and unworked weekends; None if the year is not loaded (T-03)."""
        if day.year not in self.known_years:
            return None
        if day in self.work:
            return False
        return day in self.off or is_weekend(day)

    def with_year(self, days: YearDays) -> "HolidayCalendar":
        """This calendar with one year replaced, and the days it moves in the December before."""
        span = (days.first_day, days.last_day)
        return HolidayCalendar(
            version=f"{self.version}+{days.revision}",
            known_years=self.known_years | {days.year},
            off=_outside(self.off, span) | days.off,
            work=_outside(self.work, span) | days.work,
        )

    def with_years(self, years: Iterable[YearDays]) -> "HolidayCalendar":
        """This calendar with several years replaced, in ascending order."""
        calendar = self
        for days in sorted(years, key=lambda item: item.year):
            calendar = calendar.with_year(days)
        return calendar


def is_weekend(day: date) -> bool:
    """Saturday or Sunday, whatever the published arrangement says."""
    return day.weekday() >= SATURDAY


def _outside(days: frozenset[date], span: tuple[date, date]) -> frozenset[date]:
    return frozenset(day for day in days if not span[0] <= day <= span[1])


@cache
def published() -> HolidayCalendar:
    """The arrangements the installed `chinesecalendar` knows (2004 to 2026 in 1.11)."""
    from chinese_calendar.constants import holidays, workdays  # Heavy tables: loaded when first asked.

    years = range(min(holidays).year, max(holidays).year + 1)
    return HolidayCalendar(
        version=f"chinesecalendar-{package_version('chinesecalendar')}",
        known_years=frozenset(years),
        off=frozenset(holidays),
        work=frozenset(workdays),
    )
