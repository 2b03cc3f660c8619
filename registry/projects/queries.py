"""What is known of a project: its newest stages, grades at a moment, history, and who may see what."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, ColumnElement, CompoundSelect, any_, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import InstrumentedAttribute, Session

from registry.projects.grades import Dated, is_public
from registry.projects.models import (
    Grade,
    GradeEntry,
    Level,
    Project,
    ProjectMark,
    ProjectParty,
    ProjectPerson,
    Stage,
    StageRecord,
)
from registry.publication.models import Publication, Target

Ids = Collection[int] | CompoundSelect[int]


def among(column: InstrumentedAttribute[int], ids: Ids) -> ColumnElement[bool]:
    """`column IN ids`, for ids at hand or a query that yields them.

    Both go as one array. The driver takes long over thousands of parameters; and a sub-select in `IN` makes
    the planner read the whole table, where an array makes it look up each project.
    """
    array = (
        func.ARRAY(ids.scalar_subquery())
        if isinstance(ids, CompoundSelect)
        else literal(list(ids), ARRAY(BigInteger))
    )
    return column == any_(array)


def project_by_code(session: Session, code: str) -> Project | None:
    """The project of exactly that code."""
    return session.scalars(select(Project).where(Project.code == code)).first()


def newest_records(session: Session, project_id: int) -> dict[Stage, StageRecord]:
    """The newest version of each stage."""
    rows = session.scalars(
        select(StageRecord)
        .where(StageRecord.project_id == project_id)
        .ext(distinct_on(StageRecord.stage))
        .order_by(StageRecord.stage, StageRecord.version.desc())
    )
    return {Stage(row.stage): row for row in rows}


def versions_of(session: Session, project_id: int, stage: Stage) -> list[StageRecord]:
    """Every version of a stage, oldest first."""
    return list(
        session.scalars(
            select(StageRecord)
            .where(StageRecord.project_id == project_id, StageRecord.stage == stage)
            .order_by(StageRecord.version)
        )
    )


def grades_as_of(session: Session, project_ids: Ids, moment: datetime) -> dict[int, dict[Stage, Grade]]:
    """The grade of each stage at the moment."""
    held: dict[int, dict[Stage, Grade]] = {}
    rows = session.execute(
        select(GradeEntry.project_id, GradeEntry.stage, GradeEntry.grade)
        .where(among(GradeEntry.project_id, project_ids), GradeEntry.at <= moment)
        .ext(distinct_on(GradeEntry.project_id, GradeEntry.stage))
        .order_by(GradeEntry.project_id, GradeEntry.stage, GradeEntry.at.desc(), GradeEntry.id.desc())
    )
    for project_id, stage, grade in rows:
        held.setdefault(project_id, {})[Stage(stage)] = Grade(grade)
    return held


def grade_history(session: Session, project_id: int) -> list[GradeEntry]:
    """Every grade entry of a project, oldest first."""
    return list(
        session.scalars(
            select(GradeEntry)
            .where(GradeEntry.project_id == project_id)
            .order_by(GradeEntry.at, GradeEntry.id)
        )
    )


def dated_entries(session: Session, project_id: int, stage: Stage) -> list[Dated]:
    """The entries of one stage as the rules take them."""
    return [
        Dated(row.at, Grade(row.grade), row.cause, Level(row.level) if row.level else None)
        for row in grade_history(session, project_id)
        if row.stage == stage
    ]


def national_stages(session: Session, project_id: int) -> frozenset[Stage]:
    """The stages the national platform has taken in."""
    return delivered_stages(session, [project_id], Target.NATIONAL).get(project_id, frozenset())


def delivered_stages(session: Session, project_ids: Ids, target: Target) -> dict[int, frozenset[Stage]]:
    """The stages a target has taken in, by project."""
    asked = select(Publication.project_id, Publication.stages).where(
        among(Publication.project_id, project_ids),
        Publication.target == target,
        Publication.delivered_at.is_not(None),
    )
    found: dict[int, frozenset[Stage]] = {}
    for project_id, stages in session.execute(asked):
        found[project_id] = found.get(project_id, frozenset()) | {Stage(stage) for stage in stages}
    return found


def shown_by(session: Session, project_ids: Ids, target: Target, *, by: datetime) -> set[int]:
    """Those of the projects that a target had taken in by a moment."""
    asked = select(Publication.project_id).where(
        among(Publication.project_id, project_ids),
        Publication.target == target,
        Publication.delivered_at <= by,
    )
    return set(session.scalars(asked))


def false_projects(session: Session, project_ids: Ids) -> set[int]:
    """Those marked as 虚假."""
    return set(
        session.scalars(
            select(ProjectMark.project_id).where(
                among(ProjectMark.project_id, project_ids), ProjectMark.kind == "falsity"
            )
        )
    )


def projects_of(session: Session, uscc: str) -> dict[int, set[str]]:
    """The projects a firm takes part in, with its roles."""
    parts: dict[int, set[str]] = {}
    rows = session.execute(
        select(ProjectParty.project_id, ProjectParty.role).where(ProjectParty.uscc == uscc)
    )
    for project_id, role in rows:
        parts.setdefault(project_id, set()).add(role)
    return parts


def people_of(session: Session, project_id: int) -> list[ProjectPerson]:
    """The people on a project's record."""
    return list(
        session.scalars(
            select(ProjectPerson).where(ProjectPerson.project_id == project_id).order_by(ProjectPerson.id)
        )
    )


def parties_of(session: Session, project_id: int) -> list[ProjectParty]:
    """The firms on a project's record, each part once."""
    rows = session.scalars(
        select(ProjectParty)
        .where(ProjectParty.project_id == project_id)
        .ext(distinct_on(ProjectParty.role, ProjectParty.uscc))
        .order_by(ProjectParty.role, ProjectParty.uscc, ProjectParty.id.desc())
    )
    return list(rows)


@dataclass(frozen=True, slots=True)
class Listed:
    """A project in a list."""

    project: Project
    grades: Mapping[Stage, Grade]
    is_false: bool


def list_projects(
    session: Session, *, moment: datetime, viewer: str | None, text: str = "", limit: int = 50, after: int = 0
) -> list[Listed]:
    """Projects by id after `after`, as the viewer may see them (JL-14, JL-18).

    `viewer` is a firm's USCC (its own D projects show), "*" for an authority, None for the public.
    """
    asked = select(Project).where(Project.id > after).order_by(Project.id)
    if text:
        asked = asked.where(Project.name.contains(text, autoescape=True) | (Project.code == text))
    basic = (
        select(GradeEntry.grade)
        .where(GradeEntry.project_id == Project.id, GradeEntry.stage == Stage.BASIC, GradeEntry.at <= moment)
        .order_by(GradeEntry.at.desc(), GradeEntry.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    if viewer != "*":
        own = select(ProjectParty.project_id).where(ProjectParty.uscc == (viewer or ""))
        filed = select(StageRecord.project_id).where(StageRecord.filed_by == (viewer or "-"))
        asked = asked.where((basic < Grade.D.value) | Project.id.in_(own) | Project.id.in_(filed))
    projects = list(session.scalars(asked.limit(limit)))
    ids = [project.id for project in projects]
    grades = grades_as_of(session, ids, moment)
    marked = false_projects(session, ids)
    return [
        Listed(
            p, shown_stages(grades.get(p.id, {}), is_owner=is_owner(session, p.id, viewer)), p.id in marked
        )
        for p in projects
    ]


def shown_stages(grades: Mapping[Stage, Grade], *, is_owner: bool) -> dict[Stage, Grade]:
    """The stages a viewer sees: what an authority confirmed, and everything to the owner."""
    return {stage: grade for stage, grade in grades.items() if is_owner or is_public(grade)}


def may_see(session: Session, project_id: int, viewer: str | None, *, moment: datetime) -> bool:
    """Whether the project exists for the viewer at all."""
    grades = grades_as_of(session, [project_id], moment).get(project_id, {})
    return is_public(grades.get(Stage.BASIC)) or is_owner(session, project_id, viewer)


def is_owner(session: Session, project_id: int, viewer: str | None) -> bool:
    """Whether the viewer is an authority, takes part in the project, or filed a stage of it."""
    if viewer is None or viewer == "*":
        return viewer == "*"
    party = select(ProjectParty.id).where(ProjectParty.project_id == project_id, ProjectParty.uscc == viewer)
    filed = select(StageRecord.id).where(StageRecord.project_id == project_id, StageRecord.filed_by == viewer)
    return session.scalar(party.limit(1)) is not None or session.scalar(filed.limit(1)) is not None


def is_displayed(grades: Mapping[Stage, Grade]) -> bool:
    """On display: an authority confirmed the basic information (JL-14)."""
    return is_public(grades.get(Stage.BASIC))
