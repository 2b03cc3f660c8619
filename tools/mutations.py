"""`python -m tools.mutations`: switch off one rule after another; do the random interleavings notice?

A guard that no test misses is no guard. Each mutation is one replacement in one file; the tests run on a copy
of the tree, of which nothing is kept. `python -m tools.mutations 60` sets how many sequences are tried,
`python -m tools.mutations 60 guard` tries only those whose name contains the word.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEST = "tests/verify_api/cases/test_random_interleavings.py"
COPIED = ("daka", "geo", "miniapp_mock", "registry", "scheduler", "tests", "tools", "verify_api")


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is switched off, and where. `old` occurs once in the file."""

    name: str
    file: str
    old: str
    new: str


CASES = "verify_api/cases"


def _guard(letter: str, reason: str, fact: str) -> Mutation:
    """One line of the table of guards, made to never stand."""
    line = f"(WaitReason.{reason}, {fact})"
    return Mutation(
        f"guard ({letter}): {reason}", f"{CASES}/guards.py", line, f"(WaitReason.{reason}, False)"
    )


MUTATIONS = (
    _guard("a", "UNDECIDED_CHECKIN", "facts.undecided_checkins > 0"),
    _guard("b", "OPEN_APPEAL", "facts.has_appeal"),
    _guard("b", "PAUSED", "facts.has_pause"),
    _guard("c", "CALENDAR_UNKNOWN", "facts.is_provisional"),
    _guard("e", "HELD", "facts.has_hold"),
    Mutation(
        "a list in 整改 sent back ends with the three months",
        f"{CASES}/timing.py",
        "earlier_of(_resubmit(facts, ground), _cap(facts, ground))",
        "_resubmit(facts, ground)",
    ),
    Mutation(
        "a second check-in ends with the three months",
        f"{CASES}/timing.py",
        "return DeadlineKind.RECHECK_IN, earlier_of(own, _cap(facts, ground))",
        "return DeadlineKind.RECHECK_IN, own",
    ),
    Mutation(
        "an extension ends with the three months",
        f"{CASES}/handwork/clock.py",
        "if cap is not None and last_day > cap:",
        "if cap is None and last_day > cap:",
    ),
    Mutation(
        "days of 不可抗力 are no part of the three months",
        f"{CASES}/steps.py",
        "days_stood=days_stood(session, case, now=now)",
        "days_stood=0",
    ),
    Mutation(
        "the start day is not counted, so no pause on it gives time back",
        f"{CASES}/pauses.py",
        "max(pause.since, end_of(row.start_day))",
        "pause.since",
    ),
    Mutation(
        "the remainder after a pause gives way to a working day",
        f"{CASES}/pauses.py",
        "basis=basis, calendar=ground.calendar)",
        "basis=basis)",
    ),
    Mutation(
        "a rescission takes two officers",
        f"{CASES}/handwork/two_officers.py",
        "if proposal.proposed_by == actor.label:",
        "if proposal.proposed_by == actor:",
    ),
    Mutation(
        "the window takes two officers",
        "verify_api/checkins/windows.py",
        "if proposal.proposed_by == actor.label:",
        "if proposal.proposed_by == actor:",
    ),
    Mutation(
        "a rescinded decision reinstates the 资质",
        f"{CASES}/handwork/two_officers.py",
        "    outcomes.reinstate(session, case, reason=proposal.reason, actor=actor.label, now=now)\n",
        "",
    ),
    Mutation(
        "a new order has its own service",
        f"{CASES}/steps.py",
        "case.rectification_served_on = None  # A new notice",
        "pass  # A new notice",
    ),
)


def survives(mutation: Mutation, folder: Path, sequences: int) -> bool:
    """Whether the interleavings pass although the rule is off."""
    file = folder / mutation.file
    before = file.read_text()
    assert before.count(mutation.old) == 1, f"{mutation.name}: {before.count(mutation.old)} places"
    file.write_text(before.replace(mutation.old, mutation.new))
    environment = os.environ | {"DAKA_INTERLEAVINGS": str(sequences)}
    command = [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-x", TEST]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    file.write_text(before)
    return done.returncode == 0


def main() -> int:
    """Print each mutation with its outcome; 1 if one survives."""
    sequences = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    word = sys.argv[2] if len(sys.argv) > 2 else ""
    left = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in COPIED:
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        for mutation in (one for one in MUTATIONS if word in one.name):
            is_left = survives(mutation, folder, sequences)
            left += is_left
            print(f"{'NOT NOTICED' if is_left else 'noticed':12} {mutation.name}", flush=True)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
