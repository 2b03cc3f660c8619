"""An import from beginning to end, chunk by chunk. Killed at any moment and run again, it goes on."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.db import Sessions
from registry.imports.docking import Taken, take_in
from registry.imports.models import ImportRow, ImportRun
from registry.imports.records import Unit, count_units, read_units
from registry.ledger.service import Actor

CHUNK = 500
Progress = Callable[[int], None]


def run_import(
    sessions: Sessions,
    path: Path,
    *,
    keyring: Keyring,
    actor: Actor,
    clock: Callable[[], datetime],
    on_progress: Progress | None = None,
    chunk_size: int = CHUNK,
) -> ImportRun:
    """Take a file in. A chunk and the mark of how far it went are one transaction.

    The same bytes are the same run: a finished one is answered as it ended, a broken one goes on.

    Raises:
        FileUnreadable: Not a file of a known form. What was taken in before the fault stays.
    """
    run_id, done = _begin(sessions, path, actor, clock())
    if done is None:
        with sessions() as session:
            return session.get_one(ImportRun, run_id)
    _count(sessions, run_id, path)
    units = islice(read_units(path), done, None)
    while chunk := list(islice(units, chunk_size)):
        if not _take_chunk(sessions, run_id, done, chunk, keyring=keyring, actor=actor, now=clock()):
            break  # Another process runs the same file and is further.
        done += len(chunk)
        if on_progress is not None:
            on_progress(done)
    else:
        return _finish(sessions, run_id, done, now=clock())
    with sessions() as session:
        return session.get_one(ImportRun, run_id)


def _begin(sessions: Sessions, path: Path, actor: Actor, now: datetime) -> tuple[int, int | None]:
    """The run of these bytes, and how many units it has settled; None if it is finished."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with sessions.begin() as session:
        session.execute(
            insert(ImportRun)
            .values(
                sha256=digest,
                file_name=path.name,
                format=path.suffix.lower().lstrip("."),
                actor=actor.account,
                started_at=now,
            )
            .on_conflict_do_nothing(index_elements=[ImportRun.sha256])
        )
        run = session.scalars(select(ImportRun).where(ImportRun.sha256 == digest)).one()
        return run.id, None if run.finished_at else run.next_row


def _count(sessions: Sessions, run_id: int, path: Path) -> None:
    """Tell those who watch how long the way is. A file that breaks off has no known length."""
    with sessions() as session:
        if session.get_one(ImportRun, run_id).total_rows is not None:
            return
    total = count_units(path)
    with sessions.begin() as session:
        session.get_one(ImportRun, run_id, with_for_update=True).total_rows = total


def _take_chunk(
    sessions: Sessions,
    run_id: int,
    done: int,
    chunk: list[Unit],
    *,
    keyring: Keyring,
    actor: Actor,
    now: datetime,
) -> bool:
    with sessions.begin() as session:
        run = session.get_one(ImportRun, run_id, with_for_update=True)
        if run.next_row != done:
            return False
        taken = take_in(session, chunk, keyring=keyring, actor=actor, subject=f"import:{run_id}", now=now)
        run.next_row = done + len(chunk)
        run.counts = _sum(run.counts, taken)
        session.add_all(
            ImportRow(run_id=run_id, row=row, code=code, message=message)
            for row, code, message in taken.remarks
        )
        return True


def _sum(counts: dict[str, int], taken: Taken) -> dict[str, int]:
    return {name: counts.get(name, 0) + taken.counts.get(name, 0) for name in {*counts, *taken.counts}}


def _finish(sessions: Sessions, run_id: int, done: int, *, now: datetime) -> ImportRun:
    with sessions.begin() as session:
        run = session.get_one(ImportRun, run_id, with_for_update=True)
        run.total_rows, run.finished_at = done, run.finished_at or now
        return run


def remarks_of(session: Session, run_id: int) -> Iterator[ImportRow]:
    """The row-by-row report."""
    return iter(
        session.scalars(
            select(ImportRow).where(ImportRow.run_id == run_id).order_by(ImportRow.row, ImportRow.id)
        )
    )
