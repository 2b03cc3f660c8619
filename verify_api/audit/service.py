"""Noting access, chaining new rows, verifying the chain.

Rows are chained by a job shortly after they were written, not in the writer's transaction: a chain written
inline would make every decision of the city wait for one lock. A row counts as new until it has a link, so
that a transaction that commits late is chained late, never skipped.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Table, func, select, text
from sqlalchemy.orm import Session

from registry.db import Base
from verify_api.accounts.actor import Actor
from verify_api.audit.models import AccessEntry, AuditLink
from verify_api.audit.rules import START, Broken, Link, chained, digest_of, first_break

# Histories whose rows are only ever appended. Rows that hold biometrics are not among them: erasing those
# must not break the chain.
HISTORIES = (
    "case_events",
    "notice_events",
    "account_events",
    "access_entries",
    "qualification_changes",
    "requirement_overrides",
    "verified_leads",
    "policy_events",
)
LOCK = 4_031_940
BATCH = 5000


def note_access(
    session: Session, *, actor: Actor, what: str, subject: str, ip: str = "", now: datetime
) -> None:
    """Note that somebody looked at something sensitive."""
    session.add(AccessEntry(at=now, actor=actor.label, what=what, subject=subject, ip=ip))


def link_new_rows(session: Session, *, now: datetime, limit: int = BATCH) -> int:
    """Chain rows that have no link yet, history by history in the order of ids; returns how many."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    before = session.scalar(select(AuditLink.chain).order_by(AuditLink.id.desc()).limit(1)) or START
    done = 0
    for history in HISTORIES:
        for row in _unlinked(session, Base.metadata.tables[history], limit - done):
            digest = digest_of(row)
            before = chained(before, history, row["id"], digest)
            link = AuditLink(history=history, row_id=row["id"], digest=digest, chain=before, linked_at=now)
            session.add(link)
            done += 1
        session.flush()
    return done


def verify_chain(session: Session) -> tuple[Broken | None, str, int]:
    """(the first break or None, the head of the chain, how many links). Reads everything in batches."""
    before, seen, last = START, 0, 0
    while True:
        links = list(_links(session, after=last))
        if not links:
            return None, before, seen
        broken, before, looked = first_break(links, before=before)
        seen += looked
        if broken is not None:
            return broken, before, seen
        last = links[-1].id


def _unlinked(session: Session, table: Table, limit: int) -> Iterator[dict[str, Any]]:
    linked = select(AuditLink.row_id).where(AuditLink.history == table.name)
    query = select(*_columns(table)).where(table.c.id.not_in(linked)).order_by(table.c.id).limit(limit)
    for row in session.execute(query).mappings():
        yield _plain(dict(row))


def _links(session: Session, *, after: int) -> Iterator[Link]:
    query = select(AuditLink).where(AuditLink.id > after).order_by(AuditLink.id).limit(BATCH)
    rows = list(session.scalars(query))
    found = {(history, row["id"]): row for history in HISTORIES for row in _rows(session, history, rows)}
    for link in rows:
        row = found.get((link.history, link.row_id))
        yield Link(link.id, link.history, link.row_id, link.digest, link.chain, row)


def _rows(session: Session, history: str, links: list[AuditLink]) -> Iterator[dict[str, Any]]:
    table = Base.metadata.tables[history]
    ids = [link.row_id for link in links if link.history == history]
    for row in session.execute(select(*_columns(table)).where(table.c.id.in_(ids))).mappings():
        yield _plain(dict(row))


def _columns(table: Table) -> list[Column[Any]]:
    return sorted(table.columns, key=lambda column: column.name)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for key, value in row.items()
    }


def unlinked_count(session: Session) -> int:
    """How many rows wait for their link."""
    total = 0
    for history in HISTORIES:
        table = Base.metadata.tables[history]
        total += session.scalar(select(func.count()).select_from(table)) or 0
    return total - (session.scalar(select(func.count(AuditLink.id))) or 0)
