"""Sending what is due, and asking for receipts: the jobs' entry to messages."""

import logging

from registry.clock import SHANGHAI
from verify_api.messages.adapters.base import SmsProvider
from verify_api.messages.delivery import deliver, due_ids
from verify_api.messages.policy import delivery_rules
from verify_api.messages.receipts import poll_receipts
from verify_api.messages.rules import DeliveryRules
from verify_api.parts import Parts
from verify_api.policy.service import policy_on

log = logging.getLogger(__name__)

# Small, because a code that comes in meanwhile waits for the end of the batch, and codes expire in minutes.
BATCH = 20


def deliver_due(parts: Parts, provider: SmsProvider | None) -> int:
    """Send every message that is due, codes first; returns how many were acted on.

    Without a provider everything stays in the outbox.
    """
    if provider is None:
        return 0
    today = parts.clock().astimezone(SHANGHAI).date()
    with parts.sessions() as session:
        rules = delivery_rules(policy_on(session, on=today).policy.messages)
    done = 0
    seen: set[int] = set()
    while True:
        with parts.sessions() as session:
            due = due_ids(session, now=parts.clock(), limit=BATCH + len(seen))
        ids = [one for one in due if one not in seen][:BATCH]
        if not ids:
            return done
        for message_id in ids:
            seen.add(message_id)
            done += _deliver(parts, message_id, provider=provider, rules=rules)


def _deliver(parts: Parts, message_id: int, *, provider: SmsProvider, rules: DeliveryRules) -> bool:
    """Whether the message was acted on. One that cannot be handled must not hold up the others."""
    try:
        state = deliver(
            parts.sessions,
            message_id,
            provider=provider,
            keys=parts.keyring,
            clock=parts.clock,
            rules=rules,
        )
    except Exception as error:
        # Its claim, if it got that far, runs out, and the provider is asked then.
        log.error("message %d: delivery broke off with %s", message_id, type(error).__name__)
        return False
    return state is not None


def poll(parts: Parts, provider: SmsProvider | None) -> int:
    """Ask for the receipts that were not called back; returns how many came."""
    if provider is None:
        return 0
    return poll_receipts(parts.sessions, provider=provider, clock=parts.clock)
