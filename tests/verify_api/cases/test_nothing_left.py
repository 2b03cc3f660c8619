"""Where the firm or its items are gone there is nobody to order, revoke or open a case against again."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from registry.enterprises.models import ItemStatus
from registry.errors import Conflict
from tests.verify_api.cases.steps import approve, come, notices, open_stock, served, stock_firm
from tests.verify_api.factories import ADMIN, REVIEWER, Firm, at
from verify_api.cases import handwork
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.models import Case
from verify_api.cases.states import State
from verify_api.checkins.voiding import void_person
from verify_api.deadlines.sweep import act


def _cancelled(firm: Firm) -> None:
    firm.items[0].status = ItemStatus.CANCELLED.value


def _moved_away(firm: Firm) -> None:
    firm.enterprise.is_active = False


Leaving = Callable[[Firm], None]
GONE = pytest.mark.parametrize("leave", [_cancelled, _moved_away])


@GONE
@pytest.mark.rule("SZ-33")
def test_a_missed_deadline_of_who_is_gone_waits_for_an_officer(session: Session, leave: Leaving) -> None:
    firm = stock_firm(session)
    case = served(session, firm, at("2025-03-03 10:00"))
    leave(firm)
    assert act(session, case.id, now=at("2025-04-08 00:00")) is None
    assert (case.state, notices(session, case)) == (State.OPEN, [])
    assert [one.detail["reason"] for one in standing(session, case.id, FactKind.WAIT)] == ["nothing_left"]
    handwork.cancel(session, case, reason="企业已注销", actor=ADMIN, now=at("2025-04-08 09:00"))
    assert standing(session, case.id, FactKind.WAIT) == []


@GONE
@pytest.mark.rule("SZ-30c")
def test_a_passed_case_of_who_is_gone_is_not_opened_again(session: Session, leave: Leaving) -> None:
    firm, case = _passed(session)
    leave(firm)
    with pytest.raises(Conflict, match="不在有效状态"):
        _void(session, case, firm)
    assert (case.state, notices(session, case)) == (State.PASSED, [])


@pytest.mark.rule("SZ-30c")
def test_a_passed_case_is_not_opened_again_beside_another_one(session: Session) -> None:
    firm, case = _passed(session)
    other = open_stock(session, firm, at("2025-06-02 10:00"))
    with pytest.raises(Conflict, match=other.number):
        _void(session, case, firm)
    assert (case.state, notices(session, case)) == (State.PASSED, [])


def _passed(session: Session) -> tuple[Firm, Case]:
    firm = stock_firm(session)
    case = served(session, firm, at("2025-03-03 10:00"))
    row = approve(session, firm, case, at("2025-03-05 10:00"))
    come(session, case, row, firm.enough, at("2025-03-10 10:00"))
    assert case.state == State.PASSED
    return firm, case


def _void(session: Session, case: Case, firm: Firm) -> None:
    now = at("2025-06-03 10:00")
    void_person(session, case, person_id=firm.enough[0], reason="冒名", actor=REVIEWER, now=now)
