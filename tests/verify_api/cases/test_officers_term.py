"""整改期限 set by the officer who signs the order, in place of the policy's months (DOMAIN A.1.3)."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.verify_api.cases.steps import deliver, served, stock_firm
from tests.verify_api.factories import ADMIN, SECOND, at, set_policy
from verify_api.cases import handwork
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.models import Case
from verify_api.cases.states import State
from verify_api.cases.timing import DeadlineKind, running
from verify_api.deadlines.sweep import act
from verify_api.notices.models import Notice

SIGNED = at("2025-04-08 09:00")


def _drafted(session: Session) -> Case:
    """The month is over and the order waits for an officer."""
    set_policy(session, {"rectification.issue": "draft"})
    case = served(session, stock_firm(session), at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    assert standing(session, case.id, FactKind.NOTICE_DRAFT)
    return case


def _sign(session: Session, case: Case, days: int | None) -> None:
    handwork.issue_draft(session, case, reason="", report_days=days, actor=ADMIN, now=SIGNED)


@pytest.mark.rule("SZ-35")
@pytest.mark.parametrize(
    ("days", "term", "last_day"),
    [
        (None, "1个月内", date(2025, 5, 8)),
        (10, "10日内", date(2025, 4, 18)),
        (5, "5日内", date(2025, 4, 14)),  # the 13th is a Sunday
        (84, "84日内", date(2025, 7, 1)),
    ],
)
def test_the_order_and_the_clock_say_the_officers_term(
    session: Session, days: int | None, term: str, last_day: date
) -> None:
    case = _drafted(session)
    _sign(session, case, days)
    notice = session.scalars(select(Notice).where(Notice.case_id == case.id)).one()
    assert f"自本通知书送达之日起{term}" in str(notice.document)
    deliver(session, case, at("2025-04-08 10:00"))
    deadline = running(session, case.id)
    assert deadline is not None
    assert (deadline.kind, deadline.last_day) == (DeadlineKind.REPORT, last_day)
    assert ("整改通知书指定" in deadline.basis) is (days is not None)


@pytest.mark.parametrize("days", [-1, 0, 4, 85, 10**9])
def test_a_term_outside_policy_and_law_is_refused_and_the_draft_still_waits(
    session: Session, days: int
) -> None:
    case = _drafted(session)
    with pytest.raises(handwork.TermNotAllowed) as refused:
        _sign(session, case, days)
    assert "5日至84日" in refused.value.message
    assert (case.state, len(standing(session, case.id, FactKind.NOTICE_DRAFT))) == (State.OPEN, 1)


def test_the_signed_draft_names_who_signed_it(session: Session) -> None:
    case = _drafted(session)
    [draft] = standing(session, case.id, FactKind.NOTICE_DRAFT)
    _sign(session, case, 30)
    assert (draft.ended_by, draft.ended_reason) == (ADMIN.label, "已签发")


def test_a_rescinded_order_takes_its_term_with_it(session: Session) -> None:
    case = _drafted(session)
    _sign(session, case, 30)
    deliver(session, case, at("2025-04-08 10:00"))
    row = handwork.propose(
        session, case, action="rescind_notice", reason="认定有误", actor=ADMIN, now=at("2025-04-09 09:00")
    )
    handwork.confirm(session, case, row, is_agreed=True, reason="", actor=SECOND, now=at("2025-04-09 10:00"))
    deadline = running(session, case.id)
    assert deadline is not None and "整改通知书指定" not in deadline.basis
    assert case.state == State.OPEN
