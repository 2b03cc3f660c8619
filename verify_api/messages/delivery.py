"""Sending: claim in one transaction, call the provider in none, settle in another.

Whoever crashes in between leaves a claim that runs out. The next worker then *asks* the provider about the
claim's reference and never simply sends again: of the vendors only our own gateway refuses a second copy.
"""

import logging
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import Clock
from registry.crypto import Keyring
from registry.db import Sessions
from verify_api.messages.adapters.base import (
    Accepted,
    CannotTell,
    Fault,
    GiveUp,
    NotSeen,
    Outcome,
    RetryLater,
    Seen,
    SmsProvider,
)
from verify_api.messages.claims import NEVER_ARRIVED, Claim, claim_message, close, put_off
from verify_api.messages.models import Message, MessageAttempt
from verify_api.messages.outbox import one_at_a_time
from verify_api.messages.receipts import adopt_receipts, apply_receipt
from verify_api.messages.rules import DeliveryRules, Event, RetryPlan, State, next_state, retry_at

log = logging.getLogger(__name__)

UNCLEAR = "outcome_unknown"


def due_ids(session: Session, *, now: datetime, limit: int) -> list[int]:
    """Ids of messages somebody has to act on, codes first. A nomination only: `deliver` looks again."""
    due = select(Message.id).where(Message.next_try_at <= now)
    order = (Message.is_code.desc(), Message.next_try_at, Message.id)
    return list(session.scalars(due.order_by(*order).limit(limit)))


def deliver(
    sessions: Sessions,
    message_id: int,
    *,
    provider: SmsProvider,
    keys: Keyring,
    clock: Clock,
    rules: DeliveryRules | None = None,
) -> State | None:
    """Act on one due message; its state afterwards, or None if there was nothing to do just now.

    Opens its own transactions. Any number of workers may be given the same id.
    """
    rules = rules or DeliveryRules()
    with sessions.begin() as session:
        claim = claim_message(session, message_id, provider=provider, keys=keys, now=clock(), rules=rules)
    if claim is None:
        return None
    outcome = _call(claim, provider=provider, clock=clock)
    if outcome is None:
        return State.SENDING
    with sessions.begin() as session:
        return settle(session, claim, outcome, provider=provider.name, now=clock(), plan=rules.retry)


def _call(claim: Claim, *, provider: SmsProvider, clock: Clock) -> Outcome | Seen | NotSeen | None:
    """The one call, outside any transaction. None if this worker is too late to make it."""
    now = clock()
    if now >= claim.call_before:
        return None  # This process was stopped for minutes; somebody else may be asking already.
    if claim.provider != provider.name:
        # The installation has changed its provider since. Only the old one could say what became of the try.
        return RetryLater("provider_changed", is_uncertain=True)
    try:
        if claim.inquiry is not None:
            answer = provider.query(claim.inquiry)
            return RetryLater(answer.code, is_uncertain=True) if isinstance(answer, CannotTell) else answer
        assert claim.outgoing is not None
        return provider.send(claim.outgoing, now=now)
    except Exception as error:
        # Whatever an SDK raises, the message may have left. Only the class is logged: texts carry numbers.
        log.warning("message %d: %s failed with %s", claim.message_id, provider.name, type(error).__name__)
        return RetryLater("provider_error", is_uncertain=True)


def settle(
    session: Session,
    claim: Claim,
    outcome: Outcome | Seen | NotSeen,
    *,
    provider: str,
    now: datetime,
    plan: RetryPlan,
) -> State:
    """Write down what the call gave."""
    if isinstance(outcome, Accepted | Seen) and outcome.provider_id is not None:
        # Before the rows: receipts take the same two locks in the same order.
        one_at_a_time(session, f"receipt:{provider}:{outcome.provider_id}")
    message = session.get_one(Message, claim.message_id, with_for_update=True)
    attempt = session.get_one(MessageAttempt, claim.attempt_id)
    if isinstance(outcome, Accepted | Seen):
        # A fact, whoever brings it: it counts even if the claim has meanwhile passed to somebody else.
        _accept(message, attempt, outcome.provider_id, now=now)
        session.flush()
        adopt_receipts(session, attempt, now=now, plan=plan)
        if isinstance(outcome, Seen) and outcome.receipt is not None:
            apply_receipt(session, receipt=outcome.receipt, now=now, source="query", plan=plan)
    elif message.state == State.SENDING and message.claim == claim.token:
        _not_accepted(message, attempt, outcome, now=now, plan=plan)
    return State(message.state)


def _accept(message: Message, attempt: MessageAttempt, provider_id: str | None, *, now: datetime) -> None:
    attempt.provider_id = provider_id or attempt.provider_id
    attempt.outcome, attempt.finished_at = "accepted", now
    if message.attempts != attempt.n:
        return
    message.provider, message.provider_id = attempt.provider, attempt.provider_id
    message.accepted_at = message.accepted_at or now
    message.sealed = None
    if message.state in (State.SENDING, State.CREATED, State.FAILED_TECHNICAL):
        message.state = next_state(State(message.state), Event.ACCEPTED)
        message.error_code = message.claim = message.next_try_at = None
        message.refusals = message.inquiries = 0


def _not_accepted(
    message: Message,
    attempt: MessageAttempt,
    outcome: RetryLater | GiveUp | NotSeen,
    *,
    now: datetime,
    plan: RetryPlan,
) -> None:
    if isinstance(outcome, NotSeen):
        attempt.outcome, attempt.finished_at = NEVER_ARRIVED, now
        message.state = next_state(State(message.state), Event.PUT_BACK)
        message.claim, message.next_try_at, message.inquiries = None, now, 0
        return
    attempt.error_code = outcome.code
    if isinstance(outcome, GiveUp):
        attempt.outcome, attempt.finished_at = "given_up", now
        is_number = outcome.fault is Fault.NUMBER
        close(message, Event.NUMBER_REFUSED if is_number else Event.SENDING_GIVEN_UP, outcome.code)
    elif outcome.is_uncertain:
        _ask_later(message, attempt, now=now, plan=plan)
    else:
        attempt.outcome, attempt.finished_at = "put_off", now
        message.state = next_state(State(message.state), Event.PUT_BACK)
        message.claim = None
        put_off(message, outcome.code, now=now, plan=plan, not_before=outcome.after)


def _ask_later(message: Message, attempt: MessageAttempt, *, now: datetime, plan: RetryPlan) -> None:
    message.inquiries += 1
    message.next_try_at = retry_at(plan.unclear, message.inquiries, now=now)
    message.error_code = attempt.error_code
    if message.next_try_at is None:
        # Sending once more might text a person twice, so a person decides.
        attempt.outcome, attempt.finished_at = "unknown", now
        close(message, Event.SENDING_GIVEN_UP, UNCLEAR)
