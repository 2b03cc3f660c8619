"""An item's requirement as the standard gives it, in the form a check uses. Pure."""

from registry.standards.values import ItemRequirement, Personnel, Subtotal
from verify_api.selection.values import Item, SpecialtyMin


def _minimums(parts: tuple[Subtotal, ...]) -> tuple[SpecialtyMin, ...]:
    return tuple(SpecialtyMin(part.minimum, part.any_of, part.level) for part in parts)


def _level(found: Personnel) -> str | None:
    return None if found.level in ("不限", "未核对") else found.level


def item_of(found: ItemRequirement, *, technical_lead: str | None, code: str | None = None) -> Item:
    """The item with the standard's numbers; numbers that may not be judged by are None, with the reason."""
    return Item(
        code=code or found.code,
        registered_required=found.registered_required,
        titled_required=found.titled_required,
        technical_lead=technical_lead,
        registered_specialties=_minimums(found.registered_specialties),
        titled_specialties=_minimums(found.titled_specialties),
        registered_of=found.registered.any_of,
        registered_level=_level(found.registered),
        titled_of=found.titled.any_of,
        titled_level=_level(found.titled),
        lead_conditions=found.technical_lead,
        blocks=found.blocks,
    )
