"""The published arrangement, read as data."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify_api.deadlines.calendar import YearDays, published

KNOWN = published()


@pytest.mark.parametrize(
    ("text", "is_off"),
    [
        ("2025-01-28", True),  # 除夕
        ("2025-01-26", False),  # a Sunday worked for it
        ("2025-06-14", True),  # an ordinary Saturday
        ("2025-06-16", False),
        ("2025-10-08", True),  # bridged
        ("2003-12-31", None),  # before anything is known
        ("2027-01-01", None),  # not published
    ],
)
def test_a_day_is_off_or_worked_or_unknown(text: str, is_off: bool | None) -> None:
    assert KNOWN.is_day_off(date.fromisoformat(text)) is is_off


@given(st.dates(date(2004, 1, 1), date(2026, 12, 31)))
def test_every_known_day_reads_as_the_library_reads_it(day: date) -> None:
    assert KNOWN.is_day_off(day) is chinese_calendar.is_holiday(day)


def test_a_year_replaces_its_own_days_and_those_it_moves_in_the_december_before() -> None:
    days = YearDays(2026, "2026r1", frozenset({date(2026, 1, 1)}), frozenset({date(2025, 12, 27)}))
    amended = KNOWN.with_year(days)
    assert amended.is_day_off(date(2025, 12, 27)) is False  # a Saturday, now worked
    assert amended.is_day_off(date(2025, 12, 28)) is True
    assert amended.is_day_off(date(2026, 2, 17)) is False  # no longer listed: an ordinary Tuesday
    assert amended.is_day_off(date(2026, 2, 14)) is True  # no longer worked: an ordinary Saturday
    assert amended.is_day_off(date(2025, 10, 1)) is True  # the year before is left alone
    assert KNOWN.is_day_off(date(2026, 2, 17)) is True  # the value itself did not change
    assert amended.version == f"{KNOWN.version}+2026r1"


def test_years_are_applied_in_their_order() -> None:
    next_year = YearDays(2027, "2027r1", frozenset({date(2026, 12, 31)}), frozenset())
    this_year = YearDays(2026, "2026r1", frozenset({date(2026, 1, 1)}), frozenset())
    assert KNOWN.with_years([next_year, this_year]).is_day_off(date(2026, 12, 31)) is True


def test_the_known_years_have_no_hole() -> None:
    years = sorted(KNOWN.known_years)
    assert years == list(range(years[0], years[-1] + 1))
    assert date(years[-1], 12, 31) - date(years[0], 1, 1) > timedelta(days=365 * 20)
