"""`daka face compare` on every kind of bad file, wherever the file stands among the two."""

import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.verify_api.faces.conftest import VAR, Files
from tests.verify_api.faces.test_cli import Daka, Ran, daka
from tools.portraits import attacks

__all__ = ["daka"]

BAD = {
    "empty": "empty_file", "truncated": "truncated", "truncated with an end": "truncated",
    "progressive, truncated": "truncated", "noise": "truncated", "noise with a scan": "unreadable",
    "corrupted": "truncated", "gif": "unsupported_format", "gif that says jpg": "unsupported_format",
    "40 megapixels": "too_many_pixels", "nobody": "no_face", "two people": "several_faces",
    "text": "unreadable", "png cut off": "truncated",
}  # fmt: skip
GOOD = ("upright", "turned 90", "turned 180", "turned 270", "png")

IN_A_SHELL = ("truncated with an end", "40 megapixels", "two people")  # A process each: seconds.


def progressive(data: bytes) -> bytes:
    """The same picture, coarse over its whole area first."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        picture.save(out, "JPEG", quality=92, progressive=True)
    return out.getvalue()


def files_of(one: Files, other: Files) -> dict[str, bytes]:
    """Each kind of file by the name it is asked for by."""
    front = one["front"]
    noise = random.Random(4).randbytes(400).replace(b"\xff", b"\xfe")
    return {
        "good": one["reference"],
        "empty": b"",
        "truncated": attacks.truncated(front),
        "truncated with an end": attacks.truncated(front) + b"\xff\xd9",
        "progressive, truncated": attacks.truncated(progressive(front)) + b"\xff\xd9",
        "noise": b"\xff\xd8\xff\xe0" + noise,
        "noise with a scan": b"\xff\xd8\xff\xe0" + noise + b"\xff\xda" + noise,
        "corrupted": attacks.corrupted(front),
        "gif": attacks.as_gif(front),
        "gif that says jpg": attacks.as_gif(front),
        "40 megapixels": attacks.many_pixels(40),
        "nobody": attacks.no_face(),
        "two people": attacks.two_faces(front, other["front"]),
        "text": "不是照片".encode(),
        "png cut off": attacks.as_png(front)[:-2000],
        "upright": front,
        "turned 90": attacks.with_exif(front, orientation=6),
        "turned 180": attacks.with_exif(front, orientation=3),
        "turned 270": attacks.with_exif(front, orientation=8),
        "png": attacks.as_png(front),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, people: list[Files]) -> Path:
    """All of them."""
    folder = tmp_path_factory.mktemp("bad")
    for name, data in files_of(people[0], people[1]).items():
        (folder / name).write_bytes(data)
    return folder


def is_named(ran: Ran, name: str) -> None:
    """One line of JSON, one of complaint, both with the name of the file; exit 2."""
    answer = json.loads(ran.stdout)
    assert ran.returncode == 2 and answer["file"] == name and "distance" not in answer
    assert answer["error"] == BAD[name]
    assert "Traceback" not in ran.stderr and len(ran.stderr.splitlines()) == 1 and name in ran.stderr


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_its_fault_wherever_it_stands(
    daka: Daka, folder: Path, name: str, place: int
) -> None:
    pair = ["good"]
    pair.insert(place, name)
    is_named(daka("compare", *pair, cwd=folder), name)


@pytest.mark.parametrize("name", IN_A_SHELL)
def test_a_shell_sees_the_same(folder: Path, name: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "daka.main", "face", "compare", name, "good"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "DAKA_CACHE": str(VAR / "cache"), "PYTHONPATH": str(VAR.parent)},
        check=False,
        timeout=120,
    )
    is_named(Ran(ran.returncode, ran.stdout, ran.stderr), name)


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("name", GOOD)
def test_a_picture_that_its_exif_turns_upright_is_the_same_person(
    daka: Daka, folder: Path, name: str, place: int
) -> None:
    pair = ["good"]
    pair.insert(place, name)
    ran = daka("compare", *pair, cwd=folder)
    assert (ran.returncode, ran.stderr) == (0, "") and json.loads(ran.stdout)["same"] is True


def test_of_two_bad_files_the_first_is_named(daka: Daka, folder: Path) -> None:
    is_named(daka("compare", "empty", "gif", cwd=folder), "empty")
    is_named(daka("compare", "gif", "empty", cwd=folder), "gif")
