"""The law: policy versions, calendar years, notices with their numbers and history"""

import json
from importlib.resources import files

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030_law"
down_revision = "0020_selection"
branch_labels = None
depends_on = None

# What was issued stays as it was issued, whoever writes to the table.
KEEP_NOTICES = """
CREATE FUNCTION keep_notices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a notice is never deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.kind, NEW.reference, NEW.letters, NEW.year, NEW.number, NEW.code, NEW.case_id, NEW.enterprise_id,
      NEW.context, NEW.document, NEW.policy_version, NEW.issued_at, NEW.issued_on, NEW.replaces_id)
     IS DISTINCT FROM
     (OLD.kind, OLD.reference, OLD.letters, OLD.year, OLD.number, OLD.code, OLD.case_id, OLD.enterprise_id,
      OLD.context, OLD.document, OLD.policy_version, OLD.issued_at, OLD.issued_on, OLD.replaces_id)
     OR (OLD.sha256 IS NOT NULL AND NEW.sha256 IS DISTINCT FROM OLD.sha256)
     OR (OLD.rescinded_at IS NOT NULL AND NEW.rescinded_at IS DISTINCT FROM OLD.rescinded_at)
     OR (OLD.replaced_at IS NOT NULL AND NEW.replaced_at IS DISTINCT FROM OLD.replaced_at)
  THEN
    RAISE EXCEPTION 'an issued notice is never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_notices BEFORE UPDATE OR DELETE ON notices FOR EACH ROW EXECUTE FUNCTION keep_notices();
"""
KEEP_HISTORY = """
CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the history of a notice is only added to' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER keep_history BEFORE UPDATE OR DELETE ON notice_events
  FOR EACH ROW EXECUTE FUNCTION keep_history();
"""


def upgrade() -> None:
    op.create_table(
        "calendar_years",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("off", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("work", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("loaded_by", sa.String(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_years")),
        sa.UniqueConstraint("year", "revision", name=op.f("uq_calendar_years_year_revision")),
    )
    op.create_table(
        "notice_counters",
        sa.Column("letters", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("letters", "year", name=op.f("pk_notice_counters")),
    )
    op.create_table(
        "policy_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("based_on", sa.String(), nullable=True),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("drafted_by", sa.String(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previewed_by", sa.String(), nullable=True),
        sa.Column("previewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("activated_by", sa.String(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status <> 'active' OR (activated_by IS NOT NULL AND activated_by <> drafted_by)",
            name=op.f("ck_policy_versions_two_officers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_versions")),
        sa.UniqueConstraint("version", name=op.f("uq_policy_versions_version")),
    )
    op.create_index(
        "ix_policy_versions_in_force", "policy_versions", ["status", "effective_from"], unique=False
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("letters", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("context", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("policy_version", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("produced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("unsigned_sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("viewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rescinded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rescinded_by", sa.String(), nullable=True),
        sa.Column("rescission_proposed_by", sa.String(), nullable=True),
        sa.Column("rescission_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(produced_at IS NULL) = (sha256 IS NULL)", name=op.f("ck_notices_produced_with_file")
        ),
        sa.CheckConstraint(
            "rescinded_at IS NULL OR (rescinded_by IS NOT NULL AND rescission_proposed_by IS NOT NULL"
            " AND rescinded_by <> rescission_proposed_by)",
            name=op.f("ck_notices_two_officers"),
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprises.id"], name=op.f("fk_notices_enterprise_id_enterprises")
        ),
        sa.ForeignKeyConstraint(["replaces_id"], ["notices.id"], name=op.f("fk_notices_replaces_id_notices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("code", name=op.f("uq_notices_code")),
        sa.UniqueConstraint("letters", "year", "number", name=op.f("uq_notices_letters_year_number")),
        sa.UniqueConstraint("reference", name=op.f("uq_notices_reference")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_notices_replaces_id")),
    )
    op.create_index(op.f("ix_notices_case_id"), "notices", ["case_id"], unique=False)
    op.create_index(op.f("ix_notices_enterprise_id"), "notices", ["enterprise_id"], unique=False)
    op.create_index(op.f("ix_notices_sha256"), "notices", ["sha256"], unique=False)
    op.create_index(
        "ix_notices_unproduced", "notices", ["id"], unique=False, postgresql_where="produced_at IS NULL"
    )
    op.create_table(
        "notice_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name=op.f("fk_notice_events_notice_id_notices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_events")),
    )
    op.create_index(op.f("ix_notice_events_notice_id"), "notice_events", ["notice_id"], unique=False)
    op.execute(KEEP_NOTICES)
    op.execute(KEEP_HISTORY)
    _install_builtin_policy()


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_history ON notice_events")
    op.execute("DROP FUNCTION keep_history()")
    op.execute("DROP TRIGGER keep_notices ON notices")
    op.execute("DROP FUNCTION keep_notices()")
    op.drop_index(op.f("ix_notice_events_notice_id"), table_name="notice_events")
    op.drop_table("notice_events")
    op.drop_index("ix_notices_unproduced", table_name="notices", postgresql_where="produced_at IS NULL")
    op.drop_index(op.f("ix_notices_sha256"), table_name="notices")
    op.drop_index(op.f("ix_notices_enterprise_id"), table_name="notices")
    op.drop_index(op.f("ix_notices_case_id"), table_name="notices")
    op.drop_table("notices")
    op.drop_index("ix_policy_versions_in_force", table_name="policy_versions")
    op.drop_table("policy_versions")
    op.drop_table("notice_counters")
    op.drop_table("calendar_years")


def _install_builtin_policy() -> None:
    """The version that ships with the code holds until an office activates its own."""
    first = json.loads(files("verify_api.policy").joinpath("builtin.json").read_text("utf-8"))
    op.get_bind().execute(
        sa.text(
            "INSERT INTO policy_versions (version, values, effective_from, status, reason, basis,"
            " drafted_by, drafted_at, activated_by, activated_at) VALUES (:version,"
            " CAST(:values AS jsonb), :effective_from, 'active', :reason, :basis,"
            " 'release', :at, 'installation', :at)"
        ),
        {
            **first,
            "values": json.dumps(first["values"]),
            "at": f"{first['effective_from']}T00:00:00+08:00",
        },
    )
