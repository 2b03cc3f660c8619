"""What the public sees, for how long it may object, and how the pass rate is counted."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from tests.verify_api.notices.conftest import NOW, USCC, issued
from verify_api.deadlines.calendar import published as published_calendar
from verify_api.evidence.store import EvidenceStore
from verify_api.notices.models import NoticeKind
from verify_api.notices.publication import PublicNotice, Standing, pass_rate, published
from verify_api.notices.seal import Seal
from verify_api.notices.service import produce, rescind
from verify_api.policy.values import Policy


def listed(session: Session, *, now: datetime = NOW, **given: object) -> list[PublicNotice]:
    return published(session, policy=Policy(), calendar=published_calendar(), now=now, **given)  # type: ignore[arg-type]


def test_a_document_is_public_once_its_page_exists(
    session: Session, enterprise: Enterprise, seal: Seal, store: EvidenceStore
) -> None:
    notice = issued(session, enterprise)
    assert listed(session) == []
    produce(session, notice.id, seal=seal, store=store, now=NOW)
    (line,) = listed(session)
    assert (line.reference, line.kind, line.enterprise_name, line.uscc, line.items) == (
        "深建改〔2026〕第1号",
        "责令整改通知书",
        "深圳示例建设工程有限公司",
        USCC,
        ("建筑工程施工总承包三级",),
    )
    assert line.standing is Standing.IN_FORCE


@pytest.mark.parametrize(
    ("kind", "is_public"),
    [
        (NoticeKind.RECTIFICATION, True),
        (NoticeKind.PROPOSAL, True),
        (NoticeKind.REVOCATION, True),
        (NoticeKind.LAPSE, True),
        (NoticeKind.RECOMMENDATION, False),
        (NoticeKind.SERVICE_RECEIPT, False),
    ],
)
def test_orders_decisions_and_lapses_are_public_and_letters_are_not(
    session: Session,
    enterprise: Enterprise,
    seal: Seal,
    store: EvidenceStore,
    kind: NoticeKind,
    is_public: bool,
) -> None:
    produce(session, issued(session, enterprise, kind).id, seal=seal, store=store, now=NOW)
    assert bool(listed(session)) is is_public
    assert bool(listed(session, kinds=[kind])) is is_public


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        (NOW, True),
        (datetime(2026, 2, 24, 15, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 2, 24, 16, 0, 0, tzinfo=UTC), False),
    ],
)
def test_objections_are_heard_for_seven_working_days(
    session: Session, enterprise: Enterprise, seal: Seal, store: EvidenceStore, now: datetime, is_open: bool
) -> None:
    """From Friday 6 February: 9 to 13, Saturday 14 (worked), then Spring Festival until 24 February."""
    produce(session, issued(session, enterprise).id, seal=seal, store=store, now=NOW)
    (line,) = listed(session, now=now)
    assert line.objections_until.last_day.isoformat() == "2026-02-24"
    assert line.is_open_to_objections is is_open


def test_objections_are_heard_from_the_day_the_document_could_be_read(
    session: Session, enterprise: Enterprise, seal: Seal, store: EvidenceStore
) -> None:
    late = NOW + timedelta(days=3)  # Nothing could be signed over the weekend.
    produce(session, issued(session, enterprise).id, seal=seal, store=store, now=late)
    [line] = listed(session)
    assert (line.issued_on, line.objections_until.start_day) == (date(2026, 2, 6), date(2026, 2, 9))


def test_a_rescinded_document_stays_on_the_list_marked(
    session: Session, enterprise: Enterprise, seal: Seal, store: EvidenceStore
) -> None:
    notice = produce(session, issued(session, enterprise).id, seal=seal, store=store, now=NOW)
    later = NOW + timedelta(days=1)
    rescind(session, notice.id, reason="x", proposed_by="staff:1", confirmed_by="staff:2", now=later)
    (line,) = listed(session)
    assert (line.standing, line.standing_since) == (Standing.RESCINDED, later)
    assert not line.is_open_to_objections


@pytest.mark.parametrize(
    ("search", "is_found"),
    [
        ("示例建设", True),
        (USCC, True),
        (USCC.lower(), True),
        (USCC[:10], False),
        ("别家", False),
        ("%", False),
    ],
)
def test_the_list_is_searched_by_name_or_whole_code(
    session: Session, enterprise: Enterprise, seal: Seal, store: EvidenceStore, search: str, is_found: bool
) -> None:
    produce(session, issued(session, enterprise).id, seal=seal, store=store, now=NOW)
    assert bool(listed(session, search=search)) is is_found


def test_pages_follow_each_other(
    session: Session, enterprise: Enterprise, seal: Seal, store: EvidenceStore
) -> None:
    for _ in range(3):
        produce(session, issued(session, enterprise).id, seal=seal, store=store, now=NOW)
    everything = listed(session)
    assert [line.reference[-2:] for line in everything] == ["3号", "2号", "1号"]
    assert listed(session, before=everything[0].id) == everything[1:]


@pytest.mark.parametrize(
    ("passed", "failed", "percent", "text"),
    [
        (0, 0, None, "—（0/0，进行中 2，不计 1：取消 1、注销或迁出 0）"),
        (6, 1, Decimal("85.7"), "85.7%（6/7，进行中 2，不计 1：取消 1、注销或迁出 0）"),
        (1, 15, Decimal("6.3"), "6.3%（1/16，进行中 2，不计 1：取消 1、注销或迁出 0）"),  # 6.25 half up
        (3, 0, Decimal("100.0"), "100.0%（3/3，进行中 2，不计 1：取消 1、注销或迁出 0）"),
        (0, 4, Decimal("0.0"), "0.0%（0/4，进行中 2，不计 1：取消 1、注销或迁出 0）"),
    ],
)
def test_the_pass_rate_shows_its_denominator(
    passed: int, failed: int, percent: Decimal | None, text: str
) -> None:
    rate = pass_rate(passed=passed, failed=failed, running=2, cancelled=1, gone=0)
    assert (rate.percent, rate.text) == (percent, text)


def test_a_negative_count_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="negative"):
        pass_rate(passed=-1, failed=0, running=0, cancelled=0, gone=0)
