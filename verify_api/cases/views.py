"""Cases as plain mappings, the same for portal, console and pages. No rules here, only words and dates."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from verify_api.cases import queries
from verify_api.cases.models import Case, CaseDeadline, CaseFact, PersonList
from verify_api.cases.states import CAPABILITIES, LABELS, State, Track
from verify_api.cases.timing import KIND_LABELS, DeadlineKind
from verify_api.cases.transition import spoken

TRACK_LABELS = {Track.FIRST: "首次核查", Track.STOCK: "日常核查"}
NEXT_STEP = {
    (Track.FIRST, DeadlineKind.INITIATE): "逾期将待证书到期自动失效",
    (Track.FIRST, DeadlineKind.CHECK_IN): "逾期将待证书到期自动失效",
    (Track.FIRST, DeadlineKind.EXPIRE): "届时资质到期自动失效",
    (Track.STOCK, DeadlineKind.INITIATE): "逾期将发出责令整改通知书",
    (Track.STOCK, DeadlineKind.RESUBMIT): "逾期将发出责令整改通知书",
    (Track.STOCK, DeadlineKind.CHECK_IN): "逾期将发出责令整改通知书",
    (Track.STOCK, DeadlineKind.REPORT): "逾期将依法撤回相应资质",
    (Track.STOCK, DeadlineKind.RECHECK_IN): "逾期将依法撤回相应资质",
    (Track.STOCK, DeadlineKind.DEFENCE): "期满后由工作人员作出决定",
}


def iso(at: datetime | None) -> str | None:
    """A time with the offset of Shanghai."""
    return at.astimezone(SHANGHAI).isoformat() if at is not None else None


def days_left(deadline: CaseDeadline, *, now: datetime) -> int:
    """Calendar days until the last day; 0 on it, negative after it."""
    return (deadline.last_day - now.astimezone(SHANGHAI).date()).days


def deadline_view(case: Case, row: CaseDeadline | None, *, now: datetime) -> dict[str, Any] | None:
    """A deadline with what follows if it is missed."""
    if row is None:
        return None
    kind = DeadlineKind(row.kind)
    in_rectification = "rectification" in case.state.lower() or case.rectification_served_on is not None
    track = Track(case.track)
    follows = NEXT_STEP.get((track, kind), "")
    if kind is DeadlineKind.RESUBMIT and in_rectification:
        follows = NEXT_STEP[(Track.STOCK, DeadlineKind.REPORT)]
    return {
        "kind": row.kind,
        "label": KIND_LABELS[kind],
        "start_day": row.start_day.isoformat(),
        "rule": row.rule,
        "last_day": row.last_day.isoformat(),
        "due_at": iso(row.due_at),
        "days_left": days_left(row, now=now),
        "rolled_from": row.rolled_from.isoformat() if row.rolled_from else None,
        "is_provisional": row.is_provisional,
        "calendar": row.calendar_version,
        "basis": row.basis,
        "follows": follows,
        "ended_reason": row.ended_reason or None,
    }


def fact_view(fact: CaseFact) -> dict[str, Any]:
    """A fact beside the state."""
    return {
        "id": fact.id,
        "kind": fact.kind,
        "since": iso(fact.since),
        "by": fact.by,
        "reason": fact.reason,
        "detail": fact.detail,
    }


def summary(
    case: Case, deadline: CaseDeadline | None, facts: Sequence[CaseFact], *, now: datetime
) -> dict[str, Any]:
    """One line of a list. The case must have `enterprise` and `items` loaded."""
    state = State(case.state)
    return {
        "number": case.number,
        "track": case.track,
        "track_label": TRACK_LABELS[Track(case.track)],
        "state": case.state,
        "state_label": LABELS[state],
        "enterprise": {"uscc": case.enterprise.uscc, "name": case.enterprise.name},
        "items": [{"item": item.item_id, "title": item.title} for item in case.items],
        "opened_at": iso(case.opened_at),
        "closed_at": iso(case.closed_at),
        "deadline": deadline_view(case, deadline, now=now),
        "facts": [fact_view(fact) for fact in facts],
        "capabilities": sorted(CAPABILITIES[state]),
    }


def summaries(session: Session, cases: Sequence[Case], *, now: datetime) -> list[dict[str, Any]]:
    """Lines for many cases with three queries in all."""
    ids = [case.id for case in cases]
    running = queries.running_deadlines(session, ids)
    facts = queries.standing_facts(session, ids)
    return [summary(case, running.get(case.id), facts[case.id], now=now) for case in cases]


def list_view(session: Session, row: PersonList) -> dict[str, Any]:
    """One version of a list."""
    done, total = queries.people_done(session, row.id)
    return {
        "version": row.version,
        "round": row.round,
        "status": row.status,
        "people": row.people,
        "requirement": row.requirement,
        "findings": row.findings,
        "has_safety_permit": row.has_safety_permit,
        "submitted_at": iso(row.submitted_at),
        "claimed_at": iso(row.claimed_at),
        "reviewed_at": iso(row.reviewed_at),
        "opinion": row.opinion,
        "fence": row.fence,
        "window_closes_at": iso(row.window_closes_at),
        "done": done,
        "total": total,
    }


def detail(session: Session, case: Case, *, now: datetime) -> dict[str, Any]:
    """Everything about a case that an enterprise may see."""
    [line] = summaries(session, [case], now=now)
    rows = queries.deadlines(session, case.id)
    return line | {
        "deadlines": [deadline_view(case, row, now=now) for row in rows],
        "lists": [list_view(session, row) for row in queries.lists(session, case.id)],
        "reports": [
            {"id": row.id, "text": row.text, "sha256": row.sha256, "uploaded_at": iso(row.uploaded_at)}
            for row in queries.reports(session, case.id)
        ],
        "rectification_served_on": case.rectification_served_on.isoformat()
        if case.rectification_served_on
        else None,
        "history": [
            {
                "seq": event.seq,
                "at": iso(event.at),
                "event": event.event,
                "label": spoken(event.event),
                "from": event.from_state,
                "to": event.to_state,
                "reason": event.reason,
                "policy": event.policy_version,
                "facts": event.facts,
            }
            for event in queries.history(session, case.id)
        ],
    }
