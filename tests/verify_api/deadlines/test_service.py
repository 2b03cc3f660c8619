"""Loading a year into the calendar in force."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from verify_api.deadlines.calendar import published
from verify_api.deadlines.rules import compute_again, months_after
from verify_api.deadlines.service import current_calendar, load_year, loaded_years
from verify_api.deadlines.yearfile import YearFile, read_json

NOW = datetime(2026, 11, 20, tzinfo=UTC)
Year = dict[str, Any]


def read(year: Year) -> YearFile:
    return read_json(json.dumps(year))


def test_without_a_loaded_year_the_published_calendar_holds(session: Session) -> None:
    assert current_calendar(session) == published()


@pytest.mark.rule("T-03")
def test_T_03_a_loaded_year_is_known_and_settles_provisional_deadlines(
    session: Session, year_2027: Year
) -> None:
    before = months_after(date(2026, 3, 1), 10, calendar=current_calendar(session), basis="")
    done = load_year(session, year_file=read(year_2027), actor="staff:1", now=NOW)
    calendar = current_calendar(session)
    assert (done.year, done.revision, done.is_new) == (2027, 1, True)
    assert done.calendar_version == calendar.version == f"{published().version}+2027r1"
    assert done.touches(before)
    after = compute_again(before, calendar=calendar)
    assert (after.last_day, after.provisional) == (date(2027, 1, 4), False)


def test_the_same_year_again_is_no_new_revision(session: Session, year_2027: Year) -> None:
    load_year(session, year_file=read(year_2027), actor="staff:1", now=NOW)
    again = load_year(session, year_file=read(year_2027), actor="staff:2", now=NOW)
    assert (again.revision, again.is_new) == (1, False)
    assert [row.loaded_by for row in loaded_years(session)] == ["staff:1"]


def test_an_amended_year_replaces_the_former_and_keeps_it(session: Session, year_2027: Year) -> None:
    year_2027["workdays"].append("2026-12-26")
    load_year(session, year_file=read(year_2027), actor="staff:1", now=NOW)
    assert current_calendar(session).is_day_off(date(2026, 12, 26)) is False
    year_2027["workdays"].pop()
    year_2027["holidays"].append({"date": "2027-01-04"})
    done = load_year(session, year_file=read(year_2027), actor="staff:2", now=NOW)
    calendar = current_calendar(session)
    assert done.revision == 2
    assert done.first_day == date(2026, 12, 26)  # what the first revision had moved moves back
    assert calendar.is_day_off(date(2026, 12, 26)) is True
    assert calendar.is_day_off(date(2027, 1, 4)) is True
    assert [(row.revision, row.loaded_by) for row in loaded_years(session)] == [
        (2, "staff:2"),
        (1, "staff:1"),
    ]


@pytest.mark.parametrize(
    ("start", "n", "is_touched"),
    [
        ("2026-03-01", 10, True),  # ends on the first day of the year
        ("2026-02-27", 10, False),  # ends before it
        ("2027-12-30", 1, True),
        ("2028-01-01", 1, False),
    ],
)
def test_only_deadlines_that_reach_into_the_year_are_touched(
    session: Session, year_2027: Year, start: str, n: int, is_touched: bool
) -> None:
    done = load_year(session, year_file=read(year_2027), actor="staff:1", now=NOW)
    deadline = months_after(date.fromisoformat(start), n, calendar=published(), basis="")
    assert done.touches(deadline) is is_touched
