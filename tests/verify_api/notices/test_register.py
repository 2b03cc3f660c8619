"""文书登记簿: every document stands in one stage, and the making of a day's pages can be watched."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from tests.verify_api.notices.conftest import NOW, issued
from verify_api.evidence.store import EvidenceStore
from verify_api.notices.models import Notice, NoticeKind
from verify_api.notices.register import PAGE, Stage, find, progress, stage_of
from verify_api.notices.seal import Seal
from verify_api.notices.service import make_page

MIDNIGHT = NOW - timedelta(hours=11)


def _stages(session: Session, enterprise: Enterprise) -> dict[Stage, Notice]:
    """One document in each stage; dates are set by hand, the service's own ways have their own tests."""
    found = {stage: issued(session, enterprise) for stage in Stage}
    for stage in (Stage.UNPROVEN, Stage.PROVEN):
        found[stage].produced_at, found[stage].sha256 = NOW, "ab" * 32
    found[Stage.PROVEN].delivered_at = NOW
    found[Stage.VOID].replaced_at = NOW
    session.flush()
    return found


@pytest.mark.parametrize("stage", list(Stage))
def test_a_document_stands_in_one_stage_and_is_found_there(
    session: Session, enterprise: Enterprise, stage: Stage
) -> None:
    rows = _stages(session, enterprise)
    assert [row.id for row in find(session, stage=stage).rows] == [rows[stage].id]
    assert stage_of(rows[stage]) is stage


def test_a_receipt_of_service_waits_for_no_service_of_its_own(
    session: Session, enterprise: Enterprise
) -> None:
    receipt = issued(session, enterprise, NoticeKind.SERVICE_RECEIPT)
    receipt.produced_at, receipt.sha256 = NOW, "ab" * 32
    session.flush()
    assert stage_of(receipt) is Stage.PROVEN
    assert find(session, stage=Stage.UNPROVEN).total == 0


@pytest.mark.parametrize("text", ["示例建设", "MA5EXAMP", "第3号", " 第3号 "])
def test_a_document_is_found_by_part_of_its_number_or_of_the_enterprise(
    session: Session, enterprise: Enterprise, text: str
) -> None:
    rows = [issued(session, enterprise) for _ in range(3)]
    found = find(session, text=text)
    assert rows[2].id in {row.id for row in found.rows}
    assert found.total == (1 if "号" in text else 3)
    assert find(session, text="没有这样的").total == 0


def test_pages_of_the_register_meet_and_what_waits_longest_comes_first(
    session: Session, enterprise: Enterprise
) -> None:
    ids = [issued(session, enterprise).id for _ in range(PAGE + 2)]
    first, second = find(session), find(session, page=2)
    assert [row.id for row in (*first.rows, *second.rows)] == ids[::-1]
    assert [row.id for row in find(session, stage=Stage.PENDING).rows] == ids[:PAGE]


def test_the_progress_counts_todays_pages_and_foretells_the_end(
    session: Session, enterprise: Enterprise, seal: Seal, store: EvidenceStore
) -> None:
    issued(session, enterprise, now=MIDNIGHT - timedelta(hours=1))
    today = [issued(session, enterprise) for _ in range(5)]
    for notice in today[:2]:
        make_page(session, notice, seal=seal, store=store, now=NOW)
    session.flush()
    found = progress(session, since=MIDNIGHT, now=NOW + timedelta(seconds=30))
    assert (found.issued, found.made, found.pending, found.a_minute) == (5, 2, 3, 2)
    assert found.minutes_left == 2
    assert found.stuck == 1, "yesterday's page is late"
    later = progress(session, since=MIDNIGHT, now=NOW + timedelta(minutes=16))
    assert (later.a_minute, later.minutes_left, later.stuck) == (0, None, 4)
