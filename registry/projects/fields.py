"""What each stage of a project holds: 项目信息构成表 with its red stars as data, and the check. Pure."""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from registry.clauses import Clause
from registry.identifiers import is_uscc
from registry.projects.models import Stage

HOUSES = "房建"
MUNICIPAL = "市政"
INDUSTRIAL = frozenset({"石油化工", "冶金", "矿山", "电力", "机电"})
DEPARTMENTAL = frozenset({"公路", "水运", "水利", "通信", "铁路", "民航"})  # 由专业部门确认 (JL-05, MO-05)
CATEGORIES = frozenset({HOUSES, MUNICIPAL}) | INDUSTRIAL | DEPARTMENTAL | {"勘察", "其他"}
WORK_TYPES = frozenset({"总承包", "专业承包", "专业分包"})
PARTY_ROLES = frozenset({"建设", "勘察", "设计", "施工", "监理", "图审"})
PERSON_ROLES = frozenset({"项目负责人", "技术负责人", "专业负责人", "主要设计人", "总监理工程师", "项目经理"})
TEXT_MAX = 500

STAGE_NAMES = {
    Stage.BASIC: "项目基本信息",
    Stage.TENDER: "招投标",
    Stage.DRAWING: "施工图审查",
    Stage.CONTRACT: "合同登记",
    Stage.PERMIT: "施工许可（开工报告）",
    Stage.COMPLETION: "竣工验收",
    Stage.INDICATORS: "业绩技术指标",
    Stage.PERSONAL: "个人业绩",
}


class FieldKind(StrEnum):
    """How a value is read."""

    TEXT = "text"
    DAY = "day"  # YYYY-MM-DD
    NUMBER = "number"  # finite, not negative
    USCC = "uscc"
    CHOICE = "choice"
    ROWS = "rows"  # [{name, value, unit}]


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `starred` is the red star; `only_for` limits the star to categories."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    starred: bool = True
    only_for: frozenset[str] = frozenset()
    choices: tuple[str, ...] = ()

    def is_starred_for(self, category: str) -> bool:
        """Whether a project of the category must have it."""
        return self.starred and (not self.only_for or category in self.only_for)


_H, _M = frozenset({HOUSES}), frozenset({MUNICIPAL})
FIELDS: Mapping[Stage, tuple[Field, ...]] = {
    Stage.BASIC: (
        Field("approval_code", "立项文件项目代码"),
        Field("approval_name", "立项文件项目名称"),
        Field("approval_document", "立项文号"),
        Field("address", "建设地点"),
        Field("builder_name", "建设单位"),
        Field("builder_uscc", "建设单位统一社会信用代码", FieldKind.USCC),
        Field("investment_wan", "总投资（万元）", FieldKind.NUMBER),
        Field("area_m2", "总建筑面积（平方米）", FieldKind.NUMBER, only_for=_H),
        Field("length_m", "总长度（米）", FieldKind.NUMBER, only_for=_M),
        Field("purpose", "工程用途", starred=False),
    ),
    Stage.TENDER: (
        Field("method", "招标方式", FieldKind.CHOICE, choices=("公开招标", "邀请招标", "直接委托")),
        Field("awarded_on", "中标日期", FieldKind.DAY),
        Field("winner_uscc", "中标单位统一社会信用代码", FieldKind.USCC),
        Field("price_wan", "中标金额（万元）", FieldKind.NUMBER),
        Field("notice_number", "中标通知书编号", starred=False),
        Field("direct_award_reason", "直接委托理由", starred=False),
    ),
    Stage.DRAWING: (
        Field("number", "施工图审查合格书编号"),
        Field("institution", "审查机构"),
        Field("passed_on", "审查合格日期", FieldKind.DAY),
        Field("scale", "建设规模", starred=False),
    ),
    Stage.CONTRACT: (
        Field("number", "合同编号"),
        Field("kind", "合同类别", FieldKind.CHOICE, choices=("勘察", "设计", "施工", "监理", "工程总承包")),
        Field("signed_on", "签订日期", FieldKind.DAY),
        Field("contractor_uscc", "承包单位统一社会信用代码", FieldKind.USCC),
        Field("price_wan", "合同金额（万元）", FieldKind.NUMBER),
    ),
    Stage.PERMIT: (
        Field("kind", "类别", FieldKind.CHOICE, choices=("施工许可证", "开工报告")),
        Field("number", "施工许可证（开工报告）编号"),
        Field("issued_on", "发证（批准）日期", FieldKind.DAY),
    ),
    Stage.COMPLETION: (
        Field("number", "竣工验收（备案）编号"),
        Field("completed_on", "竣工验收日期", FieldKind.DAY),
        Field("result", "验收结论", FieldKind.CHOICE, choices=("合格", "不合格")),
    ),
    Stage.INDICATORS: (Field("items", "业绩技术指标", FieldKind.ROWS),),
    Stage.PERSONAL: (Field("note", "说明", starred=False),),
}  # fmt: skip


def spelled(text: str) -> str:
    """NFC and trimmed, and nothing else: a code or a name is compared exactly (JL-25)."""
    return unicodedata.normalize("NFC", text).strip()


def check_stage(stage: Stage, content: Mapping[str, Any], *, category: str) -> list[Clause]:
    """Every fault of one stage's record: a missing red star, a value of the wrong kind, an unknown field."""
    known = {field.name: field for field in FIELDS[stage]}
    faults = [
        _fault(stage, "unknown_field", f"不认识的字段 {name[:40]}") for name in content if name not in known
    ]
    for field in known.values():
        value = content.get(field.name)
        if value is None or value == "" or value == []:
            if field.is_starred_for(category):
                faults.append(_fault(stage, "required_field_missing", f"缺少必填项“{field.label}”"))
        elif not _fits(field, value):
            faults.append(_fault(stage, "bad_value", f"“{field.label}”填写不正确"))
    return faults + _tender(stage, content)


def check_identity(content: Mapping[str, Any], *, code: str, name: str) -> list[Clause]:
    """Code and name are those of the 立项文件, letter for letter (JL-25)."""
    pairs = (("approval_code", "项目代码", code), ("approval_name", "项目名称", name))
    return [
        Clause(
            "JL-25",
            "differs_from_approval",
            f"{label}与立项文件不一致",
            "请与立项批复、核准或备案文件保持完全一致",
        )
        for field, label, given in pairs
        if isinstance(content.get(field), str) and spelled(content[field]) != spelled(given)
    ]


def check_order(stages: Mapping[Stage, Mapping[str, Any]]) -> list[Clause]:
    """A project is not completed before its works were permitted."""
    permitted = day(stages.get(Stage.PERMIT, {}).get("issued_on"))
    completed = day(stages.get(Stage.COMPLETION, {}).get("completed_on"))
    if permitted and completed and completed < permitted:
        return [Clause("", "completed_before_permit", "竣工验收日期早于施工许可（开工报告）日期")]
    return []


def check_parties(parties: Sequence[Any]) -> list[Clause]:
    """Every party has a role, a right USCC and a name."""
    wrong = [
        n
        for n, party in enumerate(parties, 1)
        if not isinstance(party, dict)
        or set(party) != {"role", "uscc", "name"}
        or party["role"] not in PARTY_ROLES
        or not (isinstance(party["uscc"], str) and is_uscc(party["uscc"]))
        or not is_text(party["name"])
    ]
    return [Clause("", "bad_party", f"第{n}个参建单位填写不正确") for n in wrong]


def day(value: object) -> date | None:
    """The day a field names, None if it names none."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def is_storable(value: object, *, depth: int = 6) -> bool:
    """Whether a value can be kept as JSON at all: finite numbers, clean text, not nested without end."""
    if isinstance(value, str):
        return "\x00" not in value and len(value) <= 4 * TEXT_MAX
    if isinstance(value, dict):
        return depth > 0 and all(
            is_storable(k, depth=0) and is_storable(v, depth=depth - 1) for k, v in value.items()
        )
    if isinstance(value, list | tuple):
        return depth > 0 and len(value) <= TEXT_MAX and all(is_storable(v, depth=depth - 1) for v in value)
    return (
        value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))
    )


def _fits(field: Field, value: object) -> bool:
    match field.kind:
        case FieldKind.TEXT:
            return is_text(value)
        case FieldKind.DAY:
            return day(value) is not None
        case FieldKind.NUMBER:
            return _is_number(value)
        case FieldKind.USCC:
            return isinstance(value, str) and is_uscc(value)
        case FieldKind.CHOICE:
            return value in field.choices
        case FieldKind.ROWS:
            return isinstance(value, list) and all(_is_indicator(row) for row in value)


def is_text(value: object) -> bool:
    """Some text of ordinary length without control characters, which the database cannot even hold."""
    return (
        isinstance(value, str)
        and 0 < len(value.strip()) <= TEXT_MAX
        and not any(unicodedata.category(letter) == "Cc" for letter in value)
    )


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    )


def _is_indicator(row: object) -> bool:
    return (
        isinstance(row, dict)
        and set(row) == {"name", "value", "unit"}
        and is_text(row["name"])
        and _is_number(row["value"])
        and isinstance(row["unit"], str)
    )


def _tender(stage: Stage, content: Mapping[str, Any]) -> list[Clause]:
    """A tender has its notice; a direct award has its reason instead (GX-06)."""
    if stage is not Stage.TENDER or "method" not in content:
        return []
    wanted, label = (
        ("direct_award_reason", "直接委托理由")
        if content["method"] == "直接委托"
        else ("notice_number", "中标通知书编号")
    )
    return [] if content.get(wanted) else [_fault(stage, "required_field_missing", f"缺少必填项“{label}”")]


def _fault(stage: Stage, code: str, what: str) -> Clause:
    return Clause("GX-05", code, f"{STAGE_NAMES[stage]}：{what}")
