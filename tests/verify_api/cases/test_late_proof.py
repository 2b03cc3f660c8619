"""A proof of service that comes when what it starts is over: nobody is caught by a clock not shown."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from tests.verify_api.cases.steps import deliver, open_stock, served, stock_firm
from tests.verify_api.factories import ADMIN, REVIEWER, at
from verify_api.cases import handwork, serving
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.models import Case
from verify_api.cases.states import State
from verify_api.deadlines.sweep import act
from verify_api.notices.models import ServiceMethod


def enter(session: Session, case: Case, served_on: date, moment: str) -> None:
    """An officer enters a service by other means."""
    serving.serve_otherwise(
        session,
        case,
        served_on=served_on,
        method=ServiceMethod.IN_PERSON,
        proof="当面送达，有签收",
        proof_sha256="b" * 64,
        actor=REVIEWER,
        now=at(moment),
    )


def holds(session: Session, case: Case) -> list[str]:
    return [fact.reason for fact in standing(session, case.id, FactKind.HOLD)]


@pytest.fixture
def ordered(session: Session) -> Case:
    """An order to rectify of 2025-04-08 that has not arrived."""
    case = served(session, stock_firm(session), at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    return case


@pytest.mark.rule("SZ-37")
def test_a_proof_entered_when_the_term_is_over_revokes_nobody_by_itself(
    session: Session, ordered: Case
) -> None:
    enter(session, ordered, date(2025, 4, 9), "2025-07-20 10:00")
    assert act(session, ordered.id, now=at("2025-07-20 10:05")) is None
    assert holds(session, ordered) == ["登记送达时期限已经届满，须由工作人员确认后处理"]
    assert ordered.state == State.RECTIFYING


def test_the_step_follows_when_an_officer_has_looked(session: Session, ordered: Case) -> None:
    enter(session, ordered, date(2025, 4, 9), "2025-07-20 10:00")
    now = at("2025-07-21 10:00")
    handwork.release(session, ordered, reason="送达日期核对无误", actor=ADMIN, now=now)
    assert act(session, ordered.id, now=now) is not None
    assert ordered.state == State.REVOKED


def test_a_proof_entered_while_the_term_runs_holds_nothing_back(session: Session, ordered: Case) -> None:
    enter(session, ordered, date(2025, 4, 9), "2025-05-09 23:59:59")
    assert holds(session, ordered) == []
    assert act(session, ordered.id, now=at("2025-05-10 00:00")) is not None


@pytest.mark.rule("SZ-32")
def test_a_receipt_that_comes_after_the_month_it_starts_waits_for_an_officer_too(session: Session) -> None:
    case = open_stock(session, stock_firm(session), at("2025-03-03 10:00"))
    serving.serve_by_receipt(
        session, case, delivered_at=at("2025-03-03 10:05"), message_id=1, now=at("2025-05-20 10:00")
    )
    assert act(session, case.id, now=at("2025-05-20 10:05")) is None
    assert (case.state, len(holds(session, case))) == (State.OPEN, 1)


def test_who_is_served_in_time_is_not_held(session: Session) -> None:
    case = open_stock(session, stock_firm(session), at("2025-03-03 10:00"))
    deliver(session, case, at("2025-03-03 10:05"))
    assert holds(session, case) == []
