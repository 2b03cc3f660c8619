"""不予签发: the officer to whom policy leaves the order does not sign it (rectification.issue = draft)."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from registry.errors import Conflict
from tests.verify_api.cases.conftest import Office
from tests.verify_api.cases.steps import approve, come, notices, served, stock_firm
from tests.verify_api.factories import ADMIN, REVIEWER, Firm, at, set_policy
from verify_api.cases import handwork
from verify_api.cases.access import RoleMissing
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.models import Case
from verify_api.cases.states import State
from verify_api.checkins.voiding import void_person
from verify_api.deadlines.sweep import act


def _drafted(session: Session, firm: Firm) -> Case:
    """Nobody sent a list until 2025-04-03."""
    set_policy(session, {"rectification.issue": "draft"})
    case = served(session, firm, at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    assert len(standing(session, case.id, FactKind.NOTICE_DRAFT)) == 1
    return case


def _refuse(session: Session, case: Case, moment: str) -> None:
    handwork.refuse_draft(session, case, reason="证据不足", actor=ADMIN, now=at(moment))


@pytest.mark.rule("SZ-33")
def test_an_order_that_is_not_signed_is_not_drafted_again_the_next_minute(session: Session) -> None:
    case = _drafted(session, stock_firm(session))
    _refuse(session, case, "2025-04-08 09:00")
    assert act(session, case.id, now=at("2025-04-08 09:01")) is None
    assert standing(session, case.id, FactKind.NOTICE_DRAFT) == []
    assert [one.reason for one in standing(session, case.id, FactKind.HOLD)] == [
        "整改通知书不予签发：证据不足"
    ]
    handwork.release(session, case, reason="再议", actor=ADMIN, now=at("2025-04-09 09:00"))
    act(session, case.id, now=at("2025-04-09 09:01"))
    assert len(standing(session, case.id, FactKind.NOTICE_DRAFT)) == 1


@pytest.mark.rule("SZ-33")
def test_instead_of_the_order_the_firm_may_be_given_another_day(session: Session) -> None:
    firm = stock_firm(session)
    case = _drafted(session, firm)
    _refuse(session, case, "2025-04-08 09:00")
    later = date(2025, 4, 30)
    handwork.extend(session, case, last_day=later, reason="疫情", actor=ADMIN, now=at("2025-04-08 10:00"))
    approve(session, firm, case, at("2025-04-20 10:00"))
    assert (case.state, notices(session, case)) == (State.CHECKING_IN, [])


@pytest.mark.rule("SZ-33")
def test_after_a_voided_checkin_the_window_goes_on_and_the_person_comes_again(session: Session) -> None:
    set_policy(session, {"rectification.issue": "draft"})
    firm = stock_firm(session)
    case = served(session, firm, at("2025-03-03 10:00"))
    row = approve(session, firm, case, at("2025-03-05 10:00"))
    come(session, case, row, firm.enough[:1], at("2025-03-10 10:00"))
    now = at("2025-03-11 10:00")
    void_person(session, case, person_id=firm.enough[0], reason="冒名", actor=REVIEWER, now=now)
    _refuse(session, case, "2025-03-12 10:00")
    assert standing(session, case.id, FactKind.NOTICE_DRAFT, FactKind.HOLD) == []
    come(session, case, row, firm.enough, at("2025-03-13 10:00"))
    assert (case.state, notices(session, case)) == (State.PASSED, [])


@pytest.mark.rule("SZ-30c")
def test_a_pass_in_which_a_checkin_does_not_count_is_not_left_standing(session: Session) -> None:
    set_policy(session, {"rectification.issue": "draft"})
    firm = stock_firm(session)
    case = served(session, firm, at("2025-03-03 10:00"))
    row = approve(session, firm, case, at("2025-03-05 10:00"))
    come(session, case, row, firm.enough, at("2025-03-10 10:00"))
    now = at("2025-03-11 10:00")
    void_person(session, case, person_id=firm.enough[0], reason="冒名", actor=REVIEWER, now=now)
    with pytest.raises(Conflict, match="不能不予签发"):
        _refuse(session, case, "2025-03-12 10:00")
    assert len(standing(session, case.id, FactKind.NOTICE_DRAFT)) == 1


def test_who_may_not_sign_may_not_refuse_either_and_a_reason_is_needed(session: Session) -> None:
    case = _drafted(session, stock_firm(session))
    now = at("2025-04-08 09:00")
    with pytest.raises(RoleMissing):
        handwork.refuse_draft(session, case, reason="证据不足", actor=REVIEWER, now=now)
    with pytest.raises(handwork.ReasonNeeded):
        handwork.refuse_draft(session, case, reason=" ", actor=ADMIN, now=now)
    handwork.cancel(session, case, reason="误建", actor=ADMIN, now=now)
    with pytest.raises(handwork.NothingStands):
        handwork.refuse_draft(session, case, reason="证据不足", actor=ADMIN, now=now)


def test_the_office_refuses_to_sign_over_the_interface(office: Office) -> None:
    set_policy(office.session, {"rectification.issue": "draft"})
    case = served(office.session, stock_firm(office.session), at("2026-03-03 10:00"))
    office.clock.now = at("2026-04-08 09:00")
    act(office.session, case.id, now=office.clock.now)
    office.post("admin1", f"/console/cases/{case.number}/notice-refusal", {"reason": "证据不足"})
    told = office.get("admin1", f"/console/cases/{case.number}")
    kinds = {fact["kind"] for fact in told["facts"]}
    assert ("hold" in kinds, "notice_draft" in kinds) == (True, False)
