"""Jobs of publication, one per project, cause and target."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Key


class Target(StrEnum):
    """Where confirmed data are shown (JS-12)."""

    NATIONAL = "national"  # 部平台
    PROVINCIAL = "provincial"  # 省平台
    GOVERNMENT = "government"  # 政务网


class Publication(Base):
    """Stages of one project on their way to one target, which knows a repetition by `reference`."""

    __tablename__ = "publications"
    __table_args__ = (
        Index("ix_publications_project", "project_id", "target", "id"),
        Index(
            "ix_publications_open",
            "next_attempt_at",
            postgresql_where=text("delivered_at IS NULL AND gave_up_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    reference: Mapped[UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    target: Mapped[str]
    stages: Mapped[list[str]]
    cause: Mapped[str]
    created_at: Mapped[datetime]
    promised_by: Mapped[datetime]  # seven days: an alarm, not a legal default
    next_attempt_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    delivered_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(server_default="")
