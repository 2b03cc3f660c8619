"""What a confirmed filing does to the store. All of it, or a conflict that is kept."""

from datetime import datetime

from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises.models import Enterprise
from registry.errors import Conflict
from registry.ledger.service import Actor
from registry.projects.grades import at_least, highest
from registry.projects.models import Grade, Level, Project, Source, Stage
from registry.projects.queries import grades_as_of, is_displayed, project_by_code
from registry.projects.service import (
    Given,
    Grant,
    Identity,
    NameTaken,
    Origin,
    Written,
    grant,
    lock_project,
    project_of,
    record,
)
from registry.publication.service import schedule
from registry.workflows.facts import base_versions, facts_of, stages_of
from registry.workflows.models import Filing
from registry.workflows.officers import Firm
from registry.workflows.profile import Kind, Profile, PushFacts

_RAISED = {Grade.C: Grade.B, Grade.B: Grade.A}
_ADDS_PROJECT = frozenset(
    {Kind.SUPPLEMENT, Kind.ROUTINE, Kind.DIRECT_REVIEW, Kind.OUTSIDE_TRADE, Kind.CONTRACT}
)
_ADDS_STAGES = frozenset({Kind.STAGE_SUPPLEMENT, Kind.INDICATOR_LIBRARY})


class Overtaken(Conflict):
    """Another filing of the same thing was confirmed first; this one is kept as a conflict (JL-11)."""

    code = "overtaken"
    message = "同一项目或环节已由其他申请先行确认"


def apply(
    session: Session,
    filing: Filing,
    profile: Profile,
    *,
    level: Level,
    authority: str,
    cause: str,
    actor: Actor,
    now: datetime,
    push_override: str = "",
) -> tuple[Project, Written, list[str]]:
    """Write what the filing asked for; the project, the rows, and remarks on what was not pushed.

    Raises:
        Overtaken: Somebody else's confirmation came first; nothing has been written.
    """
    lock_project(session, filing.code)
    kind, written = Kind(filing.kind), Written()
    _still_fits(session, filing, kind, now=now)
    before = facts_of(session, filing, Firm(filing.enterprise_id, ""), now=now)
    project = _project(session, filing, now=now, written=written)
    if kind is not Kind.UPGRADE:
        _record(session, filing, project, kind, now=now, written=written)
    if kind is not Kind.ERRATUM:
        _grade(
            session, filing, project, profile, kind,
            level=level, authority=authority, cause=cause, actor=actor, now=now, written=written,
        )  # fmt: skip
    grades = grades_as_of(session, [project.id], now)[project.id]
    push = PushFacts(
        kind=kind,
        category=filing.category,
        filed_on=(filing.submitted_at or now).astimezone(SHANGHAI).date(),
        confirmed_on=now.astimezone(SHANGHAI).date(),
        completed_on=before.completed_on,
        permitted_on=before.permitted_on,
        is_on_national=bool(before.on_national),
        has_permit=Stage.PERMIT in grades,
        override=push_override.strip(),
    )
    remarks = schedule(
        session, project, profile, push, cause=f"{filing.kind}:{filing.id}",
        stages=stages_of(filing.content), grades=grades, now=now,
    )  # fmt: skip
    return project, written, remarks


def _still_fits(session: Session, filing: Filing, kind: Kind, *, now: datetime) -> None:
    project = project_by_code(session, filing.code)
    if project is None:
        return
    grades = grades_as_of(session, [project.id], now).get(project.id, {})
    stages = stages_of(filing.content)
    if kind in _ADDS_PROJECT and is_displayed(grades):
        raise Overtaken
    if kind in _ADDS_STAGES and any(at_least(grades.get(stage), Grade.C) for stage in stages):
        raise Overtaken
    if kind is Kind.ERRATUM and filing.content.get("base") != base_versions(
        session, project.id, list(stages)
    ):
        raise Overtaken


def _project(session: Session, filing: Filing, *, now: datetime, written: Written) -> Project:
    identity = Identity(
        filing.code, filing.name, filing.location_code, filing.category, filing.work_type, filing.specialty
    )
    try:
        return project_of(session, identity, now=now, written=written)
    except NameTaken as error:
        raise Overtaken(error.message) from None


def _record(
    session: Session, filing: Filing, project: Project, kind: Kind, *, now: datetime, written: Written
) -> None:
    given = Given(
        stages_of(filing.content), filing.content.get("parties", []), filing.content.get("people", [])
    )
    origin = Origin(
        Source.ERRATUM if kind is Kind.ERRATUM else Source.FILED,
        session.get_one(Enterprise, filing.enterprise_id).uscc,
        filing.id,
        filing.attachments,
    )
    record(session, project, given, origin, now=now, written=written)


def _grade(
    session: Session,
    filing: Filing,
    project: Project,
    profile: Profile,
    kind: Kind,
    *,
    level: Level,
    authority: str,
    cause: str,
    actor: Actor,
    now: datetime,
    written: Written,
) -> None:
    held = grades_as_of(session, [project.id], now).get(project.id, {})
    given = profile.grade_for(level) or Grade.D
    if kind is Kind.DIRECT_REVIEW:
        # The province stands in for the place (GX-11); A is for what has climbed the ladder.
        given = Grade.B
    by_grade: dict[Grade, list[Stage]] = {}
    for stage in stages_of(filing.content):
        # One step up whoever signs last (JL-16); elsewhere the level's own grade (JL-15), never a lower one.
        new = (
            _RAISED.get(held[stage], held[stage])
            if kind is Kind.UPGRADE
            else highest([given, held.get(stage, Grade.D)])
        )
        by_grade.setdefault(new, []).append(stage)
    for grade, stages in by_grade.items():
        grant(
            session, project, stages, Grant(grade, cause, level, authority),
            derives_basic=profile.derives_basic, actor=actor, now=now, written=written, filing_id=filing.id,
        )  # fmt: skip
