"""Projects, stages, grades, filings, ledger, credit, publication, imports"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0051_projects"
down_revision = "0050_sync"
branch_labels = None
depends_on = None

# Confirmed data and every record of a decision: added to, never changed (JL-27, MO-08).
APPEND_ONLY = (
    "projects",
    "stage_records",
    "project_parties",
    "project_people",
    "grade_entries",
    "project_marks",
    "indicator_confirmations",
    "filing_decisions",
    "rule_settings",
    "ledger_entries",
    "credit_entries",
    "sampling_records",
    "commitments",
    "cross_checks",
    "lead_claims",
)
FILINGS = """
CREATE FUNCTION daka_filing_locked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' OR OLD.locked_at IS NOT NULL OR (TG_OP = 'DELETE' AND OLD.submitted_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'a processed filing cannot be changed (%)', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER filings_locked BEFORE UPDATE OR DELETE ON filings
    FOR EACH ROW EXECUTE FUNCTION daka_filing_locked();
CREATE TRIGGER filings_no_truncate BEFORE TRUNCATE ON filings
    FOR EACH STATEMENT EXECUTE FUNCTION daka_filing_locked();
"""


def guard(table: str) -> str:
    """Triggers that refuse every change of the table's rows."""
    return f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION daka_append_only();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION daka_append_only();
    """


def upgrade() -> None:
    op.create_table(
        "authority_contacts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority_contacts")),
        sa.UniqueConstraint("region", "level", name=op.f("uq_authority_contacts_region_level")),
    )
    op.create_table(
        "commitments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("application", sa.String(), nullable=False),
        sa.Column("text_version", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("signers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("authorises_checks", sa.Boolean(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitments")),
    )
    op.create_index("ix_commitments_uscc", "commitments", ["uscc", "id"], unique=False)
    op.create_table(
        "import_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_row", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total_rows", sa.BigInteger(), nullable=True),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_runs")),
        sa.UniqueConstraint("sha256", name=op.f("uq_import_runs_sha256")),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), server_default="", nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("hash", name=op.f("uq_ledger_entries_hash")),
    )
    op.create_index("ix_ledger_entries_subject", "ledger_entries", ["subject", "id"], unique=False)
    op.create_table(
        "officer_posts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("businesses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("appointed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_posts")),
        sa.UniqueConstraint("account", name=op.f("uq_officer_posts_account")),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("location_code", sa.String(length=6), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("work_type", sa.String(), nullable=False),
        sa.Column("specialty", sa.String(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("code", name=op.f("uq_projects_code")),
        sa.UniqueConstraint("location_code", "name", name=op.f("uq_projects_location_code_name")),
    )
    op.create_table(
        "rule_settings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_settings")),
    )
    op.create_index(
        "ix_rule_settings_name", "rule_settings", ["profile", "name", "effective_on", "id"], unique=False
    )
    op.create_table(
        "cross_checks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("payers", sa.BigInteger(), nullable=True),
        sa.Column("is_abnormal", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_cross_checks_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cross_checks")),
    )
    op.create_index("ix_cross_checks_person", "cross_checks", ["person_id", "kind", "id"], unique=False)
    op.create_table(
        "filings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("at_level", sa.String(), server_default="", nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("firm_kind", sa.String(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("location_code", sa.String(length=6), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("work_type", sa.String(), nullable=False),
        sa.Column("specialty", sa.String(), server_default="", nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("attachments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("target_grade", sa.String(length=1), nullable=True),
        sa.Column("follows_id", sa.BigInteger(), nullable=True),
        sa.Column("port_open_until", sa.Date(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_is_unknown", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("claimed_by", sa.String(), server_default="", nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_filings_enterprise_id_enterprises")
        ),
        sa.ForeignKeyConstraint(["follows_id"], ["filings.id"], name=op.f("fk_filings_follows_id_filings")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_filings_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filings")),
    )
    op.create_index("ix_filings_code", "filings", ["code"], unique=False)
    op.create_index(op.f("ix_filings_enterprise_id"), "filings", ["enterprise_id"], unique=False)
    op.create_index(op.f("ix_filings_project_id"), "filings", ["project_id"], unique=False)
    op.create_index("ix_filings_queue", "filings", ["state", "at_level", "location_code"], unique=False)
    op.create_table(
        "import_rows",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_runs.id"], name=op.f("fk_import_rows_run_id_import_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_rows")),
    )
    op.create_index(op.f("ix_import_rows_run_id"), "import_rows", ["run_id"], unique=False)
    op.create_table(
        "indicator_confirmations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_indicator_confirmations_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_confirmations")),
    )
    op.create_index(
        op.f("ix_indicator_confirmations_project_id"), "indicator_confirmations", ["project_id"], unique=False
    )
    op.create_table(
        "project_marks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_marks_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_marks")),
    )
    op.create_index(op.f("ix_project_marks_project_id"), "project_marks", ["project_id"], unique=False)
    op.create_table(
        "publications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("stages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gave_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_publications_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
        sa.UniqueConstraint("reference", name=op.f("uq_publications_reference")),
    )
    op.create_index(
        "ix_publications_open",
        "publications",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL AND gave_up_at IS NULL"),
    )
    op.create_index("ix_publications_project", "publications", ["project_id", "target", "id"], unique=False)
    op.create_table(
        "sampling_records",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_sampling_records_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sampling_records")),
    )
    op.create_index(op.f("ix_sampling_records_project_id"), "sampling_records", ["project_id"], unique=False)
    op.create_table(
        "filing_decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("filing_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("level", sa.String(), server_default="", nullable=False),
        sa.Column("authority", sa.String(), server_default="", nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("methods", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("diff", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["filing_id"], ["filings.id"], name=op.f("fk_filing_decisions_filing_id_filings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_decisions")),
        sa.UniqueConstraint("filing_id", "step", name=op.f("uq_filing_decisions_filing_id_step")),
    )
    op.create_table(
        "grade_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("level", sa.String(), server_default="", nullable=False),
        sa.Column("authority", sa.String(), server_default="", nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("filing_id", sa.BigInteger(), nullable=True),
        sa.Column("is_flagged", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["filing_id"], ["filings.id"], name=op.f("fk_grade_entries_filing_id_filings")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_grade_entries_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_entries")),
    )
    op.create_index(
        "ix_grade_entries_stage", "grade_entries", ["project_id", "stage", "at", "id"], unique=False
    )
    op.create_table(
        "stage_records",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("attachments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("filed_by", sa.String(length=18), server_default="", nullable=False),
        sa.Column("filing_id", sa.BigInteger(), nullable=True),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["filing_id"], ["filings.id"], name=op.f("fk_stage_records_filing_id_filings")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_stage_records_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_records")),
        sa.UniqueConstraint(
            "project_id", "stage", "version", name=op.f("uq_stage_records_project_id_stage_version")
        ),
    )
    op.create_table(
        "credit_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), server_default="", nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["qualification_items.id"],
            name=op.f("fk_credit_entries_item_id_qualification_items"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_credit_entries_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entries")),
    )
    op.create_index("ix_credit_entries_uscc", "credit_entries", ["uscc", "id"], unique=False)
    op.create_table(
        "lead_claims",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("project_code", sa.String(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["qualification_items.id"], name=op.f("fk_lead_claims_item_id_qualification_items")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_lead_claims_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_claims")),
    )
    op.create_index(op.f("ix_lead_claims_item_id"), "lead_claims", ["item_id"], unique=False)
    op.create_table(
        "project_parties",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_record_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_parties_project_id_projects")
        ),
        sa.ForeignKeyConstraint(
            ["stage_record_id"],
            ["stage_records.id"],
            name=op.f("fk_project_parties_stage_record_id_stage_records"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_parties")),
    )
    op.create_index(op.f("ix_project_parties_project_id"), "project_parties", ["project_id"], unique=False)
    op.create_index("ix_project_parties_uscc", "project_parties", ["uscc", "project_id"], unique=False)
    op.create_table(
        "project_people",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_record_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("id_digest", sa.String(length=64), server_default="", nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("employer_uscc", sa.String(length=18), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_project_people_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_people_project_id_projects")
        ),
        sa.ForeignKeyConstraint(
            ["stage_record_id"],
            ["stage_records.id"],
            name=op.f("fk_project_people_stage_record_id_stage_records"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_people")),
    )
    op.create_index("ix_project_people_digest", "project_people", ["id_digest"], unique=False)
    op.create_index("ix_project_people_person", "project_people", ["person_id", "project_id"], unique=False)
    op.create_index(op.f("ix_project_people_project_id"), "project_people", ["project_id"], unique=False)
    for table in APPEND_ONLY:
        op.execute(guard(table))
    op.execute(FILINGS)


def downgrade() -> None:
    op.drop_index(op.f("ix_project_people_project_id"), table_name="project_people")
    op.drop_index("ix_project_people_person", table_name="project_people")
    op.drop_index("ix_project_people_digest", table_name="project_people")
    op.drop_table("project_people")
    op.drop_index("ix_project_parties_uscc", table_name="project_parties")
    op.drop_index(op.f("ix_project_parties_project_id"), table_name="project_parties")
    op.drop_table("project_parties")
    op.drop_index(op.f("ix_lead_claims_item_id"), table_name="lead_claims")
    op.drop_table("lead_claims")
    op.drop_index("ix_credit_entries_uscc", table_name="credit_entries")
    op.drop_table("credit_entries")
    op.drop_table("stage_records")
    op.drop_index("ix_grade_entries_stage", table_name="grade_entries")
    op.drop_table("grade_entries")
    op.drop_table("filing_decisions")
    op.drop_index(op.f("ix_sampling_records_project_id"), table_name="sampling_records")
    op.drop_table("sampling_records")
    op.drop_index("ix_publications_project", table_name="publications")
    op.drop_index(
        "ix_publications_open",
        table_name="publications",
        postgresql_where=sa.text("delivered_at IS NULL AND gave_up_at IS NULL"),
    )
    op.drop_table("publications")
    op.drop_index(op.f("ix_project_marks_project_id"), table_name="project_marks")
    op.drop_table("project_marks")
    op.drop_index(op.f("ix_indicator_confirmations_project_id"), table_name="indicator_confirmations")
    op.drop_table("indicator_confirmations")
    op.drop_index(op.f("ix_import_rows_run_id"), table_name="import_rows")
    op.drop_table("import_rows")
    op.drop_index("ix_filings_queue", table_name="filings")
    op.drop_index(op.f("ix_filings_project_id"), table_name="filings")
    op.drop_index(op.f("ix_filings_enterprise_id"), table_name="filings")
    op.drop_index("ix_filings_code", table_name="filings")
    op.drop_table("filings")
    op.drop_index("ix_cross_checks_person", table_name="cross_checks")
    op.drop_table("cross_checks")
    op.drop_index("ix_rule_settings_name", table_name="rule_settings")
    op.drop_table("rule_settings")
    op.drop_table("projects")
    op.drop_table("officer_posts")
    op.drop_index("ix_ledger_entries_subject", table_name="ledger_entries")
    op.drop_table("ledger_entries")
    op.drop_table("import_runs")
    op.drop_index("ix_commitments_uscc", table_name="commitments")
    op.drop_table("commitments")
    op.drop_table("authority_contacts")
    op.execute("DROP FUNCTION daka_filing_locked()")
