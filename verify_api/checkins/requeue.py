"""Attempts whose job died with its worker are queued again; attempts nobody finished are closed."""

from datetime import datetime, timedelta

from sqlalchemy import select, text, update

from registry.db import Sessions
from verify_api.checkins import queries
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.queue import QUEUE, enqueue

STUCK_AFTER = timedelta(minutes=2)

# Jobs of a worker that has stopped breathing would stay "doing" for ever.
_FORGET_DEAD = text(
    "UPDATE procrastinate_jobs SET status = 'failed' WHERE status = 'doing' AND queue_name = :queue "
    "AND (worker_id IS NULL OR worker_id NOT IN ("
    " SELECT id FROM procrastinate_workers WHERE last_heartbeat > now() - interval '60 seconds'))"
)
_WAITING = text(
    "SELECT (args->>'attempt_id')::bigint FROM procrastinate_jobs "
    "WHERE queue_name = :queue AND status IN ('todo', 'doing')"
)


def requeue_all(sessions: Sessions) -> int:
    """At a worker's start: every attempt without a verdict and without a live job; returns how many."""
    with sessions.begin() as session:
        query = select(Attempt.id).where(Attempt.state == AttemptState.VERIFYING.value).order_by(Attempt.id)
        return _queue_again(sessions, list(session.scalars(query)))


def requeue_stuck(sessions: Sessions, *, now: datetime) -> int:
    """Each minute: attempts that should have had a verdict by now."""
    with sessions() as session:
        found = queries.stuck(session, now=now, after=STUCK_AFTER)
    return _queue_again(sessions, found)


def _queue_again(sessions: Sessions, attempts: list[int]) -> int:
    with sessions.begin() as session:
        session.execute(_FORGET_DEAD, {"queue": QUEUE})
        waiting = set(session.scalars(_WAITING, {"queue": QUEUE}))
        lost = [attempt for attempt in attempts if attempt not in waiting]
        for attempt in lost:
            enqueue(session, attempt)
    return len(lost)


def expire_open(sessions: Sessions, *, now: datetime) -> int:
    """Challenges nobody answered in time; they stay on record as such."""
    late = (Attempt.state == AttemptState.OPEN.value) & (Attempt.expires_at <= now)
    with sessions.begin() as session:
        values = {"state": AttemptState.EXPIRED.value, "decided_at": now, "decided_by": "system"}
        return int(session.execute(update(Attempt).where(late).values(**values)).rowcount)  # type: ignore[attr-defined]
