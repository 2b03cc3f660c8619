"""The chain. Append-only by trigger; its digests make a change behind the triggers visible."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Json, Key


class LedgerEntry(Base):
    """One change: who, when, from where, what, why. `hash` covers every field and the hash before it."""

    __tablename__ = "ledger_entries"
    __table_args__ = (Index("ix_ledger_entries_subject", "subject", "id"),)

    id: Mapped[Key]
    at: Mapped[datetime]
    actor: Mapped[str]
    ip: Mapped[str] = mapped_column(server_default="")
    action: Mapped[str]
    subject: Mapped[str]  # project:7, filing:12, import:3, enterprise:9
    reason: Mapped[str] = mapped_column(server_default="")
    facts: Mapped[Json]  # ids and digests of the rows written, never personal data
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
