"""Deadlines that know their basis (T-01 … T-05, T-07). Pure.

民法典 201: the start day is not counted. 202: a period of months ends on the same-numbered day of its last
month, or on that month's last day. 203: if the last day is 法定休假日 the next working day takes its place;
the last day ends at 24:00. Periods are half-open: a deadline is missed from `ends_at` on (T-02).
"""

import calendar as gregorian
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from registry.clock import SHANGHAI
from registry.errors import Invalid
from verify_api.deadlines.calendar import HolidayCalendar, is_weekend

ONE_DAY = timedelta(days=1)
# No run of days off was ever longer (the Spring Festival of 2020 had ten); a day this far behind a guessed
# end cannot be overtaken by it.
LONGEST_BREAK = 16 * ONE_DAY
# Beyond these a period is a slip of the pen; they also keep every result inside `date`.
MAX_MONTHS = 1200
MAX_DAYS = 36600
FIRST_YEAR, LAST_YEAR = 1900, 2900

_RULE = re.compile(r"^P(?P<n>\d+)(?P<unit>M|D|W)(?P<roll>\+roll)?$")


class PeriodOutOfRange(Invalid):
    """The length or the start day of a period makes no sense."""

    code = "period_out_of_range"


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a period, with everything needed to explain it or to compute it again.

    `rule` is machine-readable: `P10M+roll` (months, rolled), `P10D` (natural days), `P5W` (working days);
    a capped one is `P1M+roll<=P3M@2026-01-05`, one moved by an officer `P1M+roll=>2026-05-20`, one whose
    remainder ran on after a pause `P1M+roll=>2026-05-20+roll`.
    `provisional` means that a day off in a year not loaded could still move it: such a deadline never
    triggers an adverse step.
    """

    start_day: date
    rule: str
    last_day: date
    ends_at: datetime
    rolled_from: date | None
    provisional: bool
    calendar_version: str
    basis: str

    def is_over(self, *, now: datetime) -> bool:
        """Whether the period has ended; 23:59:59 of the last day is still inside (T-02)."""
        return now >= self.ends_at

    def days_left(self, *, now: datetime) -> int:
        """Whole calendar days until the last day: 0 on it, negative when it is over."""
        return (self.last_day - now.astimezone(SHANGHAI).date()).days


def months_after(
    start_day: date, months: int, *, calendar: HolidayCalendar, roll: bool = True, basis: str
) -> Deadline:
    """The same-numbered day `months` later, clamped to the month's end (T-01, T-05).

    Always counted from the original start, never month by month. `roll=False` is for facts printed on a
    certificate (T-03). Raises PeriodOutOfRange.
    """
    _check(start_day, months, MAX_MONTHS)
    raw = add_months(start_day, months)
    return _ending(start_day, f"P{months}M", raw, calendar=calendar, roll=roll, basis=basis)


def natural_days_after(
    start_day: date, n: int, *, calendar: HolidayCalendar, roll: bool = True, basis: str
) -> Deadline:
    """The n-th day after `start_day`, every day counted. Raises PeriodOutOfRange."""
    _check(start_day, n, MAX_DAYS)
    return _ending(start_day, f"P{n}D", start_day + n * ONE_DAY, calendar=calendar, roll=roll, basis=basis)


def working_days_after(start_day: date, n: int, *, calendar: HolidayCalendar, basis: str) -> Deadline:
    """The n-th working day after `start_day`; 调休 Saturdays and Sundays count (T-04).

    Raises PeriodOutOfRange.
    """
    _check(start_day, n, MAX_DAYS)
    day, provisional, left = start_day, False, n
    while left:
        day += ONE_DAY
        off, unknown = _off(day, calendar)
        provisional |= unknown
        left -= not off
    return _deadline(start_day, f"P{n}W", day, None, provisional, calendar, basis)


def on_day(day: date, *, calendar: HolidayCalendar, basis: str) -> Deadline:
    """A date that is a fact (有效期至 of a certificate): the day itself, never rolled (T-03)."""
    return _deadline(day, "P0D", day, None, False, calendar, basis)


def before(day: date, *, includes_day: bool, calendar: HolidayCalendar, basis: str) -> Deadline:
    """“X日前”: whether X itself is inside is for the text to say (T-06)."""
    return on_day(day if includes_day else day - ONE_DAY, calendar=calendar, basis=basis)


def fixed(
    deadline: Deadline, last_day: date, *, basis: str, calendar: HolidayCalendar | None = None
) -> Deadline:
    """The same deadline with an end that an officer set (extension, end of a pause).

    The day is taken as given: whoever sets it has looked at the calendar. With `calendar` it gives way to the
    next working day instead, since nobody chose it. The former rule stays readable before `=>`: a guessed end
    that could still turn out to lie behind the new one keeps the deadline provisional.
    """
    rule = f"{deadline.rule}=>{last_day.isoformat()}"
    end, guessed = (last_day, False) if calendar is None else next_worked(last_day, calendar=calendar)
    return replace(
        deadline,
        rule=rule if calendar is None else f"{rule}+roll",
        last_day=end,
        ends_at=end_of(end),
        rolled_from=None if end == last_day else last_day,
        provisional=guessed or _may_overtake(deadline, end),
        basis=f"{deadline.basis}；{basis}",
    )


def next_worked(day: date, *, calendar: HolidayCalendar) -> tuple[date, bool]:
    """The day, or the first working day after it (民法典 203), and whether that is a guess."""
    guessed = False
    while True:
        off, unknown = _off(day, calendar)
        guessed |= unknown
        if not off:
            return day, guessed
        day += ONE_DAY


def earlier_of(deadline: Deadline, cap: Deadline) -> Deadline:
    """`deadline`, or `cap` where that ends sooner; the rule keeps both so that it can be computed again.

    A provisional end can only be trusted where the other one is certain and comes first in any case.
    """
    winner = min(deadline, cap, key=lambda item: (item.last_day, item.provisional))
    other = cap if winner is deadline else deadline
    certain = not winner.provisional and (not other.provisional or winner.last_day <= _earliest(other))
    return replace(
        winner,
        start_day=deadline.start_day,
        rule=f"{deadline.rule}<={cap.rule}@{cap.start_day.isoformat()}",
        provisional=not certain,
        basis=deadline.basis if deadline.basis == cap.basis else f"{deadline.basis}；{cap.basis}",
    )


def compute_again(deadline: Deadline, *, calendar: HolidayCalendar) -> Deadline:
    """The same rule from the same start under another calendar (after a year was loaded).

    An end that an officer set stays, unless the rule's own end turns out to be later.
    """
    own, _, end = deadline.rule.rpartition("=>")
    if own:
        base = compute_again(replace(deadline, rule=own), calendar=calendar)
        day = date.fromisoformat(end.removesuffix("+roll"))
        rolling = calendar if end.endswith("+roll") else None
        again = replace(fixed(base, day, basis="", calendar=rolling), basis=deadline.basis)
        return again if again.last_day >= base.last_day else replace(base, rule=deadline.rule)
    own, *caps = deadline.rule.split("<=")
    again = _from_rule(deadline.start_day, own, calendar=calendar, basis=deadline.basis)
    for cap in caps:
        rule, _, start = cap.partition("@")
        limit = _from_rule(date.fromisoformat(start), rule, calendar=calendar, basis=deadline.basis)
        again = earlier_of(again, limit)
    return again


def add_months(day: date, months: int) -> date:
    """The same-numbered day `months` later or the month's last day (民法典 202)."""
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = gregorian.monthrange(year, index + 1)[1]
    return date(year, index + 1, min(day.day, last))


def end_of(day: date) -> datetime:
    """24:00 of the day in Shanghai, as the first instant that no longer belongs to it (T-02)."""
    return datetime.combine(day + ONE_DAY, time.min, tzinfo=SHANGHAI)


def _from_rule(start_day: date, rule: str, *, calendar: HolidayCalendar, basis: str) -> Deadline:
    found = _RULE.match(rule)
    if found is None:
        raise PeriodOutOfRange(f"无法识别的期限规则：{rule}")
    n, roll = int(found["n"]), found["roll"] is not None
    if found["unit"] == "W":
        return working_days_after(start_day, n, calendar=calendar, basis=basis)
    if n == 0:
        return on_day(start_day, calendar=calendar, basis=basis)
    after = months_after if found["unit"] == "M" else natural_days_after
    return after(start_day, n, calendar=calendar, roll=roll, basis=basis)


def _ending(
    start_day: date, rule: str, raw: date, *, calendar: HolidayCalendar, roll: bool, basis: str
) -> Deadline:
    if not roll:
        return _deadline(start_day, rule, raw, None, False, calendar, basis)
    day, provisional = next_worked(raw, calendar=calendar)
    rolled_from = None if day == raw else raw
    return _deadline(start_day, f"{rule}+roll", day, rolled_from, provisional, calendar, basis)


def _off(day: date, calendar: HolidayCalendar) -> tuple[bool, bool]:
    """(is off, is a guess): in a year not loaded only weekends are taken as off."""
    known = calendar.is_day_off(day)
    return (is_weekend(day), True) if known is None else (known, False)


def _deadline(
    start_day: date,
    rule: str,
    last_day: date,
    rolled_from: date | None,
    provisional: bool,
    calendar: HolidayCalendar,
    basis: str,
) -> Deadline:
    return Deadline(
        start_day, rule, last_day, end_of(last_day), rolled_from, provisional, calendar.version, basis
    )


def _earliest(deadline: Deadline) -> date:
    """A day before which a provisional deadline cannot turn out to end."""
    if re.fullmatch(r"P\d+[MD](\+roll)?", deadline.rule):
        return deadline.rolled_from or deadline.last_day  # Days off only ever push it later.
    return deadline.start_day


def _may_overtake(deadline: Deadline, day: date) -> bool:
    """Whether a guessed end could turn out to lie behind the day."""
    return deadline.provisional and day < deadline.last_day + LONGEST_BREAK


def _check(start_day: date, n: int, limit: int) -> None:
    if not 1 <= n <= limit:
        raise PeriodOutOfRange(f"期限长度须在 1 到 {limit} 之间：{n}")
    if not FIRST_YEAR <= start_day.year <= LAST_YEAR:
        raise PeriodOutOfRange(f"起算日须在 {FIRST_YEAR} 年到 {LAST_YEAR} 年之间：{start_day.isoformat()}")
