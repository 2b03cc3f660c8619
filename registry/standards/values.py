"""What a personnel standard says, as plain values. Every value carries its clause, sources and confidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Basis(StrEnum):
    """Policy `personnel_basis`: whose numbers stand in where a grade's own are no longer examined (226号)."""

    LOWEST_GRADE = "lowest_grade"
    OWN_GRADE = "own_grade"


class Confidence(StrEnum):
    """How a value is known, best first."""

    OFFICIAL = "official"  # an authority's own site
    REPRINT = "reprint"  # a copy of the authority's text
    SECOND_HAND = "second_hand"  # a summary
    RECALL = "recall"  # from memory: shown, but never the ground of an automatic judgement

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Confidence).index(self)


class Examined(StrEnum):
    """The values that later documents switch off and on."""

    REGISTERED = "registered"  # 注册人员
    TITLED = "titled"  # 职称技术人员


@dataclass(frozen=True, slots=True)
class Cite:
    """Where a value comes from. `confidence` None: nothing is known to cite."""

    clause: str
    sources: tuple[str, ...]
    confidence: Confidence | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Subtotal:
    """At least `minimum` of the heads hold one of `any_of` (empty: any), at `level` if given."""

    minimum: int
    any_of: tuple[str, ...]
    level: str | None = None
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Personnel:
    """A required number with what may count toward it.

    `total` None means unknown and never zero. `any_of` empty: any specialty, or words that only a reviewer
    can weigh, then given in `wording`. `level` is 一级, 不限, 未核对 (registered) or 中级以上 (titled).
    """

    total: int | None
    level: str | None
    any_of: tuple[str, ...]
    subtotals: tuple[Subtotal, ...]
    cite: Cite
    wording: str = ""

    @property
    def block(self) -> str | None:
        """Why no automatic judgement may rest on it, or None if it may."""
        if self.total is None:
            return "标准人数未知"
        if self.level == "未核对":
            return f"来源未说明注册级别（数值 {self.total} 待核）"
        if self.cite.confidence in (None, Confidence.RECALL):
            return f"标准人数仅凭记忆（数值 {self.total} 待核）"
        return None

    @property
    def usable(self) -> int | None:
        """The number a judgement may use; None blocks."""
        return None if self.block else self.total


@dataclass(frozen=True, slots=True)
class LeadAlternative:
    """One way to qualify as 技术负责人: a title or a registration, in one of `any_of` (empty: any)."""

    title: str | None
    registration: str | None
    any_of: tuple[str, ...]
    wording: str = ""


@dataclass(frozen=True, slots=True)
class LeadConditions:
    """`years` of management in construction and any one alternative; `condition` is for a reviewer."""

    years: int
    any_of: tuple[LeadAlternative, ...]
    condition: str
    cite: Cite


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the standard: a category and a grade. `category` * stands for all 施工总承包 categories."""

    category: str
    grade: str
    document: str
    registered: Personnel
    titled: Personnel
    technical_lead: LeadConditions | None
    other: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Category:
    """One of the categories of the standard. `lowest_grade` None: not known."""

    number: int
    name: str
    sequence: str
    lowest_grade: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """A document of law with the first day it is in force."""

    id: str
    title: str
    effective_from: date
    effective_confidence: Confidence


@dataclass(frozen=True, slots=True)
class Overlay:
    """A later document that stops (`cancels`) or resumes the examination of `values`."""

    document: Document
    clause: str
    cancels: bool
    values: tuple[Examined, ...]
    category: str | None
    grades: str  # not_lowest | first | a grade's name
    cite: Cite


@dataclass(frozen=True, slots=True)
class GradeMapping:
    """A grade that may be exchanged for another from a day on (三级 → 二级)."""

    document: Document
    from_grade: str
    to_grade: str
    cite: Cite


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything read from the data files, checked."""

    categories: Mapping[str, Category]
    entries: Mapping[tuple[str, str], Entry]
    documents: Mapping[str, Document]
    overlays: tuple[Overlay, ...]  # oldest first
    mappings: tuple[GradeMapping, ...]
    basis: Mapping[Basis, Cite]


@dataclass(frozen=True, slots=True)
class ItemRequirement:
    """What a 资质项 demands of people on one day, under one basis.

    `registered_required` and `titled_required` are None where the number is unknown, unverified or only
    remembered: then nothing is judged automatically and `blocks` says why.
    """

    category: str
    sequence: str
    grade: str
    on: date
    basis: Basis
    registered: Personnel
    titled: Personnel
    technical_lead: LeadConditions | None
    exchange: GradeMapping | None
    other: tuple[str, ...]

    @property
    def code(self) -> str:
        """The item's full name, e.g. 建筑工程施工总承包三级."""
        return f"{self.category}{self.sequence}{self.grade}"

    @property
    def registered_required(self) -> int | None:
        """注册人员 that a judgement may use."""
        return self.registered.usable

    @property
    def titled_required(self) -> int | None:
        """职称技术人员 that a judgement may use."""
        return self.titled.usable

    @property
    def registered_specialties(self) -> tuple[Subtotal, ...]:
        """Minimums inside the registered number."""
        return self.registered.subtotals

    @property
    def titled_specialties(self) -> tuple[Subtotal, ...]:
        """Minimums inside the titled number."""
        return self.titled.subtotals

    @property
    def blocks(self) -> tuple[str, ...]:
        """Why staff have to enter numbers first; empty if a judgement may be made."""
        found = (("注册人员", self.registered.block), ("职称技术人员", self.titled.block))
        return tuple(f"{who}：{why}" for who, why in found if why)
