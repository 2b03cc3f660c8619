"""日历年度: every arrangement an operator has loaded, none ever overwritten."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Key


class CalendarYear(Base):
    """One loading of one year; the highest `revision` of a year is the one that counts."""

    __tablename__ = "calendar_years"
    __table_args__ = (UniqueConstraint("year", "revision"),)

    id: Mapped[Key]
    year: Mapped[int]
    revision: Mapped[int]
    source: Mapped[str]
    off: Mapped[list[Any]]  # [["2027-01-01", "元旦"], …]
    work: Mapped[list[Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    loaded_by: Mapped[str]
    loaded_at: Mapped[datetime]
