"""The deadline sweep: nominate due cases, then lock, look again and act on each (SZ-30 … SZ-37).

Nomination reads one partial index, so its cost grows with the cases that are due, not with the open ones.
Whoever locks a case first acts; everybody else skips it. Running late, twice or in two processes changes
nothing. `foresee` computes the same answer without acting: `daka tonight` is this code.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.db import Sessions
from verify_api.accounts.actor import SYSTEM
from verify_api.cases import facts as beside
from verify_api.cases.dossier import Dossier, read
from verify_api.cases.each import each
from verify_api.cases.facts import FactKind
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.guards import WaitReason, gather, remember, waits
from verify_api.cases.models import Case, CaseDeadline
from verify_api.cases.states import Event, State, Track, next_state
from verify_api.cases.steps import enter_as_read
from verify_api.cases.timing import ACTING, DeadlineKind, halt
from verify_api.cases.transition import lock_free, move, note
from verify_api.checkins.queries import undecided
from verify_api.policy.values import NoticeIssue, RevocationMode

BATCH = 1000
# Cases that share a transaction. They are read with the queries of one; and the row that gives out the
# documents' numbers stays locked for a tenth of a second, not for a second.
TOGETHER = 20

# A request that read the clock before a deadline may still be on its way to the case: it waits for a lock for
# half a minute at most (`registry.db`). Nobody is overdue before every such request has come or failed.
SETTLING = timedelta(minutes=1)

log = logging.getLogger(__name__)


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


Visited = dict[int, Step | Wait]


def due_ids(
    session: Session,
    *,
    now: datetime,
    after: int | None = None,
    limit: int = BATCH,
) -> list[int]:
    """Ids of cases whose deadline has passed, in order of id. A nomination, not yet a decision."""
    # Kept apart, so that the planner reads the index of those due: it thinks ids and deadlines unrelated, and
    # would rather walk all open cases in order of id, which are old cases first and those due last.
    due = select(Case.id).where(Case.due_at <= now).cte("due").prefix_with("MATERIALIZED")
    query = select(due.c.id)
    if after is not None:
        query = query.where(due.c.id > after)
    return list(session.scalars(query.order_by(due.c.id).limit(limit)))


def sweep(sessions: Sessions, *, now: datetime) -> list[tuple[int, Step]]:
    """Act on every case due for a minute; returns the steps taken. One whose step fails waits, others go on.

    One process sweeps at a time: two would only wait for one another at the counter of the numbers. Whoever
    finds another at it leaves it the rest, and makes pages or comes again in a minute.
    """
    taken: list[tuple[int, Step]] = []
    with sessions() as session:
        ground = ground_on(session, now=now)
    last: int | None = None
    while True:
        with sessions() as session:
            ids = due_ids(session, now=now - SETTLING, after=last)
        if not ids:
            return taken
        for some in in_parts(ids, TOGETHER):
            found = _visit_together(sessions, some, ground, now)
            if found is None:
                return taken
            taken += [(one, step) for one, step in found.items() if isinstance(step, Step)]
            last = some[-1]
            if len(found) < len(some):
                break  # Somebody acted on one of them meanwhile, and perhaps on those behind it.


def _visit_together(sessions: Sessions, ids: Sequence[int], ground: Ground, now: datetime) -> Visited | None:
    """Some cases in one transaction; None if another process sweeps.

    If anything raises nothing of it stands, and each is visited alone.
    """
    try:
        with sessions.begin() as session:
            return _visit(session, ids, ground=ground, now=now) if _is_alone(session) else None
    except Exception:
        log.exception("deadline steps failed together for cases %s", list(ids))
    found: Visited = {}
    for one in ids:
        found |= _visit_alone(sessions, one, ground, now)
    return found


def _is_alone(session: Session) -> bool:
    """Whether nobody else sweeps; nobody will until this transaction ends, however it ends."""
    turn = func.pg_try_advisory_xact_lock(func.hashtextextended("deadlines:sweep", 0))
    return bool(session.scalar(select(turn)))


def _visit_alone(sessions: Sessions, case_id: int, ground: Ground, now: datetime) -> Visited:
    """One case in a transaction of its own; a step that fails is a wait."""
    found = each(
        sessions,
        [case_id],
        lambda session, one: _visit(session, [one], ground=ground, now=now),
        what="deadline step",
        failed=lambda session, one: _step_failed(session, one, now=now),
    )
    return found[0] if found else {case_id: Wait((WaitReason.STEP_FAILED,))}


def _step_failed(session: Session, case_id: int, *, now: datetime) -> None:
    """The step could not be taken: the case stays where it is and stands in the waiting room."""
    for case in lock_free(session, [case_id]):
        facts = beside.standing(session, case_id, FactKind.WAIT)
        remember(session, case, (WaitReason.STEP_FAILED,), standing=facts, now=now)


def act(session: Session, case_id: int, *, now: datetime) -> Step | None:
    """Act on one overdue case; None if it is no longer due, waits, or is being acted upon."""
    found = _visit(session, [case_id], ground=ground_on(session, now=now), now=now).get(case_id)
    return found if isinstance(found, Step) else None


def _visit(session: Session, case_ids: Sequence[int], *, ground: Ground, now: datetime) -> Visited:
    """What was done with each case; one that is somebody else's, or no longer due, is not in the answer.

    A sweep brings the ground of its moment: policies change from one day to the next, and a year loaded
    meanwhile makes no deadline less certain than its row says.
    """
    # The sweep only nominates; somebody may have acted since.
    due = [case for case in lock_free(session, case_ids) if case.due_at is not None and case.due_at <= now]
    found: Visited = {}
    for dossier, judged in _judge_all(session, due, ground=ground, now=now):
        case, facts = dossier.case, dossier.facts
        match judged:
            case Wait(reasons):
                _draft_notice(session, dossier, reasons, ground, now)
                remember(session, case, reasons, standing=facts, now=now)
                found[case.id] = judged
            case Step():
                _take(session, dossier, judged, ground, now)
                found[case.id] = judged
            case None:
                pass
            case _:
                assert_never(judged)
    return found


def foresee(
    session: Session, cases: Sequence[Case], *, ground: Ground, now: datetime
) -> list[tuple[Dossier, Step | Wait | None]]:
    """What the sweep would do with these cases at `now`; changes nothing."""
    return _judge_all(session, cases, ground=ground, now=now)


def _judge_all(
    session: Session, cases: Sequence[Case], *, ground: Ground, now: datetime
) -> list[tuple[Dossier, Step | Wait | None]]:
    pending = undecided(session, [case.id for case in cases])
    return [
        (dossier, _judge(dossier, pending.get(dossier.case.id, 0), ground=ground, now=now))
        for dossier in read(session, cases)
    ]


def _judge(dossier: Dossier, pending: int, *, ground: Ground, now: datetime) -> Step | Wait | None:
    case, deadline = dossier.case, dossier.running
    if deadline is None or deadline.due_at > now or DeadlineKind(deadline.kind) not in ACTING:
        return None
    reasons = waits(gather(dossier, deadline, undecided_checkins=pending))
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
    session: Session, dossier: Dossier, reasons: Sequence[WaitReason], ground: Ground, now: datetime
) -> None:
    if tuple(reasons) != (WaitReason.NOTICE_AWAITS_OFFICER,):
        return
    if any(fact.kind == FactKind.NOTICE_DRAFT for fact in dossier.facts):
        return
    case, said = dossier.case, "期限届满，责令整改通知书待工作人员签发"
    detail = {"event": Event.MISSED.value}
    beside.begin(session, case.id, FactKind.NOTICE_DRAFT, by="system", reason=said, detail=detail, now=now)
    note(session, case, "notice_drafted", ground=ground, actor=SYSTEM, reason=said, now=now)


def _take(session: Session, dossier: Dossier, step: Step, ground: Ground, now: datetime) -> None:
    case, deadline = dossier.case, dossier.running
    assert deadline is not None
    halt(session, case, deadline, reason="missed", facts=dossier.facts, now=now)
    facts = {
        "deadline": deadline.id,
        "kind": deadline.kind,
        "last_day": deadline.last_day.isoformat(),
        "calendar": deadline.calendar_version,
    }
    move(session, case, step.event, ground=ground, actor=SYSTEM, facts=facts, now=now)
    enter_as_read(session, dossier, ground=ground, now=now)


def in_parts(ids: Sequence[int], size: int) -> list[Sequence[int]]:
    """The ids in their order, `size` at a time."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]
