"""Facts for pure checks, and what the checks say."""

from datetime import date
from typing import Any

from registry.projects.models import Stage
from registry.workflows.profile import FilingFacts, Kind, Profile
from tests.registry.samples import code

ALL = frozenset(Stage) - {Stage.PERSONAL}


def facts(kind: Kind = Kind.SUPPLEMENT, province: str = "22", **changes: Any) -> FilingFacts:
    """A filing that breaks no rule of Jilin; other provinces change what they must."""
    given: dict[str, Any] = {
        "kind": kind,
        "today": date(2024, 12, 2),
        "firm_kind": "施工",
        "firm_uscc": code(1),
        "location_code": f"{province}0102",
        "category": "房建",
        "work_type": "总承包",
        "stages": ALL,
        "completed_on": date(2022, 9, 30),
        "permitted_on": date(2020, 7, 1),
        "drawing_passed_on": date(2020, 6, 1),
        "contract_signed_on": date(2020, 6, 10),
        "has_device_key": True,
    }
    return FilingFacts(**{**given, **changes})


def opening(profile: Profile, given: FilingFacts) -> set[str]:
    """Codes of what stands against beginning."""
    return {c.code for check in profile.workflows[given.kind].on_opening for c in check(given, profile)}


def handing_in(profile: Profile, given: FilingFacts) -> set[str]:
    """Codes of what stands against handing in."""
    return {c.code for check in profile.workflows[given.kind].on_submission for c in check(given, profile)}


def requesting(profile: Profile, given: FilingFacts) -> set[str]:
    """Codes of what stands against asking for a port."""
    return {c.code for check in profile.workflows[given.kind].on_request for c in check(given, profile)}
