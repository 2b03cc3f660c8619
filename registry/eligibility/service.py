"""Gathering what the rules of eligibility look at, and asking them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import CompoundSelect, or_, select, union
from sqlalchemy.orm import Session

from registry.clauses import Clause
from registry.clock import SHANGHAI
from registry.credit.queries import claims_of, commitment_for
from registry.eligibility.rules import (
    Answer,
    Asked,
    FirmFacts,
    PersonnelFact,
    PersonPart,
    ProjectFacts,
    Use,
    judge,
    judge_project,
)
from registry.enterprises.models import AbnormalMark, Enterprise, QualificationItem
from registry.enterprises.service import EnterpriseUnknown
from registry.people.models import Holding, Person, PersonCertificate, RosterEntry
from registry.projects.fields import DEPARTMENTAL
from registry.projects.grades import goes_straight_to_city
from registry.projects.models import (
    GradeEntry,
    IndicatorConfirmation,
    Level,
    Project,
    ProjectParty,
    ProjectPerson,
)
from registry.projects.queries import Ids, among, false_projects, grades_as_of, projects_of, shown_by
from registry.publication.models import Target
from registry.standards import requirement
from registry.standards.rules import UnknownCategory, UnknownGrade
from registry.workflows.jiangsu import PROFILE as JIANGSU

MINISTRY = ("住房和城乡建设部", "住房城乡建设部", "住建部")


def eligible(
    session: Session, *, uscc: str, use: Use, on: date, items: Sequence[tuple[str, str]] = ()
) -> Answer:
    """Whether a firm may apply on a day, by every project and person. `items` are (category, grade) pairs.

    Grades, marks and publications are those of the end of that day.

    Raises:
        EnterpriseUnknown: No such firm.
    """
    firm = session.scalars(select(Enterprise).where(Enterprise.uscc == uscc)).first()
    if firm is None:
        raise EnterpriseUnknown
    moment = end_of(on)
    roster = _roster(session, firm.id)
    projects = project_facts(session, _scope(uscc, roster), uscc=uscc, roster=roster, moment=moment)
    asked = Asked(use, on, firm.kind, tuple(f"{category}{grade}" for category, grade in items))
    facts = FirmFacts(
        abnormal=_abnormal(session, firm.id, moment),
        personnel=tuple(_personnel(session, firm.id, category, grade, on) for category, grade in items),
        has_commitment=all(commitment_for(session, uscc, f"{c}{g}") is not None for c, g in items),
    )
    return judge(asked, facts, projects, list(roster))


def end_of(day: date) -> datetime:
    """The last moment of a day in Shanghai."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI) - timedelta(microseconds=1)


def _roster(session: Session, enterprise_id: int) -> dict[int, str]:
    """Person → ID digest, of the people on the roster now."""
    rows = session.execute(
        select(Person.id, Person.id_digest)
        .join(RosterEntry, RosterEntry.person_id == Person.id)
        .where(RosterEntry.enterprise_id == enterprise_id, RosterEntry.dropped_at.is_(None))
        .order_by(Person.id)
    )
    return {person: digest for person, digest in rows}  # noqa: C416 - mypy cannot see dict(rows).


def _scope(uscc: str, roster: dict[int, str]) -> CompoundSelect[int]:
    """The firm's projects and its people's, those with earlier employers included, as a query.

    It stays in the database: sending a thousand ids back for every question took longer than asking them.
    """
    firms = select(ProjectParty.project_id).where(ProjectParty.uscc == uscc)
    by_id = select(ProjectPerson.project_id).where(ProjectPerson.person_id.in_(roster))
    by_digest = select(ProjectPerson.project_id).where(ProjectPerson.id_digest.in_(roster.values()))
    return union(firms, by_id, by_digest)


def project_facts(
    session: Session, ids: Ids, *, uscc: str, roster: dict[int, str], moment: datetime
) -> list[ProjectFacts]:
    """The projects as they stood at the moment."""
    columns = (Project.id, Project.code, Project.name, Project.location_code)
    trade = (Project.category, Project.work_type, Project.specialty)
    rows = session.execute(select(*columns, *trade).where(among(Project.id, ids)).order_by(Project.id)).all()
    grades = grades_as_of(session, ids, moment)
    national = shown_by(session, ids, Target.NATIONAL, by=moment)
    false = false_projects(session, ids)
    roles = {key: frozenset(parts) for key, parts in projects_of(session, uscc).items()}
    people = _people(session, ids, roster)
    confirmed = _indicator_confirmations(session, ids, uscc, moment.astimezone(SHANGHAI).date())
    # Asked only of the few projects whose rules look at them.
    departmental = [row.id for row in rows if row.category in DEPARTMENTAL]
    by_department = _by_department(session, departmental, moment) if departmental else set()
    jiangsu = [row.id for row in rows if row.location_code.startswith(JIANGSU.region)]
    government = shown_by(session, jiangsu, Target.GOVERNMENT, by=moment) if jiangsu else set()
    return [
        ProjectFacts(
            id=row.id,
            code=row.code,
            name=row.name,
            location_code=row.location_code,
            category=row.category,
            grades=grades.get(row.id, {}),
            roles=roles.get(row.id, frozenset()),
            people=people.get(row.id, ()),
            is_on_national=row.id in national,
            is_on_government=row.id in government,
            is_false=row.id in false,
            has_indicator_confirmation=row.id in confirmed,
            is_confirmed_by_department=row.id in by_department,
            goes_straight_to_city=goes_straight_to_city(row.category, row.work_type, row.specialty)
            or row.location_code.startswith(JIANGSU.region),
            derives_basic=row.location_code.startswith(JIANGSU.region),
        )
        for row in rows
    ]


def _people(session: Session, ids: Ids, roster: dict[int, str]) -> dict[int, tuple[PersonPart, ...]]:
    """The people on each project; one known by ID digest alone is the person on the roster who bears it."""
    by_digest = {digest: person for person, digest in roster.items()}
    found: dict[int, list[PersonPart]] = {}
    rows = session.execute(
        select(
            ProjectPerson.project_id,
            ProjectPerson.person_id,
            ProjectPerson.id_digest,
            ProjectPerson.name,
            ProjectPerson.role,
        ).where(among(ProjectPerson.project_id, ids))
    )
    for project, known, digest, name, role in rows:
        person = known if known is not None else by_digest.get(digest)
        found.setdefault(project, []).append(PersonPart(person, name, role))
    return {project: tuple(parts) for project, parts in found.items()}


def _indicator_confirmations(session: Session, ids: Ids, uscc: str, on: date) -> set[int]:
    return set(
        session.scalars(
            select(IndicatorConfirmation.project_id).where(
                among(IndicatorConfirmation.project_id, ids),
                IndicatorConfirmation.uscc == uscc,
                IndicatorConfirmation.confirmed_on <= on,
            )
        )
    )


def _by_department(session: Session, ids: Ids, moment: datetime) -> set[int]:
    return set(
        session.scalars(
            select(GradeEntry.project_id).where(
                among(GradeEntry.project_id, ids),
                GradeEntry.level == Level.DEPARTMENT,
                GradeEntry.at <= moment,
            )
        )
    )


def _abnormal(session: Session, enterprise_id: int, moment: datetime) -> tuple[str, ...]:
    return tuple(
        session.scalars(
            select(AbnormalMark.cause)
            .where(
                AbnormalMark.enterprise_id == enterprise_id,
                AbnormalMark.set_at <= moment,
                or_(AbnormalMark.lifted_at.is_(None), AbnormalMark.lifted_at > moment),
            )
            .order_by(AbnormalMark.id)
        )
    )


def _personnel(session: Session, enterprise_id: int, category: str, grade: str, on: date) -> PersonnelFact:
    """Registered people the standard demands of the item, and those the roster has (MO-06)."""
    try:
        need = requirement(category, grade, on).registered_required
    except (UnknownCategory, UnknownGrade):
        need = None
    have = session.scalars(
        select(PersonCertificate.person_id)
        .join(RosterEntry, RosterEntry.person_id == PersonCertificate.person_id)
        .where(
            RosterEntry.enterprise_id == enterprise_id,
            RosterEntry.dropped_at.is_(None),
            PersonCertificate.holding == Holding.REGISTERED,
            PersonCertificate.dropped_at.is_(None),
            or_(PersonCertificate.valid_to.is_(None), PersonCertificate.valid_to >= on),
        )
        .distinct()
    ).all()
    return PersonnelFact(category, grade, need, len(have))


@dataclass(frozen=True, slots=True)
class LeadVerdict:
    """Whether a technical lead's claimed performance reaches what the item needs, and by which projects."""

    is_met: bool
    projects: tuple[str, ...]
    clauses: tuple[Clause, ...]


def lead_performance(session: Session, item: QualificationItem, *, on: date) -> LeadVerdict:
    """The commitment check of the FIRST track: the projects the technical lead was named with, judged.

    An item granted by the ministry needs A or B on five blocks; one granted by province or city, C on three.
    A lead or a claim that is missing is an answer of its own, never a pass.
    """
    if item.technical_lead_id is None:
        return LeadVerdict(False, (), (Clause("SZ-20", "lead_missing", "该资质项未登记技术负责人"),))
    claims = claims_of(session, item.id, item.technical_lead_id)
    if not claims:
        return LeadVerdict(False, (), (Clause("MO-01", "no_claim", "未登记技术负责人申报时的个人业绩"),))
    use = Use.NATIONAL if any(name in item.licensing_authority for name in MINISTRY) else Use.PROVINCIAL
    lead = session.get_one(Person, item.technical_lead_id)
    serving, clauses = [], []
    for claim in claims:
        project = session.scalars(select(Project).where(Project.code == claim.project_code)).first()
        if project is None:
            clauses.append(Clause("MO-03", "project_unknown", f"项目{claim.project_code}不在项目库中"))
            continue
        (facts,) = project_facts(
            session, [project.id], uscc="", roster={lead.id: lead.id_digest}, moment=end_of(on)
        )
        found = list(judge_project(Asked(use, on), facts).for_people)
        if not any(part.person == lead.id for part in facts.people):
            found.append(Clause("JL-13", "not_on_project", "项目的个人业绩信息中没有该技术负责人"))
        if found:
            clauses += found
        else:
            serving.append(project.code)
    return LeadVerdict(bool(serving), tuple(serving), () if serving else tuple(clauses))
