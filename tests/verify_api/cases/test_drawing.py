"""双随机: the same seed gives the same draw, on any machine and to anybody."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from verify_api.cases.cli import draw as command
from verify_api.cases.drawing import DrawImpossible, digest_of, draw

POPULATION = [f"91440300MA5EX{n:05d}" for n in range(60)]


@pytest.mark.rule("SZ-31")
def test_a_shell_without_our_code_draws_the_same() -> None:
    script = (
        'while read -r code; do echo "$(printf \'%s\\n%s\' "$SEED" "$code" | sha256sum | cut -c1-64) $code"; '
        "done | sort | head -n 7 | cut -d' ' -f2"
    )
    by_shell = subprocess.run(
        ["bash", "-c", script],
        input="\n".join(POPULATION) + "\n",
        env={"SEED": "2026-03-02 福彩 07 11 19", "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    ours = [one.uscc for one in draw("2026-03-02 福彩 07 11 19", reversed(POPULATION), 7)]
    assert ours == by_shell


@given(st.text(min_size=1, max_size=20), st.permutations(POPULATION), st.integers(1, 60))
def test_neither_order_nor_size_of_the_question_changes_who_comes_first(
    seed: str, shuffled: list[str], size: int
) -> None:
    whole = draw(seed, POPULATION, 60)
    assert draw(seed, shuffled, size) == whole[:size]
    assert len({one.uscc for one in whole}) == 60


def test_everybody_is_drawn_about_equally_often() -> None:
    drawn = [one.uscc for n in range(3000) for one in draw(str(n), POPULATION[:6], 1)]
    assert all(400 < drawn.count(code) < 600 for code in POPULATION[:6])  # 500 expected, 20.4 deviation


@pytest.mark.parametrize(("seed", "size"), [("s", 0), ("s", 61), ("s", -1), ("", 1)])
def test_an_impossible_draw_is_refused(seed: str, size: int) -> None:
    with pytest.raises(DrawImpossible):
        draw(seed, POPULATION, size)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    codes = tmp_path / "codes.txt"
    codes.write_text("\n".join(POPULATION), "utf-8")
    made = CliRunner().invoke(command, ["make", str(codes), "--seed", "s", "--size", "5"])
    file = tmp_path / "record.json"
    file.write_text(made.output, "utf-8")
    return file


def test_an_honest_record_replays(record: Path) -> None:
    result = CliRunner().invoke(command, ["replay", str(record)])
    answer = json.loads(result.output)
    assert (result.exit_code, answer["ok"], len(answer["drawn"])) == (0, True, 5)
    assert answer["population_digest"] == digest_of(POPULATION)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", "t"),
        ("size", 4),
        ("population", POPULATION[1:]),
        ("population_digest", "0" * 64),
        ("drawn", [{"uscc": POPULATION[0]}] * 5),
    ],
)
def test_a_record_that_was_touched_does_not(record: Path, field: str, value: object) -> None:
    touched = json.loads(record.read_text("utf-8")) | {field: value}
    record.write_text(json.dumps(touched), "utf-8")
    result = CliRunner().invoke(command, ["replay", str(record)])
    assert result.exit_code == 3
    assert json.loads(result.output)["ok"] is False


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"seed": "s", "size": "x"}', "null"])
def test_what_is_no_record_is_bad_input(tmp_path: Path, text: str) -> None:
    file = tmp_path / "r.json"
    file.write_text(text, "utf-8")
    result = CliRunner().invoke(command, ["replay", str(file)])
    assert result.exit_code == 2
    assert "Traceback" not in result.output
