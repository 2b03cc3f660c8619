"""The data files, read once and checked whole. A file with any fault is refused, never half used."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from registry.errors import Invalid
from registry.standards.values import (
    Basis,
    Catalogue,
    Category,
    Cite,
    Confidence,
    Document,
    Entry,
    Examined,
    GradeMapping,
    LeadAlternative,
    LeadConditions,
    Overlay,
    Personnel,
    Subtotal,
)

DATA = Path(__file__).parent / "data"

# The specialties a 注册建造师 can be registered in.
REGISTRATIONS = frozenset(
    (
        *("建筑工程", "公路工程", "铁路工程", "港口与航道工程", "水利水电工程"),
        *("矿业工程", "市政公用工程", "通信与广电工程", "机电工程", "民航机场工程"),
    )
)
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Count = Annotated[int, Field(strict=True, ge=0)]
Positive = Annotated[int, Field(strict=True, ge=1)]


class StandardsInvalid(Invalid):
    """The data files of the standards contradict themselves."""

    code = "standards_invalid"


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Subtotal(_Row):
    min: Positive
    of: list[Text]
    level: Literal["一级", "不限", "高级"] | None = None
    wording: Text | None = None

    def value(self) -> Subtotal:
        return Subtotal(self.min, tuple(self.of), self.level, self.wording or "")


class _Personnel(_Row):
    total: Count | None
    level: Literal["一级", "不限", "未核对", "中级以上"] | None = None
    of: list[Text] = []
    subtotals: list[_Subtotal] = []
    wording: Text | None = None
    confidence: Confidence | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.total is not None and self.confidence is None:
            raise ValueError("a known number needs a confidence")
        if self.total and self.level is None:
            raise ValueError("a number above zero needs a level")
        for part in self.subtotals:
            if self.total is not None and part.min > self.total:
                raise ValueError(f"subtotal {part.min} is above the total {self.total}")
            if self.of and not set(part.of) <= set(self.of):
                raise ValueError(f"subtotal specialties {part.of} are not among {self.of}")
        return self

    def value(self, sources: tuple[str, ...]) -> Personnel:
        cite = Cite("", sources if self.confidence else (), self.confidence, self.note or "")
        subtotals = tuple(part.value() for part in self.subtotals)
        return Personnel(self.total, self.level, tuple(self.of), subtotals, cite, self.wording or "")


class _Alternative(_Row):
    title: Literal["高级", "中级以上"] | None = None
    registration: Text | None = None
    of: list[Text]
    wording: Text | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.title is None) == (self.registration is None):
            raise ValueError("an alternative names a title or a registration, not both")
        return self

    def value(self) -> LeadAlternative:
        return LeadAlternative(self.title, self.registration, tuple(self.of), self.wording or "")


class _Lead(_Row):
    years: Positive
    any_of: Annotated[list[_Alternative], Field(min_length=1)]
    condition: Text | None = None
    confidence: Confidence

    def value(self, sources: tuple[str, ...]) -> LeadConditions:
        alternatives = tuple(one.value() for one in self.any_of)
        return LeadConditions(
            self.years, alternatives, self.condition or "", Cite("", sources, self.confidence)
        )


class _Entry(_Row):
    category: Text
    grade: Literal["特级", "一级", "二级", "三级", "不分等级"]
    document: Text
    registered: _Personnel
    titled: _Personnel
    technical_lead: _Lead | None
    other: list[Text] = []
    note: Text | None = None
    sources: list[Text] = []

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        given = {self.registered.confidence, self.titled.confidence}
        given.add(self.technical_lead.confidence if self.technical_lead else None)
        if not self.sources and given - {None, Confidence.RECALL}:
            raise ValueError("a value that is not recalled needs a source")
        parts = (self.registered.of, *(part.of for part in self.registered.subtotals))
        if stray := {name for part in parts for name in part} - REGISTRATIONS:
            raise ValueError(f"no such registered specialty: {sorted(stray)}")
        return self

    def value(self) -> Entry:
        sources = tuple(self.sources)
        return Entry(
            category=self.category,
            grade=self.grade,
            document=self.document,
            registered=self.registered.value(sources),
            titled=self.titled.value(sources),
            technical_lead=self.technical_lead.value(sources) if self.technical_lead else None,
            other=tuple(self.other),
            note=self.note or "",
        )


class _Category(_Row):
    number: Positive
    name: Text
    sequence: Literal["施工总承包", "专业承包"]
    lowest_grade: Literal["二级", "三级", "不分等级"] | None


class _Document(_Row):
    id: Text
    title: Text
    effective_from: date
    effective_confidence: Confidence


class _Cited(_Row):
    text: Text
    confidence: Confidence
    sources: Annotated[list[Text], Field(min_length=1)]

    def cite(self) -> Cite:
        return Cite(self.text, tuple(self.sources), self.confidence)


class _Overlay(_Cited):
    document: Text
    clause: Text
    effect: Literal["cancels", "restores"]
    values: Annotated[list[Examined], Field(min_length=1)]
    category: Text | None = None
    grades: Literal["not_lowest", "first", "一级", "二级", "三级"]


class _Mapping(_Cited):
    document: Text
    from_grade: Text
    to_grade: Text


class _Files(_Row):
    """The three files as one thing, so that references between them are checked too."""

    categories: list[_Category]
    entries: list[_Entry]
    documents: list[_Document]
    overlays: list[_Overlay]
    mappings: list[_Mapping]
    basis: dict[Basis, _Cited]

    @model_validator(mode="after")
    def _references(self) -> Self:
        _unique("category", [c.name for c in self.categories])
        _unique("category number", [c.number for c in self.categories])
        _unique("document", [d.id for d in self.documents])
        _unique("entry", [(e.category, e.grade) for e in self.entries])
        names = {c.name for c in self.categories} | {"*"}
        known = {d.id for d in self.documents}
        for entry in self.entries:
            if entry.category.split("（")[0] not in names:
                raise ValueError(f"entry of an unknown category: {entry.category}")
        cited = {e.document for e in self.entries} | {o.document for o in self.overlays}
        if stray := (cited | {m.document for m in self.mappings}) - known:
            raise ValueError(f"unknown document: {', '.join(sorted(stray))}")
        if missing := set(Basis) - set(self.basis):
            raise ValueError(f"basis without a citation: {sorted(missing)}")
        return self


def _unique(what: str, keys: list[Any]) -> None:
    twice = sorted({str(key) for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"{what} given twice: {', '.join(twice)}")


def _overlays(files: _Files, documents: dict[str, Document]) -> tuple[Overlay, ...]:
    overlays = [
        Overlay(
            document=documents[row.document],
            clause=row.clause,
            cancels=row.effect == "cancels",
            values=tuple(row.values),
            category=row.category,
            grades=row.grades,
            cite=row.cite(),
        )
        for row in files.overlays
    ]
    return tuple(sorted(overlays, key=lambda overlay: overlay.document.effective_from))


def build(content: dict[str, Any]) -> Catalogue:
    """The catalogue from the files' merged content. Raises StandardsInvalid naming the first fault."""
    try:
        files = _Files.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "standards"
        raise StandardsInvalid(f"资质标准数据有误：{where}：{first['msg']}") from error
    documents = {row.id: Document(**row.model_dump()) for row in files.documents}
    return Catalogue(
        categories={row.name: Category(**row.model_dump()) for row in files.categories},
        entries={(row.category, row.grade): row.value() for row in files.entries},
        documents=documents,
        overlays=_overlays(files, documents),
        mappings=tuple(
            GradeMapping(documents[row.document], row.from_grade, row.to_grade, row.cite())
            for row in files.mappings
        ),
        basis={basis: row.cite() for basis, row in files.basis.items()},
    )


def read(folder: Path) -> dict[str, Any]:
    """The merged content of `categories.yaml`, `documents.yaml` and `personnel.yaml`."""
    content: dict[str, Any] = {}
    for name in ("categories", "documents", "personnel"):
        try:
            part = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise StandardsInvalid(f"资质标准数据有误：{name}.yaml 不是 YAML 文本") from error
        if not isinstance(part, dict) or content.keys() & part.keys():
            raise StandardsInvalid(f"资质标准数据有误：{name}.yaml")
        content |= part
    return content


@cache
def standards() -> Catalogue:
    """The catalogue that comes with this version; read once per process."""
    return build(read(DATA))
