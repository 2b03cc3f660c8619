"""Tables of a case. `cases.state` is written by `transition.move` and by nothing else."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, Json, Key
from registry.enterprises.models import Enterprise, QualificationItem


class Case(Base):
    """One 核查任务. `due_at` is the deadline that acts next; null while nothing runs."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_cases_state", "state", "id"),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(unique=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"), index=True)
    track: Mapped[str]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    due_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    first_submitted_at: Mapped[datetime | None]
    rectification_served_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(server_default="0")

    enterprise: Mapped[Enterprise] = relationship(lazy="raise")
    items: Mapped[list["CaseItem"]] = relationship(lazy="raise", order_by="CaseItem.id")


class CaseItem(Base):
    """A 资质项 under verification, with the words it had when the case was opened."""

    __tablename__ = "case_items"
    __table_args__ = (UniqueConstraint("case_id", "item_id"),)

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("qualification_items.id"), index=True)
    title: Mapped[str]

    item: Mapped[QualificationItem] = relationship(lazy="raise")


class CaseReason(Base):
    """Why a STOCK case was opened (SZ-31); more may be attached while it is open."""

    __tablename__ = "case_reasons"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    code: Mapped[str]
    note: Mapped[str]
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class CaseEvent(Base):
    """Append-only history (a trigger refuses UPDATE and DELETE). One row per thing that happened."""

    __tablename__ = "case_events"
    __table_args__ = (UniqueConstraint("case_id", "seq"),)

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    seq: Mapped[int]
    at: Mapped[datetime]
    event: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    actor: Mapped[str]  # "system", "enterprise:<id>", "staff:<id>", "person:<id>"
    reason: Mapped[str] = mapped_column(server_default="")
    policy_version: Mapped[str]
    facts: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))


class CaseDeadline(Base):
    """A computed deadline with its basis. Replaced ones stay, with the reason they ended."""

    __tablename__ = "case_deadlines"
    __table_args__ = (
        Index(
            "uq_case_deadlines_open",
            "case_id",
            "kind",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_case_deadlines_guessed",
            "case_id",
            postgresql_where=text("ended_at IS NULL AND is_provisional"),
        ),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str]
    start_day: Mapped[date]
    rule: Mapped[str]
    last_day: Mapped[date]
    due_at: Mapped[datetime]
    rolled_from: Mapped[date | None]
    is_provisional: Mapped[bool]
    calendar_version: Mapped[str]
    basis: Mapped[str]
    policy_version: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str] = mapped_column(server_default="")


class Draft(Base):
    """A chosen but unsent list: a draft of the case, not a state."""

    __tablename__ = "drafts"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    people: Mapped[list[int]]
    updated_at: Mapped[datetime]


class PersonList(Base):
    """A submitted list. What was sent never changes (trigger); only the review's columns are filled in.

    `people`: `[{"person", "name", "id_masked", "holdings": […], "files": […]}]` as sent.
    `requirement`: per item the numbers asked for, with source. `fence`: frozen at approval (SZ-30a).
    """

    __tablename__ = "person_lists"
    __table_args__ = (UniqueConstraint("case_id", "version"),)

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    version: Mapped[int]
    round: Mapped[str]  # initial | rectification
    status: Mapped[str]  # submitted | withdrawn | rejected | approved | voided
    people: Mapped[list[Any]]
    requirement: Mapped[Json]
    findings: Mapped[Json]
    has_safety_permit: Mapped[bool]
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[str]
    policy_version: Mapped[str]
    claimed_by: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    opinion: Mapped[str | None]
    fence: Mapped[Json | None]
    point_id: Mapped[int | None] = mapped_column(ForeignKey("registered_points.id"))
    window_closes_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship(lazy="raise")


class ListedPerson(Base):
    """A person on a list. Immutable like the list."""

    __tablename__ = "listed_people"

    list_id: Mapped[int] = mapped_column(ForeignKey("person_lists.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)


class CheckIn(Base):
    """An accepted check-in of a listed person: by attempt, or at the window by two officers (人脸办法 10)."""

    __tablename__ = "checkins"
    __table_args__ = (
        Index(
            "uq_checkins_standing",
            "list_id",
            "person_id",
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    list_id: Mapped[int] = mapped_column(ForeignKey("person_lists.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    attempt_id: Mapped[int | None]
    method: Mapped[str]  # face | window
    received_at: Mapped[datetime]
    accepted_at: Mapped[datetime]
    accepted_by: Mapped[str]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[str | None]
    voided_reason: Mapped[str | None]


class CertificateFile(Base):
    """An uploaded certificate of a person (SZ-25). Reusable while the certificate number is unchanged."""

    __tablename__ = "certificate_files"

    id: Mapped[Key]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    holding: Mapped[str]
    certificate_number: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str]
    size: Mapped[int]
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str]
    removed_at: Mapped[datetime | None]


class RectificationReport(Base):
    """A 整改报告 (SZ-35). Each upload is kept; the newest goes with the next list."""

    __tablename__ = "rectification_reports"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    text: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str]
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str]


class CaseFact(Base):
    """A typed fact beside the state: hold, pause, appeal, waiting. `ended_at` is null while it stands."""

    __tablename__ = "case_facts"
    __table_args__ = (
        Index("ix_case_facts_open", "case_id", "kind", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str]
    since: Mapped[datetime]
    by: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_reason: Mapped[str | None]


class Proposal(Base):
    """A step that needs a second officer: proposed by one, confirmed by another, or withdrawn."""

    __tablename__ = "proposals"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    action: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str | None]  # confirmed | refused


class CaseSeries(Base):
    """Counter of public case numbers per year; locked while a number is taken."""

    __tablename__ = "case_series"

    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
