"""Writing the chain, and checking it together with the rows it speaks of."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from registry.crypto import canonical
from registry.db import Base
from registry.ledger.models import LedgerEntry

LOCK = 4_031_912  # Any number of ours: writers of the chain stand in one queue until they commit.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something to the store, and from where (JL-28). `account` is a stable label, never a name."""

    account: str
    ip: str = ""


SYSTEM = Actor("system")


def append(
    session: Session,
    *,
    action: str,
    subject: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    rows: Iterable[Base] = (),
    facts: dict[str, Any] | None = None,
) -> LedgerEntry:
    """Add an entry. `rows` are flushed and named in it with their digests.

    Call it last in a piece of work: from here to the commit every other writer of the chain waits.
    """
    session.flush()
    written = [[row.__tablename__, inspect(row).identity[0], row_digest(row)] for row in rows]  # type: ignore[index]
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    previous = session.scalar(select(LedgerEntry.hash).order_by(LedgerEntry.id.desc()).limit(1)) or GENESIS
    entry = LedgerEntry(
        at=now,
        actor=actor.account,
        ip=actor.ip,
        action=action,
        subject=subject,
        reason=reason,
        facts={**(facts or {}), "rows": written},
        previous=previous,
        hash="",
    )
    entry.hash = entry_hash(entry)
    session.add(entry)
    session.flush()
    return entry


def entry_hash(entry: LedgerEntry) -> str:
    """SHA-256 over every field but the id, and over the hash before."""
    names = ("at", "actor", "ip", "action", "subject", "reason", "facts", "previous")
    return hashlib.sha256(canonical({name: _plain(getattr(entry, name)) for name in names})).hexdigest()


def row_digest(row: Base) -> str:
    """SHA-256 over every column of a row."""
    names = _column_names(type(row))
    return mapping_digest(type(row), {name: getattr(row, name) for name in names})


def mapping_digest(model: type[Base], values: Mapping[str, Any]) -> str:
    """The digest of a row given as a mapping of all its columns."""
    return hashlib.sha256(
        canonical({name: _plain(values[name]) for name in _column_names(model)})
    ).hexdigest()


@cache
def _column_names(model: type[Base]) -> tuple[str, ...]:
    return tuple(column.key for column in inspect(model).columns)


def batch_digest(digests: Iterable[str]) -> str:
    """One digest for many rows, in the order of their ids."""
    whole = hashlib.sha256()
    for digest in digests:
        whole.update(bytes.fromhex(digest))
    return whole.hexdigest()


def _plain(value: object) -> object:
    """A form with one spelling, whatever time zone the database answered in."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


@dataclass(frozen=True, slots=True)
class Verified:
    """What checking the chain found. `problems` is empty if nothing was altered, removed or slipped in."""

    entries: int
    head: str
    problems: Sequence[str]

    @property
    def is_whole(self) -> bool:
        """Nothing was found wrong."""
        return not self.problems


def verify(session: Session, *, problems_max: int = 100) -> Verified:
    """Walk the chain from its beginning and compare every row it names with what stands there now.

    Rows of guarded tables that no entry names were slipped in past the services, and are reported too. What
    this cannot see is the loss of the newest entries together with their rows: keep `head` elsewhere.
    """
    problems: list[str] = []
    previous, count = GENESIS, 0
    covered: dict[str, int] = {}
    for entry in session.scalars(
        select(LedgerEntry).order_by(LedgerEntry.id).execution_options(yield_per=500)
    ):
        count += 1
        if entry.previous != previous or entry.hash != entry_hash(entry):
            problems.append(f"entry {entry.id}: the chain is broken")
        previous = entry.hash
        problems += _wrong_rows(session, entry, covered)
        if len(problems) >= problems_max:
            break
    if len(problems) < problems_max:
        problems += _uncovered(session, covered)
    return Verified(count, previous, problems[:problems_max])


def _tables() -> dict[str, type[Base]]:
    return {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}


GUARDED = (
    "projects",
    "stage_records",
    "grade_entries",
    "project_marks",
    "filing_decisions",
    "credit_entries",
)


def _wrong_rows(session: Session, entry: LedgerEntry, covered: dict[str, int]) -> list[str]:
    tables = _tables()
    wrong = []
    for table, key, digest in entry.facts["rows"]:
        covered[table] = covered.get(table, 0) + 1
        row = session.get(tables[table], key, populate_existing=True)
        if row is None:
            wrong.append(f"entry {entry.id}: {table} {key} is gone")
        elif row_digest(row) != digest:
            wrong.append(f"entry {entry.id}: {table} {key} was altered")
        if row is not None:
            session.expunge(row)
    for table, batch in entry.facts.get("batches", {}).items():
        covered[table] = covered.get(table, 0) + sum(last - first + 1 for first, last in batch["ranges"])
        if _batch_now(session, tables[table], batch["ranges"]) != batch["digest"]:
            wrong.append(f"entry {entry.id}: a batch of {table} was altered")
    return wrong


def _batch_now(session: Session, model: type[Base], ranges: list[list[int]]) -> str:
    key = inspect(model).columns["id"]
    digests = []
    for first, last in ranges:
        rows = session.scalars(select(model).where(key.between(first, last)).order_by(key))
        for row in rows:
            digests.append(row_digest(row))
            session.expunge(row)
    return batch_digest(digests)


def ranges_of(ids: Iterable[int]) -> list[list[int]]:
    """Ids as closed ranges, ascending."""
    ranges: list[list[int]] = []
    for key in sorted(ids):
        if ranges and ranges[-1][1] == key - 1:
            ranges[-1][1] = key
        else:
            ranges.append([key, key])
    return ranges


def _uncovered(session: Session, covered: dict[str, int]) -> list[str]:
    tables = _tables()
    found = []
    for table in GUARDED:
        standing = session.scalar(select(func.count()).select_from(tables[table])) or 0
        if standing != covered.get(table, 0):
            found.append(f"{table}: {standing} rows stand, {covered.get(table, 0)} are in the log")
    return found
