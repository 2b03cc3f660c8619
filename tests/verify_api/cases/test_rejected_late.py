"""A list sent while the certificate ran, and rejected after its end: the time was the bureau's (SZ-30d)."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from registry.enterprises.models import ItemStatus, Origin
from tests.verify_api.cases.steps import notices, open_first
from tests.verify_api.factories import ADMIN, REVIEWER, Firm, at, make_firm
from verify_api.cases import handwork, lists, review
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.models import Case
from verify_api.cases.states import State
from verify_api.deadlines.sweep import act

END = date(2025, 11, 30)


def _sent(session: Session) -> tuple[Firm, Case]:
    firm = make_firm(session, origin=Origin.COMMITMENT, issued=date(2025, 2, 10), valid_to=END)
    case = open_first(session, firm, at("2025-02-10 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-11-28 09:00"))
    review.claim(session, case, actor=REVIEWER, now=at("2025-11-28 10:00"))
    return firm, case


@pytest.mark.rule("SZ-30d")
def test_it_does_not_lapse_before_an_officer_has_looked(session: Session) -> None:
    firm, case = _sent(session)
    review.reject(session, case, opinion="材料不符", actor=REVIEWER, now=at("2025-12-03 09:00"))
    assert act(session, case.id, now=at("2025-12-03 09:05")) is None
    assert (case.state, notices(session, case)) == (State.REJECTED, [])
    assert firm.items[0].status == ItemStatus.VALID
    assert "有效期已经届满" in standing(session, case.id, FactKind.HOLD)[0].reason
    handwork.release(session, case, reason="确认到期", actor=ADMIN, now=at("2025-12-04 09:00"))
    act(session, case.id, now=at("2025-12-04 09:05"))
    assert case.state == State.LAPSED


@pytest.mark.rule("SZ-30d")
def test_rejected_while_it_still_runs_it_lapses_by_itself(session: Session) -> None:
    _firm, case = _sent(session)
    review.reject(session, case, opinion="材料不符", actor=REVIEWER, now=at("2025-11-29 09:00"))
    assert standing(session, case.id, FactKind.HOLD) == []
    act(session, case.id, now=at("2025-12-01 00:01"))
    assert case.state == State.LAPSED
