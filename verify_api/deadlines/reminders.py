"""Reminders before a deadline (A.1.3): FIRST T-90/30/7/1, the others T-7/3/1. Each is sent once."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.db import Sessions
from verify_api.cases.each import each
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.models import Case, CaseDeadline
from verify_api.cases.pauses import receded
from verify_api.cases.recipients import of_case
from verify_api.cases.states import RECTIFICATION, State, Track
from verify_api.cases.timing import DeadlineKind
from verify_api.messages import kinds
from verify_api.messages.models import Message
from verify_api.messages.templates import Deadline

ABOUT = {
    (Track.FIRST, DeadlineKind.INITIATE): Deadline.FIRST_INITIATE,
    (Track.FIRST, DeadlineKind.CHECK_IN): Deadline.FIRST_CHECK_IN,
    (Track.STOCK, DeadlineKind.INITIATE): Deadline.STOCK_INITIATE,
    (Track.STOCK, DeadlineKind.CHECK_IN): Deadline.STOCK_CHECK_IN,
    (Track.STOCK, DeadlineKind.RESUBMIT): Deadline.RESUBMIT,
    (Track.STOCK, DeadlineKind.REPORT): Deadline.REPORT,
    (Track.STOCK, DeadlineKind.RECHECK_IN): Deadline.RECHECK_IN,
}


def due_reminder(days_left: int, days: tuple[int, ...], days_at_start: int) -> int | None:
    """The reminder that belongs to a day: the smallest mark not yet passed, None before the first or after.

    A mark that had passed when the deadline began is none: nobody is told "90 days" on a one-month clock.
    After a day without a scheduler the missed mark is still sent, once, because its key is the mark.
    """
    if days_left < 0:
        return None
    marks = [mark for mark in days if days_left <= mark < days_at_start]
    return min(marks) if marks else None


def remind(sessions: Sessions, *, now: datetime) -> int:
    """Leave the reminders of today; returns how many cases were looked at. Safe to repeat."""
    with sessions() as session:
        ground = ground_on(session, now=now)
        furthest = max((*ground.policy.messages.first_reminder_days, *ground.policy.messages.reminder_days))
        until = now + timedelta(days=furthest + 1)
        query = select(Case.id).where(Case.due_at > now, Case.due_at <= until).order_by(Case.id)
        ids = list(session.scalars(query))
    return len(each(sessions, ids, lambda s, case_id: _remind_one(s, case_id, ground, now), what="reminder"))


def _remind_one(session: Session, case_id: int, ground: Ground, now: datetime) -> None:
    found = session.execute(
        select(Case, CaseDeadline)
        .join(CaseDeadline, CaseDeadline.case_id == Case.id)
        .where(Case.id == case_id, CaseDeadline.ended_at.is_(None), CaseDeadline.due_at > now)
        .with_for_update(of=Case, skip_locked=True)
    ).first()
    if found is None:
        return
    case, deadline = found
    if receded(session, deadline, now=now) > deadline.due_at:
        return  # The clock stands: nobody can say how many days are left.
    track, kind = Track(case.track), DeadlineKind(deadline.kind)
    days_left = (deadline.last_day - now.astimezone(SHANGHAI).date()).days
    began = _began(session, deadline).astimezone(SHANGHAI).date()
    messages = ground.policy.messages
    days = messages.first_reminder_days if track is Track.FIRST else messages.reminder_days
    mark = due_reminder(days_left, days, (deadline.last_day - began).days)
    if mark is None:
        return
    # By the day and not by the row: a deadline computed again is the same one unless its last day has moved.
    key = f"case:{case.id}:{kind}:{deadline.last_day}:reminder:{mark}"
    if session.scalar(select(Message.id).where(Message.key == key)) is not None:
        return
    to = of_case(session, case, now=now)
    if kind is DeadlineKind.EXPIRE:
        kinds.to_be_expired(session, **to, key=key, expires_on=deadline.last_day, days_left=days_left)
        return
    about = ABOUT.get((track, kind))
    if kind is DeadlineKind.RESUBMIT and State(case.state) in RECTIFICATION:
        about = Deadline.REPORT
    if about is not None:
        kinds.reminder(
            session, **to, key=key, deadline=about, last_day=deadline.last_day, days_left=days_left
        )


def _began(session: Session, deadline: CaseDeadline) -> datetime:
    """When it began to run. Computed again under another calendar it is still the one that began then."""
    row: CaseDeadline | None = deadline
    while row is not None:
        began = row.created_at
        former = select(CaseDeadline).where(
            CaseDeadline.case_id == row.case_id,
            CaseDeadline.ended_at == row.created_at,
            CaseDeadline.ended_reason == "recomputed",
            CaseDeadline.id < row.id,
        )
        row = session.scalar(former.order_by(CaseDeadline.id.desc()).limit(1))
    return began
