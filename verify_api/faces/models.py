"""Tables of the face part: consents, protected templates, unusable photographs, erasures, look-alikes."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pgvector.sqlalchemy import Vector
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Key


class FaceConsent(Base):
    """单独同意 to face processing (PIPL 29): given to one text of the notice, until withdrawn."""

    __tablename__ = "face_consents"
    __table_args__ = (
        Index(
            "uq_face_consents_active", "person_id", unique=True, postgresql_where=text("withdrawn_at IS NULL")
        ),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    notice_version: Mapped[str]
    channel: Mapped[str]  # miniapp, window, registry
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


def _near(size: int) -> Index:
    """The search index over vectors of this length."""
    return Index(
        f"ix_face_templates_near_{size}",
        literal_column(f"(protected::vector({size}))").label("near"),
        postgresql_using="hnsw",
        postgresql_ops={"near": "vector_l2_ops"},
        postgresql_with={"m": 16, "ef_construction": 128},
        postgresql_where=text(f"dimensions = {size}"),
    )


class FaceTemplate(Base):
    """One person's reference vector of one model; a new photograph overwrites the old vector.

    `sealed` is the vector under AES-GCM; `protected` the same vector turned by a keyed orthogonal transform,
    so that neighbours can be searched while the raw vector is nowhere in the clear. `dimensions` repeats its
    length because the index of each length is a partial one.
    """

    __tablename__ = "face_templates"
    __table_args__ = (
        UniqueConstraint("person_id", "model_id"),
        CheckConstraint("vector_dims(protected) = dimensions", name="dimensions"),
        _near(128),
        _near(512),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    consent_id: Mapped[int] = mapped_column(ForeignKey("face_consents.id"))
    model_id: Mapped[str]
    source_sha256: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes]
    protected: Mapped[list[float]] = mapped_column(Vector())
    dimensions: Mapped[int]
    key_id: Mapped[str]
    enrolled_at: Mapped[datetime]


class PhotoFault(Base):
    """Why a registry photograph cannot serve this model: for staff, and so that it is not measured for ever.

    It speaks of the photograph named by `source_sha256` only. `is_final`: nothing but another one helps.
    """

    __tablename__ = "photo_faults"
    __table_args__ = (UniqueConstraint("person_id", "model_id"),)

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    model_id: Mapped[str]
    source_sha256: Mapped[str] = mapped_column(String(64))
    reasons: Mapped[list[Any]]
    is_final: Mapped[bool]
    found_at: Mapped[datetime]


class FaceErasure(Base):
    """Proof that a person's templates were erased; the person's row in the registry is not touched."""

    __tablename__ = "face_erasures"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    templates: Mapped[int]
    reason: Mapped[str]
    erased_at: Mapped[datetime]


class Finding(StrEnum):
    """What staff found a pair to be."""

    TWO_PEOPLE = "two_people"
    RELATED = "related"
    ONE_PERSON = "one_person"


class FaceLookalike(Base):
    """Two identities with faces under the review threshold: a risk for staff, never a refusal by itself."""

    __tablename__ = "face_lookalikes"
    __table_args__ = (
        Index(
            "uq_face_lookalikes_open", "person_id", "other_person_id", unique=True,
            postgresql_where=text("settled_at IS NULL"),
        ),
        CheckConstraint("person_id <> other_person_id", name="two_people"),
    )  # fmt: skip

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    other_person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    model_id: Mapped[str]
    distance: Mapped[float]
    occasion: Mapped[str]  # enrolment, checkin
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    finding: Mapped[str | None]  # Finding
    reason: Mapped[str | None]
