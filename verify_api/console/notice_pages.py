"""文书登记簿: every document with its stage; while pages are being made, a bar that fills."""

from fastapi import APIRouter, Response

from verify_api.accounts.deps import StaffDep
from verify_api.console.desk import counts
from verify_api.console.notices import Page, Text, line, today
from verify_api.http.deps import NowDep, SessionDep
from verify_api.notices.register import PAGE, Stage, find
from verify_api.pages.paging import Paging
from verify_api.pages.render import FrameDep

router = APIRouter(prefix="/console", include_in_schema=False)

STAGES = {
    Stage.PENDING: ("待制作", "warn"),
    Stage.UNPROVEN: ("待送达", "brand"),
    Stage.PROVEN: ("已送达", "ok"),
    Stage.VOID: ("已替代或撤销", ""),
}


@router.get("/notices")
def register_page(
    _actor: StaffDep,
    frame: FrameDep,
    session: SessionDep,
    now: NowDep,
    stage: str = "",
    q: Text = "",
    page: Page = 1,
) -> Response:
    """The register; it renews itself while today's pages are not all made."""
    wanted = Stage(stage) if stage in set(Stage) else None
    found = find(session, stage=wanted, text=q, page=page)
    return frame.show(
        "console/notices.html",
        here="notices",
        counts=counts(session),
        today=today(session, now),
        lines=[line(row) for row in found.rows],
        labels={one.value: said for one, said in STAGES.items()},
        stages=[("", "全部"), *((one.value, said) for one, (said, _) in STAGES.items())],
        stage=wanted.value if wanted else "",
        q=q,
        paging=Paging(
            page, found.total, PAGE, "/console/notices", {"stage": stage if wanted else "", "q": q}
        ),
    )
