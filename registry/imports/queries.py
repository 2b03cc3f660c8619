"""Reads about imports, one named query each."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.imports.models import ImportRow, ImportRun

PAGE = 100


@dataclass(frozen=True, slots=True)
class RemarkPage:
    """One page of the row-by-row report, and how many remarks of each code there are in all."""

    rows: list[ImportRow]
    total: int
    by_code: dict[str, int]


def newest_runs(session: Session, *, limit: int = 100) -> list[ImportRun]:
    """The newest runs, those under way first."""
    query = select(ImportRun).order_by(ImportRun.finished_at.is_not(None), ImportRun.id.desc())
    return list(session.scalars(query.limit(limit)))


def remark_page(session: Session, run_id: int, *, code: str = "", page: int = 1) -> RemarkPage:
    """A page of what was not taken or is remarkable, by row."""
    mine = select(ImportRow).where(ImportRow.run_id == run_id)
    if code:
        mine = mine.where(ImportRow.code == code)
    counted = select(ImportRow.code, func.count()).where(ImportRow.run_id == run_id).group_by(ImportRow.code)
    by_code = dict(session.execute(counted.order_by(ImportRow.code)).all())
    rows = session.scalars(mine.order_by(ImportRow.row, ImportRow.id).limit(PAGE).offset((page - 1) * PAGE))
    total = by_code.get(code, 0) if code else sum(by_code.values())
    return RemarkPage(list(rows), total, by_code)
