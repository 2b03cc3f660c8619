"""The documents of a day are counted while they are being made."""

from alembic import op

revision = "0095_notices_by_day"
down_revision = "0090_lookalike_grounds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_notices_issued", "notices", ["issued_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_notices_issued", table_name="notices")
