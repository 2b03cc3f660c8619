"""`daka face` as a shell sees it: one line of JSON or of complaint, the right exit code, no traceback."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from daka.main import main
from registry.crypto import Keyring
from registry.db import Sessions
from tests.verify_api.faces.conftest import VAR, Files
from tests.verify_api.faces.test_service import consenting
from tools.portraits import attacks
from verify_api.faces import queries, vault
from verify_api.faces.evaluate import NothingToEvaluate, evaluate, to_svg
from verify_api.faces.models import FaceTemplate
from verify_api.settings import settings

ROOT = VAR.parent


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


class Daka(Protocol):
    """Runs `daka face …`."""

    def __call__(self, *args: str | Path, cwd: Path | None = None) -> Ran: ...


@pytest.fixture
def daka(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Daka]:
    """The command line's own entry, in this process so that the models are loaded once."""
    monkeypatch.setenv("DAKA_CACHE", str(VAR / "cache"))
    settings.cache_clear()

    def run(*args: str | Path, cwd: Path | None = None) -> Ran:
        monkeypatch.setattr(sys, "argv", ["daka", "face", *map(str, args)])
        monkeypatch.chdir(cwd or ROOT)
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return Ran(int(left.value.code or 0), told.out, told.err)

    yield run
    settings.cache_clear()


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory, people: list[Files]) -> Path:
    """A folder of good and bad files."""
    folder = tmp_path_factory.mktemp("album")
    front = people[0]["front"]
    files = {
        "a.jpg": people[0]["reference"],
        "a2.jpg": front,
        "b.jpg": people[1]["reference"],
        "rotated.jpg": attacks.with_exif(front, orientation=6),
        "a.png": attacks.as_png(front),
        "renamed.txt": front,
        "empty.jpg": b"",
        "truncated.jpg": attacks.truncated(front),
        "corrupted.jpg": b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(400),
        "picture.gif": attacks.as_gif(front),
        "gif.jpg": attacks.as_gif(front),
        "large.jpg": attacks.many_pixels(40),
        "wall.jpg": attacks.no_face(),
        "two.jpg": attacks.two_faces(people[0]["front"], people[1]["front"]),
        "text.jpg": "不是照片".encode(),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_one_person_is_the_same_and_another_is_not(daka: Daka, album: Path) -> None:
    same = daka("compare", album / "a.jpg", album / "a2.jpg")
    assert same.returncode == 0 and same.stderr == ""
    answer = json.loads(same.stdout)
    assert answer["same"] is True and answer["distance"] < 0.4
    other = daka("compare", "a.jpg", "b.jpg", cwd=album)
    assert other.returncode == 3 and json.loads(other.stdout)["same"] is False


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("empty.jpg", "empty_file"), ("truncated.jpg", "truncated"), ("corrupted.jpg", "truncated"),
        ("picture.gif", "unsupported_format"), ("gif.jpg", "unsupported_format"),
        ("large.jpg", "too_many_pixels"), ("wall.jpg", "no_face"), ("two.jpg", "several_faces"),
        ("text.jpg", "unreadable"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_compared_is_named_in_one_line(
    daka: Daka, album: Path, name: str, code: str
) -> None:
    ran = daka("compare", album / "a.jpg", album / name)
    answer = json.loads(ran.stdout)
    assert ran.returncode == 2 and answer["error"] == code and answer["file"] == str(album / name)
    assert len(ran.stderr.splitlines()) == 1 and name in ran.stderr and "Traceback" not in ran.stderr


@pytest.mark.parametrize("args", [(), ("a.jpg",), ("a.jpg", "absent.jpg"), ("a.jpg", "a.jpg", "a.jpg"),
                                  ("--pairs", "absent.csv"), ("a.jpg", ".")])  # fmt: skip
def test_a_wrong_call_is_one_line_and_exit_2(daka: Daka, album: Path, args: tuple[str, ...]) -> None:
    ran = daka("compare", *args, cwd=album)
    assert ran.returncode == 2 and ran.stdout == ""
    assert len(ran.stderr.splitlines()) == 1 and "Traceback" not in ran.stderr


def test_pairs_are_answered_line_by_line_and_a_bad_file_does_not_stop_the_rest(
    daka: Daka, album: Path
) -> None:
    table = album / "pairs.csv"
    table.write_text(
        "\ufeffone,two,note\na.jpg,a2.jpg,x\na.jpg,b.jpg,\na.jpg,rotated.jpg\nwall.jpg,a.jpg\n"
        "a.jpg,gone.jpg\na.jpg, a.png \na.jpg,renamed.txt\n\n"
    )
    ran = daka("compare", "--pairs", table, "--root", album)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0 and ran.stderr == ""
    assert [line.get("same", line.get("error")) for line in lines] == [
        True, False, True, "no_face", "file_missing", True, True,
    ]  # fmt: skip
    assert lines[3]["file"] == "wall.jpg" and lines[4]["file"] == "gone.jpg"


@pytest.mark.parametrize("content", ["", "one,two\na.jpg\n", "one,two\n,b.jpg\n", b"\xff\xfe\x00one"])
def test_a_table_that_is_none_is_one_line_and_exit_2(daka: Daka, album: Path, content: str | bytes) -> None:
    table = album / "bad.csv"
    table.write_bytes(content.encode() if isinstance(content, str) else content)
    ran = daka("compare", "--pairs", table, "--root", album)
    assert ran.returncode == 2 and len(ran.stderr.splitlines()) == 1 and "bad.csv" in ran.stderr


def test_a_table_of_a_header_only_has_no_answers(daka: Daka, album: Path) -> None:
    table = album / "header.csv"
    table.write_text("one,two\n")
    ran = daka("compare", "--pairs", table, "--root", album)
    assert ran.returncode == 0 and ran.stdout == ""


def test_evaluate_prints_rates_and_draws_the_curve(daka: Daka, album: Path, tmp_path: Path) -> None:
    table = album / "labelled.csv"
    table.write_text(
        "a,b,same\na.jpg,a2.jpg,1\na.jpg,rotated.jpg,是\na.jpg,b.jpg,0\na2.jpg,b.jpg,no\nwall.jpg,a.jpg,0\n"
    )
    svg = tmp_path / "curve.svg"
    ran = daka("evaluate", "--pairs", table, "--root", album, "--svg", svg)
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert answer["same_pairs"] == 2 and answer["different_pairs"] == 2
    assert answer["equal_error"]["far"] == answer["equal_error"]["frr"] == 0
    assert answer["unusable"][0]["error"] == "no_face"
    assert ["3000 对" in said or "300 对" in said for said in answer["warnings"]] == [True, True]
    assert svg.read_text().startswith("<svg") and "误识率" in svg.read_text()


@pytest.mark.parametrize(
    "content", ["a,b,same\na.jpg,b.jpg,perhaps\n", "a,b,same\na.jpg,a2.jpg,1\n", "a,b\na.jpg,b.jpg\n"]
)
def test_evaluate_refuses_what_says_nothing(daka: Daka, album: Path, content: str) -> None:
    table = album / "useless.csv"
    table.write_text(content)
    ran = daka("evaluate", "--pairs", table, "--root", album)
    assert ran.returncode == 2 and len(ran.stderr.splitlines()) == 1


def test_rates_count_both_kinds_of_error() -> None:
    result = evaluate([(0.2, True), (0.5, True), (0.4, False), (0.9, False)], step=0.1)
    at = {round(rates.threshold, 1): rates for rates in result.curve}
    assert (at[0.0].far, at[0.0].frr) == (0, 1)
    assert (at[0.2].far, at[0.2].frr) == (0, 0.5)
    assert (at[0.4].far, at[0.4].frr) == (0.5, 0.5)
    assert (at[0.9].far, at[0.9].frr) == (1, 0)
    assert result.equal_error.far == result.equal_error.frr == 0.5
    assert result.at_far(0.0) == at[0.3] and result.at_far(-0.1) is None
    assert "等错误率" in to_svg(result, accept=0.45, review=0.6, title="a <b>") and "&lt;b&gt;" in to_svg(
        result, accept=0.45, review=0.6, title="a <b>"
    )


@pytest.mark.parametrize(("count", "proven"), [(299, False), (300, True)])
def test_a_rate_is_proven_by_three_pairs_for_each_one_it_allows_to_be_wrong(count: int, proven: bool) -> None:
    result = evaluate([(0.2, True), *[(0.9, False)] * count], step=0.1)
    assert result.proves_far(0.01) is proven and result.proves_far(0.001) is False


def test_every_template_comes_under_the_key_that_was_added(
    daka: Daka, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_sessions: Sessions
) -> None:
    old, new = Keyring({"k1": bytes(32)}), "k1:" + "A" * 43 + "=,k2:" + "B" * 43 + "="
    with own_sessions.begin() as session:
        url = session.get_bind().engine.url.render_as_string(hide_password=False)
        someone = consenting(session)
        consent = queries.active_consent(session, someone)
        assert consent is not None
        vector = np.ones(128, np.float32) / 8
        session.add(
            FaceTemplate(
                person_id=someone, consent_id=consent.id, model_id="m", source_sha256="0" * 64,
                sealed=vault.seal(old, vector), protected=vault.protect(old, vector).tolist(),
                dimensions=128, key_id="k1", enrolled_at=consent.given_at,
            )
        )  # fmt: skip
    for name, value in (("DATABASE_URL", url), ("DAKA_VAR", str(tmp_path)), ("DAKA_DATA_KEYS", new)):
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    ran = daka("rotate")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {"key": "k2", "templates": 1, "still_under": []}
    with own_sessions() as session:
        assert queries.key_ids(session) == ["k2"]
    monkeypatch.setenv("DAKA_DATA_KEYS", "k3:" + "C" * 43 + "=")
    settings.cache_clear()
    lost = daka("rotate")  # The old key was taken away too early: nothing is overwritten.
    assert lost.returncode == 2 and len(lost.stderr.splitlines()) == 1
    with own_sessions() as session:
        assert queries.key_ids(session) == ["k2"]


@pytest.mark.parametrize("pairs", [[], [(0.1, True)], [(0.1, False)], [(float("nan"), True), (0.2, False)]])
def test_one_sided_or_broken_pairs_cannot_be_evaluated(pairs: list[tuple[float, bool]]) -> None:
    with pytest.raises(NothingToEvaluate):
        evaluate(pairs)


def test_a_shell_gets_one_line_and_nothing_else(album: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "daka.main", "face", "compare", "a.jpg", "wall.jpg"],
        capture_output=True,
        text=True,
        cwd=album,
        env={**os.environ, "DAKA_CACHE": str(VAR / "cache"), "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert ran.returncode == 2 and json.loads(ran.stdout)["error"] == "no_face"
    assert len(ran.stderr.splitlines()) == 1
