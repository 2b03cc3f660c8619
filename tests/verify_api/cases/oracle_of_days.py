"""The oracle's own arithmetic of days: periods, days off, remainders (民法典 201 to 203). It asks no service.

A deadline is the last day, and is over when the day after it begins in Shanghai.
"""

import calendar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

import chinese_calendar

SHANGHAI = timezone(timedelta(hours=8))
DAY, NOTHING = timedelta(days=1), timedelta()
LAST_PUBLISHED = 2026
LONGEST_BREAK = 16 * DAY
# What the sequences load as the arrangement of 2027; the days themselves are invented.
OFF_2027 = [date(2027, 1, day) for day in (1, 2, 3)] + [date(2027, 2, day) for day in range(5, 12)]
OFF_2027 += [date(2027, 4, 5), *(date(2027, 5, day) for day in range(1, 6)), date(2027, 6, 9)]
OFF_2027 += [date(2027, 9, 15), *(date(2027, 10, day) for day in range(1, 8))]
WORK_2027 = [date(2027, 2, 14), date(2027, 10, 9)]


def months(start: date, n: int) -> date:
    """The same-numbered day n months on, or that month's last (民法典 202)."""
    index = start.month - 1 + n
    year, month = start.year + index // 12, index % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def midnight(day: date, later: int = 0) -> datetime:
    """The beginning of the day that comes so many days later, in Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(days=later)


def day_of(moment: datetime) -> date:
    """The day in Shanghai; 24:00 belongs to the day that ends with it."""
    return (moment - timedelta(microseconds=1)).astimezone(SHANGHAI).date()


@dataclass
class Days:
    """Which days are off, as far as anybody has published it."""

    has_2027: bool = False

    def off(self, day: date) -> tuple[bool, bool]:
        """(is off, is sure): in a year that nobody has published only weekends are taken as off."""
        is_weekend = day.weekday() in (5, 6)
        if day.year <= LAST_PUBLISHED:
            return chinese_calendar.is_holiday(day), True
        if day.year == 2027 and self.has_2027:
            return day in OFF_2027 or (is_weekend and day not in WORK_2027), True
        return is_weekend, False

    def rolled(self, day: date) -> tuple[date, bool]:
        """(the first day from here that is worked, whether that is sure) (民法典 203)."""
        is_sure = True
        while True:
            is_off, known = self.off(day)
            is_sure = is_sure and known
            if not is_off:
                return day, is_sure
            day += DAY

    def worked(self, start: date, n: int) -> tuple[date, bool]:
        """(the n-th working day after the start, whether that is sure)."""
        day, is_sure = start, True
        while n:
            day += DAY
            is_off, known = self.off(day)
            is_sure = is_sure and known
            n -= not is_off
        return day, is_sure


@dataclass
class Clock:
    """A deadline with how it was reckoned, so that it can be reckoned again when a year is published."""

    days: Days
    start: date  # not counted (民法典 201)
    raw: date  # where the period ends before days off are looked at
    rolls: bool = True
    cap: date | None = None
    working_days: int = 0
    is_term: bool = False  # 有效期至: a fact that nobody moves (T-03)
    set_later: list[tuple[date, bool]] = field(default_factory=list)  # and whether days off push that day on

    def __post_init__(self) -> None:
        self.due, self.is_known = self.reckoned()

    @property
    def end(self) -> datetime:
        """24:00 of the last day."""
        return midnight(self.due, 1)

    def reckoned(self) -> tuple[date, bool]:
        """(last day, whether no year still to be published can move it)."""
        due, is_known = self._own()
        for day, rolls in self.set_later:
            end, is_sure = self.days.rolled(day) if rolls else (day, True)
            if end < due:
                continue  # The law's own end turned out to be later.
            overtaken = not is_known and end < due + LONGEST_BREAK
            due, is_known = end, is_sure and not overtaken
        return due, is_known

    def _own(self) -> tuple[date, bool]:
        if self.working_days:
            return self.days.worked(self.start, self.working_days)
        due, is_known = self.days.rolled(self.raw) if self.rolls else (self.raw, True)
        if self.cap is not None and self.cap <= due:
            # A guessed end might still turn out to lie before the cap, but never before the period's own.
            return self.cap, is_known or self.cap <= self.raw
        return due, is_known

    def move(self, day: date, *, rolls: bool) -> None:
        """Put a later day in its place."""
        if day != self.due:
            self.set_later.append((day, rolls))
            self.due, self.is_known = self.reckoned()

    def publish(self) -> bool:
        """A year was published; a day that was shown is never taken away. Whether the end is another one."""
        before = (self.due, self.is_known)
        due, is_known = self.reckoned()
        if due < self.due:
            self.set_later.append((self.due, False))
            due, is_known = self.reckoned()
        self.due, self.is_known = due, is_known
        return before != (due, is_known)
