"""Writing confirmed data: projects, stage versions, grades. Nothing here updates a row."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.crypto import canonical
from registry.db import Base
from registry.errors import Conflict, Forbidden, NotFound
from registry.ledger.service import Actor, append
from registry.projects.fields import spelled
from registry.projects.grades import after_withdrawal, derived_basic_source, rank
from registry.projects.models import (
    Grade,
    GradeEntry,
    Level,
    Project,
    ProjectParty,
    ProjectPerson,
    Source,
    Stage,
    StageRecord,
)
from registry.projects.queries import dated_entries, grades_as_of


class ProjectUnknown(NotFound):
    """No such project, or not one the asker may see."""

    code = "project_unknown"
    message = "未找到该项目"


class NameTaken(Conflict):
    """Another project of the place bears the name, or the code bears another name (JL-25)."""

    code = "project_identity_conflict"
    message = "项目代码与项目名称和已入库项目不一致"
    hint = "请与立项文件核对；已入库信息有误的，请申请勘误"


class TooLowToWithdraw(Forbidden):
    """A confirmation is taken back by the highest authority that confirmed, or one above it."""

    code = "level_too_low"
    message = "该信息已由上级主管部门确认，请由其撤回"


@dataclass(frozen=True, slots=True)
class Identity:
    """Which project: code and name of the 立项文件, place and trade."""

    code: str
    name: str
    location_code: str
    category: str
    work_type: str
    specialty: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where stage data come from."""

    source: Source
    filed_by: str = ""
    filing_id: int | None = None
    attachments: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """Stage data to record."""

    stages: Mapping[Stage, Mapping[str, Any]]
    parties: Sequence[Mapping[str, Any]] = ()
    people: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """A grade and on whose word it stands."""

    grade: Grade
    cause: str
    level: Level | None = None
    authority: str = ""
    is_flagged: bool = False


@dataclass(slots=True)
class Written:
    """Rows one piece of work wrote, for the log."""

    rows: list[Base] = field(default_factory=list)

    def add(self, session: Session, row: Base) -> None:
        session.add(row)
        self.rows.append(row)


def project_of(session: Session, identity: Identity, *, now: datetime, written: Written) -> Project:
    """The project of that code, made if there is none.

    Raises:
        NameTaken: The code is there with another name or place, or the place has another project of the name.
    """
    code, name = spelled(identity.code), spelled(identity.name)
    made = session.scalar(
        insert(Project)
        .values(
            code=code,
            name=name,
            location_code=identity.location_code,
            category=identity.category,
            work_type=identity.work_type,
            specialty=identity.specialty,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Project.id)
    )
    project = session.scalars(select(Project).where(Project.code == code)).first()
    if project is None or (project.name, project.location_code) != (name, identity.location_code):
        raise NameTaken
    if made is not None:
        written.rows.append(project)
    return project


def lock_project(session: Session, code: str) -> None:
    """Queue up with everybody who confirms something about that code: the first one wins (JL-11)."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(spelled(code), 4_031_913))))


def record(
    session: Session, project: Project, given: Given, origin: Origin, *, now: datetime, written: Written
) -> list[StageRecord]:
    """Add a version of every given stage, with the parties and people its newest version names."""
    records = []
    for stage, content in given.stages.items():
        newest = session.scalar(
            select(func.max(StageRecord.version)).where(
                StageRecord.project_id == project.id, StageRecord.stage == stage
            )
        )
        row = StageRecord(
            project_id=project.id,
            stage=stage.value,
            version=(newest or 0) + 1,
            source=origin.source.value,
            content=plain_numbers(content),
            attachments=[dict(file) for file in origin.attachments],
            filed_by=origin.filed_by,
            filing_id=origin.filing_id,
            content_sha256=content_digest(content),
            recorded_at=now,
        )
        written.add(session, row)
        records.append(row)
    session.flush()
    _name_parties(session, project, given, records, written)
    return records


def _name_parties(
    session: Session, project: Project, given: Given, records: Sequence[StageRecord], written: Written
) -> None:
    if not records:
        return
    by_stage = {record.stage: record for record in records}
    bearer = by_stage.get(Stage.BASIC, records[0])
    for party in given.parties:
        written.add(
            session,
            ProjectParty(
                project_id=project.id,
                stage_record_id=bearer.id,
                role=party["role"],
                uscc=party["uscc"],
                name=spelled(party["name"]),
            ),
        )
    bearer = by_stage.get(Stage.PERSONAL) or by_stage.get(Stage.INDICATORS, records[0])
    for person in given.people:
        written.add(
            session,
            ProjectPerson(
                project_id=project.id,
                stage_record_id=bearer.id,
                person_id=person.get("person"),
                id_digest=person.get("id_digest", ""),
                name=spelled(person["name"]),
                role=person["role"],
                employer_uscc=person["employer_uscc"],
            ),
        )


def content_digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of a stage's content in its one spelling."""
    return hashlib.sha256(canonical(plain_numbers(content))).hexdigest()


def plain_numbers(value: Any) -> Any:
    """The value as the database will give it back: 2.0 is 2 there, and must not change a digest."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: plain_numbers(inner) for key, inner in value.items()}
    return [plain_numbers(inner) for inner in value] if isinstance(value, list | tuple) else value


def grant(
    session: Session,
    project: Project,
    stages: Iterable[Stage],
    given: Grant,
    *,
    derives_basic: bool,
    actor: Actor,
    now: datetime,
    written: Written,
    reason: str = "",
    filing_id: int | None = None,
) -> None:
    """Enter a grade for every stage; where the province derives it, the basic information follows (JS-09)."""
    chosen = set(stages)
    source = derived_basic_source(project.category)
    if derives_basic and source in chosen:
        chosen.discard(Stage.BASIC)
    for stage in sorted(chosen):
        written.add(
            session, _entry(project, stage, given, actor=actor, now=now, reason=reason, filing_id=filing_id)
        )
    if derives_basic and source in chosen:
        follows = Grant(given.grade, "derived", given.level, given.authority, given.is_flagged)
        why = f"随{source.value}"
        written.add(
            session,
            _entry(project, Stage.BASIC, follows, actor=actor, now=now, reason=why, filing_id=filing_id),
        )
    session.flush()


def _entry(
    project: Project,
    stage: Stage,
    given: Grant,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    filing_id: int | None,
) -> GradeEntry:
    return GradeEntry(
        project_id=project.id,
        stage=stage.value,
        grade=given.grade.value,
        at=now,
        cause=given.cause,
        level=given.level.value if given.level else "",
        authority=given.authority,
        actor=actor.account,
        reason=reason,
        filing_id=filing_id,
        is_flagged=given.is_flagged,
    )


def withdraw_confirmation(
    session: Session,
    *,
    project_id: int,
    stages: Iterable[Stage],
    level: Level,
    authority: str,
    reason: str,
    derives_basic: bool,
    actor: Actor,
    now: datetime,
) -> dict[Stage, Grade]:
    """Take a level's confirmation back; each stage falls to the best confirmation below that stands.

    Raises:
        ProjectUnknown: No such project.
        TooLowToWithdraw: A stage was confirmed by a higher level since.
    """
    project = session.get(Project, project_id)
    if project is None:
        raise ProjectUnknown
    lock_project(session, project.code)
    written, fallen = Written(), {}
    held = grades_as_of(session, [project_id], now).get(project_id, {})
    for stage in sorted(set(stages) & set(held)):
        entries = dated_entries(session, project_id, stage)
        if any(
            e.level is not None and rank(e.level) > rank(level) for e in entries if e.grade is held[stage]
        ):
            raise TooLowToWithdraw
        fallen[stage] = after_withdrawal(entries, level)
        given = Grant(fallen[stage], "withdrawn", level, authority)
        grant(
            session, project, [stage], given,
            derives_basic=derives_basic, actor=actor, now=now, written=written, reason=reason,
        )  # fmt: skip
    append(
        session, action="confirmation_withdrawn", subject=f"project:{project_id}",
        actor=actor, now=now, reason=reason, rows=written.rows,
    )  # fmt: skip
    return fallen
