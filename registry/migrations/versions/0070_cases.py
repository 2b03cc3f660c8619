"""Cases, check-ins, kept answers and the queue; histories that refuse to be changed."""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0070_cases"
down_revision = "0060_accounts"
branch_labels = None
depends_on = None

APPEND_ONLY = ("case_events", "case_reasons", "listed_people", "rectification_reports")
# Columns of a submitted list that the review fills in; everything else stays as it was sent (SZ-27).
SENT = (
    "case_id",
    "version",
    "round",
    "people",
    "requirement",
    "findings",
    "has_safety_permit",
    "submitted_at",
    "submitted_by",
    "policy_version",
)


def upgrade() -> None:
    op.create_table(
        "case_series",
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_case_series")),
    )
    op.create_table(
        "kept_answers",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_kept_answers")),
    )
    op.create_index(op.f("ix_kept_answers_created_at"), "kept_answers", ["created_at"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("track", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rectification_served_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_cases_enterprise_id_enterprises")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    op.create_index(
        "ix_cases_due", "cases", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index(op.f("ix_cases_enterprise_id"), "cases", ["enterprise_id"], unique=False)
    op.create_index("ix_cases_state", "cases", ["state", "id"], unique=False)
    op.create_table(
        "certificate_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("holding", sa.String(), nullable=False),
        sa.Column("certificate_number", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_certificate_files_enterprise_id_enterprises")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_certificate_files_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_files")),
    )
    op.create_index(
        op.f("ix_certificate_files_enterprise_id"), "certificate_files", ["enterprise_id"], unique=False
    )
    op.create_index(op.f("ix_certificate_files_person_id"), "certificate_files", ["person_id"], unique=False)
    op.create_table(
        "case_deadlines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("start_day", sa.Date(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rolled_from", sa.Date(), nullable=True),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("calendar_version", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_deadlines_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_deadlines")),
    )
    op.create_index(op.f("ix_case_deadlines_case_id"), "case_deadlines", ["case_id"], unique=False)
    op.create_index(
        "uq_case_deadlines_open",
        "case_deadlines",
        ["case_id", "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "case_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_events_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
        sa.UniqueConstraint("case_id", "seq", name=op.f("uq_case_events_case_id_seq")),
    )
    op.create_table(
        "case_facts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("ended_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_facts_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_facts")),
    )
    op.create_index(op.f("ix_case_facts_case_id"), "case_facts", ["case_id"], unique=False)
    op.create_index(
        "ix_case_facts_open",
        "case_facts",
        ["case_id", "kind"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "case_reasons",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_reasons_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_reasons")),
    )
    op.create_index(op.f("ix_case_reasons_case_id"), "case_reasons", ["case_id"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("people", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_drafts_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_drafts")),
    )
    op.create_table(
        "person_lists",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("people", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requirement", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("has_safety_permit", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.String(), nullable=True),
        sa.Column("fence", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("point_id", sa.BigInteger(), nullable=True),
        sa.Column("window_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_person_lists_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["point_id"], ["registered_points.id"], name=op.f("fk_person_lists_point_id_registered_points")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_lists")),
        sa.UniqueConstraint("case_id", "version", name=op.f("uq_person_lists_case_id_version")),
    )
    op.create_table(
        "proposals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_proposals_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_case_id"), "proposals", ["case_id"], unique=False)
    op.create_table(
        "rectification_reports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_rectification_reports_case_id_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification_reports")),
    )
    op.create_index(
        op.f("ix_rectification_reports_case_id"), "rectification_reports", ["case_id"], unique=False
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("position", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("place", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fence", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("device", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("device_id", sa.String(), server_default="", nullable=False),
        sa.Column(
            "prompts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("nonce", sa.String(), server_default="", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column(
            "reasons",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("measures", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("thresholds", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "risks",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_attempts_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["list_id"], ["person_lists.id"], name=op.f("fk_attempts_list_id_person_lists")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_attempts_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attempts_public_id")),
    )
    op.create_index("ix_attempts_case", "attempts", ["case_id", "id"], unique=False)
    op.create_index("ix_attempts_device", "attempts", ["device_id", "opened_at"], unique=False)
    op.create_index("ix_attempts_person", "attempts", ["person_id", "opened_at"], unique=False)
    op.create_index(
        "ix_attempts_undecided",
        "attempts",
        ["list_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('verifying','needs_review')"),
    )
    op.create_table(
        "case_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_items_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["qualification_items.id"], name=op.f("fk_case_items_item_id_qualification_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_items")),
        sa.UniqueConstraint("case_id", "item_id", name=op.f("uq_case_items_case_id_item_id")),
    )
    op.create_index(op.f("ix_case_items_item_id"), "case_items", ["item_id"], unique=False)
    op.create_table(
        "checkins",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt_id", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.String(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by", sa.String(), nullable=True),
        sa.Column("voided_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["person_lists.id"], name=op.f("fk_checkins_list_id_person_lists")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_checkins_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkins")),
    )
    op.create_index(
        "uq_checkins_standing",
        "checkins",
        ["list_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("voided_at IS NULL"),
    )
    op.create_table(
        "listed_people",
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["person_lists.id"], name=op.f("fk_listed_people_list_id_person_lists")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_listed_people_person_id_people")),
        sa.PrimaryKeyConstraint("list_id", "person_id", name=op.f("pk_listed_people")),
    )
    op.create_index(op.f("ix_listed_people_person_id"), "listed_people", ["person_id"], unique=False)
    op.create_table(
        "attempt_frames",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("attempt_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stored_sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_attempt_frames_attempt_id_attempts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt_frames")),
        sa.UniqueConstraint("attempt_id", "n", "seq", name=op.f("uq_attempt_frames_attempt_id_n_seq")),
    )
    op.create_index(op.f("ix_attempt_frames_attempt_id"), "attempt_frames", ["attempt_id"], unique=False)
    op.create_index(op.f("ix_attempt_frames_sha256"), "attempt_frames", ["sha256"], unique=False)
    op.create_foreign_key(op.f("fk_messages_case_id_cases"), "messages", "cases", ["case_id"], ["id"])
    op.create_foreign_key(op.f("fk_notices_case_id_cases"), "notices", "cases", ["case_id"], ["id"])
    _refuse_changes()
    _queue()


def _refuse_changes() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% of % is refused: rows are only appended', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in SENT)
    op.execute(
        f"CREATE TRIGGER refuse_change BEFORE UPDATE ON person_lists FOR EACH ROW WHEN ({changed}) "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER refuse_delete BEFORE DELETE ON person_lists "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def _queue() -> None:
    """The queue's own schema, as the pinned version of its library brings it."""
    cursor = op.get_bind().connection.cursor()
    cursor.execute(SchemaManager.get_schema())
    cursor.close()


def downgrade() -> None:
    op.drop_constraint(op.f("fk_notices_case_id_cases"), "notices", type_="foreignkey")
    op.drop_constraint(op.f("fk_messages_case_id_cases"), "messages", type_="foreignkey")
    op.drop_index(op.f("ix_attempt_frames_sha256"), table_name="attempt_frames")
    op.drop_index(op.f("ix_attempt_frames_attempt_id"), table_name="attempt_frames")
    op.drop_table("attempt_frames")
    op.drop_index(op.f("ix_listed_people_person_id"), table_name="listed_people")
    op.drop_table("listed_people")
    op.drop_index(
        "uq_checkins_standing", table_name="checkins", postgresql_where=sa.text("voided_at IS NULL")
    )
    op.drop_table("checkins")
    op.drop_index(op.f("ix_case_items_item_id"), table_name="case_items")
    op.drop_table("case_items")
    op.drop_index(
        "ix_attempts_undecided",
        table_name="attempts",
        postgresql_where=sa.text("state IN ('verifying','needs_review')"),
    )
    op.drop_index("ix_attempts_person", table_name="attempts")
    op.drop_index("ix_attempts_device", table_name="attempts")
    op.drop_index("ix_attempts_case", table_name="attempts")
    op.drop_table("attempts")
    op.drop_index(op.f("ix_rectification_reports_case_id"), table_name="rectification_reports")
    op.drop_table("rectification_reports")
    op.drop_index(op.f("ix_proposals_case_id"), table_name="proposals")
    op.drop_table("proposals")
    op.drop_table("person_lists")
    op.drop_table("drafts")
    op.drop_index(op.f("ix_case_reasons_case_id"), table_name="case_reasons")
    op.drop_table("case_reasons")
    op.drop_index("ix_case_facts_open", table_name="case_facts", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index(op.f("ix_case_facts_case_id"), table_name="case_facts")
    op.drop_table("case_facts")
    op.drop_table("case_events")
    op.drop_index(
        "uq_case_deadlines_open", table_name="case_deadlines", postgresql_where=sa.text("ended_at IS NULL")
    )
    op.drop_index(op.f("ix_case_deadlines_case_id"), table_name="case_deadlines")
    op.drop_table("case_deadlines")
    op.drop_index(op.f("ix_certificate_files_person_id"), table_name="certificate_files")
    op.drop_index(op.f("ix_certificate_files_enterprise_id"), table_name="certificate_files")
    op.drop_table("certificate_files")
    op.drop_index("ix_cases_state", table_name="cases")
    op.drop_index(op.f("ix_cases_enterprise_id"), table_name="cases")
    op.drop_index("ix_cases_due", table_name="cases", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_table("cases")
    op.drop_index(op.f("ix_kept_answers_created_at"), table_name="kept_answers")
    op.drop_table("kept_answers")
    op.drop_table("case_series")
    op.execute("DROP FUNCTION refuse_change() CASCADE")
