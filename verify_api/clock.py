"""The clock of a process: the machine's, or a settable one that exists only in a simulation."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from registry.clock import Clock, system_clock


class SimulatedClock:
    """The machine's time shifted by an offset kept in a file, so that all processes of a simulation agree."""

    def __init__(self, file: Path) -> None:
        """Read the offset from `file`, now and whenever it changes."""
        self._file = file
        self._seen: tuple[int, int] | None = None
        self._offset = timedelta()

    def __call__(self) -> datetime:
        """The simulated now, aware."""
        return datetime.now(UTC) + self._current_offset()

    def set(self, instant: datetime) -> None:
        """Make it `instant` now, for every process that reads this file."""
        offset = (instant - datetime.now(UTC)).total_seconds()
        beside = self._file.with_suffix(".new")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps({"offset_s": offset}))
        beside.replace(self._file)

    def _current_offset(self) -> timedelta:
        stat = self._file.stat()
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if stamp != self._seen:
            self._offset = timedelta(seconds=json.loads(self._file.read_text())["offset_s"])
            self._seen = stamp
        return self._offset


def make_clock(simulation_file: Path | None) -> Clock:
    """The system clock unless a simulation says otherwise. A missing simulation file is an error."""
    return system_clock if simulation_file is None else SimulatedClock(simulation_file)
