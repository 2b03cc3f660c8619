"""Writing what approval systems brought: many projects a transaction, nothing overwritten (JL-03, JL-19)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, String, any_, literal, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.crypto import Keyring
from registry.db import Base
from registry.identifiers import normal_id_number
from registry.imports.records import Unit
from registry.ledger.service import Actor, append, batch_digest, mapping_digest, ranges_of
from registry.projects.fields import spelled
from registry.projects.grades import at_least, derived_basic_source, docked_grade
from registry.projects.models import (
    Grade,
    GradeEntry,
    Project,
    ProjectParty,
    ProjectPerson,
    Source,
    Stage,
    StageRecord,
)
from registry.projects.queries import among, grades_as_of, is_displayed
from registry.projects.service import content_digest, plain_numbers
from registry.publication.models import Publication, Target
from registry.publication.service import PROMISE
from registry.sync.people import PURPOSE_ID
from registry.workflows.provinces import NoProfile, profile_for

Row = dict[str, Any]
_PROJECT = ("code", "name", "location_code", "category", "work_type", "specialty")
_ADD_PROJECTS = text(
    "INSERT INTO projects (code, name, location_code, category, work_type, specialty, created_at)"
    " SELECT given.*, :now FROM unnest(CAST(:code AS text[]), CAST(:name AS text[]),"
    " CAST(:location_code AS text[]), CAST(:category AS text[]), CAST(:work_type AS text[]),"
    " CAST(:specialty AS text[])) AS given ON CONFLICT DO NOTHING RETURNING id"
)


@dataclass(slots=True)
class Taken:
    """What became of a chunk: counts, and (row, code, message) of what was not taken or is remarkable."""

    counts: dict[str, int] = field(default_factory=dict)
    remarks: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, what: str, number: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + number


@dataclass(slots=True)
class _Batch:
    """Rows to write, and the ids and digests of those written."""

    stages: list[Row] = field(default_factory=list)
    grades: list[Row] = field(default_factory=list)
    publications: list[Row] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)  # of `stages`, one by one
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)


def take_in(
    session: Session, units: Sequence[Unit], *, keyring: Keyring, actor: Actor, subject: str, now: datetime
) -> Taken:
    """Write the good units of a chunk, say what became of the others. The same taken in again adds nothing.

    A stage that is there with other content is not overwritten: that is an erratum's business. What nobody
    confirmed (D) gives way to what an authority did.
    """
    taken = Taken()
    for unit in units:
        for fault in unit.faults:
            taken.remarks.append((unit.row, fault.code, fault.message))
    good = _distinct([unit for unit in units if not unit.faults], taken)
    taken.add("rejected", len(units) - len(good))
    projects, batch = _projects(session, good, taken, now=now)
    matched = [
        (unit, projects[spelled(unit.identity.code)]) for unit in good if _is_same(unit, projects, taken)
    ]
    held = _held(session, [project.id for _, project in matched])
    grades = grades_as_of(session, [project.id for _, project in matched], now)
    for unit, project in matched:
        _plan(unit, project, held, grades.get(project.id, {}), batch, taken, actor=actor, now=now)
    _write(session, batch, keyring=keyring)
    if batch.batches:
        append(
            session, action="docked", subject=subject, actor=actor, now=now, facts={"batches": batch.batches}
        )
    return taken


def _distinct(units: list[Unit], taken: Taken) -> list[Unit]:
    """One unit a code: a project scattered over the file is reported, not half taken."""
    first: dict[str, Unit] = {}
    for unit in units:
        code = spelled(unit.identity.code)
        if code in first:
            taken.remarks.append((unit.row, "project_repeated", "同一项目在同一批中出现两次"))
        else:
            first[code] = unit
    return list(first.values())


def _projects(
    session: Session, units: Sequence[Unit], taken: Taken, *, now: datetime
) -> tuple[dict[str, Project], _Batch]:
    batch = _Batch()
    values: list[Row] = [
        {
            "code": spelled(unit.identity.code),
            "name": spelled(unit.identity.name),
            "location_code": unit.identity.location_code,
            "category": unit.identity.category,
            "work_type": unit.identity.work_type,
            "specialty": unit.identity.specialty,
        }
        for unit in units
    ]
    if not values:
        return {}, batch
    # In the order of the codes, so that two imports cannot lock each other out.
    values.sort(key=lambda row: str(row["code"]))
    arrays: Row = {name: [row[name] for row in values] for name in _PROJECT}
    made = set(session.scalars(_ADD_PROJECTS, {**arrays, "now": now}))
    codes = literal([row["code"] for row in values], ARRAY(String))
    found = {row.code: row for row in session.scalars(select(Project).where(Project.code == any_(codes)))}
    new = {row.id: mapping_digest(Project, _columns(row)) for row in found.values() if row.id in made}
    _note(batch, Project, new)
    taken.add("projects_new", len(new))
    return found, batch


def _columns(row: Base) -> Row:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def _note(batch: _Batch, model: type[Base], digests: Mapping[int, str]) -> None:
    if digests:
        ordered = [digests[key] for key in sorted(digests)]
        batch.batches[model.__tablename__] = {"ranges": ranges_of(digests), "digest": batch_digest(ordered)}


def _is_same(unit: Unit, projects: Mapping[str, Project], taken: Taken) -> bool:
    project = projects.get(spelled(unit.identity.code))
    identity = (spelled(unit.identity.name), unit.identity.location_code)
    if project is not None and (project.name, project.location_code) == identity:
        return True
    taken.remarks.append((unit.row, "project_identity_conflict", "项目代码与名称和已入库项目不一致"))
    taken.add("rejected")
    return False


def _held(session: Session, ids: Collection[int]) -> dict[tuple[int, str], tuple[int, str]]:
    """(project, stage) → newest version and digest."""
    rows = session.execute(
        select(StageRecord.project_id, StageRecord.stage, StageRecord.version, StageRecord.content_sha256)
        .where(among(StageRecord.project_id, ids))
        .ext(distinct_on(StageRecord.project_id, StageRecord.stage))
        .order_by(StageRecord.project_id, StageRecord.stage, StageRecord.version.desc())
    )
    return {(project, stage): (version, digest) for project, stage, version, digest in rows}


def _plan(
    unit: Unit,
    project: Project,
    held: Mapping[tuple[int, str], tuple[int, str]],
    grades: Mapping[Stage, Grade],
    batch: _Batch,
    taken: Taken,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    after = dict(grades)
    for stage, content in unit.stages.items():
        version, digest = held.get((project.id, stage.value), (0, ""))
        fresh = content_digest(content)
        grade, is_flagged = docked_grade(unit.levels[stage])
        if digest == fresh and not (at_least(grade, Grade.C) and grades.get(stage) is Grade.D):
            taken.add("stages_unchanged")
            continue
        if digest and digest != fresh and grades.get(stage) is not Grade.D:
            taken.remarks.append((unit.row, "stage_differs", "该环节已有不同信息，未覆盖；有误请申请勘误"))
            taken.add("stages_conflicting")
            continue
        after[stage] = grade
        batch.stages.append(_stage_row(unit, project, stage, content, fresh, version + 1, now=now))
        batch.units.append(unit)
        batch.grades.append(_grade_row(unit, project, stage, grade, is_flagged, actor=actor, now=now))
        taken.add("stages_new")
        if is_flagged:
            taken.remarks.append((unit.row, "capped_at_b", "省级审批的对接数据按B级入库，待核"))
    _derive(unit, project, grades, after, batch, actor=actor, now=now)
    _publish(project, grades, after, batch, now=now)


def _stage_row(
    unit: Unit, project: Project, stage: Stage, content: Row, digest: str, version: int, *, now: datetime
) -> Row:
    source = Source.DOCKED if unit.levels[stage] else Source.LEGACY
    return {
        "project_id": project.id,
        "stage": stage.value,
        "version": version,
        "source": source.value,
        "content": plain_numbers(content),
        "attachments": [],
        "filed_by": unit.filed_by,
        "filing_id": None,
        "content_sha256": digest,
        "recorded_at": now,
    }


def _grade_row(
    unit: Unit,
    project: Project,
    stage: Stage,
    grade: Grade,
    is_flagged: bool,
    *,
    actor: Actor,
    now: datetime,
    cause: str = "",
) -> Row:
    level = unit.levels.get(stage)
    return {
        "project_id": project.id,
        "stage": stage.value,
        "grade": grade.value,
        "at": now,
        "cause": cause or ("docked" if level else "legacy"),
        "level": level.value if level else "",
        "authority": unit.authority,
        "actor": actor.account,
        "reason": "",
        "filing_id": None,
        "is_flagged": is_flagged,
    }


def _derive(
    unit: Unit,
    project: Project,
    before: Mapping[Stage, Grade],
    after: dict[Stage, Grade],
    batch: _Batch,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Where the basic information follows another stage (JS-09), it does so for docked data too."""
    source = derived_basic_source(project.category)
    if (
        not _profile_says(project, now=now, what="derives_basic")
        or source not in after
        or Stage.BASIC not in after
    ):
        return
    if after != before and after[source] is not after[Stage.BASIC]:
        grade = after[source]
        after[Stage.BASIC] = grade
        batch.grades.append(
            _grade_row(unit, project, Stage.BASIC, grade, False, actor=actor, now=now, cause="derived")
        )


def _profile_says(project: Project, *, now: datetime, what: str) -> bool:
    try:
        profile = profile_for(project.location_code, now.astimezone(SHANGHAI).date())
    except NoProfile:
        return False
    return bool(getattr(profile, what))


def _publish(
    project: Project,
    before: Mapping[Stage, Grade],
    after: Mapping[Stage, Grade],
    batch: _Batch,
    *,
    now: datetime,
) -> None:
    """What is on display goes to the national platform without being entered again (JL-09)."""
    new = [stage for stage, grade in after.items() if at_least(grade, Grade.C) and before.get(stage) != grade]
    if not new or not is_displayed(after):
        return
    for target in (Target.PROVINCIAL, Target.NATIONAL):
        batch.publications.append(
            {
                "project_id": project.id,
                "target": target.value,
                "stages": sorted(stage.value for stage in new),
                "cause": "docked",
                "created_at": now,
                "promised_by": now + PROMISE,
                "next_attempt_at": now,
            }
        )


def _write(session: Session, batch: _Batch, *, keyring: Keyring) -> None:
    if batch.stages:
        records = _insert(session, StageRecord, batch.stages, batch)
        parties, people = _named(batch, records, keyring)
        _copy(session, ProjectParty, parties)
        _copy(session, ProjectPerson, people)
    _insert(session, GradeEntry, batch.grades, batch)
    _copy(session, Publication, batch.publications)


def _insert(session: Session, model: type[Base], rows: list[Row], batch: _Batch) -> list[int]:
    """Write the rows under ids drawn beforehand, in the order of the rows; their digests go to the log."""
    if not rows:
        return []
    draw = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    ids = list(session.scalars(draw, {"table": model.__tablename__, "count": len(rows)}))
    whole = [{"id": key, **row} for key, row in zip(ids, rows, strict=True)]
    _copy(session, model, whole)
    _note(batch, model, {row["id"]: mapping_digest(model, row) for row in whole})
    return ids


def _copy(session: Session, model: type[Base], rows: list[Row]) -> None:
    """COPY, which is several times faster than INSERT and sets off the same triggers and checks."""
    if not rows:
        return
    names = list(rows[0])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model.__tablename__), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([Jsonb(v) if isinstance(v, dict | list) else v for v in row.values()])


def _named(batch: _Batch, records: Sequence[int], keyring: Keyring) -> tuple[list[Row], list[Row]]:
    """Parties and people, each once a unit, borne by the unit's first new stage."""
    parties: list[Row] = []
    people: list[Row] = []
    seen: set[int] = set()
    for record, row, unit in zip(records, batch.stages, batch.units, strict=True):
        if unit.row in seen:
            continue
        seen.add(unit.row)
        base = {"project_id": row["project_id"], "stage_record_id": record}
        parties += [
            base | {"role": p["role"], "uscc": p["uscc"], "name": spelled(p["name"])} for p in unit.parties
        ]
        people += [
            base
            | {
                "person_id": None,
                "id_digest": keyring.digest(normal_id_number(p["id_number"]), purpose=PURPOSE_ID),
                "name": spelled(p["name"]),
                "role": p["role"],
                "employer_uscc": p["employer_uscc"],
            }
            for p in unit.people
        ]
    return parties, people
