"""The whole roster against the whole standard: one light per item. Pure.

Everybody on the roster is taken, everything the standard asks for is needed, specialties and the
技术负责人's conditions included (SZ-24: the full roster must meet the whole standard).
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from verify_api.selection.cover import Cover, cover
from verify_api.selection.leads import Met, judge_lead, lead_words
from verify_api.selection.rules import faults, tally
from verify_api.selection.shortages import missing
from verify_api.selection.values import (
    AtHalf,
    Item,
    ItemTally,
    PermitState,
    Reason,
    SelectionInput,
    Warning,
)

WARN_DAYS = 90


class Colour(StrEnum):
    """GREY: the standard's numbers are not known well enough to judge."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Light:
    """The colour with what it stands on. `spare`: how many of the tightest number could leave."""

    item: str
    colour: Colour
    reasons: tuple[Reason, ...]
    warnings: tuple[Warning, ...]
    tally: ItemTally
    spare: int | None


def light(given: SelectionInput, item: Item) -> Light:
    """The light of one item. Permit, files and shares of `given` play no part."""
    whole = whole_roster(given, item)
    ready = cover(whole, files_needed=False)
    everyone = tuple(sorted(ready.masks))
    reasons = (*_fixed(whole, ready), *_lead(whole), *missing(whole, ready, everyone))
    coming = () if reasons else _coming(whole)
    warnings = (*coming, *_elsewhere(whole), *_unsure(whole))
    spare = None if reasons else _spare(ready, everyone)
    found = tally(whole, ready, everyone)[item.code]
    return Light(item.code, _colour(item, reasons, coming), reasons, warnings, found, spare)


def whole_roster(given: SelectionInput, item: Item) -> SelectionInput:
    """The question without a list: all of the standard, for this item alone."""
    return replace(
        given,
        items=(item,),
        permit=PermitState.NONE,
        without_permit_percent=100,
        specialties_at_full=AtHalf.BLOCK,
    )


def _colour(item: Item, reasons: tuple[Reason, ...], coming: tuple[Warning, ...]) -> Colour:
    if item.registered_required is None or item.titled_required is None:
        return Colour.GREY
    if reasons:
        return Colour.RED
    return Colour.YELLOW if coming else Colour.GREEN


def _fixed(whole: SelectionInput, ready: Cover) -> tuple[Reason, ...]:
    """Unknown numbers, and a lead who is missing or may not stand for the item."""
    known = {person.id: person for person in whole.people}
    lead = whole.items[0].technical_lead
    return faults(whole, ready, known, (lead,) if lead in known and lead is not None else ())


def _lead(whole: SelectionInput) -> tuple[Reason, ...]:
    item = whole.items[0]
    lead = next((p for p in whole.people if p.id == item.technical_lead), None)
    if lead is None or item.lead_conditions is None:
        return ()
    if judge_lead(lead, item.lead_conditions, whole).overall is not Met.NO:
        return ()
    message = f"{item.code}：技术负责人不符合标准条件：{lead_words(item.lead_conditions)}"
    remedy = "变更技术负责人，或在“三库一平台”补正其职称、注册和年限后同步"
    return (Reason("technical_lead_condition_unmet", item.code, 1, 0, message, (lead.id,), remedy),)


def _coming(whole: SelectionInput) -> tuple[Warning, ...]:
    """What will be short once registrations that end within `WARN_DAYS` have ended."""
    later = replace(whole, on=whole.on + timedelta(days=WARN_DAYS))
    ready = cover(later, files_needed=False)
    short = missing(later, ready, tuple(sorted(ready.masks)))
    return tuple(
        Warning(
            f"{reason.code}_soon", reason.item, f"{WARN_DAYS} 日内注册到期后：{reason.message}", reason.people
        )
        for reason in short
    )


def _elsewhere(whole: SelectionInput) -> tuple[Warning, ...]:
    """People on the roster whose valid registration is with another firm: a sign of 挂证."""
    away = tuple(
        p.id
        for p in whole.people
        if any(
            r.employer not in (None, whole.enterprise) and (r.valid_to is None or r.valid_to >= whole.on)
            for r in p.registered
        )
    )
    if not away:
        return ()
    message = f"名册中有 {len(away)} 人的注册证书在其他单位，未计入"
    return (Warning("registered_elsewhere", whole.items[0].code, message, away),)


def _unsure(whole: SelectionInput) -> tuple[Warning, ...]:
    item = whole.items[0]
    lead = next((p for p in whole.people if p.id == item.technical_lead), None)
    if lead is None or item.lead_conditions is None:
        return ()
    verdict = judge_lead(lead, item.lead_conditions, whole)
    if verdict.overall is not Met.UNKNOWN and not verdict.for_reviewer:
        return ()
    message = f"{item.code}：技术负责人条件须人工核对：{lead_words(item.lead_conditions)}"
    return (Warning("technical_lead_condition_unknown", item.code, message, (lead.id,)),)


def _spare(ready: Cover, everyone: tuple[str, ...]) -> int | None:
    """How many heads the tightest demand has beyond its need; None where nothing is asked for."""
    margins = [
        len(ready.people(index, everyone)) - demand.need
        for index, demand in enumerate(ready.demands)
        if demand.need > 0
    ]
    return min(margins, default=None)
