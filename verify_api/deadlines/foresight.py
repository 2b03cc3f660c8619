"""`daka tonight`: who would be moved at a given moment, and who would wait and why; nothing is changed.

Computed by `sweep.foresee`, the very code that acts.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from verify_api.cases.dossier import Dossier
from verify_api.cases.ground import ground_on
from verify_api.cases.guards import WAIT_LABELS
from verify_api.cases.models import Case
from verify_api.cases.states import EVENT_LABELS, LABELS, State
from verify_api.cases.views import iso
from verify_api.deadlines.sweep import Step, Wait, due_ids, foresee


def tonight(session: Session, *, at: datetime) -> dict[str, Any]:
    """The steps the sweep would take at `at` and the cases it would leave waiting, with reasons."""
    ground = ground_on(session, now=at)
    steps: list[dict[str, Any]] = []
    waiting: list[dict[str, Any]] = []
    last: int | None = None
    while ids := due_ids(session, now=at, after=last):
        last = ids[-1]
        query = select(Case).where(Case.id.in_(ids)).order_by(Case.id)
        cases = session.scalars(query).all()
        for dossier, found in foresee(session, cases, ground=ground, now=at):
            if isinstance(found, Step):
                steps.append(_line(dossier) | _step(found))
            elif isinstance(found, Wait):
                waiting.append(_line(dossier) | _wait(found))
    return {"at": iso(at), "policy": ground.version, "steps": steps, "waiting": waiting}


def _line(dossier: Dossier) -> dict[str, Any]:
    case, deadline = dossier.case, dossier.running
    return {
        "case": case.number,
        "enterprise": {"uscc": dossier.enterprise.uscc, "name": dossier.enterprise.name},
        "items": [item.title for item in dossier.case_items],
        "state": case.state,
        "state_label": LABELS[State(case.state)],
        "last_day": deadline.last_day.isoformat() if deadline else None,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "event": step.event.value,
        "event_label": EVENT_LABELS[step.event],
        "to": step.to_state.value,
        "to_label": LABELS[step.to_state],
    }


def _wait(wait: Wait) -> dict[str, Any]:
    return {"reasons": [{"code": reason.value, "message": WAIT_LABELS[reason]} for reason in wait.reasons]}
