"""Changes of an item's standing: mark, unmark, withdraw, lapse, reinstate."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.enterprises import points, queries, service
from registry.enterprises.models import QualificationItem, UpstreamChange
from registry.sync.adapters.http import HttpUpstream
from registry.sync.service import sync_enterprise
from tests.registry.conftest import MemoryStore, Standin
from tests.registry.samples import NOW, code, enterprise, item


@pytest.fixture
def items(
    session: Session, standin: Standin, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring
) -> list[QualificationItem]:
    two = [item(), item(category="市政公用工程")]
    standin.fill(enterprise(certificates=[{**enterprise()["certificates"][0], "items": two}]))
    run = sync_enterprise(session, upstream=upstream, uscc=code(1), store=store, keyring=keyring, now=NOW)
    assert run.enterprise_id is not None
    return queries.items_of(session, run.enterprise_id)


def test_only_the_named_items_are_withdrawn(session: Session, items: list[QualificationItem]) -> None:
    one, other = items
    service.withdraw(session, item_ids=[one.id], reason="逾期未完成打卡", actor="system", now=NOW)
    assert (one.status, one.status_reason, one.status_changed_at) == ("withdrawn", "逾期未完成打卡", NOW)
    assert other.status == "valid"
    assert [c.change for c in queries.changes_of(session, one.id)] == ["withdrawn"]
    assert session.scalars(select(UpstreamChange.item_id)).all() == [one.id]


def test_saying_it_twice_is_one_change(session: Session, items: list[QualificationItem]) -> None:
    ids = [i.id for i in items]
    for _ in range(2):
        service.set_abnormal(session, item_ids=ids, cause="责令整改", now=NOW)
    assert len(queries.open_marks(session, items[0].enterprise_id)) == 2
    assert len(session.scalars(select(UpstreamChange)).all()) == 2
    for _ in range(2):
        service.lift_abnormal(session, item_ids=ids, reason="整改通过", now=NOW)
    assert queries.open_marks(session, items[0].enterprise_id) == []
    assert len(session.scalars(select(UpstreamChange)).all()) == 4


@pytest.mark.rule("SZ-30d")
def test_lapse_and_withdrawal_never_become_one_another(
    session: Session, items: list[QualificationItem]
) -> None:
    one, other = items
    service.lapse(session, item_ids=[one.id], reason="到期自动失效", now=NOW)
    with pytest.raises(service.ItemNotValid):
        service.withdraw(session, item_ids=[one.id], reason="x", actor="system", now=NOW)
    service.withdraw(session, item_ids=[other.id], reason="x", actor="system", now=NOW)
    with pytest.raises(service.ItemNotValid):
        service.lapse(session, item_ids=[other.id], reason="x", now=NOW)
    assert (one.status, other.status) == ("lapsed", "withdrawn")


def test_a_rescinded_decision_reinstates_and_the_history_shows_both(
    session: Session, items: list[QualificationItem]
) -> None:
    one = items[0]
    service.withdraw(session, item_ids=[one.id], reason="x", actor="system", now=NOW)
    service.reinstate(
        session, item_ids=[one.id], reason="撤销原决定", actor="staff:2", now=NOW + timedelta(days=3)
    )
    assert one.status == "valid"
    assert [c.change for c in queries.changes_of(session, one.id)] == ["withdrawn", "reinstated"]


def test_an_ending_by_penalty_is_not_undone_here(session: Session, items: list[QualificationItem]) -> None:
    items[0].status = "revoked_as_penalty"
    session.flush()
    with pytest.raises(service.ItemNotValid):
        service.reinstate(session, item_ids=[items[0].id], reason="x", actor="staff:2", now=NOW)


def test_an_ended_item_no_longer_bears_the_mark(session: Session, items: list[QualificationItem]) -> None:
    one = items[0]
    service.set_abnormal(session, item_ids=[one.id], cause="责令整改", now=NOW)
    service.withdraw(session, item_ids=[one.id], reason="逾期", actor="system", now=NOW)
    assert queries.open_marks(session, one.enterprise_id) == []


def test_an_unknown_item_or_a_blank_reason_changes_nothing(
    session: Session, items: list[QualificationItem]
) -> None:
    with pytest.raises(service.ItemUnknown):
        service.set_abnormal(session, item_ids=[items[0].id, 0], cause="责令整改", now=NOW)
    with pytest.raises(service.ReasonMissing):
        service.set_abnormal(session, item_ids=[items[0].id], cause=" ", now=NOW)
    assert queries.open_marks(session, items[0].enterprise_id) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE qualification_changes SET reason='y'",
        "DELETE FROM qualification_changes",
        "TRUNCATE qualification_changes",
    ],
)
def test_the_history_of_standing_cannot_be_rewritten(
    session: Session, items: list[QualificationItem], statement: str
) -> None:
    service.set_abnormal(session, item_ids=[items[0].id], cause="责令整改", now=NOW)
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))


@pytest.mark.parametrize(
    ("lng", "lat", "datum"),
    [
        (float("nan"), 22.5, "gcj02"),
        (114.0, 95.0, "gcj02"),
        (114.0, float("inf"), "gcj02"),
        (114.0, 22.5, ""),
    ],
)
def test_a_point_that_is_not_on_earth_is_refused(
    session: Session, items: list[QualificationItem], lng: float, lat: float, datum: str
) -> None:
    with pytest.raises(points.BadPoint):
        points.confirm_point(
            session,
            enterprise_id=items[0].enterprise_id,
            lng=lng,
            lat=lat,
            datum=datum,
            fence=None,
            by="s",
            now=NOW,
        )


@pytest.mark.parametrize(
    ("day", "counts"),
    [("2024-12-31", False), ("2025-01-01", True), ("2027-12-31", True), ("2028-01-01", False)],
)
@pytest.mark.rule("SZ-22")
def test_a_permit_counts_from_its_first_to_its_last_day(
    session: Session, items: list[QualificationItem], day: str, counts: bool
) -> None:
    from datetime import date

    assert queries.has_valid_permit(session, items[0].enterprise_id, date.fromisoformat(day)) is counts


@pytest.mark.parametrize("status", ["suspended", "revoked", "cancelled"])
@pytest.mark.rule("SZ-22")
def test_a_permit_that_is_not_in_force_counts_as_none(
    session: Session, items: list[QualificationItem], status: str
) -> None:
    (permit,) = queries.permits_of(session, items[0].enterprise_id)
    permit.status = status
    session.flush()
    assert not queries.has_valid_permit(session, items[0].enterprise_id, NOW.date())
