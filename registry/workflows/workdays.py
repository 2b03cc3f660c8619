"""Working days, counted on a calendar that somebody else holds. Pure."""

from datetime import date, timedelta
from typing import Protocol


class Calendar(Protocol):
    """Which days are off."""

    def is_day_off(self, day: date, /) -> bool | None:
        """True for holidays and unworked weekends, None if the year is not loaded (T-03)."""
        ...


def last_workday(start: date, count: int, calendar: Calendar) -> date | None:
    """The last day of a period of working days; the start day is not counted (T-01, T-04).

    None if a year that the answer depends on is not loaded: nobody may then say that time is up.
    """
    day, left = start, count
    while left > 0:
        day += timedelta(days=1)
        is_off = calendar.is_day_off(day)
        if is_off is None:
            return None
        left -= not is_off
    return day
