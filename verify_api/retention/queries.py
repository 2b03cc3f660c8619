"""Reads about kept faces."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, select, union
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.people.models import Person
from verify_api.cases.facts import FactKind
from verify_api.cases.models import Case, CaseFact, ListedPerson, PersonList, Proposal
from verify_api.checkins.models import Attempt, AttemptFrame
from verify_api.faces.models import FaceTemplate
from verify_api.messages.models import Message
from verify_api.messages.templates import Kind
from verify_api.notices.models import Notice, NoticeKind
from verify_api.retention.rules import CaseEnd

DECISIONS = {NoticeKind.REVOCATION.value: Kind.REVOKED.value, NoticeKind.LAPSE.value: Kind.LAPSED.value}
PAGE = 1000
CONTESTING = [FactKind.APPEAL.value, FactKind.HOLD.value, FactKind.PAUSE.value]


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept of people's faces, against the line of 人脸识别技术应用安全管理办法 15."""

    templates: int
    photographs: int
    with_frames: int
    people: int


def end_of_case(session: Session, case: Case) -> CaseEnd:
    """The facts that decide how long the faces of this case are kept."""
    notice = session.scalar(
        select(Notice)
        .where(
            Notice.case_id == case.id,
            Notice.kind.in_(DECISIONS),
            Notice.rescinded_at.is_(None),
            Notice.replaced_at.is_(None),
        )
        .order_by(Notice.id.desc())
        .limit(1)
    )
    return CaseEnd(
        closed_on=_day(case.closed_at),
        has_decision=notice is not None,
        told_on=_day(_told_at(session, case, notice)) if notice is not None else None,
        is_contested=_is_contested(session, case),
    )


def closed_with_frames(session: Session, *, before: datetime, after: int) -> list[int]:
    """Cases closed before the moment whose frames are still there, in order of id."""
    kept = exists().where(
        Attempt.case_id == Case.id, AttemptFrame.attempt_id == Attempt.id, AttemptFrame.purged_at.is_(None)
    )
    query = select(Case.id).where(Case.closed_at < before, Case.id > after, kept)
    return list(session.scalars(query.order_by(Case.id).limit(PAGE)))


def frames_of_case(session: Session, case_id: int) -> list[AttemptFrame]:
    """The frames of a case that are still there."""
    query = select(AttemptFrame).join(Attempt, Attempt.id == AttemptFrame.attempt_id)
    return list(session.scalars(query.where(Attempt.case_id == case_id, AttemptFrame.purged_at.is_(None))))


def people_with_ended_cases(session: Session, *, before: datetime, after: int) -> list[int]:
    """People with a template who stand on no list of a case that runs or closed since, in order of id."""
    listed = (ListedPerson.person_id == FaceTemplate.person_id) & (PersonList.id == ListedPerson.list_id)
    late = Case.closed_at.is_(None) | (Case.closed_at >= before)
    needed = exists().where(listed, Case.id == PersonList.case_id, late)
    query = select(FaceTemplate.person_id).where(
        ~needed, FaceTemplate.enrolled_at < before, FaceTemplate.person_id > after
    )
    return list(session.scalars(query.distinct().order_by(FaceTemplate.person_id).limit(PAGE)))


def cases_listing(session: Session, person_id: int) -> list[Case]:
    """Every case on whose lists the person ever stood."""
    lists = select(PersonList.case_id).join(ListedPerson, ListedPerson.list_id == PersonList.id)
    query = select(Case).where(Case.id.in_(lists.where(ListedPerson.person_id == person_id)))
    return list(session.scalars(query.order_by(Case.id)))


def stored(session: Session) -> Stored:
    """How many people's faces are kept, and as what; a person counts once in `people`."""
    templates = select(FaceTemplate.person_id)
    photographs = select(Person.id).where(Person.photo_sha256.is_not(None))
    frames = select(Attempt.person_id).join(AttemptFrame, AttemptFrame.attempt_id == Attempt.id)
    frames = frames.where(AttemptFrame.purged_at.is_(None))
    parts = [
        select(func.count()).select_from(one.distinct().subquery())
        for one in (templates, photographs, frames)
    ]
    whole = select(func.count()).select_from(union(templates, photographs, frames).subquery())
    return Stored(*(session.scalar(query) or 0 for query in (*parts, whole)))


def _told_at(session: Session, case: Case, notice: Notice) -> datetime | None:
    """The first proof that the decision arrived: its own service, or the carrier's receipt of its message."""
    if notice.proven_at is not None:
        return notice.proven_at
    kind = DECISIONS[notice.kind]
    query = select(func.min(Message.delivered_at)).where(Message.case_id == case.id, Message.kind == kind)
    return session.scalar(query.where(Message.created_at >= notice.issued_at))


def _is_contested(session: Session, case: Case) -> bool:
    fact = exists().where(
        CaseFact.case_id == case.id, CaseFact.ended_at.is_(None), CaseFact.kind.in_(CONTESTING)
    )
    proposal = exists().where(Proposal.case_id == case.id, Proposal.outcome.is_(None))
    return bool(session.scalar(select(fact | proposal)))


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.astimezone(SHANGHAI).date()
