"""撤销打卡不合格认定 (DOMAIN §0): a voided check-in counts again by two officers, what came of it falls."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import AbnormalMark
from registry.errors import Conflict, DakaError
from tests.verify_api.cases.conftest import Office
from tests.verify_api.cases.steps import (
    approve,
    come,
    deliver,
    messages,
    notices,
    open_first,
    report,
    served,
    stock_firm,
)
from tests.verify_api.cases.test_handwork import checking, rechecking, rectifying, void
from tests.verify_api.cases.test_rescission import in_force
from tests.verify_api.factories import (
    ADMIN,
    AUDITOR,
    DECIDER,
    REVIEWER,
    SECOND,
    Firm,
    at,
    make_firm,
    set_policy,
)
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.cases import handwork, lists
from verify_api.cases.access import RoleMissing
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.models import Case, CheckIn, PersonList, Proposal
from verify_api.cases.queries import history
from verify_api.cases.states import State
from verify_api.cases.timing import running
from verify_api.cases.transition import NotAllowedNow
from verify_api.checkins.models import Attempt
from verify_api.checkins.queries import approved_list
from verify_api.checkins.restoring import STEPS, propose_restore
from verify_api.deadlines.sweep import act
from verify_api.notices.models import Notice


def propose(session: Session, case: Case, person: int, moment: str, actor: Actor = ADMIN) -> Proposal:
    return propose_restore(session, case, person_id=person, reason="查明", actor=actor, now=at(moment))


def agree(session: Session, case: Case, row: Proposal, moment: str, actor: Actor = REVIEWER) -> None:
    given = {"is_agreed": True, "reason": "", "steps": STEPS, "actor": actor, "now": at(moment)}
    handwork.confirm(session, case, row, **given)


def restore(session: Session, case: Case, person: int, day: str) -> None:
    row = propose(session, case, person, f"{day} 09:00")
    agree(session, case, row, f"{day} 10:00")


def current(session: Session, case: Case) -> PersonList:
    row = approved_list(session, case.id)
    assert row is not None
    return row


def passed(session: Session, firm: Firm) -> Case:
    """STOCK: everybody came on 2025-03-10."""
    case = checking(session, firm)
    come(session, case, current(session, case), firm.enough, at("2025-03-10 10:00"))
    return case


def refusal(session: Session, case: Case, person: int, moment: str) -> str:
    with pytest.raises(DakaError) as caught:
        propose(session, case, person, moment)
    return caught.value.code


# Where no order came of it.


@pytest.mark.rule("SZ-30c")
def test_on_the_first_track_the_checkin_counts_again_and_the_last_one_passes_the_case(
    session: Session,
) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    row = approve(session, firm, case, at("2025-03-03 10:00"))
    come(session, case, row, firm.enough, at("2025-03-10 10:00"))
    void(session, case, firm.enough[0], at("2025-03-11 10:00"))
    assert case.state == State.CHECKING_IN
    restore(session, case, firm.enough[0], "2025-03-12")
    assert (case.state, messages(session, case)[-1]) == (State.PASSED, "passed")


def test_the_firm_is_told_where_others_still_have_to_come(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    row = approve(session, firm, case, at("2025-03-03 10:00"))
    come(session, case, row, firm.enough[:1], at("2025-03-10 10:00"))
    void(session, case, firm.enough[0], at("2025-03-11 10:00"))
    restore(session, case, firm.enough[0], "2025-03-12")
    assert (case.state, messages(session, case)[-1]) == (State.CHECKING_IN, "checkin_restored")
    assert row.window_closes_at == at("2025-04-04 00:00")


@pytest.mark.rule("SZ-36")
def test_in_the_second_round_the_last_checkin_that_counts_again_ends_the_rectification(
    session: Session,
) -> None:
    firm = stock_firm(session)
    case = rechecking(session, firm)
    come(session, case, current(session, case), firm.enough, at("2025-05-06 10:00"))
    void(session, case, firm.enough[0], at("2025-05-07 10:00"))
    assert case.state == State.RECHECKING_IN
    restore(session, case, firm.enough[0], "2025-05-08")
    assert (case.state, messages(session, case)[-1]) == (State.RECTIFIED, "rectified")


@pytest.mark.rule("SZ-33")
def test_the_draft_of_an_order_ends_and_that_of_another_void_goes_on_waiting(session: Session) -> None:
    set_policy(session, {"rectification.issue": "draft"})
    firm = stock_firm(session)
    case = passed(session, firm)
    one, other = firm.enough[:2]
    void(session, case, one, at("2025-03-11 10:00"))
    void(session, case, other, at("2025-03-11 11:00"))
    restore(session, case, one, "2025-03-12")
    assert [fact.detail["person"] for fact in standing(session, case.id, FactKind.NOTICE_DRAFT)] == [other]
    restore(session, case, other, "2025-03-13")
    assert standing(session, case.id, FactKind.NOTICE_DRAFT) == []
    assert (case.state, notices(session, case)) == (State.PASSED, [])


# Where an order came of it.


@pytest.mark.rule("SZ-33")
@pytest.mark.rule("MO-13")
@pytest.mark.parametrize("is_served", [False, True])
def test_the_order_falls_with_the_void_and_who_had_passed_has_passed(
    session: Session, is_served: bool
) -> None:
    firm = stock_firm(session)
    case = passed(session, firm)
    void(session, case, firm.enough[0], at("2025-03-20 10:00"))
    if is_served:
        deliver(session, case, at("2025-03-20 11:00"))
    restore(session, case, firm.enough[0], "2025-03-21")
    assert (case.state, in_force(session, case), case.due_at) == (State.PASSED, [], None)
    assert messages(session, case)[-2:] == ["notice_rescinded", "passed"]
    assert case.rectification_served_on is None
    marks = session.scalars(select(AbnormalMark).where(AbnormalMark.item_id == firm.items[0].id)).all()
    assert [mark.lifted_at is not None for mark in marks] == [True] * is_served


@pytest.mark.rule("SZ-30b")
def test_who_has_not_come_yet_has_a_fresh_window(session: Session) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    come(session, case, current(session, case), firm.enough[:1], at("2025-03-10 10:00"))
    void(session, case, firm.enough[0], at("2025-03-20 10:00"))
    restore(session, case, firm.enough[0], "2025-06-03")
    deadline = running(session, case.id)
    assert deadline is not None
    assert (case.state, deadline.last_day) == (State.CHECKING_IN, date(2025, 7, 3))
    assert current(session, case).window_closes_at == deadline.due_at
    assert messages(session, case)[-2:] == ["notice_rescinded", "case_reopened"]


def test_nobody_has_to_serve_an_order_that_fell(session: Session) -> None:
    firm = stock_firm(session)
    firm.enterprise.contact_phone = ""
    case = passed(session, firm)
    void(session, case, firm.enough[0], at("2025-03-20 10:00"))
    assert [one.reason for one in standing(session, case.id, FactKind.SERVICE_FAILED)][-1:] == [
        "企业联系人没有可用的手机号码，整改通知书须以其他方式送达"
    ]
    restore(session, case, firm.enough[0], "2025-03-21")
    assert standing(session, case.id, FactKind.SERVICE_FAILED) == []


@pytest.mark.parametrize("issue", ["automatic", "draft"])
def test_an_order_for_two_voids_falls_with_the_second_one_taken_back(session: Session, issue: str) -> None:
    set_policy(session, {"rectification.issue": "draft"})
    firm = stock_firm(session)
    case = passed(session, firm)
    one, other = firm.enough[:2]
    void(session, case, one, at("2025-03-11 10:00"))
    if issue == "draft":
        void(session, case, other, at("2025-03-11 11:00"))
        handwork.issue_draft(session, case, reason="", actor=ADMIN, now=at("2025-03-12 09:00"))
    else:
        set_policy(session, {"rectification.issue": "automatic"})
        void(session, case, other, at("2025-03-12 09:00"))
    restore(session, case, one, "2025-03-13")
    assert (case.state, in_force(session, case)) == (State.RECTIFYING, ["责令整改通知书"])
    restore(session, case, other, "2025-03-14")
    assert (case.state, in_force(session, case)) == (State.PASSED, [])


def test_a_later_order_does_not_speak_of_a_void_that_was_taken_back(session: Session) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    come(session, case, current(session, case), firm.enough[:1], at("2025-03-10 10:00"))
    void(session, case, firm.enough[0], at("2025-03-20 10:00"))
    restore(session, case, firm.enough[0], "2025-03-21")
    act(session, case.id, now=at("2025-04-22 00:00"))
    newest = session.scalars(
        select(Notice).where(Notice.case_id == case.id).order_by(Notice.id.desc())
    ).first()
    assert newest is not None and case.state == State.RECTIFYING
    assert "不合格" not in str(newest.context)


# What the history keeps.


def test_the_attempt_is_accepted_again_and_the_history_says_who_voided_it_and_who_took_that_back(
    session: Session,
) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    come(session, case, current(session, case), firm.enough[:1], at("2025-03-10 10:00"))
    attempt = attempt_behind(session, case, firm.enough[0])
    void(session, case, firm.enough[0], at("2025-03-20 10:00"))
    assert attempt.state == "rejected"
    restore(session, case, firm.enough[0], "2025-03-21")
    assert (attempt.state, attempt.reasons) == ("accepted", [])
    [event] = [one for one in history(session, case.id) if one.event == "checkin_restored"]
    said = {
        key: event.facts[key] for key in ("person", "voided_by", "voided_reason", "proposed_by", "attempt")
    }
    assert said == {
        "person": firm.enough[0],
        "voided_by": REVIEWER.label,
        "voided_reason": "冒名",
        "proposed_by": ADMIN.label,
        "attempt": attempt.public_id,
    }
    assert (event.actor, event.reason) == (REVIEWER.label, "查明")


def attempt_behind(session: Session, case: Case, person: int) -> Attempt:
    """The attempt by which a person checked in."""
    checkin = session.scalars(select(CheckIn).where(CheckIn.person_id == person)).one()
    attempt = Attempt(
        public_id="b" * 32,
        case_id=case.id,
        list_id=checkin.list_id,
        person_id=person,
        state="accepted",
        position={},
        device={},
        opened_at=checkin.received_at,
        received_at=checkin.received_at,
        policy_version="test",
    )
    session.add(attempt)
    session.flush()
    checkin.attempt_id = attempt.id
    return attempt


# What is refused.


def test_who_came_again_needs_nothing_taken_back(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    row = approve(session, firm, case, at("2025-03-03 10:00"))
    come(session, case, row, firm.enough[:1], at("2025-03-10 10:00"))
    void(session, case, firm.enough[0], at("2025-03-11 10:00"))
    waits = propose(session, case, firm.enough[0], "2025-03-12 09:00")
    come(session, case, row, firm.enough[:1], at("2025-03-12 10:00"))
    with pytest.raises(Conflict, match="已有生效的打卡"):
        agree(session, case, waits, "2025-03-12 11:00")
    assert refusal(session, case, firm.enough[0], "2025-03-12 12:00") == "already_accepted"


def test_a_proposal_does_not_restore_a_checkin_before_the_one_voided_last(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    row = approve(session, firm, case, at("2025-03-03 10:00"))
    come(session, case, row, firm.enough[:1], at("2025-03-10 10:00"))
    void(session, case, firm.enough[0], at("2025-03-11 10:00"))
    waits = propose(session, case, firm.enough[0], "2025-03-12 09:00")
    come(session, case, row, firm.enough[:1], at("2025-03-12 10:00"))
    void(session, case, firm.enough[0], at("2025-03-13 10:00"))
    with pytest.raises(handwork.NothingStands, match="又有变化"):
        agree(session, case, waits, "2025-03-13 11:00")


def test_a_checkin_that_nobody_voided_is_not_restored(session: Session) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    assert refusal(session, case, firm.enough[0], "2025-03-12 09:00") == "no_voided_checkin"


@pytest.mark.rule("SZ-33")
def test_an_order_for_a_missed_window_is_not_undone_this_way(session: Session) -> None:
    set_policy(session, {"rectification.issue": "draft"})
    firm = stock_firm(session)
    case = checking(session, firm)
    come(session, case, current(session, case), firm.enough[:2], at("2025-03-10 10:00"))
    void(session, case, firm.enough[0], at("2025-03-20 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    handwork.issue_draft(session, case, reason="", actor=ADMIN, now=at("2025-04-08 09:00"))
    assert case.state == State.RECTIFYING
    assert refusal(session, case, firm.enough[0], "2025-04-09 09:00") == "order_for_other_cause"


@pytest.mark.rule("SZ-33")
def test_an_order_made_after_the_window_had_ended_is_not_undone_though_it_names_the_void(
    session: Session,
) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    come(session, case, current(session, case), firm.enough[:1], at("2025-03-10 10:00"))
    void(session, case, firm.enough[0], at("2025-04-08 00:00"))
    assert case.state == State.RECTIFYING
    assert refusal(session, case, firm.enough[0], "2025-04-09 09:00") == "order_for_other_cause"


@pytest.mark.rule("SZ-35")
def test_what_the_firm_has_reported_is_not_undone(session: Session) -> None:
    firm = stock_firm(session)
    case = passed(session, firm)
    void(session, case, firm.enough[0], at("2025-03-20 10:00"))
    deliver(session, case, at("2025-03-20 11:00"))
    waits = propose(session, case, firm.enough[0], "2025-03-21 09:00")
    report(session, firm, case, at("2025-03-21 10:00"))
    with pytest.raises(Conflict, match="已提交整改报告"):
        agree(session, case, waits, "2025-03-21 11:00")
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-03-22 09:00"))
    with pytest.raises(NotAllowedNow):
        propose(session, case, firm.enough[0], "2025-03-22 10:00")
    lists.withdraw(session, case, actor=firm.actor, now=at("2025-03-22 11:00"))
    assert refusal(session, case, firm.enough[0], "2025-03-22 12:00") == "order_for_other_cause"


def test_an_order_that_has_another_cause_is_not_undone_this_way(session: Session) -> None:
    firm = stock_firm(session)
    case = rectifying(session, firm)
    assert refusal(session, case, firm.enough[0], "2025-04-09 09:00") == "no_voided_checkin"


def test_it_takes_two_officers_who_review(session: Session) -> None:
    firm = stock_firm(session)
    case = passed(session, firm)
    void(session, case, firm.enough[0], at("2025-03-20 10:00"))
    for actor in (DECIDER, AUDITOR, firm.actor):
        with pytest.raises(RoleMissing):
            propose(session, case, firm.enough[0], "2025-03-21 09:00", actor)
    row = propose(session, case, firm.enough[0], "2025-03-21 09:00", REVIEWER)
    again = Actor(Kind.STAFF, REVIEWER.account_id, REVIEWER.name, Role.ADMIN)
    with pytest.raises(handwork.SecondOfficerNeeded):
        agree(session, case, row, "2025-03-21 10:00", again)
    with pytest.raises(RoleMissing):
        agree(session, case, row, "2025-03-21 10:00", DECIDER)
    agree(session, case, row, "2025-03-21 10:00", SECOND)
    assert case.state == State.PASSED


# Over the interface.


def test_two_officers_take_a_void_back_over_the_interface(office: Office) -> None:
    session, firm = office.session, stock_firm(office.session)
    case = served(session, firm, at("2026-03-03 10:00"))
    row = approve(session, firm, case, at("2026-03-05 10:00"))
    come(session, case, row, firm.enough, at("2026-03-10 10:00"))
    void(session, case, firm.enough[0], at("2026-03-11 10:00"))
    office.clock.now = at("2026-03-12 09:00")
    path = f"/console/cases/{case.number}/proposals"
    step = {"action": "restore_checkin", "reason": "查明"}
    assert office.refused("admin1", "POST", path, json=step) == (422, "person_missing")
    made = office.post("admin1", path, step | {"person": firm.enough[0]})
    assert (made["action"], made["person"]) == ("restore_checkin", firm.enough[0])
    told = office.post("reviewer1", f"{path}/{made['id']}/decision", {"agreed": True})
    assert told == {"state": "PASSED", "outcome": "confirmed"}
