"""一人两名核对: two identities with one face, both pictures side by side; an officer says what they are."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from registry.errors import DakaError, Invalid
from verify_api.accounts.actor import Actor, Role
from verify_api.accounts.deps import StaffDep
from verify_api.cases.access import require_role
from verify_api.console.desk import PAGE, counts, employers
from verify_api.faces import queries
from verify_api.faces.models import Finding
from verify_api.faces.service import settle_lookalike
from verify_api.http.deps import SessionDep
from verify_api.pages.forms import FormDep
from verify_api.pages.paging import Paging
from verify_api.pages.people import names_of
from verify_api.pages.render import Frame, FrameDep, attempt, go

router = APIRouter(prefix="/console/lookalikes", include_in_schema=False)

HERE = "/console/lookalikes"
FINDINGS = (
    (Finding.TWO_PEOPLE, "两名不同的人，只是相像"),
    (Finding.RELATED, "双胞胎或近亲属"),
    (Finding.ONE_PERSON, "同一人使用两个身份"),
)
OCCASIONS = {"enrolment": "登记照片入库时发现", "checkin": "打卡时发现"}


class FindingMissing(Invalid):
    """An officer has to say what the pair is."""

    code = "finding_missing"
    message = "请选择核对结论"


@router.get("")
def list_page(
    actor: StaffDep,
    frame: FrameDep,
    session: SessionDep,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Pairs that nobody has settled, the closest first."""
    return _page(frame, session, actor, page)


def _page(
    frame: Frame, session: Session, actor: Actor, page: int, error: DakaError | None = None
) -> Response:
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    pairs = queries.open_lookalikes(session, limit=PAGE, offset=(page - 1) * PAGE)
    people = {one for pair in pairs for one in (pair.person_id, pair.other_person_id)}
    return frame.show(
        "console/lookalikes.html",
        here="attempts",
        counts=counts(session),
        pairs=pairs,
        people=names_of(session, people),
        employers=employers(session, people),
        occasions=OCCASIONS,
        findings=[(finding.value, label) for finding, label in FINDINGS],
        may_settle=actor.role in (Role.REVIEWER, Role.ADMIN),
        paging=Paging(page, queries.count_open_lookalikes(session), PAGE, HERE, {}),
        errors=error or (),
    )


@router.post("/{lookalike_id}")
def settle(
    lookalike_id: int, form: FormDep, actor: StaffDep, frame: FrameDep, session: SessionDep
) -> Response:
    """Record what the pair is, with the grounds; nothing follows by itself."""
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    outcome = attempt(
        session,
        lambda: settle_lookalike(
            session,
            lookalike_id=lookalike_id,
            finding=_finding(form.text("finding")),
            reason=form.text("reason"),
            settled_by=actor.label,
            now=frame.now,
        ),
    )
    if isinstance(outcome, DakaError):
        return _page(frame, session, actor, 1, outcome)
    return go(HERE, "decided")


def _finding(text: str) -> Finding:
    try:
        return Finding(text)
    except ValueError:
        raise FindingMissing from None
