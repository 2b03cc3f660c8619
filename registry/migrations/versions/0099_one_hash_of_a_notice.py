"""The hash of an unsigned page goes: pages are set together, and the signed file has its own."""

import sqlalchemy as sa
from alembic import op

revision = "0099_one_hash_of_a_notice"
down_revision = "0098_faces_without_index"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("notices", "unsigned_sha256")


def downgrade() -> None:
    op.add_column("notices", sa.Column("unsigned_sha256", sa.String(length=64), nullable=True))
