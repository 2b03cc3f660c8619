"""技术负责人 against the standard's conditions: years, and a title or a registration. Pure.

A condition that the data cannot decide is unknown; neither unmet nor unknown ever refuses a list, since
SZ-20 asks only that the 技术负责人 be on it. The roster's light does use them.
"""

from dataclasses import dataclass
from enum import StrEnum

from registry.standards.specialties import registered_specialty, title_specialty
from registry.standards.values import LeadAlternative, LeadConditions
from verify_api.selection.cover import has_title_level, valid_registrations
from verify_api.selection.values import AS_REQUIRED, Person, Registration, SelectionInput


class Met(StrEnum):
    """How a condition stands."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LeadVerdict:
    """Both conditions, and what a reviewer still has to look at."""

    years: Met
    qualification: Met
    for_reviewer: str

    @property
    def overall(self) -> Met:
        """NO beats UNKNOWN beats YES."""
        both = (self.years, self.qualification)
        return next((m for m in (Met.NO, Met.UNKNOWN) if m in both), Met.YES)


def _is_of_kind(held: Registration, wanted: str) -> Met:
    """一级注册建造师 asks for the kind and the level, 注册建造师 for the kind alone."""
    level, kind = (wanted[:2], wanted[2:]) if wanted[:2] in ("一级", "二级") else (None, wanted)
    if held.kind.removeprefix("一级").removeprefix("二级") != kind:
        return Met.NO
    if level is None or held.level in (level, "一级", AS_REQUIRED):
        return Met.YES
    return Met.UNKNOWN if held.level is None else Met.NO


def _by_registration(registrations: tuple[Registration, ...], one: LeadAlternative) -> list[Met]:
    wanted = {registered_specialty(name) for name in one.any_of}
    fitting = [r for r in registrations if not wanted or registered_specialty(r.specialty) in wanted]
    return [_is_of_kind(held, one.registration or "") for held in fitting]


def _by_title(person: Person, one: LeadAlternative) -> list[Met]:
    wanted = {title_specialty(name) for name in one.any_of}
    found = []
    for held in person.titled:
        if not has_title_level(held.level, one.title):
            found.append(Met.UNKNOWN if held.level is None else Met.NO)
        elif wanted:
            found.append(Met.YES if title_specialty(held.specialty) in wanted else Met.NO)
        else:
            # 相关专业 in words: a reviewer decides; 工程序列 takes any engineering title.
            found.append(Met.UNKNOWN if one.wording.endswith("相关专业") else Met.YES)
    return found


def judge_lead(person: Person, conditions: LeadConditions, given: SelectionInput) -> LeadVerdict:
    """How the person stands toward the conditions on the day."""
    years = Met.UNKNOWN
    if person.years is not None:
        years = Met.YES if person.years >= conditions.years else Met.NO
    registrations = valid_registrations(person, given)
    found: list[Met] = []
    for one in conditions.any_of:
        found += _by_title(person, one) if one.title else _by_registration(registrations, one)
    best = next((m for m in (Met.YES, Met.UNKNOWN) if m in found), Met.NO)
    return LeadVerdict(years, best, conditions.condition)


def lead_words(conditions: LeadConditions) -> str:
    """The conditions as a sentence."""
    ways = []
    for one in conditions.any_of:
        names = "/".join(one.any_of) or one.wording
        held = f"{one.title}职称" if one.title else str(one.registration)
        ways.append(f"{names}{'专业' if one.any_of else ''}{held}")
    return f"{conditions.years} 年以上施工管理经历，且具有{'或'.join(ways)}"
