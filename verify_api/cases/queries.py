"""Reads about cases: one named query per list or number."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from registry.enterprises.models import Enterprise, QualificationItem
from verify_api.cases.models import (
    Case,
    CaseDeadline,
    CaseEvent,
    CaseFact,
    CaseItem,
    CheckIn,
    ListedPerson,
    PersonList,
    Proposal,
    RectificationReport,
)
from verify_api.cases.states import RECTIFICATION, State, Track
from verify_api.notices.models import Notice, NoticeKind
from verify_api.settings import settings

PAGE = 50


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page of cases with the total."""

    cases: list[Case]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // PAGE))


def cases_of_enterprise(session: Session, enterprise_id: int) -> list[Case]:
    """All cases of an enterprise, newest first."""
    query = select(Case).where(Case.enterprise_id == enterprise_id).options(*_LOADED)
    return list(session.scalars(query.order_by(Case.id.desc())))


def find_cases(
    session: Session,
    *,
    states: Sequence[State] = (),
    track: Track | None = None,
    text: str = "",
    page: int = 1,
) -> CasePage:
    """Cases for staff: by state, track, and part of a number, USCC or name; the next due first."""
    wanted: list[ColumnElement[bool]] = []
    if states:
        wanted.append(Case.state.in_([state.value for state in states]))
    if track:
        wanted.append(Case.track == track.value)
    if text.strip():
        like = f"%{text.strip()}%"
        named = or_(Case.number.ilike(like), Enterprise.name.ilike(like), Enterprise.uscc.ilike(like))
        wanted.append(named)
    base = select(Case).join(Enterprise, Enterprise.id == Case.enterprise_id).where(*wanted)
    total = session.scalar(select(func.count()).select_from(base.subquery())) or 0
    ordered = base.options(*_LOADED).order_by(Case.due_at.asc().nulls_last(), Case.id.desc())
    rows = session.scalars(ordered.limit(PAGE).offset((max(page, 1) - 1) * PAGE))
    return CasePage(list(rows), total, max(page, 1))


def rectification_board(session: Session) -> list[Case]:
    """Cases in 整改 or at its end, the most urgent first."""
    states = [*RECTIFICATION, State.REVOCATION_PROPOSED, State.RECTIFIED, State.REVOKED, State.NOT_REVOKED]
    query = select(Case).where(Case.state.in_([state.value for state in states])).options(*_LOADED)
    ordered = query.order_by(Case.closed_at.is_not(None), Case.due_at.asc().nulls_first(), Case.id.desc())
    return list(session.scalars(ordered.limit(500)))


def count_by_state(session: Session) -> dict[State, int]:
    """How many cases stand in each state."""
    query = select(Case.state, func.count()).group_by(Case.state)
    return {State(state): count for state, count in session.execute(query)}


def history(session: Session, case_id: int) -> list[CaseEvent]:
    """Everything that happened, in order."""
    query = select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.seq)
    return list(session.scalars(query))


def histories(session: Session, case_ids: Sequence[int]) -> dict[int, list[CaseEvent]]:
    """Everything that happened to each of these cases, in order."""
    query = select(CaseEvent).where(CaseEvent.case_id.in_(case_ids))
    found: dict[int, list[CaseEvent]] = {case_id: [] for case_id in case_ids}
    for event in session.scalars(query.order_by(CaseEvent.case_id, CaseEvent.seq)):
        found[event.case_id].append(event)
    return found


def checkins_done(session: Session, case_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """(checked in, on the list) for the newest approved list of each of these cases that has one."""
    newest = (
        select(func.max(PersonList.id))
        .where(PersonList.case_id.in_(case_ids), PersonList.status == "approved")
        .group_by(PersonList.case_id)
    )
    stands = (CheckIn.list_id == ListedPerson.list_id) & (CheckIn.person_id == ListedPerson.person_id)
    query = (
        select(PersonList.case_id, func.count(CheckIn.id), func.count())
        .join(ListedPerson, ListedPerson.list_id == PersonList.id)
        .outerjoin(CheckIn, stands & CheckIn.voided_at.is_(None))
        .where(PersonList.id.in_(newest))
        .group_by(PersonList.case_id)
    )
    return {case_id: (done, total) for case_id, done, total in session.execute(query)}


def deadlines(session: Session, case_id: int) -> list[CaseDeadline]:
    """Every deadline the case ever had, the newest first."""
    query = select(CaseDeadline).where(CaseDeadline.case_id == case_id).order_by(CaseDeadline.id.desc())
    return list(session.scalars(query))


def running_deadlines(session: Session, case_ids: Sequence[int]) -> dict[int, CaseDeadline]:
    """The running deadline of each of these cases."""
    query = select(CaseDeadline).where(CaseDeadline.case_id.in_(case_ids), CaseDeadline.ended_at.is_(None))
    return {row.case_id: row for row in session.scalars(query)}


def lists(session: Session, case_id: int) -> list[PersonList]:
    """Every version of the list, the newest first."""
    query = select(PersonList).where(PersonList.case_id == case_id).order_by(PersonList.version.desc())
    return list(session.scalars(query))


def reports(session: Session, case_id: int) -> list[RectificationReport]:
    """整改报告, the newest first."""
    query = select(RectificationReport).where(RectificationReport.case_id == case_id)
    return list(session.scalars(query.order_by(RectificationReport.id.desc())))


def standing_facts(session: Session, case_ids: Sequence[int]) -> dict[int, list[CaseFact]]:
    """What stands beside the state of each of these cases: holds, pauses, appeals, waits."""
    query = select(CaseFact).where(CaseFact.case_id.in_(case_ids), CaseFact.ended_at.is_(None))
    found: dict[int, list[CaseFact]] = {case_id: [] for case_id in case_ids}
    for fact in session.scalars(query.order_by(CaseFact.id)):
        found[fact.case_id].append(fact)
    return found


def waiting_room(session: Session) -> list[tuple[CaseFact, Case]]:
    """Every case the sweep waits for, and every failed service, with the reason, the longest wait first."""
    kinds = ("wait", "service_failed", "notice_draft", "hold", "appeal", "pause")
    query = (
        select(CaseFact, Case)
        .join(Case, Case.id == CaseFact.case_id)
        .where(CaseFact.ended_at.is_(None), CaseFact.kind.in_(kinds))
        .options(*_LOADED)
        .order_by(CaseFact.since)
    )
    return [(fact, case) for fact, case in session.execute(query)]


def open_proposals(session: Session, case_id: int | None = None) -> list[Proposal]:
    """Steps that wait for a second officer."""
    query = select(Proposal).where(Proposal.outcome.is_(None))
    if case_id is not None:
        query = query.where(Proposal.case_id == case_id)
    return list(session.scalars(query.order_by(Proposal.id)))


def unconfirmed(session: Session) -> list[tuple[Proposal, Case]]:
    """Every step that waits for a second officer, with its case."""
    query = select(Proposal, Case).join(Case, Case.id == Proposal.case_id)
    query = query.where(Proposal.outcome.is_(None)).options(*_LOADED).order_by(Proposal.id)
    return [(row, case) for row, case in session.execute(query)]


def people_done(session: Session, list_id: int) -> tuple[int, int]:
    """(checked in, on the list)."""
    done = select(func.count()).where(CheckIn.list_id == list_id, CheckIn.voided_at.is_(None))
    total = select(func.count()).where(ListedPerson.list_id == list_id)
    return session.scalar(done) or 0, session.scalar(total) or 0


def people_at_window(session: Session, case_id: int) -> list[int]:
    """Who stands checked in by window verification, on whichever list is approved."""
    query = (
        select(CheckIn.person_id)
        .join(PersonList, PersonList.id == CheckIn.list_id)
        .where(PersonList.case_id == case_id, PersonList.status == "approved")
        .where(CheckIn.method == "window", CheckIn.voided_at.is_(None))
    )
    return list(session.scalars(query.order_by(CheckIn.id)))


_LOADED = (joinedload(Case.enterprise), selectinload(Case.items))


def awaits_withdrawal() -> ColumnElement[bool]:
    """Of a 资质项: its 撤回 has been decided and takes effect once the decision is served."""
    unserved = Notice.delivered_at.is_(None) & Notice.served_at.is_(None)
    in_force = Notice.rescinded_at.is_(None) & Notice.replaced_at.is_(None)
    decided = exists().where(
        CaseItem.item_id == QualificationItem.id,
        Notice.case_id == CaseItem.case_id,
        Notice.kind == NoticeKind.REVOCATION.value,
        unserved & in_force,
    )
    return decided & (QualificationItem.licensing_authority == settings().licensing_authority)
