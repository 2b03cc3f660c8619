"""Tables of the audit. Both are append-only by trigger."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Key


class AccessEntry(Base):
    """Somebody looked at something that not everybody may see (个人信息保护法 54: audit)."""

    __tablename__ = "access_entries"

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    what: Mapped[str]  # frame | reference_photo | certificate_file | notice | export
    subject: Mapped[str]
    ip: Mapped[str] = mapped_column(server_default="")


class AuditLink(Base):
    """One link: the digest of a row of an append-only history, chained to the link before it."""

    __tablename__ = "audit_links"
    __table_args__ = (UniqueConstraint("history", "row_id"),)

    id: Mapped[Key]
    history: Mapped[str]
    row_id: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    chain: Mapped[str] = mapped_column(String(64))
    linked_at: Mapped[datetime]
