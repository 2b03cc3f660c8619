"""The JSON form of a question, checked at the door: every refusal names its field.

The simple form of a file works as it stands: a bare specialty is a certificate that the author vouches for,
people are on the roster, and their certificate files are uploaded.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from registry.errors import DakaError, Invalid
from registry.standards import Basis, requirement
from verify_api.selection.required import item_of
from verify_api.selection.values import (
    AS_REQUIRED,
    BOTH_ROLES,
    CONSTRUCTOR,
    AtHalf,
    Item,
    PermitState,
    Person,
    Registration,
    Role,
    SelectionInput,
    SpecialtyMin,
    Title,
)

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Count = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Positive = Annotated[int, Field(strict=True, ge=1, le=100_000)]
Flag = Annotated[bool, Field(strict=True)]


def _day(given: Any) -> date | None:
    """YYYY-MM-DD and nothing else: a number or a time of day would be taken for some date."""
    if given is None:
        return None
    if not isinstance(given, str) or not DAY.fullmatch(given):
        raise PydanticCustomError("day", "须为日期 YYYY-MM-DD")
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise PydanticCustomError("day", "没有这一天") from None


DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Day = Annotated[date, BeforeValidator(_day)]

_MESSAGES = {
    "missing": "缺少该字段",
    "extra_forbidden": "未知字段",
    "int_type": "须为整数",
    "bool_type": "须为 true 或 false",
    "string_type": "须为文字",
    "string_too_short": "不能为空",
    "list_type": "须为列表",
    "too_short": "不能为空",
    "too_long": "不能多于 {max_length} 项",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "model_type": "须为对象",
    "model_attributes_type": "须为对象",
    "dict_type": "须为对象",
    "string_unicode": "不是有效的文字",
    "literal_error": "只能是 {expected}",
    "enum": "只能是 {expected}",
}


class BadSelection(Invalid):
    """The question is malformed, empty or contradicts itself; `field` says where."""

    code = "bad_selection"

    def __init__(self, field: str, message: str) -> None:
        """Name the field first: that is what the reader has to find."""
        self.field = field
        super().__init__(f"{field}：{message}")


def _bare(key: str, **rest: Any) -> BeforeValidator:
    """Take a bare string as an object with that key."""
    return BeforeValidator(lambda given: {key: given, **rest} if isinstance(given, str) else given)


def _permit(given: Any) -> Any:
    if isinstance(given, bool):
        return {"status": (PermitState.VALID if given else PermitState.NONE).value}
    return given


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Permit(_Row):
    status: PermitState
    valid_from: Day | None = None
    valid_to: Day | None = None

    def state(self, on: date) -> PermitState:
        """Only a permit 有效 on the day counts (SZ-22)."""
        if self.status is not PermitState.VALID:
            return self.status
        if self.valid_to is not None and self.valid_to < on:
            return PermitState.EXPIRED
        if self.valid_from is not None and self.valid_from > on:
            return PermitState.NONE
        return PermitState.VALID


class _Minimum(_Row):
    min: Positive
    any_of: Annotated[list[Text], Field(min_length=1)]
    level: Literal["一级", "不限", "中级", "高级"] | None = None

    def value(self) -> SpecialtyMin:
        return SpecialtyMin(self.min, tuple(self.any_of), self.level)


class _Standard(_Row):
    category: Text
    grade: Text


Specialty = Annotated[
    _Minimum, BeforeValidator(lambda g: {"min": 1, "any_of": [g]} if isinstance(g, str) else g)
]


class _Item(_Row):
    code: Text | None = None
    standard: _Standard | None = None
    registered_required: Count | None = None
    titled_required: Count | None = None
    registered_specialties: list[_Minimum] | None = None
    titled_specialties: list[Specialty] | None = None
    technical_lead: Text | None = None

    def value(self, where: str, *, on: date, basis: Basis) -> Item:
        if self.standard is not None:
            return self._from_standard(where, on=on, basis=basis)
        if self.code is None:
            raise BadSelection(f"{where}.code", "缺少该字段")
        for name in ("registered_required", "titled_required"):
            if getattr(self, name) is None:
                raise BadSelection(f"{where}.{name}", "缺少该字段（或用 standard 指定类别和等级）")
        self._refuse_contradictions(where)
        return Item(
            code=self.code,
            registered_required=self.registered_required,
            titled_required=self.titled_required,
            technical_lead=self.technical_lead,
            registered_specialties=tuple(m.value() for m in self.registered_specialties or ()),
            titled_specialties=tuple(m.value() for m in self.titled_specialties or ()),
        )

    def _refuse_contradictions(self, where: str) -> None:
        for role in Role:
            required = getattr(self, f"{role.value}_required") or 0
            for index, part in enumerate(getattr(self, f"{role.value}_specialties") or ()):
                if part.min > required:
                    field = f"{where}.{role.value}_specialties[{index}].min"
                    raise BadSelection(field, f"{part.min} 大于 {role.value}_required 的 {required}")

    def _from_standard(self, where: str, *, on: date, basis: Basis) -> Item:
        assert self.standard is not None
        for name in ("registered", "titled"):
            for field in (f"{name}_required", f"{name}_specialties"):
                if getattr(self, field) is not None:
                    raise BadSelection(f"{where}.{field}", "与 standard 不能同时给出")
        try:
            found = requirement(self.standard.category, self.standard.grade, on, basis)
        except DakaError as error:
            raise BadSelection(f"{where}.standard", error.message) from error
        return item_of(found, technical_lead=self.technical_lead, code=self.code)


class _Registration(_Row):
    specialty: Text
    level: Literal["一级", "二级", "as_required"] | None = None
    valid_to: Day | None = None
    employer: Text | None = None
    kind: Text = CONSTRUCTOR


class _Title(_Row):
    specialty: Text
    level: Literal["初级", "中级", "高级", "as_required"] | None = None


Registered = Annotated[_Registration, _bare("specialty", level=AS_REQUIRED)]
Titled = Annotated[_Title, _bare("specialty", level=AS_REQUIRED)]


class _Person(_Row):
    id: Text
    registered: list[Registered] = []
    titled: list[Titled] = []
    files: list[Role] | None = None
    on_roster: Flag = True
    in_open_case: Flag = False
    years: Count | None = None

    def value(self) -> Person:
        return Person(
            id=self.id,
            registered=tuple(Registration(**row.model_dump()) for row in self.registered),
            titled=tuple(Title(**row.model_dump()) for row in self.titled),
            files=BOTH_ROLES if self.files is None else frozenset(self.files),
            on_roster=self.on_roster,
            in_open_case=self.in_open_case,
            years=self.years,
        )


class _Question(_Row):
    safety_permit: Annotated[_Permit, BeforeValidator(_permit)]
    items: Annotated[list[_Item], Field(min_length=1, max_length=200)]
    people: Annotated[list[_Person], Field(min_length=1, max_length=20_000)]
    on: Day | None = None
    enterprise: Text | None = None
    specialties_at_half: AtHalf = AtHalf.WARN
    personnel_basis: Basis = Basis.LOWEST_GRADE

    def value(self, today: date) -> SelectionInput:
        on = self.on or today
        items = tuple(
            row.value(f"items[{i}]", on=on, basis=self.personnel_basis) for i, row in enumerate(self.items)
        )
        self._refuse_contradictions(items)
        return SelectionInput(
            items=items,
            people=tuple(row.value() for row in self.people),
            permit=self.safety_permit.state(on),
            on=on,
            enterprise=self.enterprise,
            specialties_at_half=self.specialties_at_half,
        )

    def _refuse_contradictions(self, items: tuple[Item, ...]) -> None:
        _refuse_twice("people", "id", [row.id for row in self.people])
        _refuse_twice("items", "code", [item.code for item in items])
        ids = {row.id for row in self.people}
        for index, item in enumerate(items):
            if item.technical_lead is not None and item.technical_lead not in ids:
                raise BadSelection(f"items[{index}].technical_lead", f"{item.technical_lead} 不在 people 中")
        for index, row in enumerate(self.people):
            if self.enterprise is None and any(r.employer for r in row.registered):
                raise BadSelection("enterprise", f"people[{index}] 给出了 employer，须同时给出 enterprise")


def _refuse_twice(rows: str, key: str, values: list[str]) -> None:
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            raise BadSelection(f"{rows}[{index}].{key}", f"{value} 重复")
        seen.add(value)


def _path(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".") or "文件"


def read_question(content: Any, *, today: date) -> SelectionInput:
    """The question in `content` (parsed JSON). Raises BadSelection naming the first field at fault."""
    try:
        asked = _Question.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        message = _MESSAGES.get(first["type"], first["msg"]).format(**first.get("ctx", {}))
        raise BadSelection(_path(first["loc"]), message) from error
    return asked.value(today)
