"""What staff pages read besides the shared views: one named query per list or number."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from registry.enterprises.models import Enterprise, RegisteredPoint
from registry.people.models import Person, RosterEntry
from verify_api.accounts.models import Account, Onboarding
from verify_api.cases.models import Case, CaseEvent, CaseFact, PersonList, Proposal
from verify_api.cases.states import Capability, State, may
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.notices.models import Notice, NoticeKind
from verify_api.selection.checking import find_moved_leads

REVIEWING = [state.value for state in State if may(state, Capability.REVIEW)]
PAGE = 30


def counts(session: Session) -> dict[str, int]:
    """What waits for somebody, for the numbers beside the tabs."""
    lists = select(func.count()).where(Case.state.in_(REVIEWING))
    attempts = select(func.count()).where(Attempt.state == AttemptState.NEEDS_REVIEW.value)
    waiting = select(func.count(func.distinct(CaseFact.case_id))).where(
        CaseFact.ended_at.is_(None), CaseFact.kind.in_(["wait", "service_failed", "notice_draft", "appeal"])
    )
    unsigned = select(func.count()).where(Proposal.outcome.is_(None))
    queries = {"reviews": lists, "attempts": attempts, "waiting": waiting, "unsigned": unsigned}
    found = {name: session.scalar(query) or 0 for name, query in queries.items()}
    return found | {"waiting": found["waiting"] + found["unsigned"]}


def review_queue(session: Session) -> list[tuple[PersonList, Case]]:
    """Lists that wait for a review, the oldest first (SZ-26)."""
    query = (
        select(PersonList, Case)
        .join(Case, Case.id == PersonList.case_id)
        .where(Case.state.in_(REVIEWING), PersonList.status == "submitted")
        .options(joinedload(Case.enterprise), selectinload(Case.items))
        .order_by(PersonList.submitted_at)
    )
    return [(row, case) for row, case in session.execute(query)]


def newest_notices(session: Session, case_ids: Sequence[int]) -> dict[int, Notice]:
    """The 责令整改通知书 in force of each of these cases."""
    query = (
        select(Notice)
        .where(
            Notice.case_id.in_(case_ids),
            Notice.kind == NoticeKind.RECTIFICATION.value,
            Notice.rescinded_at.is_(None),
            Notice.replaced_at.is_(None),
        )
        .order_by(Notice.id)
    )
    return {row.case_id: row for row in session.scalars(query) if row.case_id is not None}


def last_reason(session: Session, case_id: int) -> str:
    """The last reason given for a step of the case."""
    query = select(CaseEvent.reason).where(CaseEvent.case_id == case_id, CaseEvent.reason != "")
    return session.scalar(query.order_by(CaseEvent.seq.desc()).limit(1)) or ""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of enterprises."""

    rows: list[tuple[Enterprise, Account | None, Onboarding | None]]
    total: int


def find_enterprises(session: Session, *, text: str, page: int) -> Found:
    """Enterprises by part of name or USCC, with their account and gate, those included first."""
    like = f"%{text.strip()}%"
    wanted = or_(Enterprise.name.ilike(like), Enterprise.uscc.ilike(like))
    total = session.scalar(select(func.count()).select_from(Enterprise).where(wanted)) or 0
    query = (
        select(Enterprise, Account, Onboarding)
        .outerjoin(Account, Account.enterprise_id == Enterprise.id)
        .outerjoin(Onboarding, Onboarding.enterprise_id == Enterprise.id)
        .where(wanted)
        .order_by(Account.id.is_(None), Enterprise.name)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return Found([(a, b, c) for a, b, c in session.execute(query)], total)


def points_of(session: Session, enterprise_id: int) -> list[RegisteredPoint]:
    """The versions of an enterprise's point, the newest first."""
    query = select(RegisteredPoint).where(RegisteredPoint.enterprise_id == enterprise_id)
    return list(session.scalars(query.order_by(RegisteredPoint.id.desc()).limit(20)))


def departed(session: Session, case: Case, row: PersonList) -> set[int]:
    """People of a sent list who are no longer on the roster: the list stays, the reviewer is told (SZ-17)."""
    listed = {one["person"] for one in row.people}
    query = select(RosterEntry.person_id).where(
        RosterEntry.enterprise_id == case.enterprise_id, RosterEntry.dropped_at.is_(None)
    )
    return listed - set(session.scalars(query))


@dataclass(frozen=True, slots=True)
class MovedLine:
    """A 技术负责人 who leads here now and led another firm when that was verified not long ago."""

    person: Person
    enterprise: Enterprise
    elsewhere: Enterprise
    verified_on: date


def moved_lines(session: Session, *, today: date, months: int) -> list[MovedLine]:
    """Whom the next batch might look at: a pointer, never a ground; none where the policy says 0 months."""
    found = find_moved_leads(session, on=today, months=months) if months else []
    people = session.scalars(select(Person).where(Person.id.in_({one.person_id for one in found})))
    ids = {one for lead in found for one in (lead.enterprise_id, lead.seen_at.enterprise_id)}
    firms = {row.id: row for row in session.scalars(select(Enterprise).where(Enterprise.id.in_(ids)))}
    named = {row.id: row for row in people}
    lines = {
        (lead.person_id, lead.enterprise_id): MovedLine(
            named[lead.person_id],
            firms[lead.enterprise_id],
            firms[lead.seen_at.enterprise_id],
            lead.seen_at.verified_on,
        )
        for lead in found
    }
    return list(lines.values())


def employers(session: Session, people: Collection[int]) -> dict[int, list[Enterprise]]:
    """The enterprises on whose roster each of these people stands today."""
    query = (
        select(RosterEntry.person_id, Enterprise)
        .join(Enterprise, Enterprise.id == RosterEntry.enterprise_id)
        .where(RosterEntry.person_id.in_(people), RosterEntry.dropped_at.is_(None))
        .order_by(Enterprise.name)
    )
    found: dict[int, list[Enterprise]] = {}
    for person_id, enterprise in session.execute(query):
        found.setdefault(person_id, []).append(enterprise)
    return found


def photographed(session: Session, people: Collection[int]) -> set[int]:
    """Those of these people who have a reference photograph."""
    return set(
        session.scalars(select(Person.id).where(Person.id.in_(people), Person.photo_sha256.is_not(None)))
    )
