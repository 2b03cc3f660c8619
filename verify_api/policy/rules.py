"""Reading, changing and comparing policies. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from registry.errors import Invalid, Reason
from verify_api.policy.values import Policy, Section


class PolicyInvalid(Invalid):
    """Values that are unknown, out of range or contradict each other."""

    code = "policy_invalid"
    message = "政策参数不符合要求"


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
            Reason("policy_value", f"{'.'.join(map(str, item['loc']))}：{item['msg']}")
            for item in error.errors()
        ]
        raise PolicyInvalid("；".join(r.message for r in reasons), reasons=reasons) from None


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
