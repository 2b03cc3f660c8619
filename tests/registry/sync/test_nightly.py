"""The nightly run and the delivery of what was decided, each with transactions of their own."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from registry.crypto import Keyring
from registry.db import Sessions
from registry.enterprises import queries, service
from registry.enterprises.models import Enterprise, SyncRun, UpstreamChange
from registry.sync.adapters.http import HttpUpstream
from registry.sync.delivery import deliver_changes, undelivered
from registry.sync.service import refresh, sync_all
from registry.sync.upstream import GiveUp, RetryLater
from tests.registry.conftest import TOKEN, MemoryStore, Standin
from tests.registry.samples import NOW, code, enterprise, person


@pytest.mark.rule("SZ-07")
def test_the_night_reads_every_page_and_one_bad_firm_costs_the_others_nothing(
    sessions: Sessions, standin: Standin, store: MemoryStore, keyring: Keyring,
) -> None:  # fmt: skip
    firms = [enterprise(n, people=[person(n * 10)]) for n in range(1, 6)]
    firms[2]["district_code"] = "深圳"
    standin.fill(*firms)
    with HttpUpstream(standin.url, TOKEN, page_size=2) as upstream:
        run = sync_all(sessions, upstream=upstream, store=store, keyring=keyring, now=NOW)
    with sessions() as session:
        known = set(session.scalars(select(Enterprise.uscc)))
    assert known == {code(n) for n in (1, 2, 4, 5)}
    assert (run.ok, run.counts["failed"], run.counts["created"], run.counts["new"]) == (
        False,
        [code(3)],
        4,
        4,
    )


def test_a_night_without_an_upstream_is_recorded_and_changes_nothing(
    sessions: Sessions, standin: Standin, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring
) -> None:
    standin.fill(enterprise())
    refresh(sessions, upstream=upstream, uscc=code(1), store=store, keyring=keyring, now=NOW)
    standin.faults(fail_next=1)
    run = sync_all(sessions, upstream=upstream, store=store, keyring=keyring, now=NOW + timedelta(days=1))
    with sessions() as session:
        assert session.scalars(select(Enterprise.synced_at)).one() == NOW
        kept = session.get_one(SyncRun, run.id)
        assert (kept.ok, kept.error) == (False, "upstream_unavailable")


def test_firms_the_upstream_no_longer_lists_are_named(
    sessions: Sessions, standin: Standin, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring
) -> None:
    standin.fill(enterprise(1), enterprise(2, people=[]))
    sync_all(sessions, upstream=upstream, store=store, keyring=keyring, now=NOW)
    standin.fill(enterprise(2, people=[]))
    run = sync_all(sessions, upstream=upstream, store=store, keyring=keyring, now=NOW)
    assert (run.ok, run.counts["not_listed"]) == (True, [code(1)])


def test_an_outage_in_the_middle_stops_the_night_instead_of_timing_out_for_every_firm(
    sessions: Sessions, standin: Standin, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring
) -> None:
    standin.fill(*[enterprise(n, people=[]) for n in range(1, 10)])
    pages = upstream.enterprises

    class Failing(HttpUpstream):
        def __init__(self) -> None:
            pass

        enterprises = staticmethod(pages)

        def people(self, uscc: str) -> list[dict[str, object]]:
            raise RetryLater

    run = sync_all(sessions, upstream=Failing(), store=store, keyring=keyring, now=NOW)
    assert (run.ok, run.error, len(run.counts["failed"])) == (False, "upstream_outage", 5)


def _decided(
    sessions: Sessions, standin: Standin, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring
) -> int:
    """An enterprise whose one item was marked, unmarked and withdrawn; the item's id."""
    standin.fill(enterprise())
    refresh(sessions, upstream=upstream, uscc=code(1), store=store, keyring=keyring, now=NOW)
    with sessions.begin() as session:
        firm = queries.enterprise_by_uscc(session, code(1))
        assert firm is not None
        (item,) = queries.items_of(session, firm.id)
        service.set_abnormal(session, item_ids=[item.id], cause="责令整改", now=NOW)
        service.lift_abnormal(session, item_ids=[item.id], reason="整改通过", now=NOW)
        service.withdraw(session, item_ids=[item.id], reason="逾期", actor="system", now=NOW)
        return item.id


def test_decisions_reach_the_upstream_once_and_in_order(
    sessions: Sessions, standin: Standin, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring
) -> None:
    _decided(sessions, standin, upstream, store, keyring)
    assert deliver_changes(sessions, upstream, NOW).sent == 3
    assert [c["change"] for c in standin.changes()] == ["abnormal_set", "abnormal_lifted", "withdrawn"]
    assert deliver_changes(sessions, upstream, NOW + timedelta(days=1)).sent == 0


def test_a_lost_receipt_is_sent_again_and_counts_once(
    sessions: Sessions, standin: Standin, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring
) -> None:
    _decided(sessions, standin, upstream, store, keyring)
    standin.faults(lose_next=1)
    first = deliver_changes(sessions, upstream, NOW)
    assert (first.sent, first.postponed) == (0, 1), "what follows waits for what went before"
    assert deliver_changes(sessions, upstream, NOW + timedelta(seconds=59)).sent == 0
    assert deliver_changes(sessions, upstream, NOW + timedelta(seconds=60)).sent == 3
    assert len(standin.changes()) == 3


def test_a_refused_change_is_given_up_and_left_for_a_person(
    sessions: Sessions, standin: Standin, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring
) -> None:
    _decided(sessions, standin, upstream, store, keyring)
    standin.faults(fail_next=1, status=422)
    assert deliver_changes(sessions, upstream, NOW).given_up == 1
    with sessions() as session:
        (row,) = undelivered(session)
        assert (row.last_error, row.gave_up_at) == ("upstream_refused_422", NOW)


def test_two_senders_at_once_do_not_send_one_row_twice(
    sessions: Sessions, standin: Standin, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring
) -> None:
    _decided(sessions, standin, upstream, store, keyring)
    calls: list[str] = []

    class Nested:
        """Sends; while the first call is under way another sender looks for work."""

        def send_change(self, uscc: str, body: dict[str, object]) -> None:
            calls.append(str(body["change"]))
            if len(calls) == 1:
                assert deliver_changes(sessions, self, NOW).sent == 0  # type: ignore[arg-type]

    assert deliver_changes(sessions, Nested(), NOW).sent == 3  # type: ignore[arg-type]
    assert calls == ["abnormal_set", "abnormal_lifted", "withdrawn"]


def test_a_growing_pause_ends_at_six_hours(
    sessions: Sessions, standin: Standin, upstream: HttpUpstream, store: MemoryStore, keyring: Keyring
) -> None:
    item_id = _decided(sessions, standin, upstream, store, keyring)
    with sessions.begin() as session:
        first = session.scalars(select(UpstreamChange).order_by(UpstreamChange.id)).first()
        assert first is not None and first.item_id == item_id
        first.attempts = 30
    standin.faults(fail_next=1)
    deliver_changes(sessions, upstream, NOW)
    with sessions() as session:
        assert session.scalars(
            select(UpstreamChange.next_attempt_at).order_by(UpstreamChange.id)
        ).first() == (NOW + timedelta(hours=6))


@pytest.mark.parametrize(
    ("status", "kind"), [(400, GiveUp), (409, GiveUp), (408, RetryLater), (500, RetryLater)]
)
def test_failures_are_sorted_by_who_must_act(
    standin: Standin, upstream: HttpUpstream, status: int, kind: type[Exception]
) -> None:
    standin.faults(fail_next=1, status=status)
    with pytest.raises(kind):
        upstream.enterprise(code(1))


def test_a_connection_that_is_refused_is_a_matter_of_time() -> None:
    with HttpUpstream("http://127.0.0.1:9", "x") as nobody, pytest.raises(RetryLater):
        nobody.people(code(1))
