"""Filings of firms, what authorities decided on them, and who may decide."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Json, Key

_PREFIXES = {"jilin": "JL", "jiangsu": "JS", "guangxi": "GX", "guangdong": "GD"}


class FilingState(StrEnum):
    """Where a filing stands. What may follow is in `registry.workflows.states`."""

    FILLING = "filling"  # with the firm
    REVIEWING = "reviewing"  # with the authority of the step
    CONFIRMED = "confirmed"  # 审核通过
    DEEMED = "deemed"  # 视为审核通过 (GX-10)
    REJECTED = "rejected"  # 审核不通过
    CONFLICT = "conflict"  # another filing of the same thing was confirmed first
    WITHDRAWN = "withdrawn"  # taken back by the firm


class Filing(Base):
    """A firm's application about a project. `steps` is the way it goes, frozen when it was opened.

    The content is a draft until a step processes it and cannot change afterwards (GX-08); a refused filing
    is followed by a new one that names it in `follows_id`.
    """

    __tablename__ = "filings"
    __table_args__ = (
        Index("ix_filings_queue", "state", "at_level", "location_code"),
        Index("ix_filings_code", "code"),
    )

    id: Mapped[Key]
    profile: Mapped[str]  # e.g. jilin@2024-11-25: the rules of the day it was opened (JL-29)
    kind: Mapped[str]
    state: Mapped[str]
    steps: Mapped[list[Any]]
    step: Mapped[int]
    at_level: Mapped[str] = mapped_column(server_default="")  # the level whose turn it is
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"), index=True)
    firm_kind: Mapped[str]  # 勘察 | 设计 | 施工 | 监理, decides the reviewing department (JL-24)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    location_code: Mapped[str] = mapped_column(String(6))
    category: Mapped[str]
    work_type: Mapped[str]
    specialty: Mapped[str] = mapped_column(server_default="")
    content: Mapped[Json]  # {stages: {stage: {field: value}}, parties: […], people: […]}
    attachments: Mapped[list[Any]]
    reason: Mapped[str] = mapped_column(server_default="")
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("filings.id"))
    port_open_until: Mapped[date | None]
    opened_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    due_on: Mapped[date | None]  # last day of the reviewer's time; None: no limit, or calendar unknown
    due_is_unknown: Mapped[bool] = mapped_column(server_default=text("false"))
    claimed_by: Mapped[str] = mapped_column(server_default="")
    locked_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    @property
    def number(self) -> str:
        """Public number, e.g. JL-000123."""
        return f"{_PREFIXES.get(self.profile.split('@')[0], 'XM')}-{self.id:06d}"


class FilingDecision(Base):
    """What one step did: who, when, from where, why, on what evidence (JL-20, JL-22, JL-28). Append-only."""

    __tablename__ = "filing_decisions"
    __table_args__ = (UniqueConstraint("filing_id", "step"),)  # A step is decided once.

    id: Mapped[Key]
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    step: Mapped[int]
    outcome: Mapped[
        str
    ]  # filed | approved | port_opened | executed | rejected | deemed | withdrawn | conflict
    level: Mapped[str] = mapped_column(server_default="")
    authority: Mapped[str] = mapped_column(server_default="")
    actor: Mapped[str]
    ip: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(server_default="")
    methods: Mapped[list[str]]
    document: Mapped[Json | None]
    diff: Mapped[list[Any] | None]


class OfficerPost(Base):
    """For which authority a member of staff decides. Issued on written request (GX-12)."""

    __tablename__ = "officer_posts"

    id: Mapped[Key]
    account: Mapped[str] = mapped_column(unique=True)  # the service's stable label, e.g. staff:7
    level: Mapped[str]
    region: Mapped[str] = mapped_column(String(6))  # 220102 | 220100 | 220000 | 000000
    authority: Mapped[str]
    businesses: Mapped[list[str]]  # 设计 | 建管 | 质监; empty: all of them
    requested_by: Mapped[str]  # the written request that named them
    appointed_at: Mapped[datetime]


class AuthorityContact(Base):
    """The one person an authority names for questions about filings (GX-15)."""

    __tablename__ = "authority_contacts"
    __table_args__ = (UniqueConstraint("region", "level"),)

    id: Mapped[Key]
    region: Mapped[str] = mapped_column(String(6))
    level: Mapped[str]
    authority: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str]
    named_at: Mapped[datetime]


class RuleSetting(Base):
    """An operator's change to a province profile, with its basis; the newest up to a day holds (JL-29)."""

    __tablename__ = "rule_settings"
    __table_args__ = (Index("ix_rule_settings_name", "profile", "name", "effective_on", "id"),)

    id: Mapped[Key]
    profile: Mapped[str]  # jilin | jiangsu | guangxi | guangdong
    name: Mapped[str]
    value: Mapped[Json]
    basis: Mapped[str]
    effective_on: Mapped[date]
    actor: Mapped[str]
    set_at: Mapped[datetime]
