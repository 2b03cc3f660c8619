"""A 撤回 takes effect when its decision is served, in the document and in the registry alike (SZ-37)."""

import json
from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises.models import AbnormalMark, ItemStatus, Origin
from registry.enterprises.queries import changes_of
from tests.verify_api.cases.conftest import Office
from tests.verify_api.cases.steps import deliver, open_stock, served, stock_firm
from tests.verify_api.cases.test_rules_of_the_scheme import second_item
from tests.verify_api.factories import ADMIN, REVIEWER, SECOND, Firm, at
from verify_api.cases import documents, handwork, serving
from verify_api.cases.draws import Criteria, population
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.models import Case
from verify_api.cases.openings import NothingToVerify
from verify_api.cases.states import State
from verify_api.deadlines.receipts import pull_failures
from verify_api.deadlines.sweep import act
from verify_api.notices.models import Notice, NoticeKind, ServiceMethod


def _decided(session: Session, firm: Firm) -> Case:
    """Decided on 2025-05-09, one minute after midnight, and not served."""
    case = served(session, firm, at("2025-03-03 10:00"))
    act(session, case.id, now=at("2025-04-08 00:00"))
    deliver(session, case, at("2025-04-08 09:00"))
    act(session, case.id, now=at("2025-05-09 00:01"))
    assert case.state == State.REVOKED
    return case


def _decision(session: Session, case: Case) -> Notice:
    notice = documents.newest(session, case, NoticeKind.REVOCATION)
    assert notice is not None
    return notice


def _is_marked(session: Session, firm: Firm) -> bool:
    query = select(AbnormalMark.id).where(AbnormalMark.item_id == firm.items[0].id)
    return session.scalar(query.where(AbnormalMark.lifted_at.is_(None))) is not None


def _changes(session: Session, firm: Firm) -> list[tuple[str, date]]:
    rows = changes_of(session, firm.items[0].id)
    return [(one.change, one.at.astimezone(SHANGHAI).date()) for one in rows]


def _serve(session: Session, case: Case, day: date, now: datetime) -> None:
    said = {"proof": "邮政特快专递，本人签收", "proof_sha256": "b" * 64}
    method = ServiceMethod.MAIL
    serving.serve_otherwise(session, case, served_on=day, method=method, actor=REVIEWER, now=now, **said)


def _rescind(session: Session, case: Case, now: datetime) -> None:
    asked = handwork.propose(
        session, case, action="rescind_decision", reason="认定有误", actor=ADMIN, now=now
    )
    handwork.confirm(session, case, asked, is_agreed=True, reason="", actor=SECOND, now=now)


@pytest.mark.rule("SZ-37")
@pytest.mark.rule("MO-13")
def test_until_the_decision_is_served_the_item_is_valid_and_marked(session: Session) -> None:
    firm = stock_firm(session)
    case = _decided(session, firm)
    assert "自本决定书送达之日起生效" in json.dumps(_decision(session, case).document, ensure_ascii=False)
    assert (firm.items[0].status, _is_marked(session, firm)) == (ItemStatus.VALID, True)
    deliver(session, case, at("2025-05-12 09:30"))
    assert (firm.items[0].status, _is_marked(session, firm)) == (ItemStatus.WITHDRAWN, False)
    assert firm.items[0].status_changed_at == at("2025-05-12 09:30")
    assert _changes(session, firm) == [("abnormal_set", date(2025, 4, 8)), ("withdrawn", date(2025, 5, 12))]


@pytest.mark.rule("SZ-37")
def test_a_service_that_an_officer_enters_later_takes_effect_on_its_own_day(session: Session) -> None:
    firm = stock_firm(session)
    case = _decided(session, firm)
    _serve(session, case, date(2025, 5, 15), at("2025-05-19 10:00"))
    assert firm.items[0].status == ItemStatus.WITHDRAWN
    assert _changes(session, firm)[-1] == ("withdrawn", date(2025, 5, 15))
    deliver(session, case, at("2025-05-20 09:00"))
    assert _changes(session, firm)[-1] == ("withdrawn", date(2025, 5, 15))


@pytest.mark.rule("SZ-37")
def test_a_decision_without_a_telephone_number_waits_for_an_officer(office: Office) -> None:
    firm = stock_firm(office.session)
    case = served(office.session, firm, at("2026-03-03 10:00"))
    act(office.session, case.id, now=at("2026-04-08 00:00"))
    deliver(office.session, case, at("2026-04-08 09:00"))
    firm.enterprise.contact_phone = ""
    act(office.session, case.id, now=at("2026-05-09 00:01"))
    office.session.commit()
    pull_failures(office.parts.sessions, now=at("2026-05-09 00:02"))
    office.session.expire_all()
    assert (case.state, firm.items[0].status) == (State.REVOKED, ItemStatus.VALID)
    assert len(standing(office.session, case.id, FactKind.SERVICE_FAILED)) == 1


@pytest.mark.rule("SZ-37")
def test_a_decision_rescinded_before_its_service_leaves_nothing_behind(session: Session) -> None:
    firm = stock_firm(session)
    case = _decided(session, firm)
    serving.service_failed(session, case, reason="空号", now=at("2025-05-11 09:00"))
    code = _decision(session, case).code
    _rescind(session, case, at("2025-05-12 09:00"))
    late = at("2025-05-12 10:00")
    assert not serving.serve_by_receipt(
        session, case, delivered_at=late, message_id=1, notice_code=code, now=late
    )
    assert (case.state, firm.items[0].status) == (State.RECTIFYING, ItemStatus.VALID)
    assert standing(session, case.id, FactKind.SERVICE_FAILED) == []
    assert [change for change, _ in _changes(session, firm)] == ["abnormal_set", "abnormal_lifted"]
    handwork.cancel(session, case, reason="误建", actor=ADMIN, now=at("2025-05-13 09:00"))
    assert not _is_marked(session, firm)


@pytest.mark.rule("SZ-37")
def test_with_a_decision_falls_the_proposal_to_the_other_authority(session: Session) -> None:
    firm = stock_firm(session)
    theirs = second_item(session, firm, origin=Origin.ORDINARY)
    theirs.licensing_authority = "广东省住房和城乡建设厅"
    case = _decided(session, firm)
    _rescind(session, case, at("2025-05-12 09:00"))
    kinds = (NoticeKind.REVOCATION, NoticeKind.RECOMMENDATION)
    assert documents.newest(session, case, *kinds) is None


@pytest.mark.rule("SZ-31")
def test_an_item_about_to_be_withdrawn_is_neither_drawn_nor_checked_again(session: Session) -> None:
    firm = stock_firm(session)
    case = _decided(session, firm)
    now = at("2025-05-10 09:00")
    assert firm.enterprise.uscc not in population(session, Criteria(), now=now)
    with pytest.raises(NothingToVerify):
        open_stock(session, firm, now)
    _rescind(session, case, now)
    handwork.cancel(session, case, reason="误建", actor=ADMIN, now=now)
    assert firm.enterprise.uscc in population(session, Criteria(), now=now)
