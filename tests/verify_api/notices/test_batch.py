"""Numbers under concurrent issue, pages made by several workers. Real commits on a database of its own."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from pikepdf import Pdf
from sqlalchemy import func, select

from registry import embedded
from registry.db import Sessions, make_engine, make_sessions
from registry.enterprises.models import Enterprise
from registry.migrations import migrate
from tests.verify_api.notices.conftest import NOW, add_enterprise, issued
from verify_api.evidence.store import EvidenceStore
from verify_api.notices import batch
from verify_api.notices.batch import produce_pending
from verify_api.notices.document import Document
from verify_api.notices.models import Notice, NoticeEvent, NoticeKind
from verify_api.notices.press import NotSet
from verify_api.notices.queries import missing_numbers, unproduced
from verify_api.notices.seal import Seal, SealUnusable


@pytest.fixture
def sessions(admin_url: str, worker_id: str) -> Iterator[Sessions]:
    engine = make_engine(embedded.sibling(admin_url, f"daka_notices_{worker_id}", fresh=True))
    migrate(engine)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture
def enterprise_id(sessions: Sessions) -> int:
    with sessions.begin() as session:
        return add_enterprise(session).id


class Interrupted(Exception):
    """A transaction that dies after it had its number."""


def issue_one(sessions: Sessions, enterprise_id: int, number: int) -> None:
    """Every third transaction dies after it had its number."""
    with sessions.begin() as session:
        issued(session, session.get_one(Enterprise, enterprise_id))
        if number % 3 == 0:
            raise Interrupted


def many(sessions: Sessions, enterprise_id: int, count: int) -> None:
    with sessions.begin() as session:
        enterprise = session.get_one(Enterprise, enterprise_id)
        for _ in range(count):
            issued(session, enterprise, NoticeKind.LAPSE)


def clock() -> datetime:
    return NOW


class BrokenSeal(Seal):
    """The office's key on a day it cannot be used."""

    def sign(self, page: Pdf, *, now: datetime, reason: str) -> bytes:
        raise SealUnusable


def test_numbers_have_no_gap_however_many_issue_at_once_and_fail(
    sessions: Sessions, enterprise_id: int
) -> None:
    def attempt(number: int) -> bool:
        try:
            issue_one(sessions, enterprise_id, number)
        except Interrupted:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        kept = sum(pool.map(attempt, range(60)))
    with sessions() as session:
        assert kept == 40
        assert sorted(session.scalars(select(Notice.number))) == list(range(1, 41))
        assert missing_numbers(session, "深建改", 2026) == []


def test_a_batch_makes_every_page_and_tells_how_far_it_is(
    sessions: Sessions, enterprise_id: int, seal: Seal, store: EvidenceStore
) -> None:
    many(sessions, enterprise_id, 43)
    told: list[tuple[int, int]] = []

    def progress(made: int, of: int) -> None:
        told.append((made, of))

    done = produce_pending(sessions, seal=seal, store=store, clock=clock, progress=progress)
    assert (done.made, done.failed) == (43, ())
    assert told == [(20, 43), (40, 43), (43, 43)]
    again = produce_pending(sessions, seal=seal, store=store, clock=clock)
    assert (again.made, again.failed) == (0, ())


def test_two_batches_at_once_make_no_page_twice(
    sessions: Sessions, enterprise_id: int, seal: Seal, store: EvidenceStore
) -> None:
    many(sessions, enterprise_id, 12)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(produce_pending, sessions, seal=seal, store=store, clock=clock) for _ in range(2)]
        made = sum(run.result().made for run in runs)
    with sessions() as session:
        assert made == 12
        produced = select(func.count()).where(NoticeEvent.kind == "produced")
        assert session.scalar(produced) == 12


def test_a_page_that_cannot_be_signed_is_left_for_the_next_run(
    sessions: Sessions, enterprise_id: int, seal: Seal, store: EvidenceStore
) -> None:
    many(sessions, enterprise_id, 2)
    broken = BrokenSeal.__new__(BrokenSeal)
    failed = produce_pending(sessions, seal=broken, store=store, clock=clock)
    with sessions() as session:
        assert failed.made == 0
        assert list(failed.failed) == list(unproduced(session, limit=10))
    assert produce_pending(sessions, seal=seal, store=store, clock=clock).made == 2


def test_one_document_that_cannot_be_set_does_not_keep_the_others_of_its_run_waiting(
    sessions: Sessions, enterprise_id: int, seal: Seal, store: EvidenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(sessions, enterprise_id, 5)
    real = batch.set_pages

    def picky(documents: Sequence[Document]) -> list[Pdf]:
        if any(document.number == 3 for document in documents):
            raise NotSet
        return real(documents)

    monkeypatch.setattr(batch, "set_pages", picky)
    done = produce_pending(sessions, seal=seal, store=store, clock=clock)
    with sessions() as session:
        [lost] = session.scalars(select(Notice.id).where(Notice.number == 3))
    assert (done.made, done.failed) == (4, (lost,))
