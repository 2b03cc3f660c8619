"""How a person reads and writes a policy value: choices in words, lists with commas, bounds. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic.fields import FieldInfo

from verify_api.policy.rules import PolicyInvalid, Row, rows
from verify_api.policy.values import Policy

YES, NO = "true", "false"
A_LINE = 100  # characters; a longer text is typed into an area
# The words of every choice that a policy offers.
WORDS = {
    YES: "是",
    NO: "否",
    "automatic": "自动",
    "draft": "拟稿，由工作人员签发",
    "decision": "告知并听取陈述申辩后，由决定人作出",
    "warn": "提示，不退回",
    "block": "不满足则不能提交",
    "lowest_grade": "按最低等级的人数",
    "own_grade": "按本等级的人数",
}


@dataclass(frozen=True, slots=True)
class Input:
    """One value with the field it is typed into."""

    row: Row
    shown: str  # in words
    typed: str  # as the field holds it
    options: tuple[tuple[str, str], ...]  # of a select; empty for a text or a number
    is_number: bool
    is_long: bool  # paragraphs
    bounds: Mapping[str, float]  # min, max, where the value has them


def shown(value: Any) -> str:
    """A value in words."""
    if isinstance(value, bool):
        return WORDS[YES if value else NO]
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    return WORDS.get(str(value), str(value))


def inputs(policy: Policy) -> list[Input]:
    """Every value of a policy, in the order of the model."""
    return [_input(row, _field(row.path)) for row in rows(policy)]


def changes(policy: Policy, typed: Callable[[str], str]) -> dict[str, Any]:
    """What the fields say otherwise than the policy, named like `revocation.mode`.

    Raises:
        PolicyInvalid: A field cannot be read as its kind of value.
    """
    found = {}
    for one in inputs(policy):
        # A browser sends the lines of an area with CRLF.
        text = typed(one.row.path).replace("\r\n", "\n").strip()
        if text and text != one.typed.strip():
            found[one.row.path] = _read(one.row, text)
    if not found:
        raise PolicyInvalid("没有修改任何参数")
    return found


def _field(path: str) -> FieldInfo:
    section, _, name = path.partition(".")
    kind: Any = Policy.model_fields[section].annotation
    field: FieldInfo = kind.model_fields[name]
    return field


def _input(row: Row, field: FieldInfo) -> Input:
    return Input(
        row=row,
        shown=shown(row.value),
        typed=_typed(row.value),
        options=_options(field.annotation),
        is_number=isinstance(row.value, int | float) and not isinstance(row.value, bool),
        is_long=_is_long(row.value, field),
        bounds=_bounds(field),
    )


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return YES if value else NO
    return "、".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _options(kind: Any) -> tuple[tuple[str, str], ...]:
    if kind is bool:
        return (YES, WORDS[YES]), (NO, WORDS[NO])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple((str(one.value), WORDS[str(one.value)]) for one in kind)
    return ()


def _is_long(value: Any, field: FieldInfo) -> bool:
    longest = max((getattr(mark, "max_length", 0) for mark in field.metadata), default=0)
    return isinstance(value, str) and longest > A_LINE


def _bounds(field: FieldInfo) -> dict[str, float]:
    found = {}
    for mark in field.metadata:
        for name, side in (("ge", "min"), ("le", "max")):
            if getattr(mark, name, None) is not None:
                found[side] = getattr(mark, name)
    return found


def _read(row: Row, text: str) -> Any:
    try:
        if isinstance(row.value, bool):
            return {YES: True, NO: False}[text]
        if isinstance(row.value, int):
            return int(text)
        if isinstance(row.value, float):
            return float(text)
        if isinstance(row.value, list):
            return [
                int(part) for part in text.replace("，", "、").replace(",", "、").split("、") if part.strip()
            ]
    except (KeyError, ValueError):
        raise PolicyInvalid(f"“{row.label}”的取值“{text}”无法识别") from None
    return text
