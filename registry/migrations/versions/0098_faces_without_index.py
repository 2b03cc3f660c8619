"""The search among faces measures every row: the approximate indexes could leave a face unreachable."""

from alembic import op

revision = "0098_faces_without_index"
down_revision = "0097_photo_faults"
branch_labels = None
depends_on = None

LENGTHS = (128, 512)


def upgrade() -> None:
    for length in LENGTHS:
        op.drop_index(f"ix_face_templates_near_{length}", table_name="face_templates")


def downgrade() -> None:
    for length in LENGTHS:
        op.execute(
            f"CREATE INDEX ix_face_templates_near_{length} ON face_templates"
            f" USING hnsw ((protected::vector({length})) vector_l2_ops)"
            f" WITH (m = 16, ef_construction = 128) WHERE dimensions = {length}"
        )
