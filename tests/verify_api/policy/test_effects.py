"""A number that officers may edit and that nothing follows would be a promise the service does not keep."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import verify_api
from tests.verify_api.policy import test_effects_in_law, test_effects_on_accounts, test_effects_on_checkins
from tests.verify_api.policy.effects import SHOWN
from verify_api.notices.models import NoticeKind
from verify_api.policy.rules import RETIRED, PolicyInvalid, parse, parse_stored, rows
from verify_api.policy.values import Policy

PATHS = {row.path for row in rows(Policy())}
PARTS = set(Policy.model_fields)
SECTIONS = {getattr(field.annotation, "__name__", ""): name for name, field in Policy.model_fields.items()}
MODULES = (test_effects_in_law, test_effects_on_accounts, test_effects_on_checkins)


@pytest.mark.parametrize("path", sorted(PATHS))
def test_a_value_is_changed_by_a_test_that_sees_what_follows(path: str) -> None:
    assert all(module.__doc__ for module in MODULES)
    assert path in SHOWN


def test_no_test_speaks_of_a_value_that_is_none() -> None:
    assert set() == SHOWN - PATHS


@pytest.mark.parametrize("path", sorted(path for path in PATHS if not path.startswith("letters.")))
def test_a_value_is_read_from_its_own_section_somewhere_outside_the_policy(path: str) -> None:
    assert path in _read()


def test_the_letters_are_read_by_the_name_of_the_kind_of_document() -> None:
    assert {f"letters.{kind.name.lower()}" for kind in NoticeKind} == {
        path for path in PATHS if path.startswith("letters.")
    }


@cache
def _read() -> frozenset[str]:
    """Every value that code outside the policy reads, named `section.value`."""
    root = Path(verify_api.__file__).parents[1]
    files = (file for part in ("verify_api", "scheduler") for file in (root / part).rglob("*.py"))
    outside = (file for file in files if root / "verify_api" / "policy" not in file.parents)
    return frozenset(path for file in outside for path in _reads(ast.parse(file.read_text())))


def _reads(tree: ast.Module) -> Iterator[str]:
    """`….section.value`, and `name.value` where the file says that the name holds the section."""
    held = _sections_held(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = _last(node.value)
            yield from (f"{section}.{node.attr}" for section in held.get(owner, {owner}))


def _sections_held(tree: ast.Module) -> dict[str, set[str]]:
    """Names that hold a section: parameters by their type, variables by what they were given."""
    held: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation and _last(node.annotation) in SECTIONS:
            held.setdefault(node.arg, set()).add(SECTIONS[_last(node.annotation)])
        if isinstance(node, ast.Assign) and _last(node.value) in PARTS:
            for target in node.targets:
                held.setdefault(_last(target), set()).add(_last(node.value))
    return held


def _last(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


@pytest.mark.parametrize("path", sorted(RETIRED))
def test_a_version_that_still_holds_a_retired_value_is_read_and_no_new_one_may_hold_it(path: str) -> None:
    section, name = path.split(".")
    values = {section: {name: 6}}
    assert parse_stored(values) == Policy()
    with pytest.raises(PolicyInvalid):
        parse(values)
