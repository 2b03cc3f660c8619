"""From rows to what the checks look at, and from the firm's input to what is kept of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clauses import Clause
from registry.clock import SHANGHAI
from registry.enterprises.models import Enterprise
from registry.people.models import Person
from registry.projects.fields import STAGE_NAMES, check_identity, check_order, check_parties, check_stage, day
from registry.projects.grades import at_least, lowest
from registry.projects.models import Grade, Project, Stage, StageRecord
from registry.projects.queries import (
    grades_as_of,
    is_displayed,
    national_stages,
    newest_records,
    project_by_code,
)
from registry.workflows.models import Filing, RuleSetting
from registry.workflows.officers import Firm
from registry.workflows.profile import FilingFacts, Kind, Profile
from registry.workflows.provinces import profile_by_key, profile_for

DATA_BEARING = frozenset(Kind) - {Kind.UPGRADE}


def settings_of(session: Session, name: str, on: date) -> list[tuple[str, Any]]:
    """An operator's settings of a profile that hold on the day, oldest first."""
    rows = session.scalars(
        select(RuleSetting)
        .where(RuleSetting.profile == name, RuleSetting.effective_on <= on)
        .order_by(RuleSetting.effective_on, RuleSetting.id)
    )
    return [(row.name, row.value["value"]) for row in rows]


def profile_at(session: Session, location_code: str, on: date) -> Profile:
    """The profile of a place on a day with its settings.

    Raises:
        NoProfile: None holds.
    """
    bare = profile_for(location_code, on)
    return profile_for(location_code, on, settings=settings_of(session, bare.name, on))


def profile_of(session: Session, filing: Filing) -> Profile:
    """The profile the filing was opened under, with the settings of that day."""
    on = filing.opened_at.astimezone(SHANGHAI).date()
    return profile_by_key(filing.profile, settings=settings_of(session, filing.profile.split("@")[0], on))


def stages_of(content: Mapping[str, Any]) -> dict[Stage, dict[str, Any]]:
    """The stages a filing carries."""
    return {Stage(name): dict(value) for name, value in content.get("stages", {}).items()}


def facts_of(session: Session, filing: Filing, firm: Firm, *, now: datetime) -> FilingFacts:
    """Everything the checks look at."""
    project = project_by_code(session, filing.code)
    records = newest_records(session, project.id) if project else {}
    grades = grades_as_of(session, [project.id], now).get(project.id, {}) if project else {}
    enterprise = session.get_one(Enterprise, filing.enterprise_id)
    stages = stages_of(filing.content)
    dates = _dates(filing.content, stages, records)
    chosen = [grades[stage] for stage in stages if stage in grades]
    return FilingFacts(
        kind=Kind(filing.kind),
        today=now.astimezone(SHANGHAI).date(),
        firm_kind=filing.firm_kind,
        firm_uscc=enterprise.uscc,
        location_code=filing.location_code,
        category=filing.category,
        work_type=filing.work_type,
        specialty=filing.specialty,
        stages=frozenset(stages),
        existing=frozenset(stage for stage, grade in grades.items() if at_least(grade, Grade.C)),
        on_national=national_stages(session, project.id) if project else frozenset(),
        is_displayed=is_displayed(grades),
        attachments=frozenset(file["kind"] for file in filing.attachments),
        people=filing.content.get("people", []),
        is_direct_award=stages.get(Stage.TENDER, {}).get("method") == "直接委托",
        has_device_key=firm.has_device_key,
        reason=filing.reason,
        grade=lowest(chosen) if chosen and len(chosen) == len(stages) else None,
        **dates,
    )


def _dates(
    content: Mapping[str, Any],
    stages: Mapping[Stage, Mapping[str, Any]],
    records: Mapping[Stage, StageRecord],
) -> dict[str, date | None]:
    """The dates that matter: from the filing, else its claims (before a port is open), else on record."""
    claims = content.get("claims", {})

    def find(stage: Stage, name: str, claim: str) -> date | None:
        kept = records[stage].content if stage in records else {}
        return day(stages.get(stage, {}).get(name)) or day(claims.get(claim)) or day(kept.get(name))

    return {
        "completed_on": find(Stage.COMPLETION, "completed_on", "completed_on"),
        "permitted_on": find(Stage.PERMIT, "issued_on", "permitted_on"),
        "drawing_passed_on": find(Stage.DRAWING, "passed_on", "drawing_passed_on"),
        "contract_signed_on": find(Stage.CONTRACT, "signed_on", "contract_signed_on"),
    }


def content_faults(session: Session, filing: Filing) -> list[Clause]:
    """Every fault of the data themselves; an upgrade carries none."""
    stages = stages_of(filing.content)
    if Kind(filing.kind) not in DATA_BEARING:
        return []
    faults = [
        f for stage, content in stages.items() for f in check_stage(stage, content, category=filing.category)
    ]
    if Stage.BASIC in stages:
        faults += check_identity(stages[Stage.BASIC], code=filing.code, name=filing.name)
    faults += check_order(stages)
    faults += check_parties(filing.content.get("parties", []))
    return faults + _people_faults(session, filing.content.get("people", []))


def _people_faults(session: Session, people: Sequence[Mapping[str, Any]]) -> list[Clause]:
    known = dict[int, str]()
    asked = [person["person"] for person in people if person.get("person") is not None]
    for key, name in session.execute(select(Person.id, Person.name).where(Person.id.in_(asked))):
        known[key] = name
    return [
        Clause("JL-13", "person_unknown", f"第{n}名人员与人员库不一致", "请先同步三库人员信息")
        for n, person in enumerate(people, 1)
        if person.get("person") is not None and known.get(person["person"]) != person["name"]
    ]


def difference(session: Session, filing: Filing) -> list[dict[str, Any]]:
    """What an erratum changes, field by field, against the record it was opened on."""
    project = session.get(Project, filing.project_id) if filing.project_id else None
    records = newest_records(session, project.id) if project else {}
    changes: list[dict[str, Any]] = []
    for stage, content in stages_of(filing.content).items():
        old = records[stage].content if stage in records else {}
        changes += [
            {
                "stage": stage.value,
                "title": STAGE_NAMES[stage],
                "field": name,
                "old": old.get(name),
                "new": content.get(name),
            }
            for name in sorted(set(old) | set(content))
            if old.get(name) != content.get(name)
        ]
    return changes


def base_versions(session: Session, project_id: int, stages: Sequence[Stage]) -> dict[str, int]:
    """The versions an erratum starts from: if they move on meanwhile, it no longer fits."""
    records = newest_records(session, project_id)
    return {stage.value: records[stage].version for stage in stages if stage in records}
