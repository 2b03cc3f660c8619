"""STOCK cases from a file, row by row (SZ-31). Received at once, worked off by the scheduler.

Each row is a transaction of its own: a crash loses nothing, running again does nothing twice, and a row that
is refused does not hold up the others.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from registry.db import Sessions
from registry.enterprises.models import QualificationItem
from registry.enterprises.queries import enterprise_by_uscc
from registry.errors import DakaError, Invalid, NotFound
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.accounts.inclusion import include_enterprise
from verify_api.accounts.mailing import Mailing
from verify_api.cases.access import require_role
from verify_api.cases.batch_models import BatchRow, CaseBatch, RowStatus
from verify_api.cases.batchfile import FileRow, read
from verify_api.cases.each import each
from verify_api.cases.models import Case
from verify_api.cases.openings import GivenReason, StockReason, open_stock_case
from verify_api.cases.states import TERMINAL

PAGE = 200
UNFINISHED = (RowStatus.PENDING.value, RowStatus.FAILED.value)


class BatchNotFound(NotFound):
    """There is no such batch."""

    code = "batch_not_found"
    message = "没有这个批次"


class EnterpriseUnknown(Invalid):
    """Not in the enterprise library."""

    code = "enterprise_not_found"
    message = "企业库中没有该统一社会信用代码的企业，请先同步"


class EnterpriseGone(Invalid):
    """Deregistered or moved away."""

    code = "enterprise_inactive"
    message = "该企业已注销或迁出"


class ItemUnknown(Invalid):
    """The enterprise has no such item."""

    code = "item_unknown"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many rows stand where."""

    total: int
    by_status: dict[RowStatus, int]

    @property
    def done(self) -> int:
        """Rows with an outcome."""
        return self.total - self.by_status[RowStatus.PENDING]

    @property
    def is_finished(self) -> bool:
        """Whether nothing waits any more; failed rows may still be tried again."""
        return self.done == self.total


def receive(session: Session, *, name: str, data: bytes, actor: Actor, now: datetime) -> CaseBatch:
    """Take a file. Nothing is opened yet; a file that is not worked off is not taken a second time.

    Raises:
        RoleMissing: Not an administrator.
        BatchUnreadable: The file as a whole cannot be used.
    """
    require_role(actor, Role.ADMIN)
    rows = read(data)
    digest = hashlib.sha256(data).hexdigest()
    running = select(CaseBatch).join(BatchRow, BatchRow.batch_id == CaseBatch.id)
    running = running.where(CaseBatch.sha256 == digest, BatchRow.status.in_(UNFINISHED))
    known = session.scalar(running.order_by(CaseBatch.id).limit(1))
    return known or store(session, name=name, sha256=digest, rows=rows, actor=actor, now=now)


def store(
    session: Session,
    *,
    name: str,
    sha256: str,
    rows: Sequence[FileRow],
    draw_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> CaseBatch:
    """Keep the rows; those that cannot be used are refused at once."""
    batch = CaseBatch(
        name=name[:200],
        sha256=sha256,
        draw_id=draw_id,
        received_by=actor.label,
        received_at=now,
        total=len(rows),
    )
    session.add(batch)
    session.flush()
    for row in rows:
        status = RowStatus.REFUSED if row.code else RowStatus.PENDING
        session.add(
            BatchRow(
                batch_id=batch.id,
                line=row.line,
                given=row.given,
                digest=row.digest,
                status=status.value,
                code=row.code,
                message=row.message,
                done_at=now if row.code else None,
            )
        )
    session.flush()
    return batch


def work_off(sessions: Sessions, *, mailing: Mailing, now: datetime, limit: int = 1000) -> int:
    """Open the cases of rows that wait, in order; returns how many rows were looked at."""
    with sessions() as session:
        query = select(BatchRow.id).where(BatchRow.status == RowStatus.PENDING.value)
        ids = list(session.scalars(query.order_by(BatchRow.batch_id, BatchRow.line).limit(limit)))
    each(
        sessions,
        ids,
        lambda session, row_id: open_row(session, row_id, mailing=mailing, now=now),
        what="batch row",
        failed=lambda session, row_id: _fail(session, row_id, now=now),
    )
    return len(ids)


def open_row(session: Session, row_id: int, *, mailing: Mailing, now: datetime) -> RowStatus | None:
    """Work off one row; None if somebody else does, or has."""
    query = select(BatchRow).where(BatchRow.id == row_id).with_for_update(skip_locked=True)
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None or row.status != RowStatus.PENDING.value:
        return None
    row.done_at = now
    earlier = _worked_off_before(session, row)
    if earlier is not None:
        row.status, row.case_id = RowStatus.REPEATED.value, earlier
        return RowStatus.REPEATED
    try:
        with session.begin_nested():
            case, is_new = _open(session, row, mailing=mailing, now=now)
    except DakaError as error:
        row.status, row.code, row.message = RowStatus.REFUSED.value, error.code, error.message
        return RowStatus.REFUSED
    status = RowStatus.OPENED if is_new else RowStatus.ATTACHED
    row.status, row.case_id, row.code, row.message = status.value, case.id, "", ""
    return status


def resume(session: Session, batch_id: int, *, actor: Actor) -> int:
    """Try again the rows at which the service itself failed; returns how many.

    Raises:
        RoleMissing, BatchNotFound: As they say.
    """
    require_role(actor, Role.ADMIN)
    batch_of(session, batch_id)
    failed = (BatchRow.batch_id == batch_id) & (BatchRow.status == RowStatus.FAILED.value)
    again = update(BatchRow).where(failed).values(status=RowStatus.PENDING.value, done_at=None)
    return int(session.execute(again).rowcount)  # type: ignore[attr-defined]


def batch_of(session: Session, batch_id: int) -> CaseBatch:
    """The batch.

    Raises:
        BatchNotFound: There is none.
    """
    batch = session.get(CaseBatch, batch_id)
    if batch is None:
        raise BatchNotFound
    return batch


def batches(session: Session, *, limit: int = 50) -> list[CaseBatch]:
    """The newest batches."""
    return list(session.scalars(select(CaseBatch).order_by(CaseBatch.id.desc()).limit(limit)))


def progress(session: Session, batch: CaseBatch) -> Progress:
    """How far the batch is."""
    query = select(BatchRow.status, func.count()).where(BatchRow.batch_id == batch.id)
    found = {RowStatus(status): number for status, number in session.execute(query.group_by(BatchRow.status))}
    return Progress(batch.total, {status: found.get(status, 0) for status in RowStatus})


def rows_of(
    session: Session,
    batch_id: int,
    *,
    statuses: Sequence[RowStatus] = (),
    after: int = 0,
    limit: int | None = PAGE,
) -> list[tuple[BatchRow, str | None]]:
    """Rows after a line with the number of their case, in the order of the file; all if `limit` is None."""
    wanted: list[ColumnElement[bool]] = [BatchRow.batch_id == batch_id, BatchRow.line > after]
    if statuses:
        wanted.append(BatchRow.status.in_([status.value for status in statuses]))
    query = select(BatchRow, Case.number).outerjoin(Case, Case.id == BatchRow.case_id).where(*wanted)
    return [(row, number) for row, number in session.execute(query.order_by(BatchRow.line).limit(limit))]


def _open(session: Session, row: BatchRow, *, mailing: Mailing, now: datetime) -> tuple[Case, bool]:
    batch = session.get_one(CaseBatch, row.batch_id)
    enterprise = enterprise_by_uscc(session, row.given["uscc"])
    if enterprise is None:
        raise EnterpriseUnknown
    if not enterprise.is_active:
        raise EnterpriseGone
    actor = _as(batch.received_by)
    case, is_new = open_stock_case(
        session,
        enterprise=enterprise,
        reasons=[GivenReason(StockReason(code), row.given["note"]) for code in row.given["reasons"]],
        item_ids=_items(session, enterprise.id, row.given["items"]),
        actor=actor,
        is_drawn=batch.draw_id is not None,
        now=now,
    )
    include_enterprise(session, enterprise_id=enterprise.id, actor=actor, mailing=mailing, now=now)
    return case, is_new


def _as(label: str) -> Actor:
    """Whoever gave the order, whose role was checked when it was given."""
    account = label.removeprefix(f"{Kind.STAFF}:")
    return Actor(Kind.STAFF, int(account) if account.isdigit() else None, "", Role.ADMIN)


def _items(session: Session, enterprise_id: int, titles: Sequence[str]) -> list[int] | None:
    """Ids of the named items; None means all."""
    if not titles:
        return None
    query = select(QualificationItem).where(QualificationItem.enterprise_id == enterprise_id)
    known = {item.title: item.id for item in session.scalars(query.order_by(QualificationItem.id))}
    unknown = [title for title in titles if title not in known]
    if unknown:
        raise ItemUnknown(f"该企业没有资质项：{'、'.join(unknown)}")
    return [known[title] for title in titles]


def _worked_off_before(session: Session, row: BatchRow) -> int | None:
    """The case that the very same row led to in another batch, while that case runs."""
    query = (
        select(Case.id)
        .join(BatchRow, BatchRow.case_id == Case.id)
        .where(
            BatchRow.digest == row.digest,
            BatchRow.id != row.id,
            Case.state.not_in([state.value for state in TERMINAL]),
        )
    )
    return session.scalar(query.limit(1))


def _fail(session: Session, row_id: int, *, now: datetime) -> None:
    row = session.get(BatchRow, row_id, with_for_update=True)
    if row is not None and row.status == RowStatus.PENDING.value:
        row.status, row.done_at = RowStatus.FAILED.value, now
        row.code, row.message = "internal_error", "系统处理出错，可稍后重试"
