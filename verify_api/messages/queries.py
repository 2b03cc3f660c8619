"""What is asked of the messages, one named query each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from verify_api.messages.models import Message, MessageAttempt, MessageReceipt
from verify_api.messages.rules import FAILED, State
from verify_api.messages.templates import Kind


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message whose delivery somebody has to act on."""

    message_id: int
    key: str
    kind: Kind
    case_id: int | None
    enterprise_id: int | None
    delivered_at: datetime


def newly_delivered(session: Session, *, kind: Kind, limit: int) -> list[Delivered]:
    """Delivered messages of a kind that nobody has handled, oldest first.

    There is no cursor, because receipts come in any order and a cursor would step over late ones. Whoever
    acts on a message calls `service.mark_handled` in the same transaction.
    """
    rows = session.scalars(
        select(Message)
        .where(Message.kind == kind, Message.delivered_at.is_not(None), Message.handled_at.is_(None))
        .order_by(Message.id)
        .limit(limit)
    )
    return [
        Delivered(row.id, row.key, Kind(row.kind), row.case_id, row.enterprise_id, row.delivered_at)
        for row in rows
        if row.delivered_at is not None
    ]


def of_case(session: Session, case_id: int) -> list[Message]:
    """All messages about a case, oldest first."""
    return list(session.scalars(select(Message).where(Message.case_id == case_id).order_by(Message.id)))


def first_delivery(session: Session, *, case_id: int, kind: Kind) -> datetime | None:
    """When a message of this kind first reached somebody for this case; None if there is no proof (SZ-32)."""
    return session.scalar(
        select(func.min(Message.delivered_at)).where(Message.case_id == case_id, Message.kind == kind)
    )


def did_not_arrive(*, silent_since: datetime) -> ColumnElement[bool]:
    """送达失败: no try left, never to be sent, or accepted before `silent_since` and not reported."""
    failed = and_(Message.state.in_(FAILED), Message.next_try_at.is_(None))
    silent = and_(Message.state == State.ACCEPTED, Message.accepted_at <= silent_since)
    return or_(failed, silent, Message.state == State.SIMULATED)


def undelivered(
    session: Session, *, kinds: Sequence[Kind], silent_since: datetime, limit: int
) -> list[Message]:
    """Messages of the kinds that did not arrive, oldest first."""
    rows = select(Message).where(Message.kind.in_(kinds), did_not_arrive(silent_since=silent_since))
    return list(session.scalars(rows.order_by(Message.id).limit(limit)))


def attempts_of(session: Session, message_id: int) -> list[MessageAttempt]:
    """Every try of a message, first to last (SZ-03: each is kept)."""
    tries = select(MessageAttempt).where(MessageAttempt.message_id == message_id)
    return list(session.scalars(tries.order_by(MessageAttempt.n)))


def receipts_of(session: Session, message_id: int) -> list[MessageReceipt]:
    """Every receipt of a message, also those that came before we knew whose they were."""
    early = select(MessageAttempt.id).where(
        MessageAttempt.message_id == message_id,
        MessageAttempt.provider == MessageReceipt.provider,
        MessageAttempt.provider_id == MessageReceipt.provider_id,
    )
    mine = or_(MessageReceipt.message_id == message_id, early.exists())
    return list(session.scalars(select(MessageReceipt).where(mine).order_by(MessageReceipt.id)))
