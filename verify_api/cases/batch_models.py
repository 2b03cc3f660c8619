"""Tables of batches (SZ-31 from a file) and random draws. What was drawn is never changed (trigger)."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Json, Key


class RowStatus(StrEnum):
    """Where a row of a batch stands."""

    PENDING = "pending"
    OPENED = "opened"  # a case was opened
    ATTACHED = "attached"  # the reasons joined the case that runs (SZ-31)
    REPEATED = "repeated"  # the same row was worked off before and its case still runs
    REFUSED = "refused"
    FAILED = "failed"  # the service failed, not the row: it can be tried again


class CaseBatch(Base):
    """One file of enterprises to be verified, or one approved draw."""

    __tablename__ = "case_batches"

    id: Mapped[Key]
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    draw_id: Mapped[int | None] = mapped_column(ForeignKey("case_draws.id"), unique=True)
    received_by: Mapped[str]
    received_at: Mapped[datetime]
    total: Mapped[int]


class BatchRow(Base):
    """One row of a batch: what was given, what became of it. `digest` is of what was given."""

    __tablename__ = "case_batch_rows"
    __table_args__ = (
        UniqueConstraint("batch_id", "line"),
        Index("ix_case_batch_rows_pending", "batch_id", "line", postgresql_where=text("status = 'pending'")),
        Index("ix_case_batch_rows_digest", "digest"),
    )

    id: Mapped[Key]
    batch_id: Mapped[int] = mapped_column(ForeignKey("case_batches.id"))
    line: Mapped[int]
    given: Mapped[Json]
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[str]
    code: Mapped[str] = mapped_column(server_default="")
    message: Mapped[str] = mapped_column(server_default="")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    done_at: Mapped[datetime | None]


class CaseDraw(Base):
    """双随机: who was drawn from which population under which seed, and which two officers stand for it."""

    __tablename__ = "case_draws"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two_officers"),
    )

    id: Mapped[Key]
    reason: Mapped[str]
    criteria: Mapped[Json]
    seed: Mapped[str]
    seed_source: Mapped[str]
    size: Mapped[int]
    population: Mapped[list[Any]]  # Codes in ascending order, as they were when the draw was made.
    population_digest: Mapped[str] = mapped_column(String(64))
    officers: Mapped[list[Any]]  # Account names in ascending order.
    drawn: Mapped[list[Any]]  # [{"uscc", "officer"}, …] in the order drawn
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    is_approved: Mapped[bool | None]
    decision_reason: Mapped[str] = mapped_column(server_default="")
