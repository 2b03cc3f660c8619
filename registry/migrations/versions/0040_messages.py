"""短信: messages, every try to send them, and the carriers' receipts, which cannot be changed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040_messages"
down_revision = "0030_law"
branch_labels = None
depends_on = None

REFUSE = """
CREATE FUNCTION message_receipts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'message_receipts is append-only';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("to_phone", sa.String(), nullable=False),
        sa.Column("to_name", sa.String(), server_default="", nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("segments", sa.BigInteger(), nullable=False),
        sa.Column("is_code", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.String(), server_default="created", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refusals", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("unreached", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("inquiries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("claim", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('created', 'sending', 'accepted', 'delivered', 'failed_temporary', 'failed_permanent',"
            " 'failed_technical', 'simulated')",
            name=op.f("ck_messages_state"),
        ),
        sa.CheckConstraint(
            "sealed IS NULL OR state IN ('created', 'sending')",
            name=op.f("ck_messages_no_secret_after_sending"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_messages_key")),
    )
    op.create_index(
        "ix_messages_awaiting_receipt",
        "messages",
        ["accepted_at"],
        unique=False,
        postgresql_where=sa.text("state = 'accepted'"),
    )
    op.create_index(op.f("ix_messages_case_id"), "messages", ["case_id"], unique=False)
    op.create_index(
        "ix_messages_due",
        "messages",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_messages_enterprise_id"), "messages", ["enterprise_id"], unique=False)
    op.create_index("ix_messages_to_phone_created_at", "messages", ["to_phone", "created_at"], unique=False)
    op.create_index(
        "ix_messages_unhandled",
        "messages",
        ["kind", "id"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NOT NULL AND handled_at IS NULL"),
    )
    op.create_table(
        "message_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("to_phone", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), server_default="", nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_attempts_message_id_messages")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_attempts")),
        sa.UniqueConstraint("message_id", "n", name=op.f("uq_message_attempts_message_id_n")),
        sa.UniqueConstraint("reference", name=op.f("uq_message_attempts_reference")),
    )
    op.create_index(
        "ix_message_attempts_provider_provider_id",
        "message_attempts",
        ["provider", "provider_id"],
        unique=False,
    )
    op.create_index(
        "ix_message_attempts_to_phone_started_at",
        "message_attempts",
        ["to_phone", "started_at"],
        unique=False,
    )
    op.create_table(
        "message_receipts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("to_phone", sa.String(), nullable=True),
        sa.Column("is_delivered", sa.Boolean(), nullable=False),
        sa.Column("is_final_failure", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_receipts_message_id_messages")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_receipts")),
        sa.UniqueConstraint("digest", name=op.f("uq_message_receipts_digest")),
    )
    op.create_index(op.f("ix_message_receipts_message_id"), "message_receipts", ["message_id"], unique=False)
    op.create_index(
        "ix_message_receipts_provider_provider_id",
        "message_receipts",
        ["provider", "provider_id"],
        unique=False,
    )
    op.execute(REFUSE)
    op.execute(
        "CREATE TRIGGER message_receipts_append_only BEFORE UPDATE OR DELETE ON message_receipts"
        " FOR EACH ROW EXECUTE FUNCTION message_receipts_refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("message_receipts")
    op.drop_table("message_attempts")
    op.drop_table("messages")
    op.execute("DROP FUNCTION message_receipts_refuse_change()")
