"""An invented enterprise, a seal of our own, and documents about it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from verify_api.evidence.store import EvidenceStore
from verify_api.notices.document import Office
from verify_api.notices.models import Notice, NoticeKind, ServiceMethod
from verify_api.notices.seal import Seal
from verify_api.notices.service import issue
from verify_api.policy.values import Policy

NOW = datetime(2026, 2, 6, 3, 0, tzinfo=UTC)  # 11:00 in Shanghai
OFFICE = Office(public_url="https://example.invalid", is_demonstration=True)
USCC = "91440300MA5EXAMP1X"
SKETCH = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300">'
    '<circle cx="200" cy="150" r="80" fill="#2a7"/><text x="10" y="20">912 m</text></svg>'
)

FINDINGS: dict[str, Any] = {
    "enterprise_name": "深圳示例建设工程有限公司",
    "uscc": USCC,
    "registered_address": "深圳市福田区示例路1号",
    "items": [{"name": "建筑工程施工总承包三级", "certificate_number": "D344000001"}],
    "case_reference": "核查〔2026〕第128号",
    "facts": ["你单位于2026年1月5日收到资质核查短信，期限届满未申报打卡人员。"],
    "evidence": [{"label": "短信送达回执", "detail": "运营商回执：已送达", "at": NOW, "sha256": "ab" * 32}],
}
AFTER = {
    "rectification_reference": "深建改〔2026〕第7号",
    "rectification_served_on": date(2026, 2, 10),
    "rectification_ended_on": date(2026, 4, 10),
}
CONTEXTS: dict[NoticeKind, dict[str, Any]] = {
    NoticeKind.RECTIFICATION: FINDINGS | {"report_months": 1, "checkin_months": 1, "cap_months": 3},
    NoticeKind.REVOCATION: FINDINGS | AFTER,
    NoticeKind.LAPSE: FINDINGS | {"expires_on": date(2026, 9, 1)},
    NoticeKind.PROPOSAL: FINDINGS | AFTER | {"defence_working_days": 5},
    NoticeKind.RECOMMENDATION: FINDINGS
    | {
        "authority_name": "示例省住房和城乡建设厅",
        "rectification_reference": "深建改〔2026〕第7号",
        "rectification_ended_on": date(2026, 4, 10),
    },
    NoticeKind.SERVICE_RECEIPT: {
        "enterprise_name": "深圳示例建设工程有限公司",
        "uscc": USCC,
        "served_title": "责令整改通知书",
        "served_reference": "深建改〔2026〕第7号",
        "method": ServiceMethod.MAIL,
        "place": "深圳市福田区示例路1号",
        "served_at": NOW,
        "servers": ["工作人员甲", "工作人员乙"],
        "recipient": "企业联系人（签收）",
        "proof_sha256": "cd" * 32,
    },
}


@pytest.fixture(scope="session")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    """The self-made key, made once for all tests."""
    return Seal.self_made(tmp_path_factory.mktemp("keys"), office=OFFICE.name, now=NOW)


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    """An empty file store."""
    return EvidenceStore.open(str(tmp_path))


def add_enterprise(session: Session, uscc: str = USCC) -> Enterprise:
    """An enterprise that looks invented."""
    enterprise = Enterprise(
        uscc=uscc, name="深圳示例建设工程有限公司", registered_address="深圳市福田区示例路1号", synced_at=NOW
    )
    session.add(enterprise)
    session.flush()
    return enterprise


@pytest.fixture
def enterprise(session: Session) -> Enterprise:
    """The enterprise the documents are about."""
    return add_enterprise(session)


def issued(
    session: Session,
    enterprise: Enterprise,
    kind: NoticeKind = NoticeKind.RECTIFICATION,
    *,
    now: datetime = NOW,
    **given: Any,
) -> Notice:
    """A document of the kind, as a case would ask for it."""
    notice = issue(
        session,
        kind=kind,
        case_id=None,
        enterprise_id=enterprise.id,
        context=given.pop("context", CONTEXTS[kind]),
        office=OFFICE,
        policy=Policy(),
        policy_version="1",
        now=now,
        **given,
    )
    session.flush()
    return notice
