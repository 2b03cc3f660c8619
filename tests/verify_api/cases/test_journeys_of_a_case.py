"""Both tracks through the services, on a real database: who may do what when, and what follows by law."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.enterprises.models import AbnormalMark, ItemStatus, Origin
from tests.verify_api.cases.steps import (
    REPORT,
    approve,
    come,
    deliver,
    messages,
    notices,
    open_first,
    open_stock,
)
from tests.verify_api.factories import (
    ADMIN,
    AUDITOR,
    REVIEWER,
    SECOND,
    at,
    deadline_days,
    make_firm,
)
from verify_api.cases import handwork, lists, review
from verify_api.cases.access import RoleMissing
from verify_api.cases.files import add_report
from verify_api.cases.models import CaseEvent
from verify_api.cases.openings import GivenReason, StockReason, open_stock_case
from verify_api.cases.states import State
from verify_api.cases.transition import NotAllowedNow
from verify_api.checkins.queries import progress
from verify_api.deadlines.sweep import act


@pytest.mark.rule("SZ-15")
@pytest.mark.rule("SZ-30b")
@pytest.mark.rule("SZ-30c")
def test_a_first_case_passes_when_everybody_on_the_list_has_come(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    row = approve(session, firm, case, at("2025-03-03 10:00"))
    come(session, case, row, firm.enough[:-1], at("2025-03-10 10:00"))
    assert case.state == State.CHECKING_IN
    come(session, case, row, firm.enough[-1:], at("2025-04-03 23:59"))
    assert case.state == State.PASSED
    assert progress(session, row.id).is_complete
    # 2025-11-06 is a Thursday; 2025-04-03 a Thursday before 清明.
    assert deadline_days(session, case) == [("initiate", date(2025, 11, 6)), ("check_in", date(2025, 4, 3))]
    assert messages(session, case) == ["review_approved", "passed"]


@pytest.mark.rule("SZ-30d")
def test_a_first_case_nobody_started_lapses_on_the_certificates_last_day(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    assert act(session, case.id, now=at("2025-11-06 23:59:59")) is None
    act(session, case.id, now=at("2025-11-07 00:00"))
    assert case.state == State.AWAITING_LAPSE
    assert act(session, case.id, now=at("2026-01-05 23:59:59")) is None
    act(session, case.id, now=at("2026-01-06 00:00"))
    assert case.state == State.LAPSED
    assert firm.items[0].status == ItemStatus.LAPSED
    assert notices(session, case) == ["资质到期失效告知书"]
    assert messages(session, case) == ["awaiting_lapse", "lapsed"]


@pytest.mark.rule("SZ-15")
def test_after_a_rejection_a_first_case_may_resubmit_until_the_certificate_ends(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-11-06 23:59"))
    review.reject(session, case, opinion="证件不清晰", actor=REVIEWER, now=at("2025-11-20 10:00"))
    assert deadline_days(session, case)[-1] == ("expire", date(2026, 1, 5))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2026-01-05 23:59"))
    assert case.state == State.SUBMITTED


@pytest.mark.rule("SZ-26")
def test_a_list_under_review_when_its_deadline_passes_is_not_overdue(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-11-06 20:00"))
    assert act(session, case.id, now=at("2026-06-01 00:00")) is None
    assert case.state == State.SUBMITTED


@pytest.mark.rule("SZ-32")
def test_the_clock_of_a_stock_case_stands_until_the_message_is_delivered(session: Session) -> None:
    firm = make_firm(session, origin=Origin.ORDINARY, valid_to=date(2028, 1, 1))
    case = open_stock(session, firm, at("2025-03-01 09:00"))
    assert (case.state, case.due_at) == (State.NOTIFYING, None)
    assert act(session, case.id, now=at("2026-03-01 09:00")) is None
    deliver(session, case, at("2025-09-01 10:00"))
    # 2025-09-01 + 1 month falls into 国庆: the 9th is the next working day (§0).
    assert deadline_days(session, case) == [("initiate", date(2025, 10, 9))]
    deliver(session, case, at("2025-09-20 10:00"))
    assert deadline_days(session, case) == [("initiate", date(2025, 10, 9))]


@pytest.mark.rule("SZ-33")
@pytest.mark.rule("SZ-35")
@pytest.mark.rule("SZ-36")
def test_a_missed_stock_case_is_rectified_and_the_mark_lifted(session: Session) -> None:
    firm = make_firm(session, origin=Origin.ORDINARY, valid_to=date(2028, 1, 1))
    case = open_stock(session, firm, at("2025-03-03 09:00"))
    deliver(session, case, at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-04 00:00"))
    assert (case.state, case.due_at) == (State.RECTIFYING, None)  # Not served yet: no clock.
    mark = select(AbnormalMark).where(AbnormalMark.item_id == firm.items[0].id)
    assert session.scalar(mark) is None
    deliver(session, case, at("2025-04-04 09:00"))
    assert session.scalars(mark).one().lifted_at is None
    with pytest.raises(lists.ReportMissing):
        lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-04-20 09:00"))
    add_report(session, case, text="已整改", file=REPORT, actor=firm.actor, now=at("2025-04-20 09:00"))
    row = approve(session, firm, case, at("2025-04-20 09:01"))
    come(session, case, row, firm.enough, at("2025-05-06 09:00"))
    assert case.state == State.RECTIFIED
    assert session.scalars(mark.execution_options(populate_existing=True)).one().lifted_at is not None
    assert notices(session, case) == ["责令整改通知书", "送达回证"]


@pytest.mark.rule("SZ-37")
def test_a_missed_rectification_revokes_the_items_under_verification_only(session: Session) -> None:
    firm = make_firm(session, origin=Origin.ORDINARY, valid_to=date(2028, 1, 1))
    other = make_firm(session, origin=Origin.ORDINARY).items[0]
    case = open_stock(session, firm, at("2025-03-03 09:00"))
    deliver(session, case, at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    deliver(session, case, at("2025-04-08 09:00"))
    act(session, case.id, now=at("2025-05-09 00:00"))
    assert case.state == State.REVOKED
    deliver(session, case, at("2025-05-09 09:00"))
    assert firm.items[0].status == ItemStatus.WITHDRAWN
    assert other.status == ItemStatus.VALID
    assert notices(session, case) == ["责令整改通知书", "送达回证", "撤回决定书", "送达回证"]
    assert messages(session, case) == ["stock_inspection_started", "notice_issued", "revoked"]


@pytest.mark.rule("SZ-37")
def test_items_of_another_authority_are_recommended_and_not_withdrawn(session: Session) -> None:
    firm = make_firm(
        session, origin=Origin.ORDINARY, valid_to=date(2028, 1, 1), authority="广东省住房和城乡建设厅"
    )
    case = open_stock(session, firm, at("2025-03-03 09:00"))
    deliver(session, case, at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    deliver(session, case, at("2025-04-08 09:00"))
    act(session, case.id, now=at("2025-05-09 00:00"))
    assert firm.items[0].status == ItemStatus.VALID
    assert notices(session, case) == ["责令整改通知书", "送达回证", "建议书"]


@pytest.mark.rule("SZ-33")
def test_a_rejected_stock_list_has_ten_natural_days(session: Session) -> None:
    firm = make_firm(session, origin=Origin.ORDINARY, valid_to=date(2028, 1, 1))
    case = open_stock(session, firm, at("2025-03-03 09:00"))
    deliver(session, case, at("2025-03-03 10:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-03-10 09:00"))
    review.reject(session, case, opinion="证件不清晰", actor=REVIEWER, now=at("2025-03-11 10:00"))
    assert deadline_days(session, case)[-1] == ("resubmit", date(2025, 3, 21))
    act(session, case.id, now=at("2025-03-22 00:00"))
    assert case.state == State.RECTIFYING


@pytest.mark.rule("SZ-27")
def test_an_approved_list_cannot_be_changed_even_in_the_database(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    row = approve(session, firm, case, at("2025-03-03 10:00"))
    session.flush()
    for statement in (
        f"UPDATE person_lists SET people = '[]' WHERE id = {row.id}",
        f"DELETE FROM person_lists WHERE id = {row.id}",
        f"DELETE FROM listed_people WHERE list_id = {row.id}",
        f"UPDATE case_events SET reason = 'x' WHERE case_id = {case.id}",
        f"DELETE FROM case_events WHERE case_id = {case.id}",
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))


@pytest.mark.rule("SZ-27")
def test_a_list_can_be_withdrawn_until_an_officer_claims_it(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-02-03 09:00"))
    lists.withdraw(session, case, actor=firm.actor, now=at("2025-02-03 10:00"))
    assert (case.state, case.first_submitted_at) == (State.OPEN, None)
    assert case.due_at == at("2025-11-07 00:00")
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-02-04 09:00"))
    review.claim(session, case, actor=REVIEWER, now=at("2025-02-04 10:00"))
    with pytest.raises(lists.AlreadyClaimed):
        lists.withdraw(session, case, actor=firm.actor, now=at("2025-02-04 11:00"))


@pytest.mark.rule("SZ-27")
def test_voiding_an_approval_takes_two_officers_and_gives_a_new_month(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    approve(session, firm, case, at("2025-03-03 10:00"))
    now = at("2025-03-20 10:00")
    step = handwork.propose(session, case, action="void_approval", reason="人员离职", actor=ADMIN, now=now)
    with pytest.raises(handwork.SecondOfficerNeeded):
        handwork.confirm(session, case, step, is_agreed=True, reason="", actor=ADMIN, now=now)
    handwork.confirm(session, case, step, is_agreed=True, reason="", actor=SECOND, now=now)
    assert case.state == State.REJECTED
    row = approve(session, firm, case, at("2025-03-25 10:00"))
    assert row.version == 2
    assert deadline_days(session, case)[-1] == ("check_in", date(2025, 4, 25))


@pytest.mark.rule("SZ-29")
@pytest.mark.parametrize("opinion", ["", "  ", "\n"])
def test_a_rejection_needs_an_opinion(session: Session, opinion: str) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-02-03 09:00"))
    with pytest.raises(review.OpinionMissing):
        review.reject(session, case, opinion=opinion, actor=REVIEWER, now=at("2025-02-04 09:00"))


@pytest.mark.rule("SZ-18")
@pytest.mark.rule("SZ-20")
def test_a_list_that_is_too_short_says_every_reason_at_once(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    with pytest.raises(lists.ListRefused) as refused:
        lists.submit(session, case, people=firm.enough[1:2], actor=firm.actor, now=at("2025-02-03 09:00"))
    assert len(refused.value.reasons) >= 3
    assert case.state == State.OPEN


@pytest.mark.rule("SZ-21")
@pytest.mark.rule("SZ-22")
def test_without_a_valid_safety_permit_everybody_required_has_to_come(session: Session) -> None:
    firm = make_firm(session, permit_to=date(2025, 2, 2))
    case = open_first(session, firm, at("2025-01-07 09:00"))
    with pytest.raises(lists.ListRefused):
        lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-02-03 00:00"))
    row = lists.submit(session, case, people=firm.everybody, actor=firm.actor, now=at("2025-02-03 00:00"))
    assert not row.has_safety_permit


@pytest.mark.rule("SZ-22")
def test_the_safety_permit_still_counts_on_its_last_day(session: Session) -> None:
    firm = make_firm(session, permit_to=date(2025, 2, 2))
    case = open_first(session, firm, at("2025-01-07 09:00"))
    row = lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-02-02 23:59"))
    assert row.has_safety_permit


@pytest.mark.rule("SZ-25")
def test_people_without_a_certificate_file_cannot_be_sent(session: Session) -> None:
    firm = make_firm(session, with_files=False)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    with pytest.raises(lists.ListRefused):
        lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-02-03 09:00"))


@pytest.mark.parametrize("moment", ["2025-11-07 00:00", "2025-12-01 09:00"])
def test_a_list_after_the_deadline_is_refused_though_the_sweep_has_not_been_there(
    session: Session, moment: str
) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    with pytest.raises(lists.DeadlineOver):
        lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at(moment))


@pytest.mark.rule("SZ-31")
def test_a_second_reason_joins_the_case_that_runs(session: Session) -> None:
    firm = make_firm(session, origin=Origin.ORDINARY)
    case = open_stock(session, firm, at("2025-03-03 09:00"))
    again, is_new = open_stock_case(
        session,
        enterprise=firm.enterprise,
        reasons=[GivenReason(StockReason.ACCIDENT, "通报")],
        item_ids=None,
        actor=ADMIN,
        now=at("2025-03-05 09:00"),
    )
    assert (again.id, is_new) == (case.id, False)


@pytest.mark.rule("SZ-31")
@pytest.mark.parametrize("reasons", [[], [GivenReason(StockReason.ACCIDENT, "  ")]])
def test_a_stock_case_needs_a_reason_with_a_note(session: Session, reasons: list[GivenReason]) -> None:
    from verify_api.cases.openings import ReasonMissing

    firm = make_firm(session, origin=Origin.ORDINARY)
    with pytest.raises(ReasonMissing):
        open_stock_case(
            session,
            enterprise=firm.enterprise,
            reasons=reasons,
            item_ids=None,
            actor=ADMIN,
            now=at("2025-03-03 09:00"),
        )


def test_an_auditor_changes_nothing(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-02-03 09:00"))
    for call in (review.claim,):
        with pytest.raises(RoleMissing):
            call(session, case, actor=AUDITOR, now=at("2025-02-04 09:00"))
    with pytest.raises(RoleMissing):
        handwork.hold(session, case, reason="x", actor=AUDITOR, now=at("2025-02-04 09:00"))


def test_an_ended_case_takes_nothing_more(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    handwork.cancel(session, case, reason="企业迁出", actor=ADMIN, now=at("2025-02-01 09:00"))
    with pytest.raises(NotAllowedNow):
        lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-02-03 09:00"))


def test_every_step_is_in_the_history_with_its_policy_version(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    approve(session, firm, case, at("2025-03-03 10:00"))
    events = session.scalars(
        select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.seq)
    ).all()
    assert [event.event for event in events] == ["opened", "submitted", "claimed", "approved"]
    assert [event.seq for event in events] == [1, 2, 3, 4]
    assert all(event.policy_version for event in events)


def test_the_next_sweep_takes_the_step_when_the_hold_is_released(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    handwork.hold(session, case, reason="核实中", actor=ADMIN, now=at("2025-11-01 09:00"))
    assert act(session, case.id, now=at("2025-11-10 00:00")) is None
    handwork.release(session, case, reason="核实完毕", actor=ADMIN, now=at("2025-11-11 09:00"))
    assert act(session, case.id, now=at("2025-11-11 09:01")) is not None
    assert case.state == State.AWAITING_LAPSE


def test_a_pause_keeps_what_was_left_of_the_clock(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    handwork.pause(session, case, reason="台风", actor=ADMIN, now=at("2025-11-01 00:00"))
    assert act(session, case.id, now=at("2025-11-10 00:00")) is None
    handwork.resume(session, case, reason="恢复", actor=ADMIN, now=at("2025-11-21 00:00"))
    assert case.due_at is not None
    left = case.due_at - at("2025-11-21 00:00")
    assert timedelta(days=6) <= left <= timedelta(days=7)
