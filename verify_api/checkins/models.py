"""Tables of check-in attempts. A refused attempt is kept like an accepted one."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Json, Key


class AttemptState(StrEnum):
    """Where an attempt stands. REFUSED ended at the door (place, window); the rest had a challenge."""

    REFUSED = "refused"
    OPEN = "open"
    EXPIRED = "expired"
    VERIFYING = "verifying"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NEEDS_REVIEW = "needs_review"


class Attempt(Base):
    """One attempt with everything a court would ask for: position, device, challenge, times, measures.

    `received_at` is the server's receipt of the complete evidence, the moment that counts (SZ-30b).
    """

    __tablename__ = "attempts"
    __table_args__ = (
        Index(
            "ix_attempts_undecided", "list_id", postgresql_where=text("state IN ('verifying','needs_review')")
        ),
        Index("ix_attempts_person", "person_id", "opened_at"),
        Index("ix_attempts_case", "case_id", "id"),
        Index("ix_attempts_device", "device_id", "opened_at"),
    )

    id: Mapped[Key]
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    list_id: Mapped[int | None] = mapped_column(ForeignKey("person_lists.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    state: Mapped[str]
    position: Mapped[Json]
    place: Mapped[Json | None]
    fence: Mapped[Json | None]
    device: Mapped[Json]
    device_id: Mapped[str] = mapped_column(server_default="")
    prompts: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    nonce: Mapped[str] = mapped_column(server_default="")
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reasons: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    measures: Mapped[Json | None]
    thresholds: Mapped[Json | None]
    risks: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    policy_version: Mapped[str]
    tries: Mapped[int] = mapped_column(server_default="0")


class AttemptFrame(Base):
    """One uploaded frame; the picture itself is in the evidence store, sealed."""

    __tablename__ = "attempt_frames"
    __table_args__ = (UniqueConstraint("attempt_id", "n", "seq"),)

    id: Mapped[Key]
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), index=True)
    n: Mapped[int]
    seq: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    stored_sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    received_at: Mapped[datetime]
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    purged_at: Mapped[datetime | None]
