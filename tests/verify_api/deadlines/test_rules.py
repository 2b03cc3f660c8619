"""T-01 … T-07: how the last day of a period is found."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify_api.deadlines.calendar import HolidayCalendar, YearDays, published
from verify_api.deadlines.rules import (
    Deadline,
    PeriodOutOfRange,
    add_months,
    before,
    compute_again,
    earlier_of,
    fixed,
    months_after,
    natural_days_after,
    on_day,
    working_days_after,
)

KNOWN = published()
BASIS = "民法典第二百零一条"
days = st.dates(date(2004, 1, 1), date(2025, 12, 31))


def day(text: str) -> date:
    return date.fromisoformat(text)


def months(start: str, n: int, *, roll: bool = True) -> Deadline:
    return months_after(day(start), n, calendar=KNOWN, roll=roll, basis=BASIS)


@pytest.mark.rule("T-05")
@pytest.mark.parametrize(
    ("start", "n", "last"),
    [
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-04-30", 10, "2024-02-29"),
        ("2025-08-31", 10, "2026-06-30"),
        ("2024-12-31", 2, "2025-02-28"),
        ("2024-01-31", 2, "2024-03-31"),  # from the original start, not 29 February + 1 month
        ("2023-01-31", 1, "2023-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-28", 12, "2025-02-28"),
        ("2024-12-15", 1, "2025-01-15"),
    ],
)
def test_T_05_months_end_on_the_same_day_or_the_months_last(start: str, n: int, last: str) -> None:
    found = months(start, n, roll=False)
    assert (found.last_day, found.rolled_from, found.provisional) == (day(last), None, False)


@pytest.mark.rule("T-01")
def test_T_01_the_start_day_is_not_counted() -> None:
    assert natural_days_after(day("2025-06-09"), 1, calendar=KNOWN, basis=BASIS).last_day == day("2025-06-10")
    assert working_days_after(day("2025-06-09"), 1, calendar=KNOWN, basis=BASIS).last_day == day("2025-06-10")
    assert months("2025-06-09", 1).last_day == day("2025-07-09")


@pytest.mark.rule("T-01")
@pytest.mark.parametrize(
    ("start", "n", "last", "rolled_from"),
    [
        ("2025-09-01", 1, "2025-10-09", "2025-10-01"),  # National Day and 中秋 bridged to the 8th
        ("2025-08-30", 1, "2025-09-30", None),  # Clamped nowhere, the eve of the holiday is worked
        ("2026-01-17", 1, "2026-02-24", "2026-02-17"),  # Spring Festival, 15th to 23rd
        ("2026-01-14", 1, "2026-02-14", None),  # a Saturday worked for Spring Festival (调休)
        ("2026-01-15", 1, "2026-02-24", "2026-02-15"),  # first day of that holiday
        ("2026-01-24", 1, "2026-02-24", None),  # first working day after it
        ("2026-01-28", 1, "2026-02-28", None),  # the other Saturday worked for it
        ("2025-04-07", 1, "2025-05-07", None),
        ("2025-05-14", 1, "2025-06-16", "2025-06-14"),  # an ordinary Saturday
        ("2025-05-15", 1, "2025-06-16", "2025-06-15"),  # an ordinary Sunday
        ("2022-11-30", 1, "2022-12-30", None),
        ("2022-12-01", 1, "2023-01-03", "2023-01-01"),  # New Year, into the 2nd
        ("2022-11-30", 2, "2023-01-30", None),  # first Monday after Spring Festival 2023
    ],
)
def test_T_01_a_last_day_that_is_off_gives_way_to_the_next_working_day(
    start: str, n: int, last: str, rolled_from: str | None
) -> None:
    found = months(start, n)
    assert found.last_day == day(last)
    assert found.rolled_from == (day(rolled_from) if rolled_from else None)


@pytest.mark.rule("T-02")
@pytest.mark.parametrize(
    ("now", "is_over"),
    [
        ("2025-07-09T23:59:59+08:00", False),
        ("2025-07-09T23:59:59.999999+08:00", False),
        ("2025-07-10T00:00:00+08:00", True),
        ("2025-07-09T15:59:59+00:00", False),  # the same instants told in UTC
        ("2025-07-09T16:00:00+00:00", True),
        ("2025-07-10T00:30:00+09:00", False),  # past midnight in Tokyo, not in Shanghai
    ],
)
def test_T_02_the_last_day_ends_at_midnight_in_shanghai(now: str, is_over: bool) -> None:
    found = months("2025-06-09", 1)
    assert found.ends_at.isoformat() == "2025-07-10T00:00:00+08:00"
    assert found.is_over(now=datetime.fromisoformat(now)) is is_over


@pytest.mark.rule("T-02")
@pytest.mark.parametrize(
    ("now", "left"),
    [("2025-07-01T16:00:00+00:00", 7), ("2025-07-09T15:59:59+00:00", 0), ("2025-07-09T16:00:00+00:00", -1)],
)
def test_T_02_days_left_are_counted_in_shanghai(now: str, left: int) -> None:
    assert months("2025-06-09", 1).days_left(now=datetime.fromisoformat(now)) == left


@pytest.mark.rule("T-03")
def test_T_03_a_certificates_date_never_rolls() -> None:
    national_day = day("2025-10-01")
    assert on_day(national_day, calendar=KNOWN, basis=BASIS).last_day == national_day
    assert months("2025-09-01", 1, roll=False).last_day == national_day


@pytest.mark.rule("T-03")
@pytest.mark.parametrize(
    ("start", "n", "roll", "last", "provisional"),
    [
        ("2026-02-28", 10, True, "2026-12-28", False),
        ("2026-03-01", 10, True, "2027-01-01", True),  # a holiday, but nobody has published 2027
        ("2026-03-02", 10, True, "2027-01-04", True),  # a Saturday: off in any case, the Monday unknown
        ("2026-03-01", 10, False, "2027-01-01", False),  # not rolled: the calendar has no say
    ],
)
def test_T_03_a_year_not_loaded_makes_the_deadline_provisional(
    start: str, n: int, roll: bool, last: str, provisional: bool
) -> None:
    found = months(start, n, roll=roll)
    assert (found.last_day, found.provisional) == (day(last), provisional)


@pytest.mark.rule("T-03")
def test_T_03_a_roll_across_new_year_into_a_year_not_loaded_is_provisional() -> None:
    until_2022 = HolidayCalendar("until-2022", frozenset({2022}), KNOWN.off, KNOWN.work)
    found = months_after(day("2022-11-30"), 1, calendar=until_2022, basis=BASIS)
    assert (found.last_day, found.provisional) == (day("2022-12-30"), False)
    found = natural_days_after(day("2022-12-30"), 1, calendar=until_2022, basis=BASIS)
    assert found.rolled_from == day("2022-12-31")  # off for New Year 2023
    assert found.provisional


@pytest.mark.rule("T-04")
@pytest.mark.parametrize(
    ("start", "n", "last"),
    [
        ("2026-02-13", 1, "2026-02-14"),  # the Saturday worked for Spring Festival counts
        ("2026-02-13", 3, "2026-02-25"),  # 14th, 24th, 25th
        ("2025-09-26", 3, "2025-09-30"),  # Sunday the 28th is worked: 28th, 29th, 30th
        ("2025-09-30", 1, "2025-10-09"),
        ("2025-10-10", 2, "2025-10-13"),  # Saturday the 11th is worked
        ("2025-06-06", 1, "2025-06-09"),  # an ordinary weekend does not count
        ("2025-06-07", 1, "2025-06-09"),  # a start on a Saturday
        ("2025-06-09", 5, "2025-06-16"),
    ],
)
def test_T_04_working_days_skip_days_off_and_count_worked_weekends(start: str, n: int, last: str) -> None:
    found = working_days_after(day(start), n, calendar=KNOWN, basis=BASIS)
    assert (found.last_day, found.provisional) == (day(last), False)


@pytest.mark.rule("T-04")
def test_T_04_working_days_that_reach_into_a_year_not_loaded_are_provisional() -> None:
    assert not working_days_after(day("2026-12-30"), 1, calendar=KNOWN, basis=BASIS).provisional
    assert working_days_after(day("2026-12-30"), 2, calendar=KNOWN, basis=BASIS).provisional


@pytest.mark.rule("T-06")
@pytest.mark.parametrize(("includes_day", "last"), [(True, "2024-12-31"), (False, "2024-12-30")])
def test_T_06_before_a_day_includes_it_unless_policy_says_otherwise(includes_day: bool, last: str) -> None:
    found = before(day("2024-12-31"), includes_day=includes_day, calendar=KNOWN, basis=BASIS)
    assert found.last_day == day(last)


@pytest.mark.rule("T-07")
def test_T_07_every_deadline_says_what_it_rests_on() -> None:
    found = months("2025-09-01", 1)
    assert found.basis == BASIS
    assert found.rule == "P1M+roll"
    assert found.start_day == day("2025-09-01")
    assert found.calendar_version == KNOWN.version


@pytest.mark.parametrize("n", [0, -1, 1201])
def test_a_period_of_nonsense_length_is_refused(n: int) -> None:
    with pytest.raises(PeriodOutOfRange):
        months("2025-01-01", n)


@pytest.mark.parametrize("start", [date(1899, 12, 31), date(2901, 1, 1), date.max])
def test_a_start_outside_any_sensible_year_is_refused(start: date) -> None:
    with pytest.raises(PeriodOutOfRange):
        months_after(start, 1, calendar=KNOWN, basis=BASIS)


@given(days, st.integers(1, 240))
def test_months_land_in_the_month_they_name(start: date, n: int) -> None:
    found = add_months(start, n)
    assert (found.year * 12 + found.month) - (start.year * 12 + start.month) == n
    assert found.day <= start.day
    assert found.day == start.day or (found + timedelta(days=1)).day == 1


@given(days, st.integers(1, 11))
def test_a_rolled_deadline_ends_on_a_working_day_and_skips_none(start: date, n: int) -> None:
    found = months_after(start, n, calendar=KNOWN, basis=BASIS)
    raw = add_months(start, n)
    assert found.last_day >= raw
    assert (found.rolled_from is None) == (found.last_day == raw)
    if not found.provisional:
        assert KNOWN.is_day_off(found.last_day) is False
        between = (raw + timedelta(days=i) for i in range((found.last_day - raw).days))
        assert all(KNOWN.is_day_off(skipped) for skipped in between)


@given(days, st.integers(1, 60))
def test_between_the_start_and_the_end_lie_exactly_n_working_days(start: date, n: int) -> None:
    found = working_days_after(start, n, calendar=KNOWN, basis=BASIS)
    if found.provisional:
        return
    span = (start + timedelta(days=i) for i in range(1, (found.last_day - start).days + 1))
    assert sum(KNOWN.is_day_off(item) is False for item in span) == n


@given(days, st.integers(1, 11))
def test_one_instant_before_the_end_is_inside_and_the_end_is_not(start: date, n: int) -> None:
    found = months_after(start, n, calendar=KNOWN, basis=BASIS)
    assert not found.is_over(now=found.ends_at - timedelta(microseconds=1))
    assert found.is_over(now=found.ends_at.astimezone(UTC))


class TestTheEarlierOf:
    """A cap on a period (22号令 28: never beyond three months after service)."""

    def test_the_cap_ends_a_longer_period(self) -> None:
        own, cap = months("2026-03-20", 1), months("2026-01-05", 3, roll=False)
        found = earlier_of(own, cap)
        assert found.last_day == day("2026-04-05")
        assert found.start_day == day("2026-03-20")
        assert found.rule == "P1M+roll<=P3M@2026-01-05"

    def test_a_shorter_period_is_left_alone(self) -> None:
        found = earlier_of(months("2026-01-20", 1), months("2026-01-05", 3, roll=False))
        assert found.last_day == day("2026-02-24")
        assert found.rolled_from == day("2026-02-20")

    def test_a_certain_cap_before_a_provisional_end_is_certain(self) -> None:
        own, cap = months("2026-11-20", 2), months("2026-09-15", 3, roll=False)
        assert own.provisional
        assert not earlier_of(own, cap).provisional

    def test_a_cap_behind_an_end_that_may_still_move_stays_provisional(self) -> None:
        own, cap = months("2026-12-02", 1), months("2026-10-03", 3, roll=False)
        assert (own.rolled_from, own.last_day) == (day("2027-01-02"), day("2027-01-04"))
        assert cap.last_day == day("2027-01-03")
        assert earlier_of(own, cap).provisional

    def test_a_provisional_end_that_comes_first_stays_provisional(self) -> None:
        own, cap = months("2026-12-05", 1), months("2026-11-05", 3, roll=False)
        assert earlier_of(own, cap).provisional


LOADED = KNOWN.with_year(
    YearDays(
        2027, "2027r1", frozenset({day("2027-01-01"), day("2027-01-04")}), frozenset({day("2027-01-02")})
    )
)


@pytest.mark.rule("T-03")
@pytest.mark.parametrize(
    ("start", "n", "last", "rolled_from"),
    [
        ("2026-03-01", 10, "2027-01-02", "2027-01-01"),  # the Saturday after is worked
        ("2026-03-02", 10, "2027-01-02", None),
        ("2026-03-03", 10, "2027-01-05", "2027-01-03"),
    ],
)
def test_T_03_loading_the_year_settles_what_was_provisional(
    start: str, n: int, last: str, rolled_from: str | None
) -> None:
    guessed = months(start, n)
    after = compute_again(guessed, calendar=LOADED)
    assert guessed.provisional
    assert not after.provisional
    assert after.last_day == day(last)
    assert after.rolled_from == (day(rolled_from) if rolled_from else None)
    assert after.calendar_version == f"{KNOWN.version}+2027r1"


@given(days, st.integers(1, 24), st.sampled_from(["M", "D", "W"]), st.booleans())
def test_computing_again_under_the_same_calendar_changes_nothing(
    start: date, n: int, unit: str, roll: bool
) -> None:
    if unit == "W":
        made = working_days_after(start, n, calendar=KNOWN, basis=BASIS)
    else:
        after = months_after if unit == "M" else natural_days_after
        made = after(start, n, calendar=KNOWN, roll=roll, basis=BASIS)
    capped = earlier_of(made, months_after(start, 3, calendar=KNOWN, roll=False, basis=BASIS))
    assert compute_again(made, calendar=KNOWN) == made
    assert compute_again(capped, calendar=KNOWN) == capped
    assert compute_again(on_day(start, calendar=KNOWN, basis=BASIS), calendar=KNOWN).last_day == start


def test_an_end_set_by_an_officer_is_never_computed_again() -> None:
    moved = fixed(months("2026-03-01", 10), day("2027-02-01"), basis="延期决定")
    assert moved.rule == "P10M+roll=>2027-02-01"
    assert not moved.provisional
    assert compute_again(moved, calendar=LOADED).last_day == day("2027-02-01")
    assert moved.basis == f"{BASIS}；延期决定"
