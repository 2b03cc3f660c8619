"""Tables of the selection: numbers staff entered, the roster's lights, cross-checks, verified leads.

`case_id` is a plain number here: cases stand above the selection and may not be imported by it.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Json, Key


class RequirementOverride(Base):
    """Required numbers that staff entered for one item of one case. Append-only; the newest version counts.

    A number that is null is not overridden. `stated` is what the standards gave at that moment.
    """

    __tablename__ = "requirement_overrides"
    __table_args__ = (
        UniqueConstraint("case_id", "item_id", "version"),
        CheckConstraint("registered_required BETWEEN 0 AND 10000", name="registered"),
        CheckConstraint("titled_required BETWEEN 0 AND 10000", name="titled"),
        CheckConstraint("length(btrim(reason)) > 0", name="reason"),
    )

    id: Mapped[Key]
    case_id: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("qualification_items.id"))
    version: Mapped[int]
    registered_required: Mapped[int | None]
    titled_required: Mapped[int | None]
    reason: Mapped[str]
    stated: Mapped[Json]
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]


class RosterLight(Base):
    """The whole roster against the whole standard, per item (山西 practice: warn before any inspection).

    A row lasts as long as its colour; a change of colour ends it and begins another.
    """

    __tablename__ = "roster_lights"
    __table_args__ = (
        Index("uq_roster_lights_current", "item_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_roster_lights_enterprise", "enterprise_id", "id"),
        CheckConstraint("colour IN ('green','yellow','red','grey')", name="colour"),
    )

    id: Mapped[Key]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("qualification_items.id"))
    colour: Mapped[str]
    since: Mapped[datetime]
    computed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    roster_synced_at: Mapped[datetime]  # How old the picture is that the colour was taken from.
    findings: Mapped[Json]
    policy_version: Mapped[str]


class PersonCheck(Base):
    """One question about a person to an outside register (MO-11), written before it is asked.

    `outcome` is 未查询 until an answer is stored. `detail` holds codes and counts, never what was sent.
    """

    __tablename__ = "person_checks"
    __table_args__ = (
        Index("ix_person_checks_person", "person_id", "kind", "id"),
        Index("ix_person_checks_enterprise", "enterprise_id", "id"),
        CheckConstraint("kind IN ('education','title','insurance')", name="kind"),
        CheckConstraint("outcome IN ('match','mismatch','not_found','not_queried','failed')", name="outcome"),
    )

    id: Mapped[Key]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]
    outcome: Mapped[str]
    flags: Mapped[list[Any]]
    detail: Mapped[Json]
    authority: Mapped[str]  # The authorisation it rests on (MO-10).
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class VerifiedLead(Base):
    """Who was 技术负责人 of an item when its enterprise was verified. Append-only (福州 practice)."""

    __tablename__ = "verified_leads"
    __table_args__ = (
        UniqueConstraint("case_id", "item_id", "person_id"),
        Index("ix_verified_leads_person", "person_id", "verified_on"),
    )

    id: Mapped[Key]
    case_id: Mapped[int]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("qualification_items.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    verified_on: Mapped[date]
    recorded_at: Mapped[datetime]
