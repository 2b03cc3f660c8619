"""JSON forms of the standards, and what is missing or changed in them. Pure."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from registry.standards.rules import FIRST_GRADE, GENERAL, TOP_GRADE, requirement_of
from registry.standards.values import Basis, Catalogue, Confidence, ItemRequirement, LeadConditions, Personnel


def items(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Every category and grade that can be asked for, as far as the data tells."""
    ladder = (FIRST_GRADE, "二级", "三级")
    for category in catalogue.categories.values():
        if category.sequence == GENERAL:
            yield category.name, TOP_GRADE
        if category.lowest_grade in ladder:
            for grade in ladder[: ladder.index(category.lowest_grade) + 1]:
                yield category.name, grade
        elif category.lowest_grade is not None:
            restricted = [name for name, _ in catalogue.entries if name.startswith(f"{category.name}（")]
            for name in restricted or [category.name]:
                yield name, category.lowest_grade


def _personnel(found: Personnel) -> dict[str, Any]:
    return {
        "required": found.usable,
        "stated": found.total,
        "block": found.block,
        "level": found.level,
        "any_of": list(found.any_of),
        "wording": found.wording,
        "subtotals": [
            {"min": s.minimum, "any_of": list(s.any_of), "level": s.level, "wording": s.wording}
            for s in found.subtotals
        ],
        "clause": found.cite.clause,
        "confidence": found.cite.confidence,
        "sources": list(found.cite.sources),
        "note": found.cite.note,
    }


def _lead(found: LeadConditions | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "years": found.years,
        "any_of": [asdict(one) for one in found.any_of],
        "condition": found.condition,
        "clause": found.cite.clause,
        "confidence": found.cite.confidence,
        "sources": list(found.cite.sources),
    }


def requirement_mapping(found: ItemRequirement) -> dict[str, Any]:
    """JSON form of one requirement."""
    exchange = found.exchange
    return {
        "item": found.code,
        "category": found.category,
        "sequence": found.sequence,
        "grade": found.grade,
        "on": found.on.isoformat(),
        "basis": found.basis.value,
        "registered": _personnel(found.registered),
        "titled": _personnel(found.titled),
        "technical_lead": _lead(found.technical_lead),
        "exchange": exchange and {"to": exchange.to_grade, "document": exchange.document.id},
        "other": list(found.other),
        "blocks": list(found.blocks),
    }


def gaps(catalogue: Catalogue, *, on: date, basis: Basis) -> dict[str, Any]:
    """What staff would have to enter by hand on `on`, item by item, and how surely the rest is known."""
    found = [requirement_of(catalogue, name, grade, on=on, basis=basis) for name, grade in items(catalogue)]
    by_confidence = dict.fromkeys((c.value for c in Confidence), 0)
    for value in (personnel for one in found for personnel in (one.registered, one.titled)):
        if value.cite.confidence is not None:
            by_confidence[value.cite.confidence] += 1
    return {
        "on": on.isoformat(),
        "basis": basis.value,
        "entries": len(catalogue.entries),
        "categories": len(catalogue.categories),
        "items": len(found),
        "judged_automatically": sum(not one.blocks for one in found),
        "values_by_confidence": by_confidence,
        "blocked": [{"item": one.code, "blocks": list(one.blocks)} for one in found if one.blocks],
        "lead_unknown": [one.code for one in found if one.technical_lead is None],
        "categories_without_data": [c.name for c in catalogue.categories.values() if c.lowest_grade is None],
    }


def _numbers(found: ItemRequirement) -> dict[str, Any]:
    return {
        "registered_required": found.registered_required,
        "titled_required": found.titled_required,
        "registered_clause": found.registered.cite.clause,
        "titled_clause": found.titled.cite.clause,
    }


def changes(
    catalogue: Catalogue, before: tuple[date, Basis], after: tuple[date, Basis]
) -> list[dict[str, Any]]:
    """The items whose required numbers differ between two days or bases."""
    found = []
    for name, grade in items(catalogue):
        old = requirement_of(catalogue, name, grade, on=before[0], basis=before[1])
        new = requirement_of(catalogue, name, grade, on=after[0], basis=after[1])
        numbers = (
            (old.registered_required, old.titled_required),
            (new.registered_required, new.titled_required),
        )
        if numbers[0] != numbers[1]:
            found.append({"item": new.code, "before": _numbers(old), "after": _numbers(new)})
    return found


def last_change_before(catalogue: Catalogue, on: date) -> date | None:
    """The newest day up to `on` on which a document changed what is examined."""
    days = [o.document.effective_from for o in catalogue.overlays if o.document.effective_from <= on]
    return max(days, default=None)
