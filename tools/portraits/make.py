"""The folder of invented people: `people/<nnn>/…jpg` and `manifest.json`, made once, in parallel."""

import fcntl
import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from tools.portraits import recipes, source
from tools.portraits.canvas import Base, load_bases
from tools.portraits.frames import ANSWERS, NAMES, check, session
from tools.portraits.people import numbers_of, portrait
from tools.portraits.recipes import Recipe
from verify_api.faces.engine import FaceEngine
from verify_api.faces.engines import load_engine
from verify_api.faces.policy import FacePolicy

APART = 0.6
VERSION = 1  # raised when the drawing or the recipes change


@dataclass(frozen=True, slots=True)
class Made:
    """One finished person."""

    number: int
    folder: str
    embedding: tuple[float, ...]
    farthest: float


LEAST = 0.8

_engine: FaceEngine
_bases: list[Base]


def make(to: Path, count: int, cache: Path) -> dict[str, Any]:
    """Draw `count` people below `to` unless they are there already, and return the manifest.

    Raises:
        SystemExit: Fewer people than asked lie apart and pass the liveness check.
    """
    chosen = recipes.load()[:count]
    if len(chosen) < count:
        raise SystemExit(f"there are recipes for {len(chosen)} people only")
    to.mkdir(parents=True, exist_ok=True)
    with (to / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Several test processes may ask at once; the first one draws.
        found = read_manifest(to)
        if found is not None and found["version"] == VERSION and len(found["people"]) >= LEAST * count:
            return found
        return _make(to, chosen, cache)


def _make(to: Path, chosen: Sequence[Recipe], cache: Path) -> dict[str, Any]:
    photographs = source.fetch(to)
    load_engine(cache, None)  # Converts the network before two processes would both do so.
    (to / "manifest.json").unlink(missing_ok=True)
    shutil.rmtree(to / "people", ignore_errors=True)
    count = len(chosen)
    with ProcessPoolExecutor(
        os.cpu_count(), get_context("spawn"), initializer=_start, initargs=(photographs, cache)
    ) as pool:
        made = [one for one in pool.map(_person, [to] * count, range(1, count + 1), chosen) if one]
    kept = _apart(made)
    # Another processor rounds differently, and a recipe at the edge may then fall out: some may be missing.
    if len(kept) < LEAST * count:
        raise SystemExit(f"only {len(kept)} of {count} people came out distinct and alive")
    return _write_manifest(to, kept)


def read_manifest(to: Path) -> dict[str, Any] | None:
    """The manifest of an earlier run whose files are all there."""
    try:
        manifest: dict[str, Any] = json.loads((to / "manifest.json").read_text())
        files = [to / one["folder"] / f"{name}.jpg" for one in manifest["people"] for name in NAMES]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return manifest if all(file.is_file() for file in files) else None


def _start(photographs: Path, cache: Path) -> None:
    global _engine, _bases
    _engine = load_engine(cache, None)
    _bases = load_bases(photographs, _engine)


def _person(to: Path, number: int, recipe: Recipe) -> Made | None:
    files = session(portrait(numbers_of(recipe.numbers), _bases), recipe)
    checked = check(_engine, files, FacePolicy())
    if not checked.is_usable or checked.embedding is None:
        return None
    folder = to / "people" / f"{number:03d}"
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / f"{name}.jpg").write_bytes(data)
    return Made(number, f"people/{number:03d}", checked.embedding, checked.farthest)


def _apart(made: Sequence[Made]) -> list[Made]:
    """Those who lie farther than `APART` from everybody kept before them."""
    kept: list[Made] = []
    for one in made:
        if all(np.linalg.norm(np.subtract(one.embedding, k.embedding)) > APART for k in kept):
            kept.append(one)
    return kept


def _write_manifest(to: Path, kept: Sequence[Made]) -> dict[str, Any]:
    manifest = {
        "version": VERSION,
        "note": "合成人像：由公有领域照片变形、混合而成，不对应任何真实人员",
        "answers": {ask.value: [f"{name}.jpg" for name in names] for ask, names in ANSWERS.items()},
        "people": [
            {"number": one.number, "folder": one.folder, "farthest_frame": round(one.farthest, 3)}
            for one in kept
        ],
    }
    part = to / "manifest.json.part"
    part.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
    part.replace(to / "manifest.json")
    return manifest
