"""`daka policy` without a database shows the version that ships with the code."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from verify_api.policy.cli import policy
from verify_api.policy.rules import rows
from verify_api.policy.values import Policy
from verify_api.settings import settings


@pytest.fixture(autouse=True)
def without_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("DAKA_VAR", str(tmp_path))
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_show_gives_every_value_with_its_clause() -> None:
    shown = json.loads(CliRunner().invoke(policy, ["show", "--on", "2026-01-01"]).output)
    assert shown["version"] == "1"
    assert shown["values"].keys() == {row.path for row in rows(Policy())}
    radius = shown["values"]["fence.radius_m"]
    assert (radius["value"], radius["unit"], radius["label"]) == (300, "米", "打卡范围半径")
    assert radius["basis"]


def test_diff_of_the_first_version_with_itself_is_empty() -> None:
    shown = json.loads(CliRunner().invoke(policy, ["diff", "--on", "2026-01-01"]).output)
    assert shown == {"from": "1", "to": "1", "changes": []}


@pytest.mark.parametrize(
    "words",
    ["show --on 1999-01-01", "show --on yesterday", "diff", "diff --on 2026-01-01 --since 1999-01-01"],
)
def test_bad_input_is_exit_2(words: str) -> None:
    result = CliRunner().invoke(policy, words.split())
    assert result.exit_code == 2
    assert "Traceback" not in result.output
