"""Every rule of the rule book that is the store's has a test that names it."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
NAMED = set(
    re.findall(r'mark\.rule\("([A-Z]+-\d+)"\)', "\n".join(p.read_text() for p in TESTS.rglob("test_*.py")))
)


@pytest.mark.parametrize(
    "rule",
    [
        f"{family}-{n:02d}"
        for family, last in (("JL", 29), ("JS", 12), ("GX", 15), ("MO", 13))
        for n in range(1, last + 1)
    ],
)
def test_the_rule_has_a_named_test(rule: str) -> None:
    assert rule in NAMED
