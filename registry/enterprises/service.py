"""Changes of an item's standing made here.

Each change writes the item, an append-only entry, and a row that tells the upstream later, in the caller's
transaction. Calling twice is harmless: an item already in the asked standing is passed over.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.credit.models import CreditKind
from registry.credit.service import enter
from registry.enterprises.models import (
    AbnormalMark,
    Enterprise,
    ItemStatus,
    QualificationChange,
    QualificationItem,
    UpstreamChange,
)
from registry.errors import Conflict, Invalid, NotFound
from registry.ledger.service import Actor

SYSTEM = "system"


class EnterpriseUnknown(NotFound):
    """No such enterprise."""

    code = "enterprise_unknown"
    message = "未找到该企业"


class ItemUnknown(NotFound):
    """No such 资质项."""

    code = "item_unknown"
    message = "未找到该资质项"


class ItemNotValid(Conflict):
    """The item has ended in another way already; the five words of law stay apart (DOMAIN C.2)."""

    code = "item_not_valid"
    message = "该资质项已不是有效状态，不能再作此变更"


class ReasonMissing(Invalid):
    """A change of standing needs a reason."""

    code = "reason_missing"
    message = "请填写理由"


def set_abnormal(
    session: Session, *, item_ids: Iterable[int], cause: str, now: datetime, actor: str = SYSTEM
) -> list[QualificationChange]:
    """Mark 资质异常 (MO-13); an item that bears the mark keeps it with its first cause.

    Raises:
        ItemUnknown: An id names no item.
        ItemNotValid: An item has ended.
        ReasonMissing: The cause is blank.
    """
    changes = []
    for item in _locked(session, item_ids, cause):
        if _open_mark(session, item.id) is not None:
            continue
        if item.status != ItemStatus.VALID:
            raise ItemNotValid
        session.add(AbnormalMark(item_id=item.id, enterprise_id=item.enterprise_id, cause=cause, set_at=now))
        changes.append(_tell(session, item, "abnormal_set", cause, actor=actor, now=now))
    session.flush()
    return changes


def lift_abnormal(
    session: Session, *, item_ids: Iterable[int], reason: str, now: datetime, actor: str = SYSTEM
) -> list[QualificationChange]:
    """Lift 资质异常 where it stands.

    Raises:
        ItemUnknown: An id names no item.
        ReasonMissing: The reason is blank.
    """
    changes = []
    for item in _locked(session, item_ids, reason):
        mark = _open_mark(session, item.id)
        if mark is not None:
            mark.lifted_at, mark.lifted_reason = now, reason
            changes.append(_tell(session, item, "abnormal_lifted", reason, actor=actor, now=now))
    session.flush()
    return changes


def withdraw(
    session: Session,
    *,
    item_ids: Iterable[int],
    reason: str,
    actor: str,
    since: datetime | None = None,
    now: datetime,
) -> list[QualificationChange]:
    """撤回 (SZ-37), in effect `since` then, else from now. The items end, and with them their marks.

    Raises:
        ItemUnknown: An id names no item.
        ItemNotValid: An item has ended in another way.
        ReasonMissing: The reason is blank.
    """
    return _end(
        session, item_ids, ItemStatus.WITHDRAWN, "withdrawn", reason, actor=actor, at=since or now, now=now
    )


def lapse(
    session: Session, *, item_ids: Iterable[int], reason: str, now: datetime, actor: str = SYSTEM
) -> list[QualificationChange]:
    """到期自动失效 (SZ-30d): never to be mixed up with 撤回, whose remedies differ.

    Raises:
        ItemUnknown: An id names no item.
        ItemNotValid: An item has ended in another way.
        ReasonMissing: The reason is blank.
    """
    return _end(session, item_ids, ItemStatus.LAPSED, "lapsed", reason, actor=actor, at=now, now=now)


def reinstate(
    session: Session, *, item_ids: Iterable[int], reason: str, actor: str, now: datetime
) -> list[QualificationChange]:
    """Undo a 撤回 or 失效 that was rescinded. Marks stay lifted; the caller sets them again where due.

    Raises:
        ItemUnknown: An id names no item.
        ItemNotValid: An item ended by 撤销, 吊销 or 注销, which is not undone here.
        ReasonMissing: The reason is blank.
    """
    changes = []
    for item in _locked(session, item_ids, reason):
        if item.status == ItemStatus.VALID:
            continue
        if item.status not in {ItemStatus.WITHDRAWN, ItemStatus.LAPSED}:
            raise ItemNotValid
        _move(item, ItemStatus.VALID, reason, now=now)
        changes.append(_tell(session, item, "reinstated", reason, actor=actor, now=now))
    session.flush()
    return changes


def record_pass(
    session: Session, *, item_ids: Iterable[int], reason: str, now: datetime, actor: str = SYSTEM
) -> list[QualificationChange]:
    """动态核查通过: kept with the items and in the credit file; nothing for the upstream to change.

    Raises:
        ItemUnknown: An id names no item.
        ReasonMissing: The reason is blank.
    """
    changes = [
        _note(session, item, "verified", reason, actor=actor, now=now)
        for item in _locked(session, item_ids, reason)
    ]
    session.flush()
    return changes


def _locked(session: Session, item_ids: Iterable[int], reason: str) -> list[QualificationItem]:
    """The items in the order of their ids, locked, so that two callers cannot lock each other out."""
    if not reason.strip():
        raise ReasonMissing
    wanted = sorted(set(item_ids))
    items = session.scalars(
        select(QualificationItem)
        .where(QualificationItem.id.in_(wanted))
        .order_by(QualificationItem.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(items) != len(wanted):
        raise ItemUnknown
    return list(items)


def _end(
    session: Session,
    item_ids: Iterable[int],
    status: ItemStatus,
    change: str,
    reason: str,
    *,
    actor: str,
    at: datetime,
    now: datetime,
) -> list[QualificationChange]:
    changes = []
    for item in _locked(session, item_ids, reason):
        if item.status == status:
            continue
        if item.status != ItemStatus.VALID:
            raise ItemNotValid
        _move(item, status, reason, now=at)
        mark = _open_mark(session, item.id)
        if mark is not None:
            mark.lifted_at, mark.lifted_reason = at, reason
        changes.append(_tell(session, item, change, reason, actor=actor, at=at, now=now))
    session.flush()
    return changes


def _move(item: QualificationItem, status: ItemStatus, reason: str, *, now: datetime) -> None:
    item.status, item.status_reason, item.status_changed_at = status.value, reason, now


def _open_mark(session: Session, item_id: int) -> AbnormalMark | None:
    return session.scalars(
        select(AbnormalMark).where(AbnormalMark.item_id == item_id, AbnormalMark.lifted_at.is_(None))
    ).first()


def _tell(
    session: Session,
    item: QualificationItem,
    change: str,
    reason: str,
    *,
    actor: str,
    at: datetime | None = None,
    now: datetime,
) -> QualificationChange:
    """History, credit file and the row for the upstream, in one transaction with the change itself."""
    entry = _note(session, item, change, reason, actor=actor, at=at, now=now)
    told = UpstreamChange(item_id=item.id, change=change, at=entry.at, reason=reason, next_attempt_at=now)
    session.add(told)
    session.flush()
    return entry


def _note(
    session: Session,
    item: QualificationItem,
    change: str,
    reason: str,
    *,
    actor: str,
    at: datetime | None = None,
    now: datetime,
) -> QualificationChange:
    """`at`: when it took effect, if not now. The credit file and its chain keep when it was entered."""
    entry = QualificationChange(item_id=item.id, at=at or now, change=change, reason=reason, actor=actor)
    session.add(entry)
    enter(
        session,
        uscc=session.get_one(Enterprise, item.enterprise_id).uscc,
        kind=CreditKind(change),
        sentence=f"{item.title}：{reason}",
        item_id=item.id,
        actor=Actor(actor),
        now=now,
    )
    return entry
