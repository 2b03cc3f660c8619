"""数据导入: how far each `daka registry import` has come and what became of its rows."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from registry.errors import NotFound
from registry.imports.models import ImportRun
from registry.imports.queries import PAGE, newest_runs, remark_page
from verify_api.accounts.deps import StaffDep
from verify_api.http.deps import SessionDep
from verify_api.pages.paging import Paging
from verify_api.pages.render import FrameDep

router = APIRouter(prefix="/console/projects/imports", include_in_schema=False)

COUNTS = {
    "projects_new": ("新增项目", "ok"),
    "stages_new": ("新增环节", "ok"),
    "stages_unchanged": ("环节无变化", ""),
    "stages_conflicting": ("环节与已入库不同，未覆盖", "warn"),
    "rejected": ("未入库项目", "bad"),
}


@router.get("")
def imports_page(_actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """The newest imports, those under way first."""
    runs = newest_runs(session)
    is_running = any(run.finished_at is None for run in runs)
    return frame.show("store/imports.html", here="projects", runs=runs, is_running=is_running)


@router.get("/{run_id}")
def import_page(
    run_id: int,
    _actor: StaffDep,
    frame: FrameDep,
    session: SessionDep,
    code: Annotated[str, Query(max_length=60)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """One import: progress, counts, and every row that was not taken or is remarkable."""
    run = session.get(ImportRun, run_id)
    if run is None:
        raise NotFound("没有这次导入")
    found = remark_page(session, run.id, code=code, page=page)
    here = f"/console/projects/imports/{run.id}"
    return frame.show(
        "store/import.html",
        here="projects",
        run=run,
        counted=[(*COUNTS[name], run.counts.get(name, 0)) for name in COUNTS],
        remarks=found,
        code=code,
        paging=Paging(page, found.total, PAGE, here, {"code": code}),
    )
