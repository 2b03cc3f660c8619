"""One project, for a firm or for staff: stages and grades, their history, parties, targets."""

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from registry.api import shapes
from registry.credit.queries import samplings_of
from registry.projects.models import Project
from registry.projects.queries import grade_history, is_owner, may_see
from registry.projects.service import ProjectUnknown
from verify_api.accounts.actor import Kind
from verify_api.accounts.deps import ActorDep
from verify_api.http.deps import SessionDep
from verify_api.pages.render import Frame, FrameDep
from verify_api.store_pages import charts
from verify_api.store_pages.access import viewer
from verify_api.store_pages.words import LABELS, WORDS

router = APIRouter(include_in_schema=False)


@router.get("/portal/projects/{project_id:int}")
@router.get("/console/projects/{project_id:int}")
def project_page(project_id: int, actor: ActorDep, frame: FrameDep, session: SessionDep) -> Response:
    """The project as the asker may see it."""
    who = viewer(session, actor)
    project = session.get(Project, project_id)
    if who is None or project is None or not may_see(session, project_id, who, moment=frame.now):
        raise ProjectUnknown
    return frame.show(
        "store/project.html", here="projects", **_context(session, frame, project, who, actor.kind)
    )


def _context(session: Session, frame: Frame, project: Project, who: str, kind: Kind) -> dict[str, Any]:
    owns = is_owner(session, project.id, who)
    entries = [shapes.grade_entry(entry) for entry in grade_history(session, project.id)]
    history = [entry for entry in entries if owns or entry["grade"] != "D"]
    is_staff = kind is Kind.STAFF
    return {
        "project": shapes.project_page(session, project, is_owner=owns, moment=frame.now),
        "history": history,
        "chart": charts.grade_history(history, now=frame.now),
        "samplings": samplings_of(session, project.id) if is_staff else [],
        "base": "/console/projects" if is_staff else "/portal/projects",
        "is_staff": is_staff,
        "labels": LABELS,
        "w": WORDS,
    }
