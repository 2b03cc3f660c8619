"""A filing names no grade: the confirming authority's level gives it (JL-15)"""

import sqlalchemy as sa
from alembic import op

revision = "0052_filings"
down_revision = "0051_projects"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("filings", "target_grade")


def downgrade() -> None:
    op.add_column("filings", sa.Column("target_grade", sa.String(length=1), nullable=True))
