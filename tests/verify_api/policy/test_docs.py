"""The guide says of every row and limit where it is: a value that exists, or code that exists."""

import re
from pathlib import Path

import pytest

from verify_api.policy.rules import rows
from verify_api.policy.values import Policy

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "guide" / "policy.md").read_text()
PATHS = {row.path for row in rows(Policy())}
SECTIONS = "|".join(Policy.model_fields)
# Rows of DOMAIN §0, and the limits that no officer may change.
ROWS, LIMITS = 19, 13
HOMES = re.findall(r"`([\w/]+\.py)` `(\w+)`", GUIDE)


def _lines(title: str) -> list[str]:
    """The rows of the table under a title."""
    part = GUIDE.split(f"### {title}\n", 1)[1].split("\n### ", 1)[0]
    return [line for line in part.splitlines() if line.startswith("| ")][1:]


def test_every_row_of_the_decisions_names_a_value_or_why_there_is_none() -> None:
    lines = _lines("§0, row by row")
    assert len(lines) == ROWS
    for line in lines:
        _, _, values, reason, _ = (cell.strip() for cell in line.split("|"))
        assert re.search(rf"`(?:{SECTIONS})\.\w+`", values) or (values.startswith("none") and reason), line


def test_every_value_that_the_guide_names_exists() -> None:
    named = set(re.findall(rf"`((?:{SECTIONS})\.\w+)`", GUIDE))
    assert len(named) > 30 and named - PATHS == set()


@pytest.mark.parametrize(("file", "name"), HOMES, ids=[name for _, name in HOMES])
def test_what_is_no_policy_has_the_home_that_the_guide_names(file: str, name: str) -> None:
    text = (ROOT / file).read_text()
    assert re.search(rf"^(?:def {name}\(|class {name}\b|{name}\b.*=)", text, re.MULTILINE), (file, name)


def test_every_limit_has_a_home_and_a_reason() -> None:
    lines = _lines("Limits that are not policy")
    assert len(lines) == LIMITS
    for line in lines:
        _, _, home, reason, _ = (cell.strip() for cell in line.split("|"))
        assert re.search(r"`[\w/]+\.py` `\w+`", home) and reason, line
