"""Reads about check-ins, one named query each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from verify_api.cases.models import Case, CaseDeadline, CheckIn, ListedPerson, PersonList, Proposal
from verify_api.cases.pauses import receded
from verify_api.cases.timing import running
from verify_api.checkins.models import Attempt, AttemptFrame, AttemptState

WINDOW = "window_verification"
UNDECIDED = (AttemptState.VERIFYING.value, AttemptState.NEEDS_REVIEW.value)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the listed people have checked in."""

    done: int
    total: int

    @property
    def is_complete(self) -> bool:
        """All selected people, not only half of them (SZ-30c). An empty list is never complete."""
        return self.total > 0 and self.done >= self.total


def progress(session: Session, list_id: int) -> Progress:
    """Standing check-ins against people on the list."""
    done = select(func.count()).where(CheckIn.list_id == list_id, CheckIn.voided_at.is_(None))
    total = select(func.count()).where(ListedPerson.list_id == list_id)
    return Progress(session.scalar(done) or 0, session.scalar(total) or 0)


def standing_checkin(session: Session, list_id: int, person_id: int) -> CheckIn | None:
    """The accepted check-in of a person on a list, unless it was voided."""
    query = select(CheckIn).where(
        CheckIn.list_id == list_id, CheckIn.person_id == person_id, CheckIn.voided_at.is_(None)
    )
    return session.scalar(query)


def voided_checkins(session: Session, case_id: int) -> list[CheckIn]:
    """The newest voided check-in of everybody on the list in force who has not come again."""
    row = approved_list(session, case_id)
    if row is None:
        return []
    found = list(session.scalars(select(CheckIn).where(CheckIn.list_id == row.id).order_by(CheckIn.id)))
    stands = {one.person_id for one in found if one.voided_at is None}
    return list({one.person_id: one for one in found if one.person_id not in stands}.values())


def approved_list(session: Session, case_id: int) -> PersonList | None:
    """The approved list people check in for: the newest one."""
    query = select(PersonList).where(PersonList.case_id == case_id, PersonList.status == "approved")
    return session.scalar(query.order_by(PersonList.version.desc()).limit(1))


def is_in_force(session: Session, row: PersonList) -> bool:
    """Whether people check in for this list: approved, and no later one has taken its place.

    The list of the first round stays approved when 整改 brings a new one; nobody comes for it any more.
    """
    newest = approved_list(session, row.case_id)
    return newest is not None and newest.id == row.id


def closes_at(session: Session, row: PersonList, *, now: datetime) -> datetime | None:
    """When the window of a list closes; while a pause stands it recedes."""
    deadline = running(session, row.case_id)
    if deadline is None or deadline.due_at != row.window_closes_at:
        return row.window_closes_at
    return receded(session, deadline, now=now)


def is_listed(session: Session, list_id: int, person_id: int) -> bool:
    """Whether the person stands on the list."""
    return session.get(ListedPerson, (list_id, person_id)) is not None


def lists_of_person(session: Session, person_id: int) -> list[tuple[PersonList, Case]]:
    """The newest approved list of every case the person stands on, newest first."""
    query = (
        select(PersonList, Case)
        .join(Case, Case.id == PersonList.case_id)
        .join(ListedPerson, ListedPerson.list_id == PersonList.id)
        .where(ListedPerson.person_id == person_id, PersonList.status == "approved")
        .order_by(PersonList.id.desc())
    )
    found: dict[int, tuple[PersonList, Case]] = {}
    for row, case in session.execute(query):
        found.setdefault(case.id, (row, case))
    return list(found.values())


def attempts_since(session: Session, person_id: int, *, since: datetime) -> int:
    """Attempts that got as far as a challenge; refusals at the door do not use up the day's tries."""
    query = select(func.count()).where(
        Attempt.person_id == person_id,
        Attempt.opened_at >= since,
        Attempt.state.not_in([AttemptState.REFUSED.value, AttemptState.EXPIRED.value]),
    )
    return session.scalar(query) or 0


def undecided(session: Session, case_ids: Sequence[int]) -> dict[int, int]:
    """Check-ins received before the running deadline of their case that have no verdict yet, by case.

    Guard (a) of every adverse step. One that a first officer has signed at the window is received, and
    undecided until the second has signed. A case without any is not in the answer.
    """
    attempts = (
        select(PersonList.case_id, func.count().label("n"))
        .select_from(Attempt)
        .join(PersonList, PersonList.id == Attempt.list_id)
        .join(CaseDeadline, CaseDeadline.case_id == PersonList.case_id)
        .where(
            PersonList.case_id.in_(case_ids),
            PersonList.status == "approved",
            CaseDeadline.ended_at.is_(None),
            Attempt.state.in_(UNDECIDED),
            Attempt.received_at < CaseDeadline.due_at,
        )
        .group_by(PersonList.case_id)
    )
    windows = (
        select(PersonList.case_id, func.count().label("n"))
        .select_from(Proposal)
        .join(PersonList, PersonList.id == Proposal.detail["list"].as_integer())
        .join(CaseDeadline, CaseDeadline.case_id == PersonList.case_id)
        .where(
            Proposal.case_id.in_(case_ids),
            Proposal.action == WINDOW,
            Proposal.outcome.is_(None),
            PersonList.status == "approved",
            CaseDeadline.ended_at.is_(None),
            Proposal.proposed_at < CaseDeadline.due_at,
        )
        .group_by(PersonList.case_id)
    )
    both = attempts.union_all(windows).subquery()
    query = select(both.c.case_id, func.sum(both.c.n)).group_by(both.c.case_id)
    return {case_id: int(n) for case_id, n in session.execute(query)}


def frames_of(session: Session, attempt_id: int) -> list[AttemptFrame]:
    """The frames in the order of the prompts."""
    query = select(AttemptFrame).where(AttemptFrame.attempt_id == attempt_id)
    return list(session.scalars(query.order_by(AttemptFrame.n, AttemptFrame.seq)))


def seen_elsewhere(session: Session, attempt_id: int, digests: Sequence[str]) -> frozenset[str]:
    """Which of these very files were already uploaded with another attempt, of anybody."""
    query = select(AttemptFrame.sha256).where(
        AttemptFrame.sha256.in_(digests), AttemptFrame.attempt_id != attempt_id
    )
    return frozenset(session.scalars(query))


def earlier_fingerprints(session: Session, attempt: Attempt, *, limit: int = 2000) -> list[str]:
    """Picture fingerprints of the person's and the device's earlier attempts."""
    who = (Attempt.person_id == attempt.person_id) | (
        (Attempt.device_id == attempt.device_id) & (Attempt.device_id != "")
    )
    query = (
        select(AttemptFrame.fingerprint)
        .join(Attempt, Attempt.id == AttemptFrame.attempt_id)
        .where(who, Attempt.id != attempt.id, AttemptFrame.fingerprint.is_not(None))
        .order_by(AttemptFrame.id.desc())
        .limit(limit)
    )
    return [found for found in session.scalars(query) if found is not None]


def stuck(session: Session, *, now: datetime, after: timedelta) -> list[int]:
    """Attempts that should have had a verdict by now; their job may have died with its worker."""
    query = select(Attempt.id).where(
        Attempt.state == AttemptState.VERIFYING.value, Attempt.received_at <= now - after
    )
    return list(session.scalars(query.order_by(Attempt.id).limit(500)))


def front_frames(session: Session, public_ids: Sequence[str]) -> dict[str, int]:
    """Attempt → the frame to show beside the reference photograph: of its front view, else the first.

    Attempts whose pictures were erased have none.
    """
    query = (
        select(Attempt.public_id, Attempt.prompts, AttemptFrame.id, AttemptFrame.n)
        .join(AttemptFrame, AttemptFrame.attempt_id == Attempt.id)
        .where(Attempt.public_id.in_(public_ids), AttemptFrame.purged_at.is_(None))
        .order_by(AttemptFrame.n, AttemptFrame.seq)
    )
    first: dict[str, int] = {}
    front: dict[str, int] = {}
    for attempt, prompts, frame, n in session.execute(query):
        first.setdefault(attempt, frame)
        if any(prompt["n"] == n and prompt["ask"] == "front" for prompt in prompts):
            front.setdefault(attempt, frame)
    return first | front
