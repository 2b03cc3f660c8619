"""资质异常 stands as long as an order to rectify that was served is neither met nor undone (MO-13)."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import AbnormalMark
from tests.verify_api.cases.steps import approve, come, deliver, report, served, stock_firm
from tests.verify_api.factories import REVIEWER, Firm, at
from verify_api.cases.models import Case
from verify_api.cases.states import State
from verify_api.checkins.voiding import void_person
from verify_api.deadlines.sweep import act


def _is_marked(session: Session, firm: Firm) -> bool:
    query = select(AbnormalMark.id).where(AbnormalMark.item_id == firm.items[0].id)
    return session.scalar(query.where(AbnormalMark.lifted_at.is_(None))) is not None


def _rectifying(session: Session, firm: Firm) -> Case:
    """Served on 2025-04-08."""
    case = served(session, firm, at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    deliver(session, case, at("2025-04-08 09:00"))
    return case


@pytest.mark.rule("MO-13")
def test_the_mark_comes_back_when_the_rectification_turns_out_not_to_be_met(session: Session) -> None:
    firm = stock_firm(session)
    case = _rectifying(session, firm)
    report(session, firm, case, at("2025-04-20 09:00"))
    row = approve(session, firm, case, at("2025-04-21 10:00"))
    come(session, case, row, firm.enough, at("2025-05-06 10:00"))
    assert not _is_marked(session, firm)
    now = at("2025-05-08 10:00")
    void_person(session, case, person_id=firm.enough[0], reason="冒名", actor=REVIEWER, now=now)
    assert _is_marked(session, firm)
    come(session, case, row, firm.enough[:1], at("2025-05-09 10:00"))
    assert (case.state, _is_marked(session, firm)) == (State.RECTIFIED, False)
