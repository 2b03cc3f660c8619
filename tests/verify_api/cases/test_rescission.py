"""What two officers take back: every document behind the step falls with it, and the firm is told."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import Certificate, ItemStatus, QualificationItem
from tests.verify_api.cases.steps import messages, stock_firm
from tests.verify_api.cases.test_handwork import propose, proposed, rectifying, revoked, sign
from tests.verify_api.factories import ADMIN, DECIDER, SECOND, Firm, at
from verify_api.cases.models import Case
from verify_api.cases.states import State
from verify_api.deadlines.sweep import act
from verify_api.messages.models import Message
from verify_api.notices.models import Notice

PROVINCE = "广东省住房和城乡建设厅"


def in_force(session: Session, case: Case) -> list[str]:
    """Kinds of the documents of a case that hold, 送达回证 aside."""
    query = select(Notice).where(Notice.case_id == case.id).order_by(Notice.id)
    return [row.kind for row in session.scalars(query) if row.is_in_force and row.kind != "送达回证"]


def rescind(session: Session, case: Case, action: str, moment: str) -> None:
    row = propose(session, case, action, at(f"{moment} 09:00"))
    sign(session, case, row, at(f"{moment} 10:00"), DECIDER)


def add_item_of(session: Session, firm: Firm, authority: str) -> None:
    """One more item, which another authority has granted."""
    own = firm.items[0]
    certificate = Certificate(
        enterprise_id=firm.enterprise.id,
        number="D144000001",
        licensing_authority=authority,
        issued_on=own.first_issued_on,
        synced_at=own.synced_at,
    )
    session.add(certificate)
    session.flush()
    item = QualificationItem(
        enterprise_id=firm.enterprise.id,
        certificate_id=certificate.id,
        sequence="专业承包",
        category="建筑装修装饰工程",
        grade="一级",
        origin=own.origin,
        first_issued_on=own.first_issued_on,
        valid_to=own.valid_to,
        licensing_authority=authority,
        technical_lead_id=own.technical_lead_id,
        status=ItemStatus.VALID.value,
        synced_at=own.synced_at,
    )
    session.add(item)
    session.flush()
    firm.items.append(item)


@pytest.mark.rule("SZ-37")
def test_a_rescinded_revocation_takes_the_decision_and_the_recommendation_with_it(session: Session) -> None:
    firm = stock_firm(session)
    add_item_of(session, firm, PROVINCE)
    case = rectifying(session, firm)
    act(session, case.id, now=at("2025-05-09 00:00"))
    assert in_force(session, case) == ["责令整改通知书", "撤回决定书", "建议书"]
    rescind(session, case, "rescind_decision", "2025-05-20")
    assert in_force(session, case) == ["责令整改通知书"]
    assert {item.status for item in firm.items} == {ItemStatus.VALID}


def test_a_rescinded_revocation_leaves_no_intention_to_revoke_behind(session: Session) -> None:
    case = proposed(session, stock_firm(session))
    rescind(session, case, "revoke", "2025-05-19")
    assert in_force(session, case) == ["责令整改通知书", "撤回告知书", "撤回决定书"]
    rescind(session, case, "rescind_decision", "2025-05-20")
    assert (case.state, in_force(session, case)) == (State.RECTIFYING, ["责令整改通知书"])


def test_the_firm_is_told_that_a_revocation_was_rescinded_and_which(session: Session) -> None:
    case = revoked(session, stock_firm(session))
    decision = session.scalars(select(Notice).where(Notice.kind == "撤回决定书")).one()
    rescind(session, case, "rescind_decision", "2025-05-20")
    assert messages(session, case)[-2:] == ["revocation_rescinded", "notice_issued"]
    told = session.scalars(select(Message).where(Message.kind == "revocation_rescinded")).one()
    assert decision.reference in told.text


def test_the_firm_is_told_that_an_order_was_rescinded_and_which(session: Session) -> None:
    case = rectifying(session, stock_firm(session))
    order = session.scalars(select(Notice).where(Notice.kind == "责令整改通知书")).one()
    row = propose(session, case, "rescind_notice", at("2025-04-10 09:00"), ADMIN)
    sign(session, case, row, at("2025-04-10 10:00"), SECOND)
    assert messages(session, case)[-2:] == ["notice_rescinded", "case_reopened"]
    told = session.scalars(select(Message).where(Message.kind == "notice_rescinded")).one()
    assert order.reference in told.text
