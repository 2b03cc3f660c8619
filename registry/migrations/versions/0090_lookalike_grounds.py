"""Why staff found a pair of look-alikes to be what they said."""

import sqlalchemy as sa
from alembic import op

revision = "0090_lookalike_grounds"
down_revision = "0085_batches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("face_lookalikes", sa.Column("reason", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("face_lookalikes", "reason")
