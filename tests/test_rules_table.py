"""Every rule of the check-in scheme has a test named after it, and docs/rules.md says which."""

from pathlib import Path

import pytest

from tools import rules

SZ = [f"SZ-{n:02d}" for n in range(1, 39) if n != 30] + [f"SZ-30{part}" for part in "abcd"]
BOOK = {
    "T": [f"T-{n:02d}" for n in range(1, 8)],
    "SZ": SZ,
    "JL": [f"JL-{n:02d}" for n in range(1, 30)],
    "JS": [f"JS-{n:02d}" for n in range(1, 13)],
    "GX": [f"GX-{n:02d}" for n in range(1, 16)],
    "MO": [f"MO-{n:02d}" for n in range(1, 14)],
}
PROVEN = rules.proofs()


@pytest.mark.parametrize("family", BOOK)
def test_the_table_knows_every_rule_of_the_book_and_no_other(family: str) -> None:
    assert sorted(rule.id for rule in rules.rules() if rule.family == family) == sorted(BOOK[family])


@pytest.mark.parametrize("rule", [rule for family in BOOK.values() for rule in family])
def test_every_rule_has_a_test_named_after_it(rule: str) -> None:
    assert PROVEN.get(rule), f"no test is named after {rule} or carries its mark"


def test_no_test_names_a_rule_that_does_not_exist() -> None:
    assert set(PROVEN) <= {rule for family in BOOK.values() for rule in family}


@pytest.mark.parametrize("rule", rules.rules(), ids=lambda rule: rule.id)
def test_the_code_a_rule_names_exists_and_its_clause_is_quoted(rule: rules.Rule) -> None:
    assert rules.where(rule) is not None, rule.code
    assert rule.clause


def test_the_page_is_up_to_date() -> None:
    assert rules.TABLE.read_text("utf-8") == rules.table(), "run `python -m tools.rules`"


def test_marks_names_and_classes_are_read(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(
        "import pytest\n"
        '@pytest.mark.rule("SZ-01")\n'
        "class TestIt:\n"
        '    @pytest.mark.rule("SZ-30b")\n'
        "    def test_a(self): ...\n"
        "def test_T_03_b(): ...\n"
        "def test_nothing(): ...\n"
    )
    found = {rule: [one.name for one in many] for rule, many in rules.proofs(tmp_path).items()}
    assert found == {"SZ-01": ["test_a"], "SZ-30b": ["test_a"], "T-03": ["test_T_03_b"]}
