"""标准人数 of a case: what the standard says with its clause, and the form for numbers it leaves unknown."""

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from registry.enterprises.models import QualificationItem
from registry.errors import DakaError
from registry.standards import ItemRequirement
from registry.standards.values import Confidence, Personnel
from verify_api.accounts.actor import Actor
from verify_api.accounts.deps import StaffDep
from verify_api.cases.access import case_for
from verify_api.cases.choosing import items_under
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.models import Case
from verify_api.cases.numbers import enter_numbers
from verify_api.cases.states import TERMINAL, State
from verify_api.console.common import LockedDep
from verify_api.console.desk import counts
from verify_api.http.deps import SessionDep
from verify_api.pages.forms import Fields, FormDep
from verify_api.pages.people import actors_named
from verify_api.pages.render import Frame, FrameDep, attempt, go
from verify_api.selection.models import RequirementOverride
from verify_api.selection.queries import overrides_of
from verify_api.selection.service import (
    MAY_ENTER,
    MOST_REQUIRED,
    BadRequirement,
    requirement_for,
)

router = APIRouter(prefix="/console/cases/{number}/requirements", include_in_schema=False)

CONFIDENCE = {
    Confidence.OFFICIAL: "官方原文",
    Confidence.REPRINT: "转载全文",
    Confidence.SECOND_HAND: "转引，未见原文",
    Confidence.RECALL: "未核对",
}
TITLE_MOST = 200


@router.get("")
def requirements_page(number: str, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """Every item with the standard's numbers, those in force and every entry made."""
    return _page(frame, session, case_for(session, number, actor=actor), actor)


@router.post("")
def enter(form: FormDep, case: LockedDep, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """Enter numbers for one item with the document and clause they rest on."""
    outcome = attempt(session, lambda: _entered(session, case, form, actor, frame))
    if isinstance(outcome, DakaError):
        return _page(frame, session, case, actor, error=outcome, typed=form)
    return go(f"/console/cases/{case.number}/requirements", "requirement")


def _entered(session: Session, case: Case, form: Fields, actor: Actor, frame: Frame) -> None:
    registered, titled, reason = _back_to_standard(form) if form.text("withdraw") else _typed(form)
    enter_numbers(
        session,
        case,
        item_id=form.number("item") or 0,
        registered=registered,
        titled=titled,
        reason=reason,
        actor=actor,
        now=frame.now,
    )


def _back_to_standard(form: Fields) -> tuple[None, None, str]:
    return None, None, form.text("reason")


def _typed(form: Fields) -> tuple[int | None, int | None, str]:
    numbers = _heads(form, "registered", "注册人员"), _heads(form, "titled", "职称技术人员")
    if numbers == (None, None):
        raise BadRequirement("请至少填写一个人数")
    return *numbers, _basis(form)


def _heads(form: Fields, field: str, name: str) -> int | None:
    """The number typed; None where the field was left to the standard."""
    if not form.text(field):
        return None
    number = form.number(field)
    if number is None or number > MOST_REQUIRED:
        raise BadRequirement(f"{name}人数须为 0 至 {MOST_REQUIRED} 的整数")
    return number


def _basis(form: Fields) -> str:
    """Document and clause in front of the reason: an entry without them could not be checked later."""
    document, clause = form.text("document")[:TITLE_MOST], form.text("clause")[:TITLE_MOST]
    if not document or not clause:
        raise BadRequirement("请填写依据的文件和条款")
    return f"{document} {clause}。{form.text('reason')}"


def unknown_numbers(session: Session, case: Case, ground: Ground) -> list[str]:
    """Titles of the items whose numbers neither the standard nor staff give: no list can pass for them."""
    entered = {row.item_id: row for row in overrides_of(session, case.id)}
    found = []
    for item in items_under(session, case):
        lines = _numbers(item, entered.get(item.id), ground)["roles"]
        if State(case.state) not in TERMINAL and any(line["in_force"] is None for line in lines):
            found.append(item.title)
    return found


def _numbers(item: QualificationItem, row: RequirementOverride | None, ground: Ground) -> dict[str, Any]:
    """An item with both numbers: stated, entered and in force."""
    found = requirement_for(item, on=ground.today, policy=ground.policy)
    known = found if isinstance(found, ItemRequirement) else None
    entered = (row.registered_required, row.titled_required) if row else (None, None)
    roles = (
        _role("registered", "注册人员", known.registered if known else None, entered[0]),
        _role("titled", "职称技术人员", known.titled if known else None, entered[1]),
    )
    return {
        "id": item.id,
        "title": item.title,
        "refused": "" if isinstance(found, ItemRequirement) else found.message,
        "roles": roles,
        "is_entered": entered != (None, None),
    }


def _role(field: str, label: str, found: Personnel | None, entered: int | None) -> dict[str, Any]:
    stated = found.usable if found is not None else None
    confidence = found.cite.confidence if found is not None else None
    return {
        "field": field,
        "label": label,
        "stated": stated,
        "block": found.block if found is not None else None,
        "clause": found.cite.clause if found is not None else "",
        "confidence": CONFIDENCE[confidence] if confidence is not None else "",
        "entered": entered,
        "in_force": entered if entered is not None else stated,
    }


def _page(
    frame: Frame,
    session: Session,
    case: Case,
    actor: Actor,
    *,
    error: DakaError | None = None,
    typed: Fields | None = None,
) -> Response:
    session.refresh(case, ["enterprise"])
    ground = ground_on(session, now=frame.now)
    rows = overrides_of(session, case.id)
    newest = {row.item_id: row for row in rows}
    under = items_under(session, case)
    return frame.show(
        "console/requirements.html",
        here="cases",
        counts=counts(session),
        case=case,
        items=[_numbers(item, newest.get(item.id), ground) for item in under],
        entries=rows[::-1],
        titles={item.id: item.title for item in under},
        names=actors_named(session, [row.entered_by for row in rows]),
        may_enter=actor.role in MAY_ENTER,
        most=MOST_REQUIRED,
        typed=typed,
        typed_item=typed.number("item") if typed else None,
        errors=error or (),
    )
