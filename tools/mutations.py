"""`python -m tools.mutations`: switch off one rule after another; do the random interleavings notice?

A guard that no test misses is no guard. Each mutation is one replacement in one file; the tests run on a copy
of the tree, of which nothing is kept. `python -m tools.mutations 60` sets how many sequences are tried, and
words after the number choose mutations by their name.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.switches import MUTATIONS, Mutation

ROOT = Path(__file__).parents[1]
TEST = "tests/verify_api/cases/test_random_interleavings.py"
PASSED, FAILED = 0, 1  # of pytest
COPIED = ("daka", "geo", "miniapp_mock", "registry", "scheduler", "tests", "tools", "verify_api")


def survives(mutation: Mutation, folder: Path, sequences: int) -> tuple[bool, str]:
    """(whether the interleavings pass although the rule is off, after how many sequences they ended)."""
    file = folder / mutation.file
    before = file.read_text()
    assert before.count(mutation.old) == 1, f"{mutation.name}: {before.count(mutation.old)} places"
    file.write_text(before.replace(mutation.old, mutation.new))
    environment = os.environ | {"DAKA_INTERLEAVINGS": str(sequences)}
    command = [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-x", "-s", TEST]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    file.write_text(before)
    tried = re.findall(r"so far (\d+) sequences", done.stdout)
    if done.returncode not in (PASSED, FAILED) or not tried:
        raise RuntimeError(f"{mutation.name}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == PASSED, tried[-1]


def main() -> int:
    """Print each mutation with its outcome; 1 if one survives."""
    sequences, *words = sys.argv[1:] or ["60"]
    chosen = [one for one in MUTATIONS if not words or any(word in one.name for word in words)]
    left = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in COPIED:
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        for mutation in chosen:
            is_left, tried = survives(mutation, folder, int(sequences))
            left += is_left
            print(f"| {mutation.name} | {'NOT in' if is_left else 'within'} {tried} |", flush=True)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
