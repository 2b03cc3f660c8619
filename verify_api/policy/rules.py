"""Reading, changing and comparing policies. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from registry.errors import Invalid, Reason
from verify_api.policy.section import Section
from verify_api.policy.values import Policy


class PolicyInvalid(Invalid):
    """Values that are unknown, out of range or contradict each other."""

    code = "policy_invalid"
    message = "政策参数不符合要求"


FAULTS = {
    "greater_than_equal": "不得小于 {ge}",
    "less_than_equal": "不得大于 {le}",
    "greater_than": "须大于 {gt}",
    "less_than": "须小于 {lt}",
    "int_type": "须为整数",
    "float_type": "须为数值",
    "bool_type": "须为是或否",
    "string_type": "须为文字",
    "enum": "不是可选的取值",
    "string_pattern_mismatch": "格式不正确",
    "string_too_short": "过短",
    "string_too_long": "过长",
    "extra_forbidden": "没有这个参数",
    "tuple_type": "须为若干数值",
    "too_short": "不得少于 {min_length} 项",
    "too_long": "不得多于 {max_length} 项",
    "finite_number": "须为有限的数值",
    "model_type": "须为一组参数",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One value as a person reads it."""

    path: str
    section: str
    label: str
    value: Any
    unit: str
    basis: str


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs between two policies."""

    path: str
    label: str
    old: Any
    new: Any
    unit: str
    basis: str


# Values of older versions that nothing follows any more. A version keeps its text; they are passed over.
RETIRED = {
    "counting.before_includes_day": "no period of the scheme is worded “X日前”; T-06 stays a rule of its own",
    "checkin.window_verification": "人脸办法 10: there must be a way without the face; no switch",
    "checkin.window_officers": "two sign (§0): the step itself takes two officers",
    "retention.network_log_months": "log-ins and accesses are in the hash chain and never deleted",
    "retention.impact_record_years": "impact assessments are the office's files; the service keeps none",
}


def parse_stored(values: Mapping[str, Any]) -> Policy:
    """The policy of a version that was valid when it was stored.

    Raises:
        PolicyInvalid: As `parse`.
    """
    kept = {
        section: {name: value for name, value in group.items() if f"{section}.{name}" not in RETIRED}
        for section, group in values.items()
    }
    return parse(kept)


def parse(values: Mapping[str, Any]) -> Policy:
    """A policy from its JSON form; values it does not mention take their defaults. Nothing is coerced.

    Raises:
        PolicyInvalid: With one reason per value that does not fit.
    """
    try:
        return Policy.model_validate_json(json.dumps(values), strict=True)
    except (TypeError, ValueError) as error:
        if not isinstance(error, ValidationError):
            raise PolicyInvalid(f"政策参数须为 JSON 值：{error}") from None
        reasons = [
            Reason("policy_value", f"{'.'.join(map(str, item['loc']))}：{_said(item)}")
            for item in error.errors()
        ]
        raise PolicyInvalid("；".join(r.message for r in reasons), reasons=reasons) from None


def _said(item: ErrorDetails) -> str:
    """What is wrong with a value, for the officer who typed it."""
    words = FAULTS.get(item["type"])
    return words.format(**item.get("ctx", {})) if words else item["msg"].removeprefix("Value error, ")


def require_own_notice(new: Policy, others: Iterable[Policy]) -> None:
    """One version of the 告知书 is one text for ever: a consent names the version, and says yes to its text.

    Raises:
        PolicyInvalid: Another policy has other words under the same version.
    """
    version, words = new.consent.notice_version, new.consent.notice_text
    if any(one.consent.notice_version == version and one.consent.notice_text != words for one in others):
        raise PolicyInvalid(f"告知书内容已改动，须使用未用过的版本号（版本“{version}”已有其他内容）")


def to_values(policy: Policy) -> dict[str, Any]:
    """The JSON form, complete: every value is written out."""
    return policy.model_dump(mode="json")


def changed(policy: Policy, changes: Mapping[str, Any]) -> Policy:
    """The policy with some values replaced, named like `revocation.mode`.

    Raises:
        PolicyInvalid: An unknown name, or values that do not fit together.
    """
    values = to_values(policy)
    for path, value in changes.items():
        section, _, name = path.partition(".")
        if not isinstance(values.get(section), dict) or name not in values[section]:
            raise PolicyInvalid(f"没有名为“{path}”的政策参数")
        values[section][name] = value
    return parse(values)


def rows(policy: Policy) -> Iterator[Row]:
    """Every value with its label, unit and clause, in the order of the model."""
    values = to_values(policy)
    for section, field in Policy.model_fields.items():
        kind = field.annotation
        assert isinstance(kind, type) and issubclass(kind, Section)
        for name, inner in kind.model_fields.items():
            path = f"{section}.{name}"
            yield Row(
                path, field.title or section, inner.title or name, values[section][name], *_marks(inner)
            )


def differences(old: Policy, new: Policy) -> list[Change]:
    """What `new` changes, value by value."""
    return [
        Change(before.path, before.label, before.value, after.value, after.unit, after.basis)
        for before, after in zip(rows(old), rows(new), strict=True)
        if before.value != after.value
    ]


def _marks(field: FieldInfo) -> tuple[str, str]:
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    return str(extra["unit"]), str(extra["basis"])
