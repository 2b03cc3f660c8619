"""What the sync keeps about absence, and what the upstream has yet to be told"""

import sqlalchemy as sa
from alembic import op

revision = "0050_sync"
down_revision = "0040_messages"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE FUNCTION daka_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only (%)', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER qualification_changes_append_only
    BEFORE UPDATE OR DELETE ON qualification_changes FOR EACH ROW EXECUTE FUNCTION daka_append_only();
CREATE TRIGGER qualification_changes_no_truncate
    BEFORE TRUNCATE ON qualification_changes FOR EACH STATEMENT EXECUTE FUNCTION daka_append_only();
"""


def upgrade() -> None:
    op.create_table(
        "upstream_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gave_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["qualification_items.id"],
            name=op.f("fk_upstream_changes_item_id_qualification_items"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upstream_changes")),
        sa.UniqueConstraint("reference", name=op.f("uq_upstream_changes_reference")),
    )
    op.create_index(op.f("ix_upstream_changes_item_id"), "upstream_changes", ["item_id"], unique=False)
    op.create_index(
        "ix_upstream_changes_open",
        "upstream_changes",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL AND gave_up_at IS NULL"),
    )
    op.add_column("person_certificates", sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "qualification_items", sa.Column("technical_lead_ref", sa.String(), server_default="", nullable=False)
    )
    op.add_column("qualification_items", sa.Column("absent_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("roster_entries", sa.Column("upstream_ref", sa.String(), server_default="", nullable=False))
    op.add_column("safety_permits", sa.Column("absent_since", sa.DateTime(timezone=True), nullable=True))
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.execute("DROP TRIGGER qualification_changes_append_only ON qualification_changes")
    op.execute("DROP TRIGGER qualification_changes_no_truncate ON qualification_changes")
    op.execute("DROP FUNCTION daka_append_only()")
    op.drop_column("safety_permits", "absent_since")
    op.drop_column("roster_entries", "upstream_ref")
    op.drop_column("qualification_items", "absent_since")
    op.drop_column("qualification_items", "technical_lead_ref")
    op.drop_column("person_certificates", "dropped_at")
    op.drop_index(
        "ix_upstream_changes_open",
        table_name="upstream_changes",
        postgresql_where=sa.text("delivered_at IS NULL AND gave_up_at IS NULL"),
    )
    op.drop_index(op.f("ix_upstream_changes_item_id"), table_name="upstream_changes")
    op.drop_table("upstream_changes")
