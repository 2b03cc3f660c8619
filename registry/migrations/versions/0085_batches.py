"""Batches and draws of STOCK cases; an index for deadlines whose year is not loaded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0085_batches"
down_revision = "0080_audit"
branch_labels = None
depends_on = None

# What a draw was, as against what was decided about it.
DRAWN = (
    "reason",
    "criteria",
    "seed",
    "seed_source",
    "size",
    "population",
    "population_digest",
    "officers",
    "drawn",
    "proposed_by",
    "proposed_at",
)


def upgrade() -> None:
    op.create_table(
        "case_draws",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("criteria", postgresql.JSONB(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("seed_source", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("population", postgresql.JSONB(), nullable=False),
        sa.Column("population_digest", sa.String(length=64), nullable=False),
        sa.Column("officers", postgresql.JSONB(), nullable=False),
        sa.Column("drawn", postgresql.JSONB(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_approved", sa.Boolean(), nullable=True),
        sa.Column("decision_reason", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_case_draws_two_officers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_draws")),
    )
    op.create_table(
        "case_batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("draw_id", sa.BigInteger(), nullable=True),
        sa.Column("received_by", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["case_draws.id"], name=op.f("fk_case_batches_draw_id_case_draws")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_batches")),
        sa.UniqueConstraint("draw_id", name=op.f("uq_case_batches_draw_id")),
    )
    op.create_index(op.f("ix_case_batches_sha256"), "case_batches", ["sha256"])
    op.create_table(
        "case_batch_rows",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("given", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("code", sa.String(), server_default="", nullable=False),
        sa.Column("message", sa.String(), server_default="", nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["case_batches.id"], name=op.f("fk_case_batch_rows_batch_id_case_batches")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_batch_rows_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_batch_rows")),
        sa.UniqueConstraint("batch_id", "line", name=op.f("uq_case_batch_rows_batch_id_line")),
    )
    op.create_index(
        "ix_case_batch_rows_pending",
        "case_batch_rows",
        ["batch_id", "line"],
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index("ix_case_batch_rows_digest", "case_batch_rows", ["digest"])
    op.create_index(op.f("ix_case_batch_rows_case_id"), "case_batch_rows", ["case_id"])
    op.create_index(
        "ix_case_deadlines_guessed",
        "case_deadlines",
        ["case_id"],
        postgresql_where=sa.text("ended_at IS NULL AND is_provisional"),
    )
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in DRAWN)
    op.execute(
        f"CREATE TRIGGER refuse_change BEFORE UPDATE ON case_draws FOR EACH ROW WHEN ({changed} OR OLD.decided_at IS NOT NULL) "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER refuse_delete BEFORE DELETE ON case_draws FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_index("ix_case_deadlines_guessed", "case_deadlines")
    op.drop_table("case_batch_rows")
    op.drop_table("case_batches")
    op.drop_table("case_draws")
