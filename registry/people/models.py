"""人员库 tables."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, Key


class Holding(StrEnum):
    """Which sub-minimum a certificate counts toward (SZ-18)."""

    REGISTERED = "registered"  # 注册人员
    TITLED = "titled"  # 职称技术人员


class Person(Base):
    """A natural person: one ID number is one person, whichever handle the upstream uses.

    The ID number is kept encrypted with a keyed digest beside it for look-ups (DOMAIN C.5); `id_masked`
    is what pages show. `photo_sha256` names the reference photograph in the evidence store.
    """

    __tablename__ = "people"

    id: Mapped[Key]
    upstream_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    id_type: Mapped[str] = mapped_column(server_default="居民身份证")
    id_digest: Mapped[str] = mapped_column(String(64), unique=True)
    id_cipher: Mapped[bytes]
    id_masked: Mapped[str]
    phone: Mapped[str] = mapped_column(server_default="")
    photo_sha256: Mapped[str | None] = mapped_column(String(64))
    education: Mapped[str] = mapped_column(server_default="")
    synced_at: Mapped[datetime]

    certificates: Mapped[list["PersonCertificate"]] = relationship(
        primaryjoin="and_(Person.id == PersonCertificate.person_id, PersonCertificate.dropped_at.is_(None))",
        order_by="PersonCertificate.id",
        viewonly=True,
        lazy="raise",
    )


class PersonCertificate(Base):
    """A 注册证书 or 职称证书. `employer_uscc` is where it is registered, which may be another firm."""

    __tablename__ = "person_certificates"
    __table_args__ = (UniqueConstraint("person_id", "holding", "number"),)

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    holding: Mapped[str]
    title: Mapped[str]  # 一级注册建造师, 高级工程师 …
    level: Mapped[str] = mapped_column(server_default="")  # 一级 | 二级; 高级 | 中级
    specialty: Mapped[str]
    number: Mapped[str]
    employer_uscc: Mapped[str] = mapped_column(String(18), server_default="")
    valid_to: Mapped[date | None]  # None: no term (titles)
    synced_at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]  # The upstream no longer lists it.


class RosterEntry(Base):
    """A person on an enterprise's roster, from when to when the upstream said so."""

    __tablename__ = "roster_entries"
    __table_args__ = (
        Index(
            "uq_roster_entries_open",
            "enterprise_id",
            "person_id",
            unique=True,
            postgresql_where=text("dropped_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    upstream_ref: Mapped[str] = mapped_column(server_default="")  # How this enterprise's record names them.
    years_in_management: Mapped[int | None]
    joined_at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")
