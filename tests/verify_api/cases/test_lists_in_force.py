"""A check-in belongs to the list it was made for, and only the list in force can pass a case (SZ-30a)."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.verify_api.cases.steps import approve, come, deliver, report, served, stock_firm
from tests.verify_api.factories import ADMIN, REVIEWER, SECOND, Firm, at
from verify_api.cases import handwork, lists
from verify_api.cases.models import Case, PersonList, Proposal
from verify_api.cases.states import State
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.review import NotInReview, decide_review
from verify_api.checkins.verification import _case_facts
from verify_api.checkins.voiding import void_person
from verify_api.checkins.windows import confirm_window, propose_window


def _replaced(session: Session, firm: Firm, first: Case, *, now: datetime) -> None:
    """打卡不合格 of one, the order served and reported on: a new list is approved."""
    void_person(session, first, person_id=firm.enough[1], reason="冒名", actor=REVIEWER, now=now)
    deliver(session, first, now)
    report(session, firm, first, at("2025-03-22 09:00"))
    approve(session, firm, first, at("2025-03-23 10:00"))
    assert first.state == State.RECHECKING_IN


def _checking(session: Session, firm: Firm) -> tuple[Case, PersonList]:
    """All but the first have come; the list was approved on 2025-03-05."""
    case = served(session, firm, at("2025-03-03 10:00"))
    row = approve(session, firm, case, at("2025-03-05 10:00"))
    come(session, case, row, firm.enough[1:], at("2025-03-10 10:00"))
    return case, row


def _in_review(session: Session, case: Case, row: PersonList, person: int) -> Attempt:
    """A check-in that waits for an officer."""
    attempt = Attempt(
        public_id="b" * 32,
        case_id=case.id,
        list_id=row.id,
        person_id=person,
        state=AttemptState.NEEDS_REVIEW.value,
        position={},
        place={"verdict": "inside"},
        fence=row.fence,
        device={},
        prompts=[],
        opened_at=at("2025-03-11 10:00"),
        received_at=at("2025-03-11 10:00"),
        reasons=[],
        risks=[],
        policy_version="test",
    )
    session.add(attempt)
    session.flush()
    return attempt


@pytest.mark.rule("SZ-30a")
def test_a_checkin_judged_after_its_list_was_replaced_counts_for_neither(session: Session) -> None:
    firm = stock_firm(session)
    case, row = _checking(session, firm)
    attempt = _in_review(session, case, row, firm.enough[0])
    assert _case_facts(session, case, attempt).is_list_standing
    _replaced(session, firm, case, now=at("2025-03-20 10:00"))
    assert not _case_facts(session, case, attempt).is_list_standing
    said: dict[str, Any] = {"reason": "相符", "actor": REVIEWER, "now": at("2025-03-24 10:00")}
    with pytest.raises(NotInReview):
        decide_review(session, public_id=attempt.public_id, is_accepted=True, **said)


@pytest.mark.rule("SZ-30a")
def test_a_window_signed_after_its_list_was_replaced_counts_for_neither(session: Session) -> None:
    firm = stock_firm(session)
    case, _ = _checking(session, firm)
    row = _at_the_window(session, case, firm.enough[0])
    _replaced(session, firm, case, now=at("2025-03-20 10:00"))
    with pytest.raises(NotInReview):
        confirm_window(session, case, row, is_agreed=True, actor=SECOND, now=at("2025-03-24 10:00"))


@pytest.mark.rule("SZ-30c")
def test_the_last_signature_for_an_old_list_does_not_pass_the_case_of_the_new_one(session: Session) -> None:
    firm = stock_firm(session)
    case, _ = _checking(session, firm)
    row = _at_the_window(session, case, firm.enough[0])
    _draft_signed_after_the_person_came_again(session, firm, case)
    with pytest.raises(NotInReview):
        confirm_window(session, case, row, is_agreed=True, actor=SECOND, now=at("2025-03-24 10:00"))
    assert case.state == State.RECHECKING_IN


def _draft_signed_after_the_person_came_again(session: Session, firm: Firm, case: Case) -> None:
    """Under a hold the order waits for its signature, and the window goes on meanwhile."""
    handwork.hold(session, case, reason="核实", actor=ADMIN, now=at("2025-03-12 09:00"))
    said: dict[str, Any] = {"reason": "冒名", "actor": REVIEWER, "now": at("2025-03-13 10:00")}
    void_person(session, case, person_id=firm.enough[1], **said)
    old = lists.current_list(session, case)
    come(session, case, old, firm.enough[1:2], at("2025-03-14 10:00"))
    handwork.release(session, case, reason="完毕", actor=ADMIN, now=at("2025-03-15 09:00"))
    handwork.issue_draft(session, case, reason="", actor=ADMIN, now=at("2025-03-16 09:00"))
    deliver(session, case, at("2025-03-17 09:00"))
    report(session, firm, case, at("2025-03-22 09:00"))
    approve(session, firm, case, at("2025-03-23 10:00"))


def _at_the_window(session: Session, case: Case, person: int) -> Proposal:
    """The first of two signatures."""
    record = {"document": "居民身份证"}
    when = at("2025-03-11 10:00")
    return propose_window(session, case, person_id=person, record=record, actor=REVIEWER, now=when)
