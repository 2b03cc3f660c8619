"""不可抗力: the clock stands and what is left of it is kept, whatever begins or ends meanwhile."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.verify_api.cases.steps import approve, deliver, open_first, report, served, stock_firm
from tests.verify_api.factories import ADMIN, REVIEWER, Firm, at, deadline_days, make_firm
from verify_api.cases import handwork, lists, review
from verify_api.cases.models import Case
from verify_api.cases.states import State
from verify_api.cases.timing import running
from verify_api.checkins.queries import approved_list, closes_at
from verify_api.deadlines.sweep import act
from verify_api.messages.models import Message


def pause(session: Session, case: Case, moment: str) -> None:
    handwork.pause(session, case, reason="台风", actor=ADMIN, now=at(moment))


def resume(session: Session, case: Case, moment: str) -> None:
    handwork.resume(session, case, reason="恢复", actor=ADMIN, now=at(moment))


def last_day(session: Session, case: Case) -> date:
    row = running(session, case.id)
    assert row is not None
    return row.last_day


def rectifying(session: Session, firm: Firm) -> Case:
    """A notice served on 2025-05-06: the report is due on 6 June, everything on 6 August."""
    case = served(session, firm, at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-05-06 00:00"))
    deliver(session, case, at("2025-05-06 09:00"))
    return case


def test_two_pauses_in_a_row_each_give_back_what_they_took(session: Session) -> None:
    case = served(session, stock_firm(session), at("2025-03-03 10:00"))  # due 2025-04-03
    for begun, ended in (("2025-03-10 00:00", "2025-03-15 00:00"), ("2025-03-15 00:00", "2025-03-20 00:00")):
        pause(session, case, begun)
        resume(session, case, ended)
    assert last_day(session, case) == date(2025, 4, 14)  # the 13th is a Sunday


def test_a_pause_that_ends_at_once_moves_nothing(session: Session) -> None:
    case = served(session, stock_firm(session), at("2025-03-03 10:00"))
    pause(session, case, "2025-03-10 09:00")
    resume(session, case, "2025-03-10 09:00")
    assert deadline_days(session, case) == [("initiate", date(2025, 4, 3))]


def test_a_remainder_that_ends_on_a_day_off_gives_way_to_the_next_working_day(session: Session) -> None:
    case = served(session, stock_firm(session), at("2025-03-03 10:00"))
    pause(session, case, "2025-03-20 00:00")
    resume(session, case, "2025-04-17 00:00")  # 3 April + 28 days is 1 May; the 6th is worked
    assert last_day(session, case) == date(2025, 5, 6)


def test_a_pause_after_the_deadline_had_passed_leaves_that_day_and_then_the_step_follows(
    session: Session,
) -> None:
    case = served(session, stock_firm(session), at("2025-03-03 10:00"))
    pause(session, case, "2025-04-05 09:00")
    assert act(session, case.id, now=at("2025-04-20 00:00")) is None
    resume(session, case, "2025-04-21 09:00")
    assert act(session, case.id, now=at("2025-04-21 23:59:59")) is None
    assert act(session, case.id, now=at("2025-04-22 00:00")) is not None
    assert case.state == State.RECTIFYING


def test_a_deadline_that_begins_during_a_pause_stands_too(session: Session) -> None:
    firm = stock_firm(session)
    case = served(session, firm, at("2025-03-03 10:00"))
    pause(session, case, "2025-03-10 00:00")
    approve(session, firm, case, at("2025-03-12 10:00"))  # a month: 2025-04-14
    assert last_day(session, case) == date(2025, 4, 14)
    resume(session, case, "2025-04-02 00:00")  # twenty counted days stood: 13 March to 1 April
    assert last_day(session, case) == date(2025, 5, 6)  # 4 May, a day off
    row = approved_list(session, case.id)
    assert row is not None
    assert row.window_closes_at == case.due_at


def test_a_pause_gives_back_counted_days_only(session: Session) -> None:
    firm = stock_firm(session)
    case = served(session, firm, at("2025-03-03 10:00"))
    other = served(session, stock_firm(session), at("2025-03-03 10:00"))
    pause(session, case, "2025-03-03 11:00")
    resume(session, case, "2025-03-31 00:00")
    # The day of delivery is not counted: 27 of the 28 days were the clock's.
    assert (last_day(session, case) - last_day(session, other)).days == 27


def test_people_and_lists_may_still_come_while_the_clock_stands(session: Session) -> None:
    firm = stock_firm(session)
    case = served(session, firm, at("2025-03-03 10:00"))
    pause(session, case, "2025-04-01 09:00")
    row = approve(session, firm, case, at("2025-04-10 10:00"))  # after the third of April
    resume(session, case, "2025-04-11 09:00")
    pause(session, case, "2025-05-10 09:00")
    assert row.window_closes_at is not None
    later = at("2025-08-01 09:00")
    closes = closes_at(session, row, now=later)
    assert closes is not None
    assert row.window_closes_at < later < closes


def test_a_list_taken_back_finds_the_days_a_pause_took_during_the_review(session: Session) -> None:
    firm = stock_firm(session)
    case = served(session, firm, at("2025-03-03 10:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-03-05 09:00"))
    pause(session, case, "2025-03-10 00:00")
    resume(session, case, "2025-04-15 00:00")
    lists.withdraw(session, case, actor=firm.actor, now=at("2025-04-16 09:00"))
    assert last_day(session, case) == date(2025, 5, 9)  # 3 April and 36 days


@pytest.mark.rule("SZ-35")
def test_what_force_majeure_took_is_no_part_of_the_three_months(session: Session) -> None:
    firm = stock_firm(session)
    case = rectifying(session, firm)
    pause(session, case, "2025-05-20 00:00")
    resume(session, case, "2025-07-19 00:00")  # sixty days: the report on 5 August, the cap on 6 October
    assert last_day(session, case) == date(2025, 8, 5)
    report(session, firm, case, at("2025-08-05 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-08-05 10:00"))
    review.approve(session, case, opinion="", actor=REVIEWER, now=at("2025-09-10 10:00"))
    # Its own month ends on 10 October; three months from 6 May and sixty days end on 5 October, unrolled.
    assert last_day(session, case) == date(2025, 10, 5)


@pytest.mark.rule("SZ-35")
@pytest.mark.parametrize(("day", "is_allowed"), [(date(2025, 8, 6), True), (date(2025, 8, 7), False)])
def test_an_extension_goes_up_to_the_cap_and_no_day_further(
    session: Session, day: date, is_allowed: bool
) -> None:
    case, now = rectifying(session, stock_firm(session)), at("2025-06-01 09:00")
    if is_allowed:
        handwork.extend(session, case, last_day=day, reason="整改需要", actor=ADMIN, now=now)
        assert last_day(session, case) == day
        return
    with pytest.raises(handwork.DayWrong, match="2025年08月06日"):
        handwork.extend(session, case, last_day=day, reason="整改需要", actor=ADMIN, now=now)


def test_an_extension_to_a_day_that_is_over_is_refused(session: Session) -> None:
    case = served(session, stock_firm(session), at("2025-03-03 10:00"))
    handwork.hold(session, case, reason="核实", actor=ADMIN, now=at("2025-04-01 09:00"))
    with pytest.raises(handwork.DayWrong, match="今天"):
        handwork.extend(
            session, case, last_day=date(2025, 4, 10), reason="迟", actor=ADMIN, now=at("2025-04-20 09:00")
        )


@pytest.mark.rule("T-03")
def test_the_term_of_a_certificate_does_not_stand(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    act(session, case.id, now=at("2025-11-07 00:00"))
    pause(session, case, "2025-12-01 00:00")
    assert act(session, case.id, now=at("2026-01-10 00:00")) is None
    resume(session, case, "2026-01-20 00:00")
    assert last_day(session, case) == date(2026, 1, 5)
    act(session, case.id, now=at("2026-01-20 00:01"))
    assert case.state == State.LAPSED


@pytest.mark.rule("SZ-15")
def test_a_pause_does_not_let_a_list_be_sent_after_the_certificate_ended(session: Session) -> None:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-11-01 09:00"))
    review.reject(session, case, opinion="证件不清晰", actor=REVIEWER, now=at("2025-11-20 10:00"))
    pause(session, case, "2025-12-01 00:00")
    with pytest.raises(lists.DeadlineOver):
        lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2026-01-06 00:00"))


def test_the_firm_is_told_that_the_clock_stands_and_until_when_it_runs_again(session: Session) -> None:
    case = served(session, stock_firm(session), at("2025-03-03 10:00"))
    pause(session, case, "2025-03-10 10:00")
    resume(session, case, "2025-03-20 10:00")
    told = session.scalars(select(Message).where(Message.case_id == case.id).order_by(Message.id)).all()
    assert [one.kind for one in told][-2:] == ["clock_paused", "clock_resumed"]
    assert "2025年3月10日起中止" in told[-2].text
    assert "2025年4月14日" in told[-1].text and last_day(session, case) == date(2025, 4, 14)
