"""Registry photographs that cannot serve as a reference, and why."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0097_photo_faults"
down_revision = "0096_policy_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photo_faults",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_photo_faults_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_faults")),
        sa.UniqueConstraint("person_id", "model_id"),
    )


def downgrade() -> None:
    op.drop_table("photo_faults")
