"""政策版本: what was drafted, by whom, and from when it holds."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Json, Key


class PolicyStatus(StrEnum):
    """Where a version stands. An active one is never changed again, only followed by a later one."""

    DRAFT = "draft"
    PREVIEWED = "previewed"
    ACTIVE = "active"
    WITHDRAWN = "withdrawn"  # before it took effect


class StoredPolicy(Base):
    """One version: every value written out, the date it takes effect, and the two officers behind it."""

    __tablename__ = "policy_versions"
    __table_args__ = (
        CheckConstraint(
            "status <> 'active' OR (activated_by IS NOT NULL AND activated_by <> drafted_by)",
            name="two_officers",
        ),
        Index("ix_policy_versions_in_force", "status", "effective_from"),
    )

    id: Mapped[Key]
    version: Mapped[str] = mapped_column(unique=True)
    based_on: Mapped[str | None]  # The version it changes; the built-in one changes none.
    values: Mapped[Json]
    effective_from: Mapped[date]
    status: Mapped[str]
    reason: Mapped[str]
    basis: Mapped[str]
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime]
    previewed_by: Mapped[str | None]
    previewed_at: Mapped[datetime | None]
    activated_by: Mapped[str | None]
    activated_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]


class PolicyEvent(Base):
    """One step of a version, appended only and in the hash chain: who, when, and the values as they were."""

    __tablename__ = "policy_events"

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(ForeignKey("policy_versions.id"), index=True)
    at: Mapped[datetime]
    event: Mapped[str]  # draft | previewed | active | withdrawn
    actor: Mapped[str]
    effective_from: Mapped[date]
    values: Mapped[Json]
