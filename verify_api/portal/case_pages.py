"""Pages of an enterprise's tasks: what is due, what happens by itself, what to do now (SZ-12)."""

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from registry.errors import DakaError
from verify_api.accounts.actor import Actor
from verify_api.accounts.deps import EnterpriseDep
from verify_api.accounts.onboarding import gate_of, require_ready
from verify_api.accounts.rules import Gate
from verify_api.cases import handwork, lists, queries, views
from verify_api.cases.models import Case
from verify_api.cases.states import Capability, State
from verify_api.checkins.photos import without_photograph
from verify_api.http.deps import NowDep, SessionDep
from verify_api.notices.queries import of_case
from verify_api.notices.serving import notice_view
from verify_api.pages.forms import FormDep
from verify_api.pages.people import names_of
from verify_api.pages.render import Frame, FrameDep, attempt, go
from verify_api.pages.states import advice, tone_of
from verify_api.portal.cases import CaseDep, LockedDep
from verify_api.portal.checked_in import standing_checkins
from verify_api.selection.pages import lights_shown

router = APIRouter(prefix="/portal", include_in_schema=False)


@router.get("")
def tasks_page(actor: EnterpriseDep, frame: FrameDep, session: SessionDep, now: NowDep) -> Response:
    """动态核查. Shown before the gates are through as well: the clock runs all the same (SZ-12)."""
    found = queries.cases_of_enterprise(session, actor.own_enterprise)
    lines = [_line(one) for one in views.summaries(session, found, now=now)]
    return frame.show(
        "portal/tasks.html",
        here="tasks",
        running=[line for line in lines if not line["closed_at"]],
        ended=[line for line in lines if line["closed_at"]],
        is_ready=gate_of(session, actor.own_enterprise) is Gate.READY,
        step=list(Gate).index(gate_of(session, actor.own_enterprise)),
        lights=lights_shown(session, actor.own_enterprise),
    )


def _line(line: dict[str, Any]) -> dict[str, Any]:
    state = State(line["state"])
    return line | {"tone": tone_of(state), "advice": advice(state)}


@router.get("/cases/{number}")
def case_page(case: CaseDep, actor: EnterpriseDep, frame: FrameDep, session: SessionDep) -> Response:
    """One task."""
    return show_case(frame, session, case, actor)


def show_case(
    frame: Frame, session: Session, case: Case, actor: Actor, error: DakaError | None = None
) -> Response:
    """The page of a task, perhaps with what the last step was refused for."""
    require_ready(session, actor.own_enterprise)
    session.refresh(case, ["enterprise", "items"])
    found = _line(views.detail(session, case, now=frame.now))
    newest = queries.lists(session, case.id)[:1]
    done = standing_checkins(session, newest[0].id) if newest else {}
    poor = without_photograph(session, list_id=newest[0].id) if newest else []
    people = {one["person"] for row in found["lists"] for one in row["people"]}
    return frame.show(
        "portal/case.html",
        here="tasks",
        case=found,
        may={one.value: one.value in found["capabilities"] for one in Capability},
        is_claimed=bool(newest and newest[0].claimed_at),
        names=names_of(session, people),
        checked_in=done,
        unphotographed={one.person.id: one.reasons for one in poor},
        notices=[notice_view(one) for one in of_case(session, case.id)],
        errors=error or (),
    )


@router.post("/cases/{number}/withdrawal")
def withdraw(
    _form: FormDep, case: LockedDep, actor: EnterpriseDep, frame: FrameDep, session: SessionDep
) -> Response:
    """Take the list back before an officer has claimed it."""
    outcome = attempt(session, lambda: lists.withdraw(session, case, actor=actor, now=frame.now))
    if isinstance(outcome, DakaError):
        return show_case(frame, session, case, actor, outcome)
    return go(f"/portal/cases/{case.number}", "withdrawn")


@router.post("/cases/{number}/statement")
def state_defence(
    form: FormDep, case: LockedDep, actor: EnterpriseDep, frame: FrameDep, session: SessionDep
) -> Response:
    """陈述申辩: while it is open nothing adverse happens."""
    reason = form.text("reason")
    outcome = attempt(
        session, lambda: handwork.appeal(session, case, reason=reason, actor=actor, now=frame.now)
    )
    if isinstance(outcome, DakaError):
        return show_case(frame, session, case, actor, outcome)
    return go(f"/portal/cases/{case.number}", "stated")
