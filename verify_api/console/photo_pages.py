"""登记照片: who has still to check in and has no photograph to be compared with, and why."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from verify_api.accounts.actor import Role
from verify_api.accounts.deps import StaffDep
from verify_api.cases.access import require_role
from verify_api.checkins.photos import count_without_photograph, without_photograph
from verify_api.console.desk import PAGE, counts
from verify_api.http.deps import SessionDep
from verify_api.pages.paging import Paging
from verify_api.pages.render import FrameDep

router = APIRouter(prefix="/console/photos", include_in_schema=False)

HERE = "/console/photos"


@router.get("")
def list_page(
    actor: StaffDep,
    frame: FrameDep,
    session: SessionDep,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """One line a person and case."""
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    return frame.show(
        "console/photos.html",
        here="attempts",
        counts=counts(session),
        lines=without_photograph(session, limit=PAGE, offset=(page - 1) * PAGE),
        paging=Paging(page, count_without_photograph(session), PAGE, HERE, {}),
    )
