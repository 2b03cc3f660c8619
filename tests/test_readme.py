"""What the README says is what the code does."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from verify_api.cases.states import INITIAL, LABELS, TRANSITIONS, Event, State, Track

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
STATES = README.split("<!-- states:begin", 1)[1].split("<!-- states:end", 1)[0]


def test_the_state_diagram_is_the_state_table() -> None:
    drawn = set(re.findall(r"^  (\w+) --> (\w+): (\w+)$", STATES, re.MULTILINE))
    table = {
        (state.value, to.value, event.value)
        for track in Track
        for (state, event), to in TRANSITIONS[track].items()
        if event is not Event.CANCELLED  # Said in one sentence below the diagram.
    }
    assert drawn == table


def test_the_diagram_begins_where_the_tracks_begin() -> None:
    begun = set(re.findall(r"^  \[\*\] --> (\w+): (\w+)$", STATES, re.MULTILINE))
    assert begun == {(INITIAL[track].value, track.value) for track in Track}


def test_every_state_is_named_in_chinese() -> None:
    named = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|$", STATES, re.MULTILINE))
    assert named == {state.value: LABELS[state] for state in State}


def test_every_relative_link_leads_somewhere() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / name).read_text()):
            assert (ROOT / target).exists(), f"{name}: {target}"


def _examples() -> list[tuple[str, str]]:
    """(command, printed answer) of every shell example in the README."""
    return re.findall(r"^\$ (daka .+)\n(\{.+\})$", README, re.MULTILINE)


def test_there_are_examples() -> None:
    assert _examples()


@pytest.mark.parametrize(("command", "answer"), _examples())
def test_a_shell_example_answers_as_printed(command: str, answer: str) -> None:
    words = shlex.split(command)[1:]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "daka.main", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == json.loads(answer)


def test_the_two_commands_stand_at_the_top() -> None:
    top = README.split("```")[1]
    assert "make demo" in top
    assert "make test" in top
    for target in ("demo:", "test:", "check:", "serve:", "bench:"):
        assert re.search(rf"^{target}", (ROOT / "Makefile").read_text(), re.MULTILINE)
