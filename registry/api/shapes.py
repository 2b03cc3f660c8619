"""Rows as JSON."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from registry.credit.models import CreditEntry
from registry.eligibility.rules import Answer, ProjectVerdict
from registry.projects.fields import STAGE_NAMES
from registry.projects.grades import NATIONAL_BLOCKS, project_grade
from registry.projects.models import Grade, GradeEntry, Project, Stage, StageRecord
from registry.projects.queries import (
    false_projects,
    grades_as_of,
    newest_records,
    parties_of,
    people_of,
    shown_stages,
)
from registry.publication.service import status_of
from registry.workflows.models import Filing, FilingDecision
from registry.workflows.queries import days_left, decisions_of

Json = dict[str, Any]


def project_line(project: Project, grades: dict[Stage, Grade], *, is_false: bool) -> Json:
    """A project in a list."""
    return {
        "id": project.id,
        "code": project.code,
        "name": project.name,
        "location_code": project.location_code,
        "category": project.category,
        "work_type": project.work_type,
        "specialty": project.specialty,
        "grades": {stage.value: grade.value for stage, grade in grades.items()},
        # The lowest of the five blocks of JL-07; null while one is missing.
        "grade": project_grade(grades, NATIONAL_BLOCKS),
        "is_false": is_false,
    }


def project_page(session: Session, project: Project, *, is_owner: bool, moment: datetime) -> Json:
    """A project whole: the matrix of stages and grades, parties, people (for the owner), and the targets."""
    grades = shown_stages(grades_as_of(session, [project.id], moment).get(project.id, {}), is_owner=is_owner)
    records = newest_records(session, project.id)
    is_false = bool(false_projects(session, [project.id]))
    people = people_of(session, project.id) if is_owner else []
    return {
        **project_line(project, grades, is_false=is_false),
        "stages": [stage_shape(stage, grades[stage], records[stage]) for stage in Stage if stage in grades],
        "parties": [
            {"role": p.role, "uscc": p.uscc, "name": p.name} for p in parties_of(session, project.id)
        ],
        "people": [{"name": p.name, "role": p.role, "employer_uscc": p.employer_uscc} for p in people],
        "targets": {target.value: state for target, state in status_of(session, project.id).items()},
    }


def stage_shape(stage: Stage, grade: Grade, record: StageRecord) -> Json:
    """One stage with its grade and newest content."""
    return {
        "stage": stage.value,
        "title": STAGE_NAMES[stage],
        "grade": grade.value,
        "version": record.version,
        "source": record.source,
        "filed_by": record.filed_by,
        "content": record.content,
        "recorded_at": record.recorded_at.isoformat(),
    }


def grade_entry(entry: GradeEntry) -> Json:
    """One line of the grade history."""
    return {
        "stage": entry.stage,
        "grade": entry.grade,
        "at": entry.at.isoformat(),
        "cause": entry.cause,
        "level": entry.level,
        "authority": entry.authority,
        "reason": entry.reason,
        "is_flagged": entry.is_flagged,
    }


def filing_line(filing: Filing, *, now: datetime) -> Json:
    """A filing in a list."""
    return {
        "id": filing.id,
        "number": filing.number,
        "profile": filing.profile,
        "kind": filing.kind,
        "state": filing.state,
        "step": filing.step,
        "steps": filing.steps,
        "at_level": filing.at_level,
        "project": {
            "code": filing.code,
            "name": filing.name,
            "location_code": filing.location_code,
            "category": filing.category,
            "work_type": filing.work_type,
            "specialty": filing.specialty,
        },
        "opened_at": filing.opened_at.isoformat(),
        "submitted_at": filing.submitted_at.isoformat() if filing.submitted_at else None,
        "due_on": filing.due_on.isoformat() if filing.due_on else None,
        "due_is_unknown": filing.due_is_unknown,
        "days_left": days_left(filing, now=now),
        "port_open_until": filing.port_open_until.isoformat() if filing.port_open_until else None,
    }


def filing_page(session: Session, filing: Filing, *, for_officer: bool, now: datetime) -> Json:
    """A filing whole. A firm sees authorities and reasons, never who the officer was (A.1.2)."""
    return {
        **filing_line(filing, now=now),
        "content": filing.content,
        "attachments": filing.attachments,
        "reason": filing.reason,
        "follows": filing.follows_id,
        "decisions": [decision(one, for_officer=for_officer) for one in decisions_of(session, filing.id)],
    }


def decision(row: FilingDecision, *, for_officer: bool) -> Json:
    """What a step decided."""
    shown: Json = {
        "step": row.step,
        "outcome": row.outcome,
        "level": row.level,
        "authority": row.authority,
        "at": row.at.isoformat(),
        "reason": row.reason,
        "methods": row.methods,
        "document": row.document,
        "diff": row.diff,
    }
    return {**shown, "actor": row.actor, "ip": row.ip} if for_officer else shown


def answer(given: Answer) -> Json:
    """An answer about eligibility."""
    return {
        "eligible": given.is_eligible,
        "use": given.asked.use.value,
        "on": given.asked.on.isoformat(),
        "blocking": [clause.to_mapping() for clause in given.blocking],
        "notes": [clause.to_mapping() for clause in given.notes],
        "projects": [project_verdict(verdict) for verdict in given.projects],
        "people": [
            {
                "person": verdict.person,
                "eligible": bool(verdict.projects),
                "projects": list(verdict.projects),
                "clauses": [clause.to_mapping() for clause in verdict.clauses],
            }
            for verdict in given.people
        ],
    }


def project_verdict(verdict: ProjectVerdict) -> Json:
    """What eligibility says of one project."""
    return {
        "code": verdict.project.code,
        "name": verdict.project.name,
        "grades": {stage.value: grade.value for stage, grade in verdict.project.grades.items()},
        "for_firm": verdict.serves_firm,
        "for_people": verdict.serves_people,
        "firm_clauses": [clause.to_mapping() for clause in verdict.for_firm],
        "people_clauses": [clause.to_mapping() for clause in verdict.for_people],
        "warnings": [clause.to_mapping() for clause in verdict.warnings],
        "shortest_way": list(verdict.way),
    }


def credit_entry(entry: CreditEntry) -> Json:
    """An entry of a credit file."""
    return {
        "id": entry.id,
        "uscc": entry.uscc,
        "kind": entry.kind,
        "at": entry.at.isoformat(),
        "text": entry.sentence,
        "basis": entry.basis,
        "is_public": entry.is_public,
    }
