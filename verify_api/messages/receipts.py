"""Receipts: the carrier's word, pushed to us or asked for, kept as it came and applied once."""

import hashlib
import logging
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.clock import Clock
from registry.crypto import canonical
from registry.db import Sessions
from verify_api.messages.adapters.base import Inquiry, Receipt, Seen, SmsProvider
from verify_api.messages.models import Message, MessageAttempt, MessageReceipt
from verify_api.messages.outbox import one_at_a_time
from verify_api.messages.rules import (
    Event,
    RetryPlan,
    State,
    delivered_on,
    mainland_number,
    next_state,
    retry_at,
)
from verify_api.messages.templates import TEMPLATES

log = logging.getLogger(__name__)


def apply_receipt(
    session: Session,
    *,
    receipt: Receipt,
    now: datetime,
    source: str = "callback",
    plan: RetryPlan | None = None,
) -> Message | None:
    """Keep a receipt and move its message. None if it names no message of ours (it is kept all the same).

    The same receipt may come any number of times and in any order. The first successful one counts; a failure
    of an earlier try says nothing about the present one.
    """
    if receipt.provider_id is not None:
        one_at_a_time(session, f"receipt:{receipt.provider}:{receipt.provider_id}")
    attempt = _attempt_of(session, receipt)
    _keep(session, receipt, attempt, now=now, source=source)
    if attempt is None:
        return None
    message = session.get_one(Message, attempt.message_id, with_for_update=True)
    _move(message, attempt, receipt, now=now, plan=plan or RetryPlan())
    session.flush()
    return message


def adopt_receipts(session: Session, attempt: MessageAttempt, *, now: datetime, plan: RetryPlan) -> None:
    """Apply receipts that came before we knew the provider's id of this attempt."""
    early = select(MessageReceipt).where(
        MessageReceipt.provider == attempt.provider,
        MessageReceipt.provider_id == attempt.provider_id,
        MessageReceipt.message_id.is_(None),
    )
    message = session.get_one(Message, attempt.message_id)
    for row in session.scalars(early.order_by(MessageReceipt.id)):
        receipt = Receipt(
            provider=row.provider,
            is_delivered=row.is_delivered,
            code=row.code,
            phone=row.to_phone,
            reported_at=row.reported_at,
            is_final_failure=row.is_final_failure,
        )
        if _fits(attempt, receipt):
            _move(message, attempt, receipt, now=now, plan=plan)


def _attempt_of(session: Session, receipt: Receipt) -> MessageAttempt | None:
    own = MessageAttempt.provider == receipt.provider
    names = []
    if receipt.reference is not None:
        names.append(MessageAttempt.reference == receipt.reference)
    if receipt.provider_id is not None:
        names.append(MessageAttempt.provider_id == receipt.provider_id)
    found = session.scalars(select(MessageAttempt).where(own, or_(*names))).all() if names else []
    fitting = [attempt for attempt in found if _fits(attempt, receipt)]
    if len(fitting) == 1:
        return fitting[0]
    if found:
        log.warning(
            "receipt from %s contradicts attempt %d; kept, not applied", receipt.provider, found[0].id
        )
    return None


def _fits(attempt: MessageAttempt, receipt: Receipt) -> bool:
    """Whether everything the receipt says is true of the attempt. A forged or garbled one moves nothing."""
    return (
        receipt.reference in (None, attempt.reference)
        and (attempt.provider_id is None or receipt.provider_id in (None, attempt.provider_id))
        and (receipt.phone is None or mainland_number(receipt.phone) == attempt.to_phone)
    )


def _keep(
    session: Session, receipt: Receipt, attempt: MessageAttempt | None, *, now: datetime, source: str
) -> None:
    """Write the receipt down, unless the very same one lies there already."""
    told = {
        "provider": receipt.provider,
        "provider_id": receipt.provider_id,
        "reference": receipt.reference,
        "to_phone": receipt.phone,
        "is_delivered": receipt.is_delivered,
        "is_final_failure": receipt.is_final_failure,
        "code": receipt.code,
        "reported_at": receipt.reported_at,
    }
    spelled = told | {"reported_at": receipt.reported_at.isoformat() if receipt.reported_at else None}
    values = told | {
        "message_id": attempt.message_id if attempt else None,
        "received_at": now,
        "source": source,
        "digest": hashlib.sha256(canonical(spelled)).hexdigest(),
    }
    statement = insert(MessageReceipt).values(values).on_conflict_do_nothing(index_elements=["digest"])
    session.execute(statement)


def _move(
    message: Message, attempt: MessageAttempt, receipt: Receipt, *, now: datetime, plan: RetryPlan
) -> None:
    state = State(message.state)
    if receipt.is_delivered:
        if state not in (State.DELIVERED, State.SIMULATED):
            message.state = next_state(state, Event.DELIVERED)
            message.delivered_at = delivered_on(receipt.reported_at, sent=attempt.started_at, now=now)
            message.sealed = message.claim = message.next_try_at = message.error_code = None
        return
    if attempt.n != message.attempts or state not in (State.SENDING, State.ACCEPTED):
        return
    message.sealed = message.claim = message.next_try_at = None
    message.error_code = receipt.code
    if receipt.is_final_failure:
        message.state = next_state(state, Event.UNREACHABLE)
        return
    message.state = next_state(state, Event.UNREACHED)
    message.unreached += 1
    template = TEMPLATES.get(message.template)
    if template is not None and not template.secrets:
        # A password or code is not kept for a second try; its owner asks for a new one.
        message.next_try_at = retry_at(plan.unreached, message.unreached, now=now)


def poll_receipts(
    sessions: Sessions, *, provider: SmsProvider, clock: Clock, limit: int = 50, plan: RetryPlan | None = None
) -> int:
    """Ask the provider about accepted messages without a receipt; how many receipts that gave."""
    plan = plan or RetryPlan()
    with sessions.begin() as session:
        inquiries = _next_to_ask(session, provider.name, now=clock(), limit=limit, plan=plan)
    gained = 0
    for inquiry in inquiries:
        try:
            answer = provider.query(inquiry)
        except Exception as error:
            log.warning("asking %s for receipts failed with %s", provider.name, type(error).__name__)
            break
        if isinstance(answer, Seen) and answer.receipt is not None:
            with sessions.begin() as session:
                apply_receipt(session, receipt=answer.receipt, now=clock(), source="query", plan=plan)
            gained += 1
    return gained


def _next_to_ask(
    session: Session, provider: str, *, now: datetime, limit: int, plan: RetryPlan
) -> list[Inquiry]:
    asked_before = now - plan.poll_every
    rows = session.execute(
        select(Message, MessageAttempt)
        .join(
            MessageAttempt,
            (MessageAttempt.message_id == Message.id) & (MessageAttempt.n == Message.attempts),
        )
        .where(
            Message.state == State.ACCEPTED,
            Message.provider == provider,
            Message.accepted_at <= asked_before,
            Message.accepted_at > now - plan.poll_until,
            or_(Message.polled_at.is_(None), Message.polled_at <= asked_before),
        )
        .order_by(Message.polled_at.nulls_first(), Message.accepted_at)
        .limit(limit)
        .with_for_update(of=Message, skip_locked=True)
    ).all()
    for message, _ in rows:
        message.polled_at = now
    return [
        Inquiry(
            attempt.reference, attempt.provider_id, attempt.to_phone, started_at=attempt.started_at, now=now
        )
        for _, attempt in rows
    ]
