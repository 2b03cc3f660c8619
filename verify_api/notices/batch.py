"""Making many pages: each in its own transaction, several at once, with progress. An edge."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import select

from registry.clock import Clock
from registry.db import Sessions
from registry.errors import DakaError
from verify_api.evidence.store import EvidenceStore
from verify_api.notices.models import Notice
from verify_api.notices.queries import unproduced
from verify_api.notices.seal import Seal
from verify_api.notices.service import produce

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]  # (made, all)


@dataclass(frozen=True, slots=True)
class Batch:
    """How a run ended. Pages that failed are tried again by the next run."""

    made: int
    skipped: int  # another worker had them
    failed: tuple[int, ...]


def produce_pending(
    sessions: Sessions,
    *,
    seal: Seal,
    store: EvidenceStore,
    clock: Clock,
    limit: int = 1000,
    workers: int = 2,
    progress: Progress = lambda _made, _all: None,
) -> Batch:
    """Make the pages of up to `limit` issued documents. Several of these may run side by side."""
    with sessions() as session:
        ids = unproduced(session, limit=limit)
    made, skipped, failed = 0, 0, []

    def one(notice_id: int) -> bool | None:
        try:
            return _produce_one(sessions, notice_id, seal=seal, store=store, clock=clock)
        except DakaError as error:
            log.error("notice %s could not be produced: %s", notice_id, error.code)
            return None

    with ThreadPoolExecutor(max_workers=workers) as pool:
        for number, (notice_id, done) in enumerate(zip(ids, pool.map(one, ids), strict=True), start=1):
            made += done is True
            skipped += done is False
            if done is None:
                failed.append(notice_id)
            progress(number, len(ids))
    return Batch(made, skipped, tuple(failed))


def _produce_one(
    sessions: Sessions, notice_id: int, *, seal: Seal, store: EvidenceStore, clock: Clock
) -> bool:
    """False if another worker is at it or was quicker."""
    with sessions.begin() as session:
        free = select(Notice.id).where(Notice.id == notice_id, Notice.produced_at.is_(None))
        if session.scalar(free.with_for_update(skip_locked=True)) is None:
            return False
        produce(session, notice_id, seal=seal, store=store, now=clock())
        return True
