"""数据等级: from whose confirmation it comes, how it climbs and falls. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from registry.clauses import Clause
from registry.projects.fields import HOUSES, INDUSTRIAL, MUNICIPAL
from registry.projects.models import Grade, Level, Stage

_ORDER = {Grade.A: 3, Grade.B: 2, Grade.C: 1, Grade.D: 0}
_RANK = {Level.COUNTY: 1, Level.DEPARTMENT: 1, Level.CITY: 2, Level.PROVINCE: 3, Level.MINISTRY: 4}

# JL-15. A ministry or a supporting unit confirms no project; a professional department's word is the
# province's to pass on (MO-05).
GRADE_OF: Mapping[Level, Grade] = {Level.PROVINCE: Grade.A, Level.CITY: Grade.B, Level.COUNTY: Grade.C}

# JL-17: five kinds of general contract and six kinds of specialised work begin at the city.
STRAIGHT_CONTRACTS = INDUSTRIAL
STRAIGHT_SPECIALTIES = frozenset({"钢结构", "桥梁", "隧道", "输变电", "核工程", "海洋石油"})

PROVINCIAL_BLOCKS = (Stage.BASIC, Stage.PERMIT, Stage.COMPLETION)  # JL-06
NATIONAL_BLOCKS = (Stage.BASIC, Stage.DRAWING, Stage.PERMIT, Stage.COMPLETION, Stage.INDICATORS)  # JL-07


def at_least(grade: Grade | None, floor: Grade) -> bool:
    """Whether the grade reaches the floor; no grade reaches none."""
    return grade is not None and _ORDER[grade] >= _ORDER[floor]


def lowest(grades: Iterable[Grade]) -> Grade:
    """The lowest of some grades; D if there are none."""
    return min(grades, key=_ORDER.__getitem__, default=Grade.D)


def highest(grades: Iterable[Grade]) -> Grade:
    """The highest of some grades; D if there are none."""
    return max(grades, key=_ORDER.__getitem__, default=Grade.D)


def rank(level: Level) -> int:
    """How high an authority stands."""
    return _RANK.get(level, 0)


def project_grade(grades: Mapping[Stage, Grade], blocks: Collection[Stage]) -> Grade | None:
    """The lowest grade of the blocks a use demands; None if one is missing (JL-07)."""
    if any(block not in grades for block in blocks):
        return None
    return lowest(grades[block] for block in blocks)


def goes_straight_to_city(category: str, work_type: str, specialty: str) -> bool:
    """Whether the county may not confirm and the city does so at once (JL-17)."""
    if work_type == "总承包":
        return category in STRAIGHT_CONTRACTS
    return specialty in STRAIGHT_SPECIALTIES


def next_level(grade: Grade) -> Level | None:
    """Who raises a grade by one step; None at the top. D has to be filed for confirmation, not raised."""
    return {Grade.C: Level.CITY, Grade.B: Level.PROVINCE}.get(grade)


def docked_grade(level: Level | None) -> tuple[Grade, bool]:
    """The grade of data that an approval system brought, and whether it is flagged (JL-19).

    A docked record is never A: what a province, or a professional department of it (MO-05), approved there
    is capped at B and flagged. Without an approving authority it is D.
    """
    match level:
        case Level.COUNTY:
            return Grade.C, False
        case Level.CITY:
            return Grade.B, False
        case Level.PROVINCE | Level.MINISTRY | Level.DEPARTMENT:
            return Grade.B, True
        case _:
            return Grade.D, False


def is_houses_or_municipal(category: str) -> bool:
    """房建市政 as against everything else (JS-09)."""
    return category in {HOUSES, MUNICIPAL}


def derived_basic_source(category: str) -> Stage:
    """The stage whose grade the basic information follows in Jiangsu (JS-09)."""
    return Stage.DRAWING if is_houses_or_municipal(category) else Stage.INDICATORS


def is_public(grade: Grade | None) -> bool:
    """Shown to everybody if an authority confirmed it; D is shown to its owner alone (JL-14, JL-18)."""
    return at_least(grade, Grade.C)


@dataclass(frozen=True, slots=True)
class Dated:
    """A grade entry as the rules see it."""

    at: datetime
    grade: Grade
    cause: str
    level: Level | None


def after_withdrawal(entries: Iterable[Dated], withdrawn: Level) -> Grade:
    """What remains when a level takes its confirmation back: the best confirmation below it that stands.

    Each step was taken on the strength of the one before, so what lies above the withdrawn one falls too.
    """
    standing: dict[Level, Grade] = {}
    for entry in entries:
        if entry.cause in {"withdrawn", "falsity"}:
            floor = 0 if entry.cause == "falsity" or entry.level is None else rank(entry.level)
            standing = {level: grade for level, grade in standing.items() if rank(level) < floor}
        elif entry.level is not None:
            standing[entry.level] = entry.grade
    return highest(grade for level, grade in standing.items() if rank(level) < rank(withdrawn))


def may_be_raised(grade: Grade, to: Level, *, is_shown_on_both: bool) -> list[Clause]:
    """One step at a time (JL-16), and A only for what both platforms already show as B (JL-21)."""
    if next_level(grade) is not to:
        wanted = "须先逐级确认为B级" if to is Level.PROVINCE else "须先由县级确认为C级"
        return [Clause("JL-16", "step_skipped", f"当前为{grade}级，不能由该级主管部门定级，{wanted}")]
    if to is Level.PROVINCE and not is_shown_on_both:
        return [Clause("JL-21", "not_shown_on_both", "项目尚未同时在省平台和全国平台展示，不能申报省级确认")]
    return []
