"""`/api/v1/console/cases/{number}/requirements`: the numbers a case is judged by, and those staff enter."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from registry.clock import SHANGHAI
from registry.enterprises.models import QualificationItem
from registry.standards import ItemRequirement
from registry.standards.report import requirement_mapping
from verify_api.accounts.deps import StaffDep
from verify_api.cases.access import case_for
from verify_api.cases.choosing import items_under
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.models import Case
from verify_api.cases.numbers import enter_numbers
from verify_api.console.common import LockedDep
from verify_api.http.deps import Body, NowDep, SessionDep
from verify_api.selection.models import RequirementOverride
from verify_api.selection.queries import overrides_of
from verify_api.selection.service import requirement_for

router = APIRouter(prefix="/api/v1/console/cases/{number}", tags=["console"])
Answer = dict[str, Any]
Heads = Annotated[int, Field(strict=True)]


class Entered(Body):
    """Required numbers for one item of the case; null leaves a number to the standard."""

    item: int
    registered: Heads | None
    titled: Heads | None
    reason: Annotated[str, Field(max_length=2000)]


def seen_case(number: str, actor: StaffDep, session: SessionDep) -> Case:
    """The case, for reading."""
    return case_for(session, number, actor=actor)


@router.get("/requirements")
def show_requirements(case: Annotated[Case, Depends(seen_case)], session: SessionDep, now: NowDep) -> Answer:
    """Per item what the standard asks for today, with clause, source and confidence; and every entry made."""
    ground = ground_on(session, now=now)
    return {
        "items": [_stated(item, ground) for item in items_under(session, case)],
        "entered": [entry_view(row) for row in overrides_of(session, case.id)],
    }


def _stated(item: QualificationItem, ground: Ground) -> Answer:
    found = requirement_for(item, on=ground.today, policy=ground.policy)
    stated = requirement_mapping(found) if isinstance(found, ItemRequirement) else {"blocks": [found.message]}
    return {"item": item.id, "title": item.title, "standard": stated}


def entry_view(row: RequirementOverride) -> Answer:
    """One entry: who put which numbers in force when, and why."""
    return {
        "item": row.item_id,
        "version": row.version,
        "registered": row.registered_required,
        "titled": row.titled_required,
        "reason": row.reason,
        "entered_by": row.entered_by,
        "entered_at": row.entered_at.astimezone(SHANGHAI).isoformat(),
    }


@router.post("/requirements", status_code=201)
def enter_requirement(
    case: LockedDep, body: Entered, actor: StaffDep, session: SessionDep, now: NowDep
) -> Answer:
    """Enter numbers with the reason; earlier entries stay as versions."""
    row = enter_numbers(
        session,
        case,
        item_id=body.item,
        registered=body.registered,
        titled=body.titled,
        reason=body.reason,
        actor=actor,
        now=now,
    )
    return entry_view(row)
