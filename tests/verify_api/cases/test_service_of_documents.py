"""A document is proved by its own message or by staff, never by another one; its clock waits for that."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from registry.enterprises.models import Origin
from tests.verify_api.cases.conftest import Office, moved_to
from tests.verify_api.factories import ADMIN, DECIDER, REVIEWER, Firm, at, deadline_days
from verify_api.cases import handwork, lists, serving
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.files import add_report
from verify_api.cases.models import Case
from verify_api.cases.openings import GivenReason, StockReason, open_stock_case
from verify_api.cases.states import State
from verify_api.deadlines.receipts import pull_deliveries, pull_failures
from verify_api.deadlines.sweep import act
from verify_api.evidence.store import StoredFile
from verify_api.messages.models import Message
from verify_api.notices.models import Notice, ServiceMethod
from verify_api.policy.service import activate, draft, preview

OPENED = at("2026-03-02 10:00")
REPORT = StoredFile("a" * 64, 1, "application/pdf")


def stock_case(office: Office) -> tuple[Firm, Case]:
    """A STOCK case whose 核查短信 has arrived."""
    valid_to = date(2029, 1, 1)
    firm = office.add_firm("firm", 1, origin=Origin.ORDINARY, valid_to=valid_to, now=OPENED)
    case, _ = open_stock_case(
        office.session,
        enterprise=firm.enterprise,
        reasons=[GivenReason(StockReason.COMPLAINT, "来信")],
        item_ids=None,
        actor=ADMIN,
        now=OPENED,
    )
    arrives(office, "stock_inspection_started", OPENED)
    return firm, case


def ordered(office: Office) -> tuple[Firm, Case]:
    """The month was missed, the order to rectify is issued and not served."""
    firm, case = stock_case(office)
    act(office.session, case.id, now=moved_to(office, "2026-04-10 10:00"))
    return firm, case


def message(office: Office, kind: str) -> Message:
    query = select(Message).where(Message.kind == kind).order_by(Message.id.desc())
    return office.session.scalars(query.limit(1)).one()


def arrives(office: Office, kind: str, when: datetime) -> None:
    """The newest message of the kind is delivered, and the clock's job looks."""
    row = message(office, kind)
    office.clock.now = when
    carried(office, row, when)


def carried(office: Office, row: Message, when: datetime, *, pulled: datetime | None = None) -> None:
    row.state, row.delivered_at, row.next_try_at = "delivered", when, None
    office.session.commit()
    pull_deliveries(office.parts.sessions, now=pulled or when)
    office.session.expire_all()


def fails(office: Office, kind: str, when: datetime) -> int:
    row = message(office, kind)
    row.state, row.next_try_at = "failed_permanent", None
    office.session.commit()
    looked_at = pull_failures(office.parts.sessions, now=when)
    office.session.expire_all()
    return looked_at


def papers(office: Office, case: Case, kind: str) -> list[Notice]:
    query = select(Notice).where(Notice.case_id == case.id, Notice.kind == kind)
    return list(office.session.scalars(query.order_by(Notice.id)))


def rows_of(receipt: Notice) -> dict[str, str]:
    """The form of a 送达回证."""
    return dict(receipt.document["blocks"][0]["rows"])


def two_officers(office: Office, case: Case, action: str, now: datetime) -> None:
    step = handwork.propose(office.session, case, action=action, reason="经集体讨论", actor=ADMIN, now=now)
    handwork.confirm(office.session, case, step, is_agreed=True, reason="", actor=DECIDER, now=now)


def decision_mode(office: Office) -> None:
    """revocation.mode = decision, from 2026-04-01 on."""
    drafted = draft(
        office.session,
        changes={"revocation.mode": "decision"},
        effective_from=date(2026, 4, 1),
        reason="法制机构意见",
        basis="22号令第二十八条",
        actor="staff:1",
        now=OPENED,
    )
    preview(office.session, drafted.version, actor="staff:1", now=OPENED)
    activate(office.session, drafted.version, actor="staff:2", now=OPENED)


def proposed(office: Office) -> tuple[Firm, Case]:
    """The rectification failed; the bureau means to revoke and has said so in a document not yet served."""
    decision_mode(office)
    firm, case = ordered(office)
    arrives(office, "notice_issued", at("2026-04-13 10:00"))
    act(office.session, case.id, now=moved_to(office, "2026-05-14 00:00"))
    assert case.state == State.REVOCATION_PROPOSED
    return firm, case


@pytest.mark.rule("SZ-34")
def test_SZ_34_a_late_receipt_of_a_rescinded_order_does_not_serve_the_one_after_it(office: Office) -> None:
    _, case = ordered(office)
    first = message(office, "notice_issued")
    two_officers(office, case, "rescind_notice", office.clock.now)
    act(office.session, case.id, now=moved_to(office, "2026-05-20 00:00"))
    assert case.state == State.RECTIFYING
    carried(office, first, at("2026-05-20 09:00"))
    assert (case.rectification_served_on, case.due_at) == (None, None)
    arrives(office, "notice_issued", at("2026-05-21 09:00"))
    assert case.rectification_served_on == date(2026, 5, 21)


@pytest.mark.rule("SZ-35")
def test_SZ_35_who_reports_before_the_receipt_comes_is_served_all_the_same(office: Office) -> None:
    firm, case = ordered(office)
    now = at("2026-04-11 09:00")
    add_report(office.session, case, text="已整改", file=REPORT, actor=firm.actor, now=now)
    lists.submit(office.session, case, people=firm.enough, actor=firm.actor, now=now)
    arrives(office, "notice_issued", at("2026-04-11 10:00"))
    assert case.state == State.RECTIFICATION_SUBMITTED
    assert (case.rectification_served_on, case.due_at) == (date(2026, 4, 11), None)


@pytest.mark.rule("SZ-37")
def test_SZ_37_the_days_to_be_heard_run_from_the_service_of_the_proposal(office: Office) -> None:
    _, case = proposed(office)
    assert [day for kind, day in deadline_days(office.session, case) if kind == "defence"] == []
    row = message(office, "revocation_proposed")
    carried(office, row, at("2026-05-15 08:00"), pulled=moved_to(office, "2026-05-18 09:00"))
    # Five working days after Friday 15 May 2026.
    assert deadline_days(office.session, case)[-1] == ("defence", date(2026, 5, 22))
    assert papers(office, case, "撤回告知书")[0].delivered_at == at("2026-05-15 08:00")


@pytest.mark.rule("SZ-37")
def test_SZ_37_no_decision_while_the_proposal_is_not_proved_to_have_arrived(office: Office) -> None:
    _, case = proposed(office)
    with pytest.raises(Exception, match="尚无送达凭证"):
        two_officers(office, case, "revoke", at("2026-06-30 10:00"))
    assert case.state == State.REVOCATION_PROPOSED
    arrives(office, "revocation_proposed", at("2026-05-15 08:00"))
    with pytest.raises(Exception, match="陈述申辩期限尚未届满"):
        two_officers(office, case, "revoke", at("2026-05-22 23:59:59"))


@pytest.mark.rule("SZ-37")
def test_SZ_37_the_decision_says_what_the_firm_put_forward_and_how_it_was_judged(office: Office) -> None:
    firm, case = proposed(office)
    arrives(office, "revocation_proposed", at("2026-05-15 08:00"))
    now = at("2026-05-18 10:00")
    handwork.appeal(office.session, case, reason="技术负责人出差。" * 200, actor=firm.actor, now=now)
    handwork.decide_appeal(
        office.session, case, is_upheld=False, reason="差旅凭证与期限不符。", actor=DECIDER, now=now
    )
    two_officers(office, case, "revoke", moved_to(office, "2026-05-23 10:00"))
    [notice] = papers(office, case, "撤回决定书")
    said = notice.context["defence"]
    assert said.startswith("你单位于2026年5月18日提出：技术负责人出差。")
    assert said.endswith("……（全文见案卷）。经复核：差旅凭证与期限不符。")
    assert notice.context["proposal_reference"] == papers(office, case, "撤回告知书")[0].reference


@pytest.mark.rule("SZ-37")
def test_SZ_37_a_decision_that_did_not_arrive_goes_to_staff_who_serve_it_with_proof(office: Office) -> None:
    _, case = ordered(office)
    arrives(office, "notice_issued", at("2026-04-13 10:00"))
    act(office.session, case.id, now=moved_to(office, "2026-05-14 00:00"))
    [notice] = papers(office, case, "撤回决定书")
    assert fails(office, "revoked", at("2026-05-14 10:00")) == 1
    assert len(standing(office.session, case.id, FactKind.SERVICE_FAILED)) == 1
    now = moved_to(office, "2026-05-18 10:00")
    serving.serve_otherwise(
        office.session,
        case,
        served_on=date(2026, 5, 15),
        method=ServiceMethod.MAIL,
        proof="邮政特快专递，本人签收",
        proof_sha256="b" * 64,
        place="深圳市福田区示例路1号",
        recipient="收发室签收",
        servers=("工作人员甲", "工作人员乙"),
        actor=REVIEWER,
        now=now,
    )
    assert notice.served_at is not None
    assert case.state == State.REVOKED
    assert standing(office.session, case.id, FactKind.SERVICE_FAILED) == []
    rows = rows_of(papers(office, case, "送达回证")[-1])
    assert rows["送达文书"] == f"《撤回决定书》（{notice.reference}）"
    assert rows["送达时间"] == "2026年5月15日"  # An officer knows the day, not the second.
    assert (rows["送达人"], rows["送达地点"]) == ("工作人员甲、工作人员乙", "深圳市福田区示例路1号")
    with pytest.raises(serving.NothingToServe):
        serving.serve_otherwise(
            office.session,
            case,
            served_on=date(2026, 5, 15),
            method=ServiceMethod.MAIL,
            proof="又一次",
            proof_sha256="b" * 64,
            actor=REVIEWER,
            now=now,
        )


@pytest.mark.rule("SZ-34")
def test_SZ_34_an_order_served_by_receipt_has_its_receipt_of_service(office: Office) -> None:
    _, case = ordered(office)
    arrives(office, "notice_issued", at("2026-04-13 10:00"))
    [receipt] = papers(office, case, "送达回证")
    rows = rows_of(receipt)
    assert rows["送达方式"] == "电子送达（短信，以运营商回执为准）"
    assert rows["送达时间"] == "2026年4月13日 10:00:00"
    phone = message(office, "notice_issued").to_phone
    assert rows["送达地点"] == f"企业联系人手机 {phone[:3]}****{phone[-4:]}"


def test_a_case_on_the_staff_list_is_not_nominated_again_so_that_others_get_their_turn(
    office: Office,
) -> None:
    _, case = ordered(office)
    when = office.clock.now
    assert fails(office, "notice_issued", when) == 1
    assert pull_failures(office.parts.sessions, now=when + timedelta(days=1)) == 0
    assert len(standing(office.session, case.id, FactKind.SERVICE_FAILED)) == 1


def test_the_decision_lists_its_evidence_with_the_deadlines_that_were_missed(office: Office) -> None:
    _, case = ordered(office)
    arrives(office, "notice_issued", at("2026-04-13 10:00"))
    act(office.session, case.id, now=moved_to(office, "2026-05-14 00:00"))
    [notice] = papers(office, case, "撤回决定书")
    told = [(one["label"], one["detail"]) for one in notice.context["evidence"]]
    order = papers(office, case, "责令整改通知书")[0].reference
    assert [label for label, _ in told] == ["送达记录", "期限记录", "送达记录", "期限记录"]
    assert f"《责令整改通知书》（{order}）于2026年4月13日送达，电子送达" in told[2][1]
    assert "自2026年4月13日起算，至2026年5月13日24时" in told[3][1]
    assert "你单位在规定期限内未提出陈述、申辩" in notice.context["defence"]


def test_a_firm_without_a_registered_address_can_still_be_told(office: Office) -> None:
    firm, case = stock_case(office)
    firm.enterprise.registered_address = " "
    act(office.session, case.id, now=moved_to(office, "2026-04-10 10:00"))
    assert papers(office, case, "责令整改通知书")[0].context["registered_address"] == "未登记"


@pytest.mark.rule("SZ-27")
def test_SZ_27_a_list_sent_before_the_order_was_served_can_be_taken_back_and_revives_no_old_deadline(
    office: Office,
) -> None:
    firm, case = ordered(office)
    now = at("2026-04-13 10:00")
    add_report(office.session, case, text="已整改", file=REPORT, actor=firm.actor, now=now)
    lists.submit(office.session, case, people=firm.enough, actor=firm.actor, now=now)
    lists.withdraw(office.session, case, actor=firm.actor, now=now + timedelta(hours=1))
    assert (case.state, case.due_at) == (State.RECTIFYING, None)


@pytest.mark.rule("SZ-35")
def test_SZ_35_a_list_taken_back_after_the_order_was_served_leaves_the_clock_of_the_order_running(
    office: Office,
) -> None:
    firm, case = ordered(office)
    now = at("2026-04-11 09:00")
    add_report(office.session, case, text="已整改", file=REPORT, actor=firm.actor, now=now)
    lists.submit(office.session, case, people=firm.enough, actor=firm.actor, now=now)
    arrives(office, "notice_issued", at("2026-04-13 10:00"))
    lists.withdraw(office.session, case, actor=firm.actor, now=at("2026-04-14 10:00"))
    assert case.state == State.RECTIFYING
    assert deadline_days(office.session, case)[-1] == ("report", date(2026, 5, 13))
    assert case.due_at == at("2026-05-14 00:00")


@pytest.mark.rule("SZ-35")
def test_SZ_35_a_list_is_not_taken_back_into_a_month_that_has_passed_meanwhile(office: Office) -> None:
    firm, case = ordered(office)
    now = at("2026-04-11 09:00")
    add_report(office.session, case, text="已整改", file=REPORT, actor=firm.actor, now=now)
    lists.submit(office.session, case, people=firm.enough, actor=firm.actor, now=now)
    arrives(office, "notice_issued", at("2026-04-13 10:00"))
    with pytest.raises(lists.DeadlineOver):
        lists.withdraw(office.session, case, actor=firm.actor, now=at("2026-05-14 00:00"))
    assert case.state == State.RECTIFICATION_SUBMITTED
