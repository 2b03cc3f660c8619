"""A number that officers may edit and that nothing follows would be a promise the service does not keep."""

import ast
from pathlib import Path

import pytest

import verify_api
from tests.verify_api.policy import test_effects_in_law, test_effects_on_accounts, test_effects_on_checkins
from tests.verify_api.policy.effects import SHOWN
from verify_api.policy.rules import RETIRED, PolicyInvalid, parse, parse_stored, rows
from verify_api.policy.values import Policy

PATHS = {row.path for row in rows(Policy())}
MODULES = (test_effects_in_law, test_effects_on_accounts, test_effects_on_checkins)


def test_every_value_is_changed_by_a_test_that_sees_what_follows() -> None:
    assert all(module.__doc__ for module in MODULES)
    assert (set(), set()) == (PATHS - SHOWN, SHOWN - PATHS)


def _read_attributes() -> set[str]:
    """Names of all attributes that code outside the policy reads."""
    folder = Path(verify_api.__file__).parent
    found: set[str] = set()
    for file in (*folder.rglob("*.py"), *(folder.parent / "scheduler").rglob("*.py")):
        if "policy" not in file.relative_to(folder.parent).parts[:-1]:
            nodes = ast.walk(ast.parse(file.read_text()))
            found |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return found


def test_every_value_is_read_somewhere_outside_the_policy() -> None:
    # The letters of a series are read by the name of its kind.
    named = {path: path.split(".")[1] for path in PATHS if not path.startswith("letters.")}
    read = _read_attributes()
    assert {path for path, name in named.items() if name not in read} == set()


@pytest.mark.parametrize("path", sorted(RETIRED))
def test_a_version_that_still_holds_a_retired_value_is_read_and_no_new_one_may_hold_it(path: str) -> None:
    section, name = path.split(".")
    values = {section: {name: 6}}
    assert parse_stored(values) == Policy()
    with pytest.raises(PolicyInvalid):
        parse(values)
