"""Documents are numbered without gaps, never change, and are served, replaced and rescinded on the record."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from registry.errors import Invalid
from tests.verify_api.notices.conftest import CONTEXTS, NOW, add_enterprise, issued
from tests.verify_api.notices.test_pages import text_of
from verify_api.evidence.store import EvidenceStore
from verify_api.notices import queries
from verify_api.notices.document import Document
from verify_api.notices.models import NoticeEvent, NoticeKind, ServiceMethod
from verify_api.notices.press import set_page
from verify_api.notices.rules import NoticeContentInvalid
from verify_api.notices.seal import Seal
from verify_api.notices.service import (
    NoticeNotFound,
    NoticeNotInForce,
    ProofMissing,
    ReplacementMismatch,
    ServiceTimeInvalid,
    TwoOfficersNeeded,
    mark_delivered,
    mark_served,
    mark_viewed,
    marked_copy,
    produce,
    rescind,
)

LATER = NOW + timedelta(days=4)
PROOF = "ef" * 32


@pytest.mark.parametrize("kind", NoticeKind)
def test_each_kind_has_a_series_of_its_own_from_one(
    session: Session, enterprise: Enterprise, kind: NoticeKind
) -> None:
    first, second = issued(session, enterprise, kind), issued(session, enterprise, kind)
    assert (first.number, second.number) == (1, 2)
    assert first.reference == f"{first.letters}〔2026〕第1号"
    assert first.code != second.code


@pytest.mark.rule("SZ-33")
def test_SZ_33_a_rectification_notice_is_numbered_in_its_series(
    session: Session, enterprise: Enterprise
) -> None:
    notice = issued(session, enterprise)
    assert notice.reference == "深建改〔2026〕第1号"
    assert (notice.kind, notice.policy_version, notice.issued_on.isoformat()) == (
        "责令整改通知书",
        "1",
        "2026-02-06",
    )


@pytest.mark.rule("T-02")
@pytest.mark.parametrize(
    ("now", "reference"),
    [
        (datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), "深建改〔2026〕第1号"),
        (datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC), "深建改〔2027〕第1号"),
    ],
)
def test_T_02_the_year_of_a_number_is_the_year_in_shanghai(
    session: Session, enterprise: Enterprise, now: datetime, reference: str
) -> None:
    assert issued(session, enterprise, now=now).reference == reference


def test_a_number_rolled_back_is_given_again(session: Session, enterprise: Enterprise) -> None:
    issued(session, enterprise)
    with pytest.raises(RuntimeError), session.begin_nested():
        issued(session, enterprise)
        raise RuntimeError
    assert issued(session, enterprise).number == 2
    assert queries.missing_numbers(session, "深建改", 2026) == []


@pytest.mark.parametrize(
    "change",
    [
        {"items": []},
        {"facts": []},
        {"facts": ["　"]},
        {"cap_months": 4},
        {"report_months": 0},
        {"uscc": "深圳"},
        {"surplus": "unknown"},
        {"sketch_svg": "not a drawing"},
        {"evidence": [{"label": "x", "detail": "y", "at": datetime(2026, 1, 1)}]},  # noqa: DTZ001
        {"evidence": [{"label": "x", "detail": "y", "sha256": "short"}]},
    ],
)
def test_facts_that_make_no_document_are_refused_and_take_no_number(
    session: Session, enterprise: Enterprise, change: dict[str, Any]
) -> None:
    with pytest.raises(NoticeContentInvalid):
        issued(session, enterprise, context=CONTEXTS[NoticeKind.RECTIFICATION] | change)
    assert issued(session, enterprise).number == 1


def test_another_kinds_facts_are_refused(session: Session, enterprise: Enterprise) -> None:
    with pytest.raises(NoticeContentInvalid):
        issued(session, enterprise, NoticeKind.LAPSE, context=CONTEXTS[NoticeKind.REVOCATION])


def test_the_page_is_made_once_and_matches_its_digests(
    session: Session, enterprise: Enterprise, seal: Seal, store: EvidenceStore
) -> None:
    notice = issued(session, enterprise)
    assert queries.unproduced(session, limit=10) == [notice.id]
    produce(session, notice.id, seal=seal, store=store, now=NOW)
    assert notice.sha256 is not None
    made = store.get(notice.sha256)
    assert len(made) == notice.size
    produce(session, notice.id, seal=seal, store=store, now=LATER)
    assert (notice.produced_at, store.get(notice.sha256)) == (NOW, made)
    assert queries.unproduced(session, limit=10) == []
    assert queries.by_digest(session, notice.sha256.upper()) is notice


def test_the_frozen_document_sets_the_page_that_was_signed_again(
    session: Session, enterprise: Enterprise, seal: Seal, store: EvidenceStore
) -> None:
    notice = produce(session, issued(session, enterprise).id, seal=seal, store=store, now=NOW)
    assert notice.sha256 is not None
    session.flush()
    session.expire(notice)
    again = set_page(Document.model_validate(notice.document))
    assert text_of(store.get(notice.sha256)) == text_of(again)


@pytest.mark.rule("SZ-34")
def test_SZ_34_viewing_is_logged_and_is_not_service(session: Session, enterprise: Enterprise) -> None:
    notice = issued(session, enterprise)
    mark_viewed(session, notice.id, actor="enterprise:1", now=LATER)
    mark_viewed(session, notice.id, actor="enterprise:1", now=LATER + timedelta(days=1))
    assert notice.viewed_at == LATER
    assert notice.proven_at is None


@pytest.mark.rule("SZ-32")
def test_SZ_32_the_first_proof_of_delivery_counts(session: Session, enterprise: Enterprise) -> None:
    notice = issued(session, enterprise)
    resent = LATER + timedelta(days=1)
    mark_delivered(session, notice.id, at=resent, receipt="message:2", now=resent)
    mark_delivered(session, notice.id, at=LATER, receipt="message:1", now=resent)
    assert notice.proven_at == LATER
    served = {"method": ServiceMethod.MAIL, "proof_sha256": PROOF, "actor": "staff:1"}
    mark_served(session, notice.id, at=NOW + timedelta(days=2), now=resent, **served)
    assert notice.proven_at == NOW + timedelta(days=2)
    mark_served(session, notice.id, at=resent, now=resent, **served)
    assert notice.served_at == NOW + timedelta(days=2)


def test_service_without_a_file_of_proof_is_refused(session: Session, enterprise: Enterprise) -> None:
    notice = issued(session, enterprise)
    with pytest.raises(ProofMissing):
        mark_served(
            session,
            notice.id,
            method=ServiceMethod.LEFT,
            at=LATER,
            proof_sha256="",
            actor="staff:1",
            now=LATER,
        )
    assert notice.proven_at is None


@pytest.mark.parametrize(
    ("at", "counted"),
    [
        (NOW - timedelta(minutes=10, seconds=1), None),
        (NOW - timedelta(seconds=1), NOW),  # a carrier that tells whole seconds
        (NOW, NOW),
        (LATER, LATER),
        (LATER + timedelta(minutes=1), LATER),  # a carrier whose clock is ahead
        (LATER + timedelta(minutes=10, seconds=1), None),
    ],
)
def test_nothing_is_delivered_before_it_was_sent_or_in_the_future(
    session: Session, enterprise: Enterprise, at: datetime, counted: datetime | None
) -> None:
    notice = issued(session, enterprise)
    if counted is None:
        with pytest.raises(ServiceTimeInvalid):
            mark_delivered(session, notice.id, at=at, receipt="message:1", now=LATER)
    else:
        mark_delivered(session, notice.id, at=at, receipt="message:1", now=LATER)
    assert notice.proven_at == counted


@pytest.mark.parametrize(
    ("at", "is_possible"),
    [
        (NOW - timedelta(seconds=1), False),
        (NOW, True),
        (LATER, True),
        (LATER + timedelta(seconds=1), False),
    ],
)
def test_an_officer_cannot_enter_service_before_the_issue_or_in_the_future(
    session: Session, enterprise: Enterprise, at: datetime, is_possible: bool
) -> None:
    notice = issued(session, enterprise)
    served = {"method": ServiceMethod.MAIL, "proof_sha256": PROOF, "actor": "staff:1"}
    if is_possible:
        mark_served(session, notice.id, at=at, now=LATER, **served)
        return
    with pytest.raises(ServiceTimeInvalid):
        mark_served(session, notice.id, at=at, now=LATER, **served)


def test_two_officers_rescind_and_the_document_stays_readable(
    session: Session, enterprise: Enterprise
) -> None:
    notice = issued(session, enterprise)
    rescind(session, notice.id, reason="事实有误", proposed_by="staff:1", confirmed_by="staff:2", now=LATER)
    assert not notice.is_in_force
    assert (notice.rescission_proposed_by, notice.rescinded_by) == ("staff:1", "staff:2")
    assert marked_copy(session, notice.id) != set_page(Document.model_validate(notice.document))
    with pytest.raises(NoticeNotInForce):
        rescind(session, notice.id, reason="x", proposed_by="staff:1", confirmed_by="staff:2", now=LATER)
    with pytest.raises(NoticeNotInForce):
        mark_delivered(session, notice.id, at=LATER, receipt="message:1", now=LATER)


@pytest.mark.parametrize(
    ("first", "second"), [("staff:1", "staff:1"), ("staff:1", " staff:1 "), ("staff:1", ""), ("", "staff:2")]
)
def test_one_officer_cannot_rescind(
    session: Session, enterprise: Enterprise, first: str, second: str
) -> None:
    notice = issued(session, enterprise)
    with pytest.raises(TwoOfficersNeeded):
        rescind(session, notice.id, reason="x", proposed_by=first, confirmed_by=second, now=LATER)
    assert notice.is_in_force


def test_the_database_itself_refuses_one_officer_twice(session: Session, enterprise: Enterprise) -> None:
    notice = issued(session, enterprise)
    notice.rescinded_at, notice.rescinded_by, notice.rescission_proposed_by = NOW, "staff:1", "staff:1"
    with pytest.raises(IntegrityError):
        session.flush()


def test_a_rescission_needs_a_reason(session: Session, enterprise: Enterprise) -> None:
    notice = issued(session, enterprise)
    with pytest.raises(Invalid):
        rescind(session, notice.id, reason=" ", proposed_by="staff:1", confirmed_by="staff:2", now=LATER)


def test_a_replacement_takes_the_place_of_the_former(session: Session, enterprise: Enterprise) -> None:
    old = issued(session, enterprise)
    new = issued(session, enterprise, replaces=old.id, now=LATER)
    assert (old.replaced_at, old.is_in_force, new.is_in_force) == (LATER, False, True)
    assert marked_copy(session, old.id) != marked_copy(session, new.id)
    with pytest.raises(NoticeNotInForce):
        issued(session, enterprise, replaces=old.id)


def test_only_a_document_of_the_same_kind_and_enterprise_is_replaced(
    session: Session, enterprise: Enterprise
) -> None:
    old = issued(session, enterprise)
    with pytest.raises(ReplacementMismatch):
        issued(session, enterprise, NoticeKind.LAPSE, replaces=old.id)
    with pytest.raises(ReplacementMismatch):
        issued(session, add_enterprise(session, "91440300MA5EXAMP2X"), replaces=old.id)
    assert old.is_in_force


def test_every_step_is_in_the_history(
    session: Session, enterprise: Enterprise, seal: Seal, store: EvidenceStore
) -> None:
    notice = issued(session, enterprise, actor="staff:3")
    produce(session, notice.id, seal=seal, store=store, now=NOW)
    mark_delivered(session, notice.id, at=NOW, receipt="message:1", now=LATER)
    mark_viewed(session, notice.id, actor="enterprise:1", now=LATER)
    rescind(session, notice.id, reason="x", proposed_by="staff:1", confirmed_by="staff:2", now=LATER)
    events = session.scalars(
        select(NoticeEvent).where(NoticeEvent.notice_id == notice.id).order_by(NoticeEvent.id)
    ).all()
    assert [(event.kind, event.actor) for event in events] == [
        ("issued", "staff:3"),
        ("produced", "system"),
        ("delivered", "system"),
        ("viewed", "enterprise:1"),
        ("rescinded", "staff:2"),
    ]
    assert (events[2].at, events[2].recorded_at) == (NOW, LATER)


@pytest.mark.parametrize("step", [mark_viewed, rescind, produce])
def test_an_unknown_document_is_not_found(
    session: Session, step: Any, seal: Seal, store: EvidenceStore
) -> None:
    given: dict[Any, dict[str, Any]] = {
        mark_viewed: {"actor": "enterprise:1"},
        rescind: {"reason": "x", "proposed_by": "staff:1", "confirmed_by": "staff:2"},
        produce: {"seal": seal, "store": store},
    }
    with pytest.raises(NoticeNotFound):
        step(session, 999_999, now=NOW, **given[step])


def test_a_code_is_found_as_people_type_it(session: Session, enterprise: Enterprise) -> None:
    notice = issued(session, enterprise)
    typed = notice.code.replace("0", "O").replace("1", "l").lower()
    assert queries.by_code(session, f" {typed} ") is notice
    assert queries.by_code(session, f"{typed[:4]}-{typed[4:8]} {typed[8:]}") is notice
    assert queries.by_code(session, "UUUUUUUUUUUU") is None


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE notices SET document = '{}'",
        "UPDATE notices SET issued_at = issued_at - interval '1 day'",
        "UPDATE notices SET number = 9, reference = '深建改〔2026〕第9号'",
        "UPDATE notices SET sha256 = repeat('0', 64)",
        "DELETE FROM notices",
        "UPDATE notice_events SET actor = 'nobody'",
        "DELETE FROM notice_events",
    ],
)
def test_the_database_itself_keeps_what_was_issued(
    session: Session, enterprise: Enterprise, seal: Seal, store: EvidenceStore, harm: str
) -> None:
    produce(session, issued(session, enterprise).id, seal=seal, store=store, now=NOW)
    with pytest.raises(IntegrityError, match=r"never|only"):
        session.execute(text(harm))


def test_a_cases_newest_document_in_force_is_found(session: Session, enterprise: Enterprise) -> None:
    old = issued(session, enterprise)
    new = issued(session, enterprise, replaces=old.id)
    assert queries.of_enterprise(session, enterprise.id) == [new, old]
    assert queries.of_case(session, 1) == []
    assert queries.in_force(session, 1, NoticeKind.RECTIFICATION) is None
