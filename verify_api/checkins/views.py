"""Attempts as plain mappings for staff."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.people.models import Person
from verify_api.cases.models import Case
from verify_api.cases.views import iso
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.queries import frames_of

STATE_LABELS = {
    AttemptState.REFUSED: "未开始",
    AttemptState.OPEN: "拍摄中",
    AttemptState.EXPIRED: "已超时",
    AttemptState.VERIFYING: "核验中",
    AttemptState.ACCEPTED: "打卡成功",
    AttemptState.REJECTED: "未通过",
    AttemptState.NEEDS_REVIEW: "待人工复核",
}


def attempts_of_case(session: Session, case_id: int, *, limit: int = 500) -> list[dict[str, Any]]:
    """Every attempt, refused ones included, the newest first."""
    query = (
        select(Attempt, Person)
        .join(Person, Person.id == Attempt.person_id)
        .where(Attempt.case_id == case_id)
        .order_by(Attempt.id.desc())
        .limit(limit)
    )
    return [attempt_view(attempt, person) for attempt, person in session.execute(query)]


def attempts_in(session: Session, state: AttemptState, *, limit: int = 200) -> list[dict[str, Any]]:
    """Attempts in a state, the oldest first: the queue before officers."""
    query = (
        select(Attempt, Person, Case.number)
        .join(Person, Person.id == Attempt.person_id)
        .join(Case, Case.id == Attempt.case_id)
        .where(Attempt.state == state.value)
        .order_by(Attempt.received_at, Attempt.id)
        .limit(limit)
    )
    return [
        attempt_view(attempt, person) | {"case": number} for attempt, person, number in session.execute(query)
    ]


def attempt_view(attempt: Attempt, person: Person) -> dict[str, Any]:
    """One attempt with its measures."""
    return {
        "attempt": attempt.public_id,
        "person": {"id": person.id, "name": person.name, "id_masked": person.id_masked},
        "state": attempt.state,
        "state_label": STATE_LABELS[AttemptState(attempt.state)],
        "opened_at": iso(attempt.opened_at),
        "received_at": iso(attempt.received_at),
        "decided_at": iso(attempt.decided_at),
        "decided_by": attempt.decided_by,
        "position": attempt.position,
        "place": attempt.place,
        "fence": attempt.fence,
        "device": attempt.device,
        "prompts": attempt.prompts,
        "reasons": attempt.reasons,
        "risks": attempt.risks,
        "measures": attempt.measures,
        "thresholds": attempt.thresholds,
        "policy": attempt.policy_version,
    }


def frames_view(session: Session, attempt: Attempt) -> list[dict[str, Any]]:
    """The frames of an attempt, without the pictures."""
    return [
        {
            "frame": row.id,
            "n": row.n,
            "seq": row.seq,
            "sha256": row.sha256,
            "purged": row.purged_at is not None,
        }
        for row in frames_of(session, attempt.id)
    ]
