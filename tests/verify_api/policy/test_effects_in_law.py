"""Values of the scheme: periods, documents, review, publication, sync; each is changed to see its effect."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from registry.db import Sessions
from registry.enterprises.models import AbnormalMark, SyncRun
from scheduler.jobs import begun_at
from tests.verify_api.cases.steps import approve, come, deliver, open_stock, report, served, stock_firm
from tests.verify_api.factories import ADMIN, REVIEWER, at, make_firm, set_policy
from tests.verify_api.notices.conftest import CONTEXTS, OFFICE
from tests.verify_api.policy.effects import policy, shows
from verify_api.cases import lists, review
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.handwork import TermNotAllowed
from verify_api.cases.handwork.steps import _require_term
from verify_api.cases.openings import open_first_cases
from verify_api.cases.states import State, Track
from verify_api.cases.timing import Facts, planned, running
from verify_api.console.desk import moved_lines
from verify_api.console.waiting import target_of
from verify_api.deadlines.receipts import pull_failures
from verify_api.deadlines.reminders import remind
from verify_api.deadlines.sweep import act
from verify_api.messages.models import Message
from verify_api.notices.models import Notice, NoticeKind
from verify_api.notices.publication import as_public
from verify_api.notices.rules import letters_of
from verify_api.notices.service import issue
from verify_api.policy.rules import PolicyInvalid, changed
from verify_api.policy.values import Policy
from verify_api.portal.syncing import Sync, SyncTooSoon, allowed
from verify_api.retention.rules import CaseEnd, kept_until
from verify_api.selection.checking import record_verified_leads

LATER = at("2025-03-03 10:00")

# Deadlines. Each row: the value, its new setting, the state, and the last day before and after.

FACTS = Facts(
    today=date(2025, 3, 3),
    first_issued_on=date(2025, 3, 3),
    valid_to=date(2026, 3, 3),
    served_on=date(2025, 3, 3),
    rectification_served_on=date(2025, 3, 3),
)
DEADLINES = [
    ("first.initiate_months", 6, Track.FIRST, State.OPEN, "2026-01-04", "2025-09-03"),
    ("first.checkin_months", 2, Track.FIRST, State.CHECKING_IN, "2025-04-03", "2025-05-06"),
    ("stock.initiate_months", 2, Track.STOCK, State.OPEN, "2025-04-03", "2025-05-06"),
    ("stock.checkin_months", 2, Track.STOCK, State.CHECKING_IN, "2025-04-03", "2025-05-06"),
    ("stock.resubmit_days", 15, Track.STOCK, State.REJECTED, "2025-03-13", "2025-03-18"),
    ("rectification.report_months", 2, Track.STOCK, State.RECTIFYING, "2025-04-03", "2025-05-06"),
    ("rectification.checkin_months", 2, Track.STOCK, State.RECHECKING_IN, "2025-04-03", "2025-05-06"),
    ("rectification.cap_months", 1, Track.STOCK, State.RECHECKING_IN, "2025-04-03", "2025-04-03"),
    (
        "revocation.defence_working_days",
        10,
        Track.STOCK,
        State.REVOCATION_PROPOSED,
        "2025-03-10",
        "2025-03-17",
    ),
]


@shows(*(row[0] for row in DEADLINES))
@pytest.mark.parametrize(("path", "value", "track", "state", "before", "after"), DEADLINES)
def test_a_period_of_the_scheme_is_as_long_as_the_policy_says(
    session: Session, path: str, value: int, track: Track, state: State, before: str, after: str
) -> None:
    ground = ground_on(session, now=LATER)
    found = [_last_day(ground, track, state), _last_day(_under(ground, {path: value}), track, state)]
    assert found == [before, after]


def _under(ground: Ground, changes: dict[str, Any]) -> Ground:
    return replace(ground, policy=changed(ground.policy, changes))


def _last_day(ground: Ground, track: Track, state: State, facts: Facts = FACTS) -> str:
    plan = planned(track, state, facts, ground)
    assert plan is not None
    return plan[1].last_day.isoformat()


def test_the_cap_ends_a_recheck_that_would_run_longer(session: Session) -> None:
    ground = _under(ground_on(session, now=LATER), {"rectification.cap_months": 1})
    late = replace(FACTS, today=date(2025, 3, 20))
    assert _last_day(ground, Track.STOCK, State.RECHECKING_IN, late) == "2025-04-03"


@shows("counting.roll_enterprise_deadlines")
def test_a_period_ends_on_a_holiday_where_the_policy_does_not_roll(session: Session) -> None:
    facts = replace(FACTS, served_on=date(2025, 4, 1))  # One month later is 劳动节.
    ground = ground_on(session, now=LATER)
    still = _under(ground, {"counting.roll_enterprise_deadlines": False})
    found = [_last_day(one, Track.STOCK, State.OPEN, facts) for one in (ground, still)]
    assert found == ["2025-05-06", "2025-05-01"]
    rejected = replace(FACTS, today=date(2025, 4, 21))  # Ten days later is 劳动节, too.
    found = [_last_day(one, Track.STOCK, State.REJECTED, rejected) for one in (ground, still)]
    assert found == ["2025-05-06", "2025-05-01"]
    ordered = replace(FACTS, rectification_served_on=date(2025, 4, 21), report_days=10)
    found = [_last_day(one, Track.STOCK, State.RECTIFYING, ordered) for one in (ground, still)]
    assert found == ["2025-05-06", "2025-05-01"]


@shows("rectification.min_officer_days")
def test_an_officers_own_term_is_not_shorter_than_the_policy_allows() -> None:
    rule = policy({"rectification.min_officer_days": 12}).rectification
    _require_term(12, rule)
    with pytest.raises(TermNotAllowed):
        _require_term(11, rule)
    _require_term(11, Policy().rectification)


@shows("rectification.hold_below_days")
@pytest.mark.parametrize(("days", "is_held"), [(7, False), (14, False), (15, True)])
def test_the_system_holds_what_has_less_time_left_than_the_policy_says(
    session: Session, days: int, is_held: bool
) -> None:
    set_policy(session, {"rectification.hold_below_days": days})
    firm = stock_firm(session)
    case = served(session, firm, LATER)
    act(session, case.id, now=at("2025-04-08 00:00"))
    deliver(session, case, at("2025-04-08 09:00"))
    report(session, firm, case, at("2025-05-06 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-05-06 10:00"))
    # The three months end on 8 July, fourteen days after the bureau's answer.
    review.approve(session, case, opinion="", actor=REVIEWER, now=at("2025-06-24 10:00"))
    assert bool(standing(session, case.id, FactKind.HOLD)) is is_held


@shows("messages.receipt_days")
@pytest.mark.parametrize(("days", "listed"), [(2, 1), (3, 0)])
def test_a_message_without_a_receipt_goes_to_staff_after_the_days_of_the_policy(
    own_sessions: Sessions, days: int, listed: int
) -> None:
    with own_sessions.begin() as session:
        set_policy(session, {"messages.receipt_days": days})
        case_id = open_stock(session, stock_firm(session), LATER).id
        session.execute(update(Message).values(state="accepted", accepted_at=LATER, next_try_at=None))
    pull_failures(own_sessions, now=LATER + timedelta(days=2, hours=1))
    with own_sessions() as session:
        assert len(standing(session, case_id, FactKind.SERVICE_FAILED)) == listed


@shows("rectification.issue", "revocation.mode", "publication.mark_abnormal")
@pytest.mark.parametrize("is_marked", [True, False])
def test_the_sweep_issues_and_revokes_and_the_service_marks_as_the_policy_says(
    session: Session, is_marked: bool
) -> None:
    set_policy(session, {"publication.mark_abnormal": is_marked, "revocation.mode": "decision"})
    case = served(session, stock_firm(session), LATER)
    act(session, case.id, now=at("2025-04-08 00:00"))
    assert case.state == State.RECTIFYING
    deliver(session, case, at("2025-04-08 09:00"))
    marks = session.scalar(select(func.count()).where(AbnormalMark.enterprise_id == case.enterprise_id))
    assert (marks or 0) == int(is_marked)
    act(session, case.id, now=at("2025-05-09 00:00"))
    assert case.state == State.REVOCATION_PROPOSED


@shows("rectification.issue")
def test_a_missed_deadline_leaves_a_draft_where_an_officer_is_to_sign(session: Session) -> None:
    set_policy(session, {"rectification.issue": "draft"})
    case = served(session, stock_firm(session), LATER)
    assert act(session, case.id, now=at("2025-04-08 00:00")) is None
    assert case.state == State.OPEN


@shows("rectification.tracking_months")
def test_whoever_has_rectified_is_tracked_as_long_as_the_policy_says(session: Session) -> None:
    set_policy(session, {"rectification.tracking_months": 9})
    firm = stock_firm(session)
    case = served(session, firm, LATER)
    act(session, case.id, now=at("2025-04-08 00:00"))
    deliver(session, case, at("2025-04-08 09:00"))
    report(session, firm, case, at("2025-04-20 09:00"))
    approve(session, firm, case, at("2025-04-21 10:00"))
    come(session, case, lists.current_list(session, case), firm.enough, at("2025-05-06 10:00"))
    [fact] = standing(session, case.id, FactKind.TRACKING)
    assert "9 个月" in fact.reason


@shows("remedies.reconsideration_days", "remedies.litigation_months", "retention.face_days_after_remedies")
def test_faces_are_kept_until_remedies_and_the_days_after_them_are_over() -> None:
    end = CaseEnd(date(2025, 3, 3), has_decision=False, told_on=None, is_contested=False)
    assert kept_until(end, Policy()) == date(2025, 9, 3)
    assert kept_until(end, policy({"retention.face_days_after_remedies": 30})) == date(2025, 10, 3)
    # The law leaves no choice of the two terms: only shown to bound the day, and printed in each decision.
    for path in ("remedies.reconsideration_days", "remedies.litigation_months"):
        with pytest.raises(PolicyInvalid):
            policy({path: 3})


@shows("review.target_working_days")
def test_the_reviewers_target_is_the_policys(session: Session) -> None:
    ground = ground_on(session, now=LATER)
    sooner = _under(ground, {"review.target_working_days": 2})
    assert [target_of(one, LATER) for one in (ground, sooner)] == [date(2025, 3, 10), date(2025, 3, 5)]


@shows("messages.first_reminder_days", "messages.reminder_days")
def test_reminders_go_out_on_the_days_of_the_policy(own_sessions: Sessions) -> None:
    with own_sessions.begin() as session:
        set_policy(session, {"messages.first_reminder_days": [40], "messages.reminder_days": [12]})
        stock = served(session, stock_firm(session), LATER)
        firm = make_firm(session)
        [first] = open_first_cases(session, enterprise=firm.enterprise, actor=ADMIN, now=LATER)
        marks = [(stock.id, _days_before_end(session, stock.id, 12))]
        marks.append((first.id, _days_before_end(session, first.id, 40)))
    for case_id, day in marks:
        assert [_reminded(own_sessions, case_id, day - timedelta(days=n)) for n in (1, 0)] == [0, 1]


def _days_before_end(session: Session, case_id: int, days: int) -> date:
    deadline = running(session, case_id)
    assert deadline is not None
    return deadline.last_day - timedelta(days=days)


def _reminded(sessions: Sessions, case_id: int, day: date) -> int:
    """Reminders about the case after the round of that day."""
    remind(sessions, now=at(f"{day} 10:00"))
    with sessions() as session:
        query = select(func.count()).where(Message.case_id == case_id, Message.kind == "reminder")
        return session.scalar(query) or 0


@shows("publication.objection_working_days")
def test_objections_are_heard_as_long_as_the_policy_says(session: Session) -> None:
    notice = _issued(session, Policy())
    calendar = ground_on(session, now=LATER).calendar
    days = [
        as_public(notice, policy=one, calendar=calendar, now=LATER).objections_until.last_day
        for one in (Policy(), policy({"publication.objection_working_days": 3}))
    ]
    assert days == [date(2025, 3, 12), date(2025, 3, 6)]


def _issued(session: Session, rule: Policy) -> Notice:
    return issue(
        session,
        kind=NoticeKind.RECTIFICATION,
        case_id=None,
        enterprise_id=make_firm(session).enterprise.id,
        context=CONTEXTS[NoticeKind.RECTIFICATION],
        office=OFFICE,
        policy=rule,
        policy_version="1",
        now=LATER,
    )


LETTERS = {
    "rectification": NoticeKind.RECTIFICATION,
    "revocation": NoticeKind.REVOCATION,
    "lapse": NoticeKind.LAPSE,
    "proposal": NoticeKind.PROPOSAL,
    "recommendation": NoticeKind.RECOMMENDATION,
    "service_receipt": NoticeKind.SERVICE_RECEIPT,
}


@shows(*(f"letters.{name}" for name in LETTERS))
@pytest.mark.parametrize("name", LETTERS)
def test_a_series_bears_the_letters_of_the_policy(session: Session, name: str) -> None:
    rule = policy({f"letters.{name}": "深测试"})
    assert letters_of(LETTERS[name], rule) == "深测试" != letters_of(LETTERS[name], Policy())
    if name == "rectification":
        assert _issued(session, rule).reference == "深测试〔2025〕第1号"


@shows("publication.mobility_months")
def test_a_lead_who_moved_is_pointed_at_for_as_long_as_the_policy_says(session: Session) -> None:
    old, new = make_firm(session), make_firm(session)
    lead = old.items[0].technical_lead_id
    new.items[0].technical_lead_id = lead
    session.flush()
    record_verified_leads(
        session,
        case_id=1,
        enterprise_id=old.enterprise.id,
        item_ids=[old.items[0].id],
        on=date(2025, 1, 3),
        now=LATER,
    )
    found = {
        months: [line.enterprise.id for line in moved_lines(session, today=LATER.date(), months=months)]
        for months in (6, 1, 0)
    }
    assert found == {6: [new.enterprise.id], 1: [], 0: []}


@shows("sync.nightly_at")
@pytest.mark.parametrize(
    ("hour", "now", "begun"),
    [
        ("02:00", "2025-03-03 02:00", "2025-03-03 02:00"),
        ("02:00", "2025-03-03 01:59", "2025-03-02 02:00"),
        ("23:30", "2025-03-03 10:00", "2025-03-02 23:30"),
    ],
)
def test_the_night_begins_at_the_hour_of_the_policy(hour: str, now: str, begun: str) -> None:
    assert begun_at(hour, now=at(now)) == at(begun)


@shows("sync.button_interval_s")
def test_the_sync_button_waits_as_long_as_the_policy_says(session: Session) -> None:
    firm = make_firm(session)
    run = SyncRun(scope="people", enterprise_id=firm.enterprise.id, started_at=LATER - timedelta(seconds=90))
    session.add(run)
    session.flush()
    body = Sync(scope="people")
    assert allowed(body, firm.actor, session, LATER) == firm.enterprise.uscc
    set_policy(session, {"sync.button_interval_s": 120})
    with pytest.raises(SyncTooSoon) as refused:
        allowed(body, firm.actor, session, LATER)
    assert refused.value.retry_after_s == 30
