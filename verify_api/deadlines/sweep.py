"""The deadline sweep: nominate due cases, then act on each in a transaction of its own (SZ-30 … SZ-37).

Nomination reads one partial index, so its cost grows with the cases that are due, not with the open ones.
Whoever locks a case first acts; everybody else skips it. Running late, twice or in two processes changes
nothing. `foresee` computes the same answer without acting: `daka tonight` is this code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.db import Sessions
from verify_api.accounts.actor import SYSTEM
from verify_api.cases import facts as beside
from verify_api.cases.each import each
from verify_api.cases.facts import FactKind
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.guards import WaitReason, gather, remember, waits
from verify_api.cases.models import Case, CaseDeadline
from verify_api.cases.states import Event, State, Track, next_state
from verify_api.cases.steps import enter
from verify_api.cases.timing import ACTING, DeadlineKind, running, stop
from verify_api.cases.transition import lock_free, move, note
from verify_api.checkins.queries import undecided
from verify_api.policy.values import NoticeIssue, RevocationMode

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """The step an overdue case takes."""

    event: Event
    to_state: State
    deadline_id: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Why an overdue case does not step."""

    reasons: tuple[WaitReason, ...]


def due_ids(session: Session, *, now: datetime, after: int = 0, limit: int = BATCH) -> list[int]:
    """Ids of cases whose deadline has passed, in order of id. A nomination, not yet a decision."""
    query = select(Case.id).where(Case.due_at <= now, Case.id > after)
    return list(session.scalars(query.order_by(Case.id).limit(limit)))


def sweep(sessions: Sessions, *, now: datetime) -> list[tuple[int, Step]]:
    """Act on every due case; returns the steps taken. A case whose step fails waits, the others go on."""
    taken: list[tuple[int, Step]] = []
    last = 0
    while True:
        with sessions() as session:
            ids = due_ids(session, now=now, after=last)
        if not ids:
            return taken
        last = ids[-1]
        found = each(
            sessions,
            ids,
            lambda session, case_id: (case_id, act(session, case_id, now=now)),
            what="deadline step",
            failed=lambda session, case_id: _step_failed(session, case_id, now=now),
        )
        taken += [(case_id, step) for case_id, step in found if step is not None]


def _step_failed(session: Session, case_id: int, *, now: datetime) -> None:
    """The step could not be taken: the case stays where it is and stands in the waiting room."""
    case = lock_free(session, case_id)
    if case is not None:
        remember(session, case, (WaitReason.STEP_FAILED,), now=now)


def act(session: Session, case_id: int, *, now: datetime) -> Step | None:
    """Act on one overdue case; None if it is no longer due, waits, or is being acted upon."""
    case = lock_free(session, case_id)
    if case is None or case.due_at is None or case.due_at > now:
        return None  # The sweep only nominates; somebody may have acted since.
    ground = ground_on(session, now=now)
    found = foresee(session, case, ground=ground, now=now)
    match found:
        case None:
            return None
        case Wait(reasons):
            _draft_notice(session, case, reasons, ground, now)
            remember(session, case, reasons, now=now)
            return None
        case Step():
            _take(session, case, found, ground, now)
            return found
        case _:
            assert_never(found)


def foresee(session: Session, case: Case, *, ground: Ground, now: datetime) -> Step | Wait | None:
    """What the sweep would do with this case at `now`; changes nothing."""
    deadline = running(session, case.id)
    if deadline is None or deadline.due_at > now or DeadlineKind(deadline.kind) not in ACTING:
        return None
    pending = undecided(session, case.id, before=deadline.due_at)
    reasons = waits(gather(session, case, deadline, undecided_checkins=pending))
    event = _event(case, deadline, ground)
    if _needs_officer(case, event, ground):
        reasons = (*reasons, WaitReason.NOTICE_AWAITS_OFFICER)
    if reasons:
        return Wait(reasons)
    target = next_state(Track(case.track), State(case.state), event)
    return Step(event, target, deadline.id)


def _event(case: Case, deadline: CaseDeadline, ground: Ground) -> Event:
    if deadline.kind == DeadlineKind.EXPIRE:
        return Event.EXPIRED
    in_rectification = State(case.state) in (
        State.RECTIFYING,
        State.RECTIFICATION_REJECTED,
        State.RECHECKING_IN,
    )
    if in_rectification and ground.policy.revocation.mode is RevocationMode.DECISION:
        return Event.PROPOSED
    return Event.MISSED


def _needs_officer(case: Case, event: Event, ground: Ground) -> bool:
    """rectification.issue = draft: the notice, and with it the step, waits for an officer."""
    starts_rectification = (
        case.track == Track.STOCK
        and event is Event.MISSED
        and State(case.state) in (State.OPEN, State.REJECTED, State.CHECKING_IN)
    )
    return starts_rectification and ground.policy.rectification.issue is NoticeIssue.DRAFT


def _draft_notice(
    session: Session, case: Case, reasons: Sequence[WaitReason], ground: Ground, now: datetime
) -> None:
    if tuple(reasons) != (WaitReason.NOTICE_AWAITS_OFFICER,):
        return
    if beside.standing(session, case.id, FactKind.NOTICE_DRAFT):
        return
    said = "期限届满，责令整改通知书待工作人员签发"
    detail = {"event": Event.MISSED.value}
    beside.begin(session, case.id, FactKind.NOTICE_DRAFT, by="system", reason=said, detail=detail, now=now)
    note(session, case, "notice_drafted", ground=ground, actor=SYSTEM, reason=said, now=now)


def _take(session: Session, case: Case, step: Step, ground: Ground, now: datetime) -> None:
    deadline = session.get_one(CaseDeadline, step.deadline_id)
    stop(session, case, reason="missed", now=now)
    facts = {
        "deadline": deadline.id,
        "kind": deadline.kind,
        "last_day": deadline.last_day.isoformat(),
        "calendar": deadline.calendar_version,
    }
    move(session, case, step.event, ground=ground, actor=SYSTEM, facts=facts, now=now)
    enter(session, case, ground=ground, now=now)
