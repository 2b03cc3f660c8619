"""Selection: numbers entered by staff, the roster's lights, cross-checks, verified leads"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020_selection"
down_revision = "0010_faces"
branch_labels = None
depends_on = None

APPEND_ONLY = ("requirement_overrides", "verified_leads")


def upgrade() -> None:
    _overrides()
    _lights()
    _checks()
    _leads()
    op.execute(
        """
        CREATE FUNCTION refuse_selection_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% of % is refused: rows are only appended', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_selection_change()"
        )


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def _overrides() -> None:
    table = "requirement_overrides"
    op.create_table(
        table,
        _key(),
        _number("case_id"),
        _number("item_id"),
        _number("version"),
        _number("registered_required", nullable=True),
        _number("titled_required", nullable=True),
        _text("reason"),
        _json("stated"),
        _text("entered_by"),
        _moment("entered_at"),
        sa.CheckConstraint("registered_required BETWEEN 0 AND 10000", name=op.f(f"ck_{table}_registered")),
        sa.CheckConstraint("titled_required BETWEEN 0 AND 10000", name=op.f(f"ck_{table}_titled")),
        sa.CheckConstraint("length(btrim(reason)) > 0", name=op.f(f"ck_{table}_reason")),
        _refers(table, "item_id", "qualification_items"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "case_id", "item_id", "version", name=op.f(f"uq_{table}_case_id_item_id_version")
        ),
    )


def _lights() -> None:
    table = "roster_lights"
    op.create_table(
        table,
        _key(),
        _number("enterprise_id"),
        _number("item_id"),
        _text("colour"),
        _moment("since"),
        _moment("computed_at"),
        _moment("ended_at", nullable=True),
        _moment("roster_synced_at"),
        _json("findings"),
        _text("policy_version"),
        sa.CheckConstraint("colour IN ('green','yellow','red','grey')", name=op.f(f"ck_{table}_colour")),
        _refers(table, "enterprise_id", "enterprises"),
        _refers(table, "item_id", "qualification_items"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_roster_lights_enterprise", table, ["enterprise_id", "id"])
    op.create_index(
        "uq_roster_lights_current",
        table,
        ["item_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _checks() -> None:
    table = "person_checks"
    op.create_table(
        table,
        _key(),
        _number("enterprise_id"),
        _number("person_id"),
        _text("kind"),
        _text("outcome"),
        _json("flags"),
        _json("detail"),
        _text("authority"),
        _text("asked_by"),
        _moment("asked_at"),
        _moment("answered_at", nullable=True),
        sa.CheckConstraint("kind IN ('education','title','insurance')", name=op.f(f"ck_{table}_kind")),
        sa.CheckConstraint(
            "outcome IN ('match','mismatch','not_found','not_queried','failed')",
            name=op.f(f"ck_{table}_outcome"),
        ),
        _refers(table, "enterprise_id", "enterprises"),
        _refers(table, "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_person_checks_person", table, ["person_id", "kind", "id"])
    op.create_index("ix_person_checks_enterprise", table, ["enterprise_id", "id"])


def _leads() -> None:
    table = "verified_leads"
    op.create_table(
        table,
        _key(),
        _number("case_id"),
        _number("enterprise_id"),
        _number("item_id"),
        _number("person_id"),
        sa.Column("verified_on", sa.Date(), nullable=False),
        _moment("recorded_at"),
        _refers(table, "enterprise_id", "enterprises"),
        _refers(table, "item_id", "qualification_items"),
        _refers(table, "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "case_id", "item_id", "person_id", name=op.f(f"uq_{table}_case_id_item_id_person_id")
        ),
    )
    op.create_index("ix_verified_leads_person", table, ["person_id", "verified_on"])


def downgrade() -> None:
    for table in ("verified_leads", "person_checks", "roster_lights", "requirement_overrides"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_selection_change()")
