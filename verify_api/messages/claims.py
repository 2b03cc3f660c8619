"""Claims: who may send a message now, and what forbids it."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.crypto import Keyring, Unreadable
from verify_api.messages.adapters.base import Inquiry, Outgoing, SmsProvider
from verify_api.messages.models import Message, MessageAttempt
from verify_api.messages.outbox import one_at_a_time, unseal
from verify_api.messages.rules import (
    DeliveryRules,
    Event,
    NumberLimits,
    RetryPlan,
    State,
    allowed_from,
    day_start,
    is_simulated,
    next_state,
    retry_at,
)
from verify_api.messages.templates import TEMPLATES

EXPIRED = "expired"
NEVER_ARRIVED = "not_seen"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make one call. `inquiry` is set when an earlier claim ran out without an answer."""

    message_id: int
    attempt_id: int
    provider: str
    n: int
    token: str
    call_before: datetime
    outgoing: Outgoing | None
    inquiry: Inquiry | None


def claim_message(
    session: Session,
    message_id: int,
    *,
    provider: SmsProvider,
    keys: Keyring,
    now: datetime,
    rules: DeliveryRules,
) -> Claim | None:
    """Take the right to send, or to ask about a claim that ran out. None if it is not to be sent now."""
    due = select(Message).where(Message.id == message_id, Message.next_try_at <= now)
    message = session.scalar(due.with_for_update(skip_locked=True))
    if message is None:
        return None  # Nominated, but somebody else has acted or is acting.
    if message.state == State.SENDING:
        attempt = _last_attempt(session, message)
        return _hold(message, attempt, now=now, plan=rules.retry, outgoing=None, inquiry=_ask(attempt, now))
    if _may_not_be_sent(session, message, provider=provider, now=now, rules=rules):
        return None
    try:
        secret_values = unseal(message, keys)
    except Unreadable:
        # Another worker may have the key; if none has, the tries run out and a person looks.
        put_off(message, "sealed_unreadable", now=now, plan=rules.retry)
        return None
    message.state = next_state(State(message.state), Event.CLAIMED)
    attempt = _begin_attempt(session, message, provider=provider, now=now)
    outgoing = _outgoing(message, attempt.reference, secret_values)
    return _hold(message, attempt, now=now, plan=rules.retry, outgoing=outgoing, inquiry=None)


def _may_not_be_sent(
    session: Session, message: Message, *, provider: SmsProvider, now: datetime, rules: DeliveryRules
) -> bool:
    """Whether something forbids sending now; the message is closed or put off accordingly."""
    if message.template not in TEMPLATES:
        # Left by a version that had this text; nothing may go out that this one cannot vouch for.
        close(message, Event.SENDING_GIVEN_UP, "template_unknown")
        return True
    if message.expires_at is not None and message.expires_at <= now:
        close(message, Event.SENDING_GIVEN_UP, EXPIRED)
        return True
    if provider.reaches_people and is_simulated(message.to_phone, rules.simulated):
        close(message, Event.WITHHELD, None)
        return True
    if message.is_code:
        return False
    wait = allowed_from(now, rules.quiet)
    if wait <= now and _is_over_limit(session, message.to_phone, now=now, limits=rules.limits):
        wait = allowed_from(day_start(now) + timedelta(days=1), rules.quiet)
    if wait <= now:
        return False
    message.next_try_at = wait
    return True


def _is_over_limit(session: Session, phone: str, *, now: datetime, limits: NumberLimits) -> bool:
    one_at_a_time(session, f"number:{phone}")
    today = select(func.count()).where(
        MessageAttempt.to_phone == phone, MessageAttempt.started_at >= day_start(now)
    )
    return (session.scalar(today) or 0) >= limits.messages_per_day


def _last_attempt(session: Session, message: Message) -> MessageAttempt:
    last = select(MessageAttempt).where(
        MessageAttempt.message_id == message.id, MessageAttempt.n == message.attempts
    )
    return session.scalars(last).one()


def _begin_attempt(
    session: Session, message: Message, *, provider: SmsProvider, now: datetime
) -> MessageAttempt:
    if message.attempts:
        last = _last_attempt(session, message)
        if last.outcome == NEVER_ARRIVED and last.provider == provider.name:
            # Same reference again: should the first copy turn up after all, a gateway that knows references
            # drops the second.
            last.outcome, last.started_at, last.finished_at = "", now, None
            return last
    message.attempts += 1
    attempt = MessageAttempt(
        message_id=message.id,
        n=message.attempts,
        # Our row id, and a part that another database behind the same vendor account cannot have.
        reference=f"{message.id}-{message.attempts}-{secrets.token_hex(4)}",
        provider=provider.name,
        to_phone=message.to_phone,
        started_at=now,
        outcome="",
    )
    session.add(attempt)
    session.flush()
    return attempt


def _outgoing(message: Message, reference: str, secret_values: dict[str, str]) -> Outgoing:
    template = TEMPLATES[message.template]
    params = {name: str(value) for name, value in message.params.items()} | secret_values
    return Outgoing(
        reference=reference,
        template=message.template,
        signature=message.signature,
        phone=message.to_phone,
        # Without secrets the stored text is the text, even if the template has been reworded since.
        text=template.fill(params) if secret_values else message.text,
        params={name: params[name] for name in template.variables if name in params},
    )


def _ask(attempt: MessageAttempt, now: datetime) -> Inquiry:
    return Inquiry(
        attempt.reference, attempt.provider_id, attempt.to_phone, started_at=attempt.started_at, now=now
    )


def _hold(
    message: Message,
    attempt: MessageAttempt,
    *,
    now: datetime,
    plan: RetryPlan,
    outgoing: Outgoing | None,
    inquiry: Inquiry | None,
) -> Claim:
    message.claim = secrets.token_hex(8)
    message.next_try_at = now + plan.claim
    half = now + plan.claim / 2
    return Claim(message.id, attempt.id, attempt.provider, attempt.n, message.claim, half, outgoing, inquiry)


def put_off(
    message: Message, code: str, *, now: datetime, plan: RetryPlan, not_before: timedelta | None = None
) -> None:
    """Try again later, or close the message if that has been done often enough."""
    message.refusals += 1
    when = retry_at(plan.refused, message.refusals, now=now)
    if when is None:
        close(message, Event.SENDING_GIVEN_UP, code)
        return
    message.error_code = code
    message.next_try_at = max(when, now + not_before) if not_before else when


def close(message: Message, event: Event, code: str | None) -> None:
    """Nothing is left to do; whatever was secret is erased."""
    message.state = next_state(State(message.state), event)
    message.error_code = code
    message.sealed = message.claim = message.next_try_at = None
