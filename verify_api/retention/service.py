"""Purging faces whose time is over. An edge: the files lie outside the database.

First the file goes, then the row says so: after a crash in between, the next run deletes what is gone already
and marks it. What a row keeps (digests, measures, times) proves the check without showing a face.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import update
from sqlalchemy.orm import Session

from registry.db import Sessions
from verify_api.cases.each import each
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.models import Case
from verify_api.checkins.models import AttemptFrame
from verify_api.evidence.store import EvidenceStore
from verify_api.faces.service import erase
from verify_api.retention import queries
from verify_api.retention.rules import earliest_close, is_over

log = logging.getLogger(__name__)

REASON = "救济期满，依法删除人脸信息"


@dataclass(frozen=True, slots=True)
class Purged:
    """How much went."""

    frames: int
    people: int


def purge_faces(sessions: Sessions, store: EvidenceStore, *, now: datetime) -> Purged:
    """Delete frames and templates that nobody can need in a remedy any more. Safe to repeat."""
    with sessions() as session:
        ground = ground_on(session, now=now)
    before = earliest_close(ground.policy, now=now)
    frames = people = 0
    for cases in _pages(sessions, queries.closed_with_frames, before):
        frames += sum(_purge_case(sessions, store, case_id, ground, now) for case_id in cases)
    for page in _pages(sessions, queries.people_with_ended_cases, before):
        people += sum(each(sessions, page, lambda s, one: _purge_person(s, one, ground, now), what="erasure"))
    return Purged(frames, people)


class _Nominate(Protocol):
    def __call__(self, session: Session, *, before: datetime, after: int) -> list[int]: ...


def _pages(sessions: Sessions, nominate: _Nominate, before: datetime) -> Iterator[list[int]]:
    """Nominated ids page by page: those that have to stay must not keep the later ones from going."""
    last = 0
    while True:
        with sessions() as session:
            ids = nominate(session, before=before, after=last)
        if not ids:
            return
        yield ids
        last = ids[-1]


def _purge_case(sessions: Sessions, store: EvidenceStore, case_id: int, ground: Ground, now: datetime) -> int:
    with sessions() as session:
        case = session.get_one(Case, case_id)
        if not is_over(queries.end_of_case(session, case), ground.policy, now=now):
            return 0
        frames = {frame.id: frame.stored_sha256 for frame in queries.frames_of_case(session, case_id)}
    try:
        for stored_sha256 in frames.values():
            store.delete(stored_sha256)
    except Exception:
        # The store did not answer; nothing is marked, and the next run begins with the same frames.
        log.exception("frames of case %s could not be deleted", case_id)
        return 0
    with sessions.begin() as session:
        gone = update(AttemptFrame).where(AttemptFrame.id.in_(frames)).values(purged_at=now)
        session.execute(gone)
    return len(frames)


def _purge_person(session: Session, person_id: int, ground: Ground, now: datetime) -> bool:
    ends = [queries.end_of_case(session, case) for case in queries.cases_listing(session, person_id)]
    if not all(is_over(end, ground.policy, now=now) for end in ends):
        return False
    erase(session, person_id=person_id, reason=REASON, now=now)
    return True
