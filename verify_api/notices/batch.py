"""Making many pages, a few in each transaction, with progress. An edge."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pikepdf import Pdf
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from registry.clock import Clock
from registry.db import Sessions
from verify_api.evidence.store import EvidenceStore
from verify_api.notices.document import Document
from verify_api.notices.models import Notice
from verify_api.notices.press import set_pages
from verify_api.notices.queries import unproduced
from verify_api.notices.seal import Seal
from verify_api.notices.service import keep_page

log = logging.getLogger(__name__)

# Pages that one run of the press sets and one transaction writes: what a crash makes anew.
TOGETHER = 20

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
    made, together = 0, TOGETHER
    failed: list[int] = []
    while made + len(failed) < limit:
        held: list[int] = []
        room = min(together, limit - made - len(failed))
        try:
            with sessions.begin() as session:
                notices = _claim(session, without=failed, most=room)
                held = [notice.id for notice in notices]
                broken = _make_pages(session, notices, seal=seal, store=store, now=clock())
        except Exception:
            if not held:
                raise  # Not a document's fault: the database did not answer.
            log.exception("notices %s could not be written", held)
            if together == 1:
                failed += held
            together = 1  # One of them spoils it for the others: from here on each stands alone.
            continue
        if not held:
            break
        made += len(held) - len(broken)
        failed += broken
        progress(made + len(failed), waiting)
    return Batch(made, tuple(failed))


def _make_pages(
    session: Session, notices: Sequence[Notice], *, seal: Seal, store: EvidenceStore, now: datetime
) -> list[int]:
    """Ids of those whose page cannot be made: they must not keep the others waiting."""
    broken = []
    for notice, page in zip(notices, _set(notices), strict=True):
        try:
            if isinstance(page, Exception):
                raise page
            keep_page(session, notice, page, seal=seal, store=store, now=now)
        except Exception:
            log.exception("the page of notice %s could not be made", notice.id)
            broken.append(notice.id)
    return broken


def _set(notices: Sequence[Notice]) -> Sequence[Pdf | Exception]:
    """All in one run of the press; where that fails, each by itself, with what is wrong with it."""
    try:
        return set_pages([Document.model_validate(notice.document) for notice in notices])
    except Exception as error:
        if len(notices) == 1:
            return [error]
        # If each can be set alone, this is the only trace of what makes every run cost so much more.
        log.warning("notices %s could not be set together", [one.id for one in notices], exc_info=True)
        return [page for notice in notices for page in _set([notice])]


def _claim(session: Session, *, without: Sequence[int], most: int) -> list[Notice]:
    """The oldest documents without a page that no other worker holds; locked until the transaction ends."""
    # The facts it was written from are in what it says already.
    query = select(Notice).options(defer(Notice.context))
    query = query.where(Notice.produced_at.is_(None), Notice.id.not_in(without))
    return list(session.scalars(query.order_by(Notice.id).limit(most).with_for_update(skip_locked=True)))
