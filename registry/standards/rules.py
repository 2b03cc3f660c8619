"""Which personnel numbers bind a 资质项 on a day (DOMAIN B, MO-06).

建市〔2014〕159号 gives each grade its numbers. 建市〔2016〕226号 stopped examining them for every grade that
is not its category's lowest; 建市规〔2023〕3号 resumed the registered number for 一级. Read strictly, a 二级
would then need nobody and the 50 % rule would be empty, so policy `personnel_basis` says whose numbers
stand in.
"""

from dataclasses import replace
from datetime import date

from registry.errors import Invalid
from registry.standards.values import (
    Basis,
    Catalogue,
    Category,
    Cite,
    Confidence,
    Entry,
    Examined,
    GradeMapping,
    ItemRequirement,
    Overlay,
    Personnel,
)

TOP_GRADE = "特级"
FIRST_GRADE = "一级"
GRADES = (TOP_GRADE, FIRST_GRADE, "二级", "三级", "不分等级")
GENERAL = "施工总承包"
SEQUENCES = (GENERAL, "专业承包")


class UnknownCategory(Invalid):
    """The category is none of the 48 of 建市〔2014〕159号."""

    code = "unknown_category"


class UnknownGrade(Invalid):
    """The grade is none that the standard uses."""

    code = "unknown_grade"


def find_category(catalogue: Catalogue, name: str) -> tuple[str, Category]:
    """The name as the entries spell it, and its category.

    Takes 建筑工程 and 建筑工程施工总承包 alike, and either kind of bracket.
    """
    plain = name.strip().replace("(", "（").replace(")", "）")
    for sequence in SEQUENCES:
        plain = plain.removesuffix(sequence)
    stem = plain.split("（")[0]
    if stem not in catalogue.categories:
        raise UnknownCategory(f"标准中没有资质类别“{name}”", hint="类别名称见 daka standards show")
    spellings = (plain, plain.replace("（", "（限"))
    written = {key[0] for key in catalogue.entries}
    return next((s for s in spellings if s in written), stem), catalogue.categories[stem]


def _speaks(overlay: Overlay, category: Category, grade: str, value: Examined) -> bool:
    if value not in overlay.values:
        return False
    if overlay.category is not None and overlay.category != category.name:
        return False
    if overlay.grades == "not_lowest":
        return _is_above_lowest(category, grade)
    if overlay.grades == "first":
        return grade == FIRST_GRADE
    return grade == overlay.grades


def _is_above_lowest(category: Category, grade: str) -> bool:
    """Whether the category has such a grade above its lowest: nothing is derived for a grade it lacks."""
    ladder = (FIRST_GRADE, "二级", "三级")
    if grade not in ladder or category.lowest_grade not in ladder:
        return False
    return ladder.index(grade) < ladder.index(category.lowest_grade)


def decided_by(
    catalogue: Catalogue, category: Category, grade: str, value: Examined, on: date
) -> Overlay | None:
    """The document that decides on `on` whether the value is examined: the newest that speaks of it."""
    newest: Overlay | None = None
    for overlay in catalogue.overlays:
        if overlay.document.effective_from <= on and _speaks(overlay, category, grade, value):
            newest = overlay
    return newest


def cancelled_by(
    catalogue: Catalogue, category: Category, grade: str, value: Examined, on: date
) -> Overlay | None:
    """The document that keeps the value from being examined on `on`."""
    newest = decided_by(catalogue, category, grade, value, on)
    return newest if newest is not None and newest.cancels else None


def _unknown(clause: str, note: str) -> Personnel:
    return Personnel(None, None, (), (), Cite(clause, (), None, note))


def _none_required(overlay: Overlay) -> Personnel:
    clause = f"{overlay.document.id}第{overlay.clause}条"
    return Personnel(0, None, (), (), replace(overlay.cite, clause=clause, note="该指标已取消考核"))


def _row(catalogue: Catalogue, name: str, category: Category, grade: str, on: date) -> Entry | None:
    stands_for_all = grade == TOP_GRADE and category.sequence == GENERAL
    entry = catalogue.entries.get(("*" if stands_for_all else name, grade))
    if entry is None or catalogue.documents[entry.document].effective_from > on:
        return None
    return entry


def _of_row(entry: Entry | None, value: Examined, clause: str) -> Personnel:
    if entry is None:
        return _unknown(clause, "标准数据中没有这一类别和等级，或该日尚未施行；缺项不代表无要求")
    found = entry.registered if value is Examined.REGISTERED else entry.titled
    note = "；".join(part for part in (found.cite.note, entry.note) if part)
    return replace(found, cite=replace(found.cite, clause=clause, note=note))


def _restored(found: Personnel, overlay: Overlay) -> Personnel:
    """The row's own number, with the document by which it is examined again."""
    cite = found.cite
    said = f"{overlay.document.id}恢复考核"
    note = "；".join(part for part in (said, cite.note) if part)
    return replace(found, cite=replace(cite, note=note, sources=cite.sources + overlay.cite.sources))


def _worse(a: Confidence | None, b: Confidence | None) -> Confidence | None:
    return None if a is None or b is None else max(a, b, key=lambda c: c.rank)


def _from_lowest(catalogue: Catalogue, name: str, category: Category, value: Examined, on: date) -> Personnel:
    lowest = category.lowest_grade
    if lowest is None:
        return _unknown("", "该类别的最低等级未知")
    again = cancelled_by(catalogue, category, lowest, value, on)
    if again is not None:
        return _none_required(again)
    row = _row(catalogue, name, category, lowest, on)
    found = _of_row(row, value, clause_of(category, name, lowest, row))
    stand_in = catalogue.basis[Basis.LOWEST_GRADE]
    cite = replace(
        found.cite,
        sources=found.cite.sources + stand_in.sources,
        confidence=_worse(found.cite.confidence, stand_in.confidence),
        note="；".join(
            part for part in (f"取最低等级（{lowest}）人数：{stand_in.clause}", found.cite.note) if part
        ),
    )
    return replace(found, cite=cite)


def clause_of(category: Category, name: str, grade: str, row: Entry | None) -> str:
    """How a number is cited: document, position in it, and the part."""
    document = row.document if row else "建市〔2014〕159号"
    return f"{document} {category.number}. {name}{category.sequence}{grade} 企业主要人员"


def _personnel(
    catalogue: Catalogue, name: str, category: Category, grade: str, value: Examined, on: date, basis: Basis
) -> Personnel:
    row = _row(catalogue, name, category, grade, on)
    overlay = decided_by(catalogue, category, grade, value, on)
    if overlay is None or not overlay.cancels:
        found = _of_row(row, value, clause_of(category, name, grade, row))
        return found if overlay is None else _restored(found, overlay)
    if basis is Basis.OWN_GRADE:
        return _none_required(overlay)
    return _from_lowest(catalogue, name, category, value, on)


def exchange_of(catalogue: Catalogue, grade: str, on: date) -> GradeMapping | None:
    """The higher grade this one may be exchanged for on `on` (三级 → 二级)."""
    fits = [m for m in catalogue.mappings if m.from_grade == grade and m.document.effective_from <= on]
    return fits[-1] if fits else None


def requirement_of(
    catalogue: Catalogue, category: str, grade: str, *, on: date, basis: Basis
) -> ItemRequirement:
    """What the item demands on `on`.

    Raises UnknownCategory or UnknownGrade for names the standard does not have. A row that is missing from
    the data is no error: its values are None and block.
    """
    if grade not in GRADES:
        raise UnknownGrade(f"标准中没有资质等级“{grade}”", hint="、".join(GRADES))
    name, found = find_category(catalogue, category)
    row = _row(catalogue, name, found, grade, on)
    lead = row.technical_lead if row else None
    if lead is not None:
        lead = replace(lead, cite=replace(lead.cite, clause=clause_of(found, name, grade, row)))
    return ItemRequirement(
        category=name,
        sequence=found.sequence,
        grade=grade,
        on=on,
        basis=basis,
        registered=_personnel(catalogue, name, found, grade, Examined.REGISTERED, on, basis),
        titled=_personnel(catalogue, name, found, grade, Examined.TITLED, on, basis),
        technical_lead=lead,
        exchange=exchange_of(catalogue, grade, on),
        other=row.other if row else (),
    )
