"""不可抗力 while the bureau reads a list: who takes the list back finds the clock as the pauses left it."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from tests.verify_api.cases.steps import deliver, report, served, stock_firm
from tests.verify_api.factories import ADMIN, Firm, at, deadline_days
from verify_api.cases import handwork, lists
from verify_api.cases.models import Case
from verify_api.cases.states import State
from verify_api.deadlines.sweep import act


def _under_review(session: Session, firm: Firm) -> Case:
    """Sent on 2025-03-05; the deadline that it stopped ended on 2025-04-03."""
    case = served(session, firm, at("2025-03-03 10:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-03-05 09:00"))
    return case


def _pause(session: Session, case: Case, begun: str, ended: str | None) -> None:
    handwork.pause(session, case, reason="台风", actor=ADMIN, now=at(begun))
    if ended is not None:
        handwork.resume(session, case, reason="恢复", actor=ADMIN, now=at(ended))


def _withdraw(session: Session, firm: Firm, case: Case, moment: str) -> tuple[str, date]:
    lists.withdraw(session, case, actor=firm.actor, now=at(moment))
    return deadline_days(session, case)[-1]


@pytest.mark.rule("SZ-27")
def test_what_the_first_pause_gave_back_is_what_the_second_fell_into(session: Session) -> None:
    firm = stock_firm(session)
    case = _under_review(session, firm)
    _pause(session, case, "2025-03-25 00:00", "2025-04-14 00:00")  # twenty days: until 23 April
    _pause(session, case, "2025-04-16 00:00", "2025-04-26 00:00")  # ten more: until 3 May
    # 3 May is a day off, as are the two after it.
    assert _withdraw(session, firm, case, "2025-04-28 09:00") == ("initiate", date(2025, 5, 6))


@pytest.mark.rule("SZ-27")
def test_a_list_may_be_taken_back_while_a_later_pause_stands_and_no_day_is_given_twice(
    session: Session,
) -> None:
    firm = stock_firm(session)
    case = _under_review(session, firm)
    _pause(session, case, "2025-03-25 00:00", "2025-04-14 00:00")  # until 23 April
    _pause(session, case, "2025-04-20 00:00", None)
    assert _withdraw(session, firm, case, "2025-05-08 09:00") == ("initiate", date(2025, 4, 23))
    assert act(session, case.id, now=at("2025-05-08 10:00")) is None
    handwork.resume(session, case, reason="恢复", actor=ADMIN, now=at("2025-05-10 00:00"))
    assert deadline_days(session, case)[-1] == ("initiate", date(2025, 5, 13))  # and twenty days


@pytest.mark.rule("SZ-35")
def test_the_clock_of_an_order_served_during_the_review_stood_during_a_pause_too(session: Session) -> None:
    firm = stock_firm(session)
    case = served(session, firm, at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    report(session, firm, case, at("2025-04-09 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-04-09 10:00"))
    deliver(session, case, at("2025-04-10 09:00"))  # a month: until 12 May, the 10th is a Saturday
    _pause(session, case, "2025-05-01 00:00", "2025-05-21 00:00")
    assert _withdraw(session, firm, case, "2025-05-22 09:00") == ("report", date(2025, 6, 3))
    assert case.state == State.RECTIFYING
