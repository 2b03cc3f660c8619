"""`daka standards show|check|diff`."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from daka.main import cli


def ask(*arguments: str) -> tuple[int, object]:
    answer = CliRunner().invoke(cli, ["standards", *arguments])
    return answer.exit_code, json.loads(answer.output) if answer.output.startswith(
        ("{", "[")
    ) else answer.output


def test_show_prints_one_item_with_its_clause() -> None:
    code, found = ask("show", "--category", "建筑工程", "--grade", "三级", "--on", "2026-03-02")
    assert isinstance(found, dict)
    assert (code, found["registered"]["required"], found["titled"]["required"]) == (0, 5, 6)
    assert found["registered"]["clause"].startswith("建市〔2014〕159号")


@pytest.mark.parametrize(
    ("arguments", "count"),
    [((), 98), (("--category", "建筑工程"), 4), (("--grade", "特级"), 12), (("--category", "特种工程"), 4)],
)
def test_show_lists_what_is_asked_for(arguments: tuple[str, ...], count: int) -> None:
    code, found = ask("show", *arguments, "--on", "2026-03-02")
    assert isinstance(found, list)
    assert (code, len(found)) == (0, count)


def test_check_lists_the_gaps_and_strict_says_no() -> None:
    assert ask("check", "--on", "2026-03-02")[0] == 0
    assert ask("check", "--on", "2026-03-02", "--strict")[0] == 3


def test_diff_compares_with_the_eve_of_the_last_change() -> None:
    code, found = ask("diff", "--on", "2026-03-02")
    assert isinstance(found, dict)
    assert (code, found["against"], found["on"]) == (0, "2023-09-14", "2026-03-02")
    assert found["changes"][0]["item"] == "建筑工程施工总承包一级"


def test_diff_compares_two_bases_on_one_day() -> None:
    _, found = ask("diff", "--on", "2026-03-02", "--against-basis", "own_grade")
    assert isinstance(found, dict)
    assert found["against"] == "2026-03-02"
    second = next(c for c in found["changes"] if c["item"] == "建筑工程施工总承包二级")
    assert (second["before"]["registered_required"], second["after"]["registered_required"]) == (0, 5)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "--category", "火箭"), "火箭"),
        (("show", "--category", "建筑工程", "--grade", "九级"), "九级"),
        (("show", "--category", "隧道工程"), "隧道工程"),
        (("show", "--on", "2026-13-01"), "--on"),
        (("diff", "--on", "2010-01-01"), "--on"),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(click.ClickException) as refused:
        cli.main(["standards", *arguments], standalone_mode=False)
    assert said in refused.value.format_message()


def test_a_faulty_folder_is_refused(tmp_path: Path) -> None:
    for name in ("categories", "documents", "personnel"):
        (tmp_path / f"{name}.yaml").write_text("{}", encoding="utf-8")
    with pytest.raises(click.ClickException, match="有误"):
        cli.main(["standards", "check", "--data", str(tmp_path)], standalone_mode=False)
    (tmp_path / "personnel.yaml").write_text("{", encoding="utf-8")
    with pytest.raises(click.ClickException, match="不是 YAML"):
        cli.main(["standards", "check", "--data", str(tmp_path)], standalone_mode=False)
    (tmp_path / "personnel.yaml").unlink()
    with pytest.raises(click.ClickException, match="无法读取"):
        cli.main(["standards", "check", "--data", str(tmp_path)], standalone_mode=False)
