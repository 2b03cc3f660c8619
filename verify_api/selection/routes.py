"""`/api/v1/…/lights` and the stateless questions of `/api/v1/selection`. Lists of a case go through cases."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi import Body as JsonBody

from registry.clock import SHANGHAI
from registry.errors import Forbidden, Invalid
from verify_api.accounts.actor import Actor, Kind
from verify_api.accounts.deps import ActorDep, EnterpriseDep, StaffDep
from verify_api.http.deps import NowDep, SessionDep
from verify_api.selection import queries
from verify_api.selection.door import BadSelection, read_question
from verify_api.selection.lights import Colour
from verify_api.selection.models import RosterLight
from verify_api.selection.report import check_mapping, plan_mapping
from verify_api.selection.rules import check
from verify_api.selection.solver import plan
from verify_api.selection.values import SelectionInput

router = APIRouter(tags=["selection"])
Answer = dict[str, Any]
Content = Annotated[dict[str, Any], JsonBody()]

MOST_PEOPLE = 3000
MOST_ITEMS = 20


def asker(actor: ActorDep) -> Actor:
    """Firms and staff may ask; a check-in person has nothing to choose.

    Raises:
        Forbidden: The actor is a person.
    """
    if actor.kind not in (Kind.ENTERPRISE, Kind.STAFF):
        raise Forbidden
    return actor


AskerDep = Annotated[Actor, Depends(asker)]


def light_view(row: RosterLight) -> Answer:
    """One light with what it stands on and how old the roster is."""
    return {
        "id": row.id,
        "enterprise": row.enterprise_id,
        "item": row.item_id,
        "colour": row.colour,
        "since": row.since.isoformat(),
        "computed_at": row.computed_at.isoformat(),
        "roster_synced_at": row.roster_synced_at.isoformat(),
        "findings": row.findings,
    }


@router.get("/api/v1/portal/lights")
def own_lights(actor: EnterpriseDep, session: SessionDep) -> list[Answer]:
    """The firm's own lights. Shown before the gates are through: a warning is for acting on."""
    return [light_view(row) for row in queries.current_lights(session, actor.own_enterprise)]


@router.get("/api/v1/console/lights")
def standing_lights(
    actor: StaffDep,
    session: SessionDep,
    colour: Colour = Colour.RED,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Answer:
    """Current lights of one colour, a page at a time, with how many stand in each."""
    rows = queries.standing_lights(session, colour=colour.value, limit=limit, after=after)
    return {
        "counts": queries.lights_by_colour(session),
        "lights": [light_view(row) for row in rows],
        "next": rows[-1].id if len(rows) == limit else None,
    }


@router.post("/api/v1/selection/check")
def check_people(content: Content, actor: AskerDep, now: NowDep) -> Answer:
    """Would this list do? The question as in `daka select`, with `list` for the ids of the list."""
    given, chosen = _question(content, now.astimezone(SHANGHAI).date(), "list")
    return check_mapping(check(given, chosen))


@router.post("/api/v1/selection/plan")
def plan_people(content: Content, actor: AskerDep, now: NowDep) -> Answer:
    """A smallest list, or what is missing. The question as in `daka select`; `must` names people to keep."""
    given, must = _question({"must": [], **content}, now.astimezone(SHANGHAI).date(), "must")
    return plan_mapping(plan(given, must))


def _question(content: dict[str, Any], today: date, key: str) -> tuple[SelectionInput, list[str]]:
    """The question without the ids under `key`, and those ids."""
    rest = dict(content)
    ids = rest.pop(key, None)
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise BadSelection(key, "须为人员编号的列表")
    given = read_question(rest, today=today)
    if len(given.people) > MOST_PEOPLE or len(given.items) > MOST_ITEMS:
        raise Invalid(f"一次最多 {MOST_PEOPLE} 人、{MOST_ITEMS} 个资质项", code="question_too_large")
    if len(ids) > MOST_PEOPLE:
        raise BadSelection(key, f"不能多于 {MOST_PEOPLE} 项")
    return given, ids
