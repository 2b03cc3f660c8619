"""Making many pages, each in its own transaction, with progress. An edge."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import Clock
from registry.db import Sessions
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
    failed: tuple[int, ...]


def produce_pending(
    sessions: Sessions,
    *,
    seal: Seal,
    store: EvidenceStore,
    clock: Clock,
    limit: int = 1000,
    progress: Progress = lambda _made, _all: None,
) -> Batch:
    """Make the pages of up to `limit` issued documents, oldest first.

    Setting a page keeps one processor busy: to use several, start several of these in processes of their
    own. Each takes the next document that nobody else holds.
    """
    with sessions() as session:
        waiting = len(unproduced(session, limit=limit))
    made = 0
    failed: list[int] = []
    while made + len(failed) < limit:
        notice_id = None
        try:
            with sessions.begin() as session:
                notice_id = _claim(session, failed)
                if notice_id is None:
                    break
                produce(session, notice_id, seal=seal, store=store, now=clock())
        except Exception:
            if notice_id is None:
                raise  # Not a document's fault: the database did not answer.
            # One document that cannot be made must not keep the others waiting.
            log.exception("notice %s could not be produced", notice_id)
            failed.append(notice_id)
        else:
            made += 1
        progress(made + len(failed), waiting)
    return Batch(made, tuple(failed))


def _claim(session: Session, failed: Sequence[int]) -> int | None:
    """The oldest document without a page that no other worker holds; locked until the transaction ends."""
    query = select(Notice.id).where(Notice.produced_at.is_(None), Notice.id.not_in(failed))
    return session.scalar(query.order_by(Notice.id).limit(1).with_for_update(skip_locked=True))
