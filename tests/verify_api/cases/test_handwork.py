"""Hand-work of the bureau: two officers, the window, 打卡不合格, and what must not come of them."""

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from registry.enterprises.models import ItemStatus
from registry.errors import Conflict
from tests.verify_api.cases.steps import (
    approve,
    come,
    deliver,
    notices,
    open_first,
    report,
    served,
    stock_firm,
)
from tests.verify_api.factories import ADMIN, DECIDER, REVIEWER, SECOND, Firm, at, make_firm, set_policy
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.cases import handwork, lists, review
from verify_api.cases.access import RoleMissing
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.models import Case, PersonList, Proposal
from verify_api.cases.states import State
from verify_api.cases.timing import running
from verify_api.checkins.models import Attempt
from verify_api.checkins.queries import standing_checkin
from verify_api.checkins.review import NotInReview
from verify_api.checkins.voiding import void_checkin, void_person
from verify_api.checkins.windows import SecondOfficerNeeded, confirm_window, propose_window
from verify_api.deadlines.sweep import act


def window(session: Session, case: Case, person: int, now: datetime) -> Proposal:
    record = {"document": "居民身份证"}
    return propose_window(session, case, person_id=person, record=record, actor=REVIEWER, now=now)


def void(session: Session, case: Case, person: int, now: datetime) -> None:
    void_person(session, case, person_id=person, reason="冒名", actor=REVIEWER, now=now)


def propose(session: Session, case: Case, action: str, now: datetime, actor: Actor = ADMIN) -> Proposal:
    return handwork.propose(session, case, action=action, reason="查明", actor=actor, now=now)


def sign(
    session: Session, case: Case, row: Proposal, now: datetime, actor: Actor, *, yes: bool = True
) -> None:
    handwork.confirm(session, case, row, is_agreed=yes, reason="", actor=actor, now=now)


def checking(session: Session, firm: Firm) -> Case:
    """A STOCK case with an approved list; its window closes on 2025-04-07."""
    case = served(session, firm, at("2025-03-03 10:00"))
    approve(session, firm, case, at("2025-03-05 10:00"))
    return case


def rectifying(session: Session, firm: Firm) -> Case:
    """A notice served on 2025-04-08: everything has to be done by 2025-07-08."""
    case = served(session, firm, at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    deliver(session, case, at("2025-04-08 09:00"))
    return case


def rechecking(session: Session, firm: Firm) -> Case:
    """A new list approved on 2025-04-21."""
    case = rectifying(session, firm)
    report(session, firm, case, at("2025-04-20 09:00"))
    approve(session, firm, case, at("2025-04-21 10:00"))
    return case


def proposed(session: Session, firm: Firm) -> Case:
    """revocation.mode = decision: 拟撤回, told on 2025-05-09, to be heard until 2025-05-16."""
    set_policy(session, {"revocation.mode": "decision"})
    case = rectifying(session, firm)
    act(session, case.id, now=at("2025-05-09 00:00"))
    assert case.state == State.REVOCATION_PROPOSED
    deliver(session, case, at("2025-05-09 09:00"))
    return case


# The window.


@pytest.mark.rule("SZ-30b")
def test_who_came_to_the_window_in_time_counts_though_the_second_officer_signs_after_midnight(
    session: Session,
) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    row = lists.current_list(session, case)
    come(session, case, row, firm.enough[:-1], at("2025-03-10 10:00"))
    last = window(session, case, firm.enough[-1], at("2025-04-07 23:59:59"))
    assert act(session, case.id, now=at("2025-04-08 00:00")) is None
    assert standing(session, case.id, FactKind.WAIT)[0].detail == {"reason": "undecided_checkin"}
    confirm_window(session, case, last, is_agreed=True, actor=ADMIN, now=at("2025-04-08 09:00"))
    assert case.state == State.PASSED


def test_a_window_verification_the_second_officer_refuses_holds_nothing_back(session: Session) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    row = window(session, case, firm.enough[0], at("2025-04-07 20:00"))
    assert act(session, case.id, now=at("2025-04-08 00:00")) is None
    confirm_window(session, case, row, is_agreed=False, actor=ADMIN, now=at("2025-04-08 09:00"))
    assert act(session, case.id, now=at("2025-04-08 09:01")) is not None
    assert (row.outcome, case.state) == ("refused", State.RECTIFYING)


@pytest.mark.parametrize("is_agreed", [True, False])
def test_one_officer_cannot_sign_twice_at_the_window_even_under_another_role(
    session: Session, is_agreed: bool
) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    row = window(session, case, firm.enough[0], at("2025-03-10 10:00"))
    promoted = Actor(Kind.STAFF, REVIEWER.account_id, REVIEWER.name, Role.ADMIN)
    with pytest.raises(SecondOfficerNeeded):
        confirm_window(session, case, row, is_agreed=is_agreed, actor=promoted, now=at("2025-03-10 11:00"))


def test_a_face_that_came_between_two_signatures_is_said_and_counts_once(session: Session) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    row = window(session, case, firm.enough[0], at("2025-03-10 10:00"))
    come(session, case, lists.current_list(session, case), firm.enough[:1], at("2025-03-10 10:30"))
    with pytest.raises(Conflict, match="已完成打卡"):
        confirm_window(session, case, row, is_agreed=True, actor=ADMIN, now=at("2025-03-10 11:00"))


def test_a_window_verification_is_not_signed_where_steps_are(session: Session) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    row = window(session, case, firm.enough[0], at("2025-03-10 10:00"))
    with pytest.raises(handwork.NothingStands):
        sign(session, case, row, at("2025-03-10 11:00"), ADMIN)


# 打卡不合格.


@pytest.mark.rule("SZ-33")
@pytest.mark.parametrize("has_passed", [False, True])
def test_a_window_checkin_can_be_voided_too(session: Session, has_passed: bool) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    people = firm.enough if has_passed else firm.enough[:1]
    come(session, case, lists.current_list(session, case), people, at("2025-03-10 10:00"))
    void(session, case, firm.enough[0], at("2025-03-20 10:00"))
    assert (case.state, notices(session, case)) == (State.RECTIFYING, ["责令整改通知书"])


def test_on_the_first_track_a_voided_pass_opens_a_new_month_and_no_notice(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    row = approve(session, firm, case, at("2025-03-03 10:00"))
    come(session, case, row, firm.enough, at("2025-03-10 10:00"))
    void(session, case, firm.enough[0], at("2025-06-03 10:00"))
    assert (case.state, notices(session, case)) == (State.CHECKING_IN, [])
    assert row.window_closes_at == case.due_at == at("2025-07-04 00:00")
    come(session, case, row, firm.enough[:1], at("2025-06-10 10:00"))
    assert case.state == State.PASSED


def test_a_checkin_of_a_list_that_was_replaced_is_not_voided(session: Session) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    row = lists.current_list(session, case)
    come(session, case, row, firm.enough[:1], at("2025-03-10 10:00"))
    attempt = _attempt_behind(session, case, row, firm.enough[0])
    act(session, case.id, now=at("2025-04-08 00:00"))
    deliver(session, case, at("2025-04-08 09:00"))
    report(session, firm, case, at("2025-04-20 09:00"))
    newest = approve(session, firm, case, at("2025-04-21 10:00"))
    come(session, case, newest, firm.enough, at("2025-04-22 10:00"))
    now = at("2025-04-23 10:00")
    with pytest.raises(NotInReview):
        void_checkin(session, public_id=attempt.public_id, reason="冒名", actor=REVIEWER, now=now)
    assert case.state == State.RECTIFIED


def _attempt_behind(session: Session, case: Case, row: PersonList, person: int) -> Attempt:
    """The attempt by which a person checked in."""
    attempt = Attempt(
        public_id="a" * 32,
        case_id=case.id,
        list_id=row.id,
        person_id=person,
        state="accepted",
        position={},
        place={"verdict": "inside"},
        fence=row.fence,
        device={},
        prompts=[],
        opened_at=at("2025-03-10 10:00"),
        received_at=at("2025-03-10 10:00"),
        reasons=[],
        risks=[],
        policy_version="test",
    )
    session.add(attempt)
    session.flush()
    checkin = standing_checkin(session, row.id, person)
    assert checkin is not None
    checkin.attempt_id = attempt.id
    return attempt


@pytest.mark.parametrize("kind", ["hold", "pause", "appeal"])
def test_a_void_under_a_hold_a_pause_or_an_appeal_leaves_the_notice_to_an_officer(
    session: Session, kind: str
) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    come(session, case, lists.current_list(session, case), firm.enough[:1], at("2025-03-10 10:00"))
    getattr(handwork, kind)(session, case, reason="核实", actor=ADMIN, now=at("2025-03-11 09:00"))
    void(session, case, firm.enough[0], at("2025-03-20 10:00"))
    assert (case.state, notices(session, case)) == (State.CHECKING_IN, [])
    assert len(standing(session, case.id, FactKind.NOTICE_DRAFT)) == 1


def test_a_draft_notice_ends_with_the_notice_or_with_the_approval(session: Session) -> None:
    set_policy(session, {"rectification.issue": "draft"})
    firm = stock_firm(session)
    case = checking(session, firm)
    come(session, case, lists.current_list(session, case), firm.enough[:1], at("2025-03-10 10:00"))
    void(session, case, firm.enough[0], at("2025-03-20 10:00"))
    row = propose(session, case, "void_approval", at("2025-03-21 10:00"))
    sign(session, case, row, at("2025-03-21 11:00"), REVIEWER)
    assert standing(session, case.id, FactKind.NOTICE_DRAFT) == []
    with pytest.raises(handwork.NothingStands):
        handwork.issue_draft(session, case, reason="", actor=ADMIN, now=at("2025-03-22 09:00"))


# What the bureau's own time may not cost an enterprise.


@pytest.mark.rule("SZ-36")
def test_a_recheck_voided_when_the_three_months_are_over_waits_for_an_officer(session: Session) -> None:
    firm = stock_firm(session)
    case = rechecking(session, firm)
    come(session, case, lists.current_list(session, case), firm.enough, at("2025-05-06 10:00"))
    assert case.state == State.RECTIFIED
    void(session, case, firm.enough[0], at("2025-09-01 10:00"))
    assert act(session, case.id, now=at("2025-09-02 00:00")) is None
    assert (case.state, firm.items[0].status) == (State.RECHECKING_IN, ItemStatus.VALID)


@pytest.mark.rule("SZ-33")
def test_a_rejection_after_the_three_months_revokes_nobody_overnight(session: Session) -> None:
    firm = stock_firm(session)
    case = rectifying(session, firm)
    report(session, firm, case, at("2025-04-20 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-04-21 10:00"))
    review.reject(session, case, opinion="不清晰", actor=REVIEWER, now=at("2025-07-20 10:00"))
    assert act(session, case.id, now=at("2025-07-21 00:00")) is None
    assert case.state == State.RECTIFICATION_REJECTED


# Two officers.


@pytest.mark.parametrize("action", ["void_approval", "rescind_notice", "revoke", "keep", "rescind_decision"])
def test_nobody_signs_twice_under_another_role(session: Session, action: str) -> None:
    firm = stock_firm(session)
    case = {
        "void_approval": checking,
        "rescind_notice": rectifying,
        "revoke": proposed,
        "keep": proposed,
        "rescind_decision": revoked,
    }[action](session, firm)
    row = propose(session, case, action, at("2025-05-19 09:00"))
    for role in (Role.REVIEWER, Role.ADMIN, Role.DECIDER):
        again = Actor(Kind.STAFF, ADMIN.account_id, ADMIN.name, role)
        with pytest.raises((handwork.SecondOfficerNeeded, RoleMissing)):
            sign(session, case, row, at("2025-05-19 10:00"), again)
    assert row.outcome is None


def revoked(session: Session, firm: Firm) -> Case:
    case = rectifying(session, firm)
    act(session, case.id, now=at("2025-05-09 00:00"))
    assert case.state == State.REVOKED
    return case


@pytest.mark.rule("SZ-37")
def test_only_the_decider_decides_a_revocation_and_only_after_the_hearing(session: Session) -> None:
    firm = stock_firm(session)
    case = proposed(session, firm)
    row = propose(session, case, "revoke", at("2025-05-12 09:00"))
    with pytest.raises(RoleMissing):
        sign(session, case, row, at("2025-05-19 09:00"), SECOND)
    with pytest.raises(Conflict, match="尚未届满"):
        sign(session, case, row, at("2025-05-16 23:59:59"), DECIDER)
    row.outcome = None  # A refused request leaves nothing behind: its transaction is rolled back.
    handwork.appeal(session, case, reason="已整改", actor=firm.actor, now=at("2025-05-16 20:00"))
    with pytest.raises(Conflict, match="陈述申辩"):
        sign(session, case, row, at("2025-05-19 09:00"), DECIDER)
    row.outcome = None
    handwork.decide_appeal(
        session, case, is_upheld=False, reason="不成立", actor=ADMIN, now=at("2025-05-19 09:30")
    )
    sign(session, case, row, at("2025-05-19 10:00"), DECIDER)
    assert case.state == State.REVOKED
    deliver(session, case, at("2025-05-19 10:05"))
    assert firm.items[0].status == ItemStatus.WITHDRAWN


@pytest.mark.rule("SZ-37")
def test_who_opened_a_case_does_not_decide_it(session: Session) -> None:
    firm = stock_firm(session)
    case = proposed(session, firm)
    case.opened_by = DECIDER.label
    row = propose(session, case, "revoke", at("2025-05-12 09:00"))
    with pytest.raises(handwork.SecondOfficerNeeded, match="建立任务"):
        sign(session, case, row, at("2025-05-19 09:00"), DECIDER)


def test_an_appeal_that_is_upheld_leaves_a_hold_and_the_bureau_may_keep_the_item(session: Session) -> None:
    firm = stock_firm(session)
    case = proposed(session, firm)
    now = at("2025-05-14 09:00")
    handwork.appeal(session, case, reason="已整改", actor=firm.actor, now=now)
    handwork.decide_appeal(session, case, is_upheld=True, reason="成立", actor=DECIDER, now=now)
    assert len(standing(session, case.id, FactKind.HOLD)) == 1
    row = propose(session, case, "keep", at("2025-05-15 09:00"))
    sign(session, case, row, at("2025-05-15 10:00"), DECIDER)
    assert (case.state, firm.items[0].status) == (State.NOT_REVOKED, ItemStatus.VALID)


def test_a_proposal_about_an_earlier_stage_can_only_be_refused(session: Session) -> None:
    firm = stock_firm(session)
    case = checking(session, firm)
    row = propose(session, case, "void_approval", at("2025-03-20 09:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    deliver(session, case, at("2025-04-08 09:00"))
    report(session, firm, case, at("2025-04-20 09:00"))
    approve(session, firm, case, at("2025-04-21 10:00"))
    with pytest.raises(handwork.ProposalOutdated):
        sign(session, case, row, at("2025-04-22 09:00"), SECOND)
    assert case.state == State.RECHECKING_IN
    row.outcome = None
    sign(session, case, row, at("2025-04-22 09:30"), SECOND, yes=False)
    assert row.outcome == "refused"
    propose(session, case, "void_approval", at("2025-04-22 10:00"))


@pytest.mark.rule("SZ-27")
def test_a_rescinded_notice_begins_the_case_anew_and_lifts_the_mark(session: Session) -> None:
    firm = stock_firm(session)
    case = rectifying(session, firm)
    row = propose(session, case, "rescind_notice", at("2025-04-10 09:00"))
    sign(session, case, row, at("2025-04-10 10:00"), SECOND)
    deadline = running(session, case.id)
    assert deadline is not None
    assert (case.state, deadline.last_day) == (State.OPEN, date(2025, 5, 12))
    assert case.rectification_served_on is None


def test_a_rescinded_revocation_gives_the_item_back_and_serves_a_new_notice(session: Session) -> None:
    firm = stock_firm(session)
    case = revoked(session, firm)
    row = propose(session, case, "rescind_decision", at("2025-05-20 09:00"), DECIDER)
    sign(session, case, row, at("2025-05-20 10:00"), ADMIN)
    assert (case.state, firm.items[0].status) == (State.RECTIFYING, ItemStatus.VALID)
    assert case.due_at is None  # No clock until the new notice is served.
    orders = [kind for kind in notices(session, case) if kind != "送达回证"]
    assert orders == ["责令整改通知书", "撤回决定书", "责令整改通知书"]


@pytest.mark.rule("SZ-35")
def test_a_new_notice_asks_for_a_new_report(session: Session) -> None:
    firm = stock_firm(session)
    case = rectifying(session, firm)
    report(session, firm, case, at("2025-04-20 09:00"))
    act(session, case.id, now=at("2025-05-09 00:00"))
    row = propose(session, case, "rescind_decision", at("2025-05-20 09:00"))
    sign(session, case, row, at("2025-05-20 10:00"), DECIDER)
    deliver(session, case, at("2025-05-20 11:00"))
    with pytest.raises(lists.ReportMissing):
        lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-05-21 09:00"))


@pytest.mark.rule("SZ-27")
def test_a_list_taken_back_goes_where_it_was_sent_from(
    session: Session,
) -> None:
    firm = stock_firm(session)
    case = served(session, firm, at("2025-03-03 10:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-03-05 09:00"))
    review.reject(session, case, opinion="不清晰", actor=REVIEWER, now=at("2025-03-06 09:00"))
    act(session, case.id, now=at("2025-03-18 00:00"))
    row = propose(session, case, "rescind_notice", at("2025-03-19 09:00"))
    sign(session, case, row, at("2025-03-19 10:00"), SECOND)
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-03-20 09:00"))
    lists.withdraw(session, case, actor=firm.actor, now=at("2025-03-20 10:00"))
    assert case.state == State.OPEN
