"""Running deadlines computed again when a calendar year is loaded (T-03, guard c of DOMAIN §0).

Each case in a transaction of its own, under its lock; what was done already is found done, so a run that was
cut off is simply run again. Nothing adverse happens here: the sweep acts afterwards, as on any other day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from registry.db import Sessions
from verify_api.accounts.actor import SYSTEM
from verify_api.cases.each import each
from verify_api.cases.ground import ground_on
from verify_api.cases.models import CaseDeadline
from verify_api.cases.timing import renew, running
from verify_api.cases.transition import lock, note
from verify_api.deadlines.service import LoadedYear, current_calendar

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Renewed:
    """What the new calendar made of one running deadline."""

    case_id: int
    former_day: date
    last_day: date
    was_provisional: bool
    is_provisional: bool

    @property
    def is_moved(self) -> bool:
        """Whether the last day is another one."""
        return self.last_day != self.former_day

    @property
    def is_settled(self) -> bool:
        """Whether a guess became certain."""
        return self.was_provisional and not self.is_provisional


def recompute(sessions: Sessions, *, done: LoadedYear, now: datetime) -> list[Renewed]:
    """Compute again every running deadline that the loaded year touches; returns those that changed."""
    touched = (CaseDeadline.start_day <= done.last_day) & (
        (CaseDeadline.last_day >= done.first_day) | CaseDeadline.is_provisional
    )
    return _all(sessions, touched, now=now)


def settle(sessions: Sessions, *, now: datetime) -> list[Renewed]:
    """The same for guessed deadlines of an older calendar, whoever loaded the year: the scheduler's net."""
    with sessions() as session:
        version = current_calendar(session).version
    stale = CaseDeadline.is_provisional & (CaseDeadline.calendar_version != version)
    return _all(sessions, stale, now=now)


def _all(sessions: Sessions, wanted: ColumnElement[bool], *, now: datetime) -> list[Renewed]:
    renewed: list[Renewed] = []
    last = 0
    while True:
        with sessions() as session:
            ids = _nominate(session, wanted, after=last)
        if not ids:
            return renewed
        last = ids[-1]
        found = each(sessions, ids, lambda session, one: renew_one(session, one, now=now), what="renewal")
        renewed += [one for one in found if one is not None]


def _nominate(session: Session, wanted: ColumnElement[bool], *, after: int) -> Sequence[int]:
    query = select(CaseDeadline.case_id).where(CaseDeadline.ended_at.is_(None), CaseDeadline.case_id > after)
    return session.scalars(query.where(wanted).order_by(CaseDeadline.case_id).limit(BATCH)).all()


def renew_one(session: Session, case_id: int, *, now: datetime) -> Renewed | None:
    """Compute one case's running deadline again; None if its end stays what it was."""
    case = lock(session, case_id)
    before = running(session, case_id)
    if case is None or before is None:
        return None
    ground = ground_on(session, now=now)
    row = renew(session, case, ground=ground, now=now)
    if row is None:
        return None
    facts = {
        "kind": row.kind,
        "from": before.last_day.isoformat(),
        "to": row.last_day.isoformat(),
        "was_provisional": before.is_provisional,
        "is_provisional": row.is_provisional,
        "calendar": row.calendar_version,
    }
    note(session, case, "recomputed", ground=ground, actor=SYSTEM, facts=facts, now=now)
    return Renewed(case_id, before.last_day, row.last_day, before.is_provisional, row.is_provisional)
