"""The durable queue on the same PostgreSQL: a job is enqueued in the transaction that made it necessary."""

import json

from sqlalchemy import text
from sqlalchemy.orm import Session

QUEUE = "verification"
TASK = "verify_attempt"

_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, NULL, NULL, CAST(:args AS jsonb), NULL)]"
    "::procrastinate_job_to_defer_v1[])"
)


def enqueue(session: Session, attempt_id: int) -> None:
    """Queue the verification of an attempt; it becomes visible to workers when the transaction commits."""
    args = json.dumps({"attempt_id": attempt_id})
    session.execute(_DEFER, {"queue": QUEUE, "task": TASK, "args": args})
