"""Routes of projects, eligibility, credit file and imports."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from sqlalchemy.orm import Session

from registry.api import shapes
from registry.api.deps import Body, Deps
from registry.api.filings import FileBody, Long, Short
from registry.credit.queries import bad_records, credit_file, samplings_of
from registry.credit.service import find_false, sample
from registry.eligibility.rules import Use
from registry.eligibility.service import eligible, end_of
from registry.errors import Forbidden
from registry.imports.models import ImportRun
from registry.imports.service import remarks_of
from registry.projects.models import Project, Stage
from registry.projects.queries import (
    grade_history,
    grades_as_of,
    is_owner,
    list_projects,
    may_see,
    shown_stages,
)
from registry.projects.service import ProjectUnknown
from registry.workflows.administration import take_confirmation_back
from registry.workflows.officers import Officer


class WithdrawalBody(Body):
    """Take a confirmation back."""

    stages: Annotated[list[Stage], Field(min_length=1)]
    reason: Long


class FalsityBody(Body):
    """A finding of falsity."""

    uscc: Short
    reason: Long
    basis: Long


class SamplingBody(Body):
    """A re-check."""

    method: Short
    result: Short
    note: Long
    evidence: list[FileBody] = Field(default_factory=list)
    uscc: Short = ""
    basis: Long = ""


def projects_router(deps: Deps) -> APIRouter:
    """Everything that is read, and what an authority does outside a filing."""
    router = APIRouter()
    _project_routes(router, deps)
    _answer_routes(router, deps)
    _officer_routes(router, deps)
    return router


def _seen(session: Session, project_id: int, viewer: str | None, now: datetime) -> Project:
    project = session.get(Project, project_id)
    if project is None or not may_see(session, project_id, viewer, moment=now):
        raise ProjectUnknown
    return project


def _project_routes(router: APIRouter, deps: Deps) -> None:
    SessionDep = Annotated[Session, Depends(deps.session, scope="function")]  # noqa: N806 - a type.
    ViewerDep = Annotated[str | None, Depends(deps.viewer)]  # noqa: N806
    NowDep = Annotated[datetime, Depends(deps.now)]  # noqa: N806

    @router.get("/projects")
    def projects(
        session: SessionDep,
        viewer: ViewerDep,
        now: NowDep,
        q: Annotated[str, Query(max_length=100)] = "",
        after: int = 0,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> list[shapes.Json]:
        found = list_projects(session, moment=now, viewer=viewer, text=q.strip(), after=after, limit=limit)
        return [shapes.project_line(one.project, dict(one.grades), is_false=one.is_false) for one in found]

    @router.get("/projects/{project_id}")
    def project(project_id: int, session: SessionDep, viewer: ViewerDep, now: NowDep) -> shapes.Json:
        found = _seen(session, project_id, viewer, now)
        owns = is_owner(session, project_id, viewer)
        return shapes.project_page(session, found, is_owner=owns, moment=now)

    @router.get("/projects/{project_id}/grades")
    def grades(
        project_id: int, session: SessionDep, viewer: ViewerDep, now: NowDep, on: date | None = None
    ) -> shapes.Json:
        found = _seen(session, project_id, viewer, now)
        owns = is_owner(session, project_id, viewer)
        held = grades_as_of(session, [found.id], end_of(on) if on else now).get(found.id, {})
        history = grade_history(session, found.id)
        return {
            "grades": {s.value: g.value for s, g in shown_stages(held, is_owner=owns).items()},
            "history": [shapes.grade_entry(entry) for entry in history if owns or entry.grade != "D"],
        }


def _answer_routes(router: APIRouter, deps: Deps) -> None:
    SessionDep = Annotated[Session, Depends(deps.session, scope="function")]  # noqa: N806
    ViewerDep = Annotated[str | None, Depends(deps.viewer)]  # noqa: N806

    @router.get("/eligibility")
    def answer(
        session: SessionDep,
        viewer: ViewerDep,
        uscc: Annotated[str, Query(max_length=18)],
        use: Use,
        on: date,
        item: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it.
    ) -> shapes.Json:
        if viewer not in {uscc, "*"}:
            raise Forbidden
        return shapes.answer(
            eligible(session, uscc=uscc, use=use, on=on, items=[split_item(one) for one in item])
        )

    @router.get("/bad-records")
    def bad(session: SessionDep, before: int | None = None) -> list[shapes.Json]:
        return [shapes.credit_entry(entry) for entry in bad_records(session, before=before)]

    @router.get("/credit/{uscc}")
    def credit(uscc: str, session: SessionDep, viewer: ViewerDep) -> list[shapes.Json]:
        if viewer not in {uscc, "*"}:
            raise Forbidden
        return [shapes.credit_entry(entry) for entry in credit_file(session, uscc)]


def split_item(text: str) -> tuple[str, str]:
    """建筑工程:一级 as category and grade."""
    category, _, grade = text.partition(":")
    return category.strip(), grade.strip()


def _officer_routes(router: APIRouter, deps: Deps) -> None:
    SessionDep = Annotated[Session, Depends(deps.session, scope="function")]  # noqa: N806
    OfficerDep = Annotated[Officer, Depends(deps.officer)]  # noqa: N806
    NowDep = Annotated[datetime, Depends(deps.now)]  # noqa: N806

    @router.post("/projects/{project_id}/confirmation-withdrawal")
    def withdraw(
        project_id: int, body: WithdrawalBody, session: SessionDep, officer: OfficerDep, now: NowDep
    ) -> dict[str, str]:
        fallen = take_confirmation_back(
            session, project_id=project_id, stages=body.stages, officer=officer, reason=body.reason, now=now
        )
        return {stage.value: grade.value for stage, grade in fallen.items()}

    @router.post("/projects/{project_id}/falsity", status_code=201)
    def falsity(
        project_id: int, body: FalsityBody, session: SessionDep, officer: OfficerDep, now: NowDep
    ) -> shapes.Json:
        mark = find_false(
            session, project_id=project_id, uscc=body.uscc, officer=officer,
            reason=body.reason, basis=body.basis, now=now,
        )  # fmt: skip
        return {"mark": mark.id}

    @router.post("/projects/{project_id}/samplings", status_code=201)
    def recheck(
        project_id: int, body: SamplingBody, session: SessionDep, officer: OfficerDep, now: NowDep
    ) -> shapes.Json:
        kept = sample(
            session, project_id=project_id, officer=officer, now=now,
            **{**body.model_dump(), "evidence": [file.model_dump() for file in body.evidence]},
        )  # fmt: skip
        return {"sampling": kept.id}

    @router.get("/projects/{project_id}/samplings")
    def rechecks(project_id: int, session: SessionDep, officer: OfficerDep) -> list[shapes.Json]:
        del officer  # Any authority may read; asking for the dependency refuses everybody else.
        return [
            {"method": s.method, "result": s.result, "note": s.note, "at": s.at.isoformat()}
            for s in samplings_of(session, project_id)
        ]

    @router.get("/imports/{run_id}")
    def import_run(run_id: int, session: SessionDep, officer: OfficerDep) -> shapes.Json:
        del officer
        run = session.get(ImportRun, run_id)
        if run is None:
            raise ProjectUnknown(code="import_unknown", message="未找到该导入任务")
        return {
            "file": run.file_name,
            "done": run.next_row,
            "total": run.total_rows,
            "finished": run.finished_at.isoformat() if run.finished_at else None,
            "counts": run.counts,
            "rows": [
                {"row": r.row, "code": r.code, "message": r.message} for r in remarks_of(session, run_id)
            ],
        }
