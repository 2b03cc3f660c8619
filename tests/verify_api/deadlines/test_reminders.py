"""Reminders: on which days they go out (A.1.3), each once, whatever happens to the clock in between."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.db import Sessions
from registry.enterprises.models import Enterprise
from tests.verify_api.cases.steps import approve, deliver, open_first, report, served, stock_firm
from tests.verify_api.factories import ADMIN, at, make_firm
from verify_api.cases import handwork
from verify_api.cases.models import Case
from verify_api.deadlines.recompute import settle
from verify_api.deadlines.reminders import due_reminder, remind
from verify_api.deadlines.service import load_year
from verify_api.deadlines.sweep import act
from verify_api.deadlines.yearfile import read_json
from verify_api.messages.models import Message
from verify_api.messages.templates import Kind

DAY = timedelta(days=1)
REMINDERS = (Kind.REMINDER, Kind.RECTIFICATION_REMINDER, Kind.TO_BE_EXPIRED)


def sent(session: Session, case_id: int) -> list[date]:
    """The days on which reminders of the case were left."""
    query = select(Message.created_at).where(Message.case_id == case_id, Message.kind.in_(REMINDERS))
    return [moment.astimezone(SHANGHAI).date() for moment in session.scalars(query.order_by(Message.id))]


def days_before(sessions: Sessions, case_id: int, first: datetime, last: date) -> list[int]:
    """Run the job on every day from `first` on; how many days before `last` it reminded."""
    for n in range((last - first.date()).days + 3):
        remind(sessions, now=first + n * DAY)
    with sessions() as session:
        return [(last - day).days for day in sent(session, case_id)]


@pytest.mark.parametrize(
    ("days_left", "marks", "at_start", "mark"),
    [
        (90, (90, 30, 7, 1), 304, 90),
        (91, (90, 30, 7, 1), 304, None),
        (31, (90, 30, 7, 1), 304, 90),  # A day without a scheduler: the missed one is still sent.
        (30, (90, 30, 7, 1), 30, None),  # A month's clock: on its first day nobody is told "30 days".
        (0, (7, 3, 1), 31, 1),
        (-1, (7, 3, 1), 31, None),
    ],
)
def test_the_mark_of_a_day(days_left: int, marks: tuple[int, ...], at_start: int, mark: int | None) -> None:
    assert due_reminder(days_left, marks, at_start) == mark


@pytest.mark.rule("SZ-15")
def test_the_first_track_is_reminded_90_30_7_and_1_days_before(own_sessions: Sessions) -> None:
    with own_sessions.begin() as session:
        case_id = open_first(session, make_firm(session), at("2025-01-07 09:00")).id
    found = days_before(own_sessions, case_id, at("2025-07-25 09:00"), date(2025, 11, 6))
    assert found == [90, 30, 7, 1]


@pytest.mark.rule("SZ-32")
def test_the_stock_track_is_reminded_7_3_and_1_days_before(own_sessions: Sessions) -> None:
    with own_sessions.begin() as session:
        case_id = served(session, stock_firm(session), at("2025-03-03 10:00")).id
    assert days_before(own_sessions, case_id, at("2025-03-03 11:00"), date(2025, 4, 3)) == [7, 3, 1]


@pytest.mark.rule("SZ-35")
def test_rectification_is_reminded_of_report_and_of_checkin(own_sessions: Sessions) -> None:
    with own_sessions.begin() as session:
        firm = stock_firm(session)
        case = served(session, firm, at("2025-03-03 10:00"))
        act(session, case.id, now=at("2025-04-08 00:00"))
        deliver(session, case, at("2025-04-08 09:00"))
        case_id = case.id
    assert days_before(own_sessions, case_id, at("2025-04-08 11:00"), date(2025, 5, 8)) == [7, 3, 1]
    with own_sessions.begin() as session:
        case = session.get_one(Case, case_id)
        report(session, firm, case, at("2025-05-07 09:00"))
        approve(session, firm, case, at("2025-05-07 10:00"))
    found = days_before(own_sessions, case_id, at("2025-05-07 11:00"), date(2025, 6, 9))
    assert found[-3:] == [7, 3, 1]


def test_nobody_is_reminded_of_a_clock_that_stands(own_sessions: Sessions) -> None:
    with own_sessions.begin() as session:
        case = served(session, stock_firm(session), at("2025-03-03 10:00"))
        handwork.pause(session, case, reason="台风", actor=ADMIN, now=at("2025-03-20 10:00"))
        case_id = case.id
    assert days_before(own_sessions, case_id, at("2025-03-20 11:00"), date(2025, 4, 3)) == []


def test_who_takes_over_as_contact_after_a_reminder_does_not_get_it_again(own_sessions: Sessions) -> None:
    with own_sessions.begin() as session:
        firm = stock_firm(session)
        case_id = served(session, firm, at("2025-03-03 10:00")).id
    assert remind(own_sessions, now=at("2025-03-27 09:00")) == 1
    with own_sessions.begin() as session:
        session.get_one(Enterprise, firm.enterprise.id).contact_phone = "10000000077"
    assert remind(own_sessions, now=at("2025-03-28 09:00")) == 1  # Looked at; nothing failed.
    with own_sessions() as session:
        assert sent(session, case_id) == [date(2025, 3, 27)]


@pytest.mark.parametrize("day", ["2026-12-29", "2027-01-02", "2027-01-04"])
def test_a_year_loaded_on_the_day_of_a_reminder_neither_swallows_nor_doubles_it(
    own_sessions: Sessions, year_2027: dict[str, Any], day: str
) -> None:
    with own_sessions.begin() as session:
        case = served(session, stock_firm(session), at("2026-12-05 10:00"))
        case_id = case.id
    morning = at(f"{day} 00:10")
    _run_until(own_sessions, morning - DAY)
    with own_sessions.begin() as session:
        load_year(session, year_file=read_json(json.dumps(year_2027)), actor="cli", now=morning)
    settle(own_sessions, now=morning)
    found = days_before(own_sessions, case_id, morning + timedelta(minutes=20), date(2027, 1, 5))
    assert found == [7, 3, 1]


def _run_until(sessions: Sessions, last: datetime) -> None:
    moment = at("2026-12-20 09:00")
    while moment <= last + timedelta(hours=10):
        remind(sessions, now=moment)
        moment += DAY
