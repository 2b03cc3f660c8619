"""`daka tonight`: who would be moved, and everybody who would not and why, without moving anybody."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from daka.tonight import tonight as command
from tests.verify_api.cases.conftest import Office, keyring, office
from tests.verify_api.cases.steps import open_stock, served, stock_firm
from tests.verify_api.cases.test_handwork import proposed, rectifying
from tests.verify_api.factories import ADMIN, at
from verify_api.cases import handwork
from verify_api.cases.models import Case
from verify_api.cases.states import State
from verify_api.deadlines.foresight import MomentOutOfRange, tonight
from verify_api.deadlines.sweep import act
from verify_api.settings import settings

__all__ = ["keyring", "office"]


def reasons(session: Session, case: Case, moment: str) -> list[str]:
    """Why the case would wait at the moment; empty if it would not."""
    waiting = tonight(session, at=at(moment))["waiting"]
    return [why["code"] for one in waiting if one["case"] == case.number for why in one["reasons"]]


def steps(session: Session, case: Case, moment: str) -> list[tuple[str, str]]:
    """Which step the case would take."""
    found = tonight(session, at=at(moment))["steps"]
    return [(one["event"], one["to"]) for one in found if one["case"] == case.number]


@pytest.mark.rule("T-02")
def test_at_the_last_second_nothing_happens_and_at_midnight_the_notice_does(session: Session) -> None:
    case = served(session, stock_firm(session), at("2025-03-03 10:00"))
    assert steps(session, case, "2025-04-03 23:59:59") == []
    assert steps(session, case, "2025-04-04 00:00") == [("missed", "RECTIFYING")]
    assert case.state == State.OPEN


def test_whose_notification_has_not_arrived_waits_for_its_proof(session: Session) -> None:
    case = open_stock(session, stock_firm(session), at("2025-03-03 10:00"))
    assert reasons(session, case, "2025-03-04 00:00") == ["not_served"]


def test_whose_order_has_not_arrived_waits_for_its_proof(session: Session) -> None:
    case = served(session, stock_firm(session), at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    assert (case.state, reasons(session, case, "2025-12-01 00:00")) == (State.RECTIFYING, ["not_served"])


def test_who_has_been_heard_waits_for_the_decider_and_not_before(session: Session) -> None:
    case = proposed(session, stock_firm(session))
    assert reasons(session, case, "2025-05-16 23:59:59") == []
    assert reasons(session, case, "2025-05-17 00:00") == ["decision_awaits_officer"]


def test_a_hold_is_named_beside_the_step_it_keeps_back(session: Session) -> None:
    case = rectifying(session, stock_firm(session))
    handwork.hold(session, case, reason="核实中", actor=ADMIN, now=at("2025-04-20 09:00"))
    assert (steps(session, case, "2025-05-09 00:00"), reasons(session, case, "2025-05-09 00:00")) == (
        [],
        ["held"],
    )


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "1999-12-31T00:00+08:00", "9999-12-31T23:59-12:00"]
)
def test_a_moment_outside_every_calendar_is_refused(session: Session, moment: str) -> None:
    with pytest.raises(MomentOutOfRange):
        tonight(session, at=datetime.fromisoformat(moment))


def test_over_http_such_a_moment_is_bad_input(office: Office) -> None:
    path = "/console/tonight"
    for moment in ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z"):
        assert office.refused("admin1", "GET", path, params={"at": moment}) == (422, "moment_out_of_range")


@pytest.fixture
def on_database(database_url: str, engine: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command's settings name the test database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("on_database")
@pytest.mark.parametrize("moment", ["0001-01-01", "9999-12-31T23:59:59", "2010-01-01", "gestern", ""])
def test_in_the_shell_it_is_one_line_and_exit_2(moment: str) -> None:
    result = CliRunner().invoke(command, ["--at", moment])
    assert (result.exit_code, result.output.count("Error:")) == (2, 1)


@pytest.mark.usefixtures("on_database")
def test_in_the_shell_a_moment_without_a_zone_is_shanghais() -> None:
    found: Any = json.loads(CliRunner().invoke(command, ["--at", "2026-03-01T00:00"]).output)
    assert found["at"] == "2026-03-01T00:00:00+08:00"
