"""`daka tonight`: who would be moved at a given moment, and who would wait and why; nothing is changed.

Computed by `sweep.foresee`, the very code that acts. Beside those whose day has come stand those for whom
none can come yet: their document has not been proved to have arrived, or an officer has to decide.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from registry.errors import Invalid
from verify_api.cases.dossier import Dossier, read
from verify_api.cases.ground import ground_on
from verify_api.cases.guards import WAIT_LABELS, WaitReason
from verify_api.cases.models import Case, CaseDeadline
from verify_api.cases.states import EVENT_LABELS, LABELS, State
from verify_api.cases.timing import DeadlineKind
from verify_api.cases.views import iso
from verify_api.deadlines.sweep import BATCH, Step, Wait, due_ids, foresee

FIRST_YEAR, LAST_YEAR = 2000, 2199
# Whose clock begins with the proof of service and stands until then (§0 d).
UNSERVED = (State.NOTIFYING, State.RECTIFYING, State.REVOCATION_PROPOSED)


class MomentOutOfRange(Invalid):
    """No calendar and no policy reaches there."""

    code = "moment_out_of_range"
    message = f"预演的时间须在 {FIRST_YEAR} 年到 {LAST_YEAR} 年之间"


def tonight(session: Session, *, at: datetime) -> dict[str, Any]:
    """The steps the sweep would take at `at` and the cases it would leave waiting, with reasons.

    Raises:
        MomentOutOfRange, NoPolicy: No such moment, or nothing could be decided then.
    """
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise MomentOutOfRange
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
    waiting += [_line(one) | _wait(why) for one, why in _without_a_day(session, at=at)]
    return {"at": iso(at), "policy": ground.version, "steps": steps, "waiting": waiting}


def _without_a_day(session: Session, *, at: datetime) -> Iterator[tuple[Dossier, Wait]]:
    """Cases the sweep is not even shown, with what they wait for."""
    found = (
        (_whose_clock_stands(), WaitReason.NOT_SERVED),
        (_who_have_been_heard(at), WaitReason.DECISION_AWAITS_OFFICER),
    )
    for query, why in found:
        last = 0
        while cases := session.scalars(query.where(Case.id > last).order_by(Case.id).limit(BATCH)).all():
            last = cases[-1].id
            yield from ((dossier, Wait((why,))) for dossier in read(session, cases))


def _whose_clock_stands() -> Select[Case]:
    runs = select(CaseDeadline.id).where(CaseDeadline.case_id == Case.id, CaseDeadline.ended_at.is_(None))
    return select(Case).where(Case.state.in_([state.value for state in UNSERVED]), ~runs.exists())


def _who_have_been_heard(at: datetime) -> Select[Case]:
    query = select(Case).join(CaseDeadline, CaseDeadline.case_id == Case.id)
    over = (CaseDeadline.ended_at.is_(None), CaseDeadline.due_at <= at)
    return query.where(CaseDeadline.kind == DeadlineKind.DEFENCE.value, *over)


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
