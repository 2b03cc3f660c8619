"""Faces: consents, protected templates with their search index, erasures, look-alikes"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector

revision = "0010_faces"
down_revision = "0001_registry"
branch_labels = None
depends_on = None


def person(name: str = "person_id") -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey("people.id"), nullable=False)


def key() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True)


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.create_table(
        "face_consents",
        key(),
        person(),
        sa.Column("notice_version", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        moment("given_at"),
        moment("withdrawn_at", nullable=True),
    )
    op.create_index("ix_face_consents_person_id", "face_consents", ["person_id"])
    op.create_index(
        "uq_face_consents_active",
        "face_consents",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "face_templates",
        key(),
        person(),
        sa.Column("consent_id", sa.BigInteger(), sa.ForeignKey("face_consents.id"), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("protected", Vector(), nullable=False),
        sa.Column("dimensions", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        moment("enrolled_at"),
        sa.UniqueConstraint("person_id", "model_id"),
        sa.CheckConstraint("vector_dims(protected) = dimensions", name="dimensions"),
    )
    for size in (128, 512):
        op.execute(
            f"CREATE INDEX ix_face_templates_near_{size} ON face_templates"
            f" USING hnsw ((protected::vector({size})) vector_l2_ops)"
            f" WITH (m = 16, ef_construction = 128) WHERE dimensions = {size}"
        )
    op.create_table(
        "face_erasures",
        key(),
        person(),
        sa.Column("templates", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        moment("erased_at"),
    )
    op.create_index("ix_face_erasures_person_id", "face_erasures", ["person_id"])
    op.create_table(
        "face_lookalikes",
        key(),
        person(),
        person("other_person_id"),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("distance", sa.Float(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        moment("found_at"),
        moment("settled_at", nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("finding", sa.String(), nullable=True),
        sa.CheckConstraint("person_id <> other_person_id", name="two_people"),
    )
    op.create_index("ix_face_lookalikes_other_person_id", "face_lookalikes", ["other_person_id"])
    op.create_index(
        "uq_face_lookalikes_open",
        "face_lookalikes",
        ["person_id", "other_person_id"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("face_lookalikes", "face_erasures", "face_templates", "face_consents"):
        op.drop_table(table)
