"""JSON forms of answers. Pure."""

from dataclasses import asdict
from typing import Any

from verify_api.selection.lights import Light
from verify_api.selection.solver import Infeasible, Plan
from verify_api.selection.values import CheckResult, ItemTally, Reason, Tally, Warning


def _tally(found: Tally) -> dict[str, Any]:
    return {"need": found.need, "have": found.have, "people": list(found.people)}


def item_mapping(found: ItemTally) -> dict[str, Any]:
    """How a list stands toward one item."""
    return {
        "share": found.share,
        "registered": _tally(found.registered),
        "titled": _tally(found.titled),
        "heads": _tally(found.heads),
        "technical_lead": found.technical_lead,
    }


def reason_mapping(found: Reason) -> dict[str, Any]:
    """One violated condition."""
    return {**asdict(found), "people": list(found.people)}


def warning_mapping(found: Warning) -> dict[str, Any]:
    """One warning."""
    return {**asdict(found), "people": list(found.people)}


def check_mapping(found: CheckResult) -> dict[str, Any]:
    """The answer of `check`."""
    return {
        "ok": found.ok,
        "reasons": [reason_mapping(one) for one in found.reasons],
        "warnings": [warning_mapping(one) for one in found.warnings],
        "per_item": {code: item_mapping(one) for code, one in found.per_item.items()},
    }


def plan_mapping(found: Plan | Infeasible) -> dict[str, Any]:
    """The answer of `plan`: a list, or what is missing."""
    if isinstance(found, Infeasible):
        return {
            "shortages": [reason_mapping(one) for one in found.shortages],
            "warnings": [warning_mapping(one) for one in found.warnings],
        }
    return {
        "people": list(found.people),
        "count": found.count,
        "per_item": {code: item_mapping(one) for code, one in found.per_item.items()},
        "warnings": [warning_mapping(one) for one in found.warnings],
        "proof": asdict(found.proof),
    }


def light_mapping(found: Light) -> dict[str, Any]:
    """What a light stands on."""
    return {
        "item": found.item,
        "colour": found.colour.value,
        "reasons": [reason_mapping(one) for one in found.reasons],
        "warnings": [warning_mapping(one) for one in found.warnings],
        "tally": item_mapping(found.tally),
        "spare": found.spare,
    }
