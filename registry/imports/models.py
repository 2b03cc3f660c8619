"""A run of an import and the rows it could not take."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Json, Key


class ImportRun(Base):
    """One file. The same bytes are the same run: begun again, it goes on where it stopped."""

    __tablename__ = "import_runs"

    id: Mapped[Key]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    file_name: Mapped[str]
    format: Mapped[str]  # csv | xlsx | json
    actor: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    next_row: Mapped[int] = mapped_column(server_default=text("0"))  # first row not yet settled
    total_rows: Mapped[int | None]  # counted when begun; None if the file breaks off
    counts: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))


class ImportRow(Base):
    """A row that was not taken, or taken with a remark."""

    __tablename__ = "import_rows"

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("import_runs.id"), index=True)
    row: Mapped[int]
    code: Mapped[str]
    message: Mapped[str]
