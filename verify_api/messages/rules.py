"""Pure rules of sending: states, length, quiet hours, limits, numbers. No database, no clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from registry.clock import SHANGHAI
from registry.errors import Conflict, Invalid

SEGMENT_ONE = 70  # One part may fill its whole length; of several, each gives three characters to its header.
SEGMENT_MANY = 67
TEXT_MAX = 500


class State(StrEnum):
    """Where a message is. `accepted` is the provider's word, `delivered` is the carrier's."""

    CREATED = "created"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED_TEMPORARY = "failed_temporary"
    FAILED_PERMANENT = "failed_permanent"
    FAILED_TECHNICAL = "failed_technical"
    SIMULATED = "simulated"


class Event(StrEnum):
    """What may happen to a message."""

    CLAIMED = "claimed"
    WITHHELD = "withheld"
    ACCEPTED = "accepted"
    PUT_BACK = "put_back"
    NUMBER_REFUSED = "number_refused"
    SENDING_GIVEN_UP = "sending_given_up"
    DELIVERED = "delivered"
    UNREACHED = "unreached"
    UNREACHABLE = "unreachable"
    REOPENED = "reopened"


FAILED = (State.FAILED_TEMPORARY, State.FAILED_PERMANENT, State.FAILED_TECHNICAL)

# A receipt may overtake our own record of the acceptance, an answer may come after we stopped waiting for it,
# a late "delivered" beats an earlier failure: the first successful receipt is the one that counts (SZ-32).
# Nothing leaves `delivered` or `simulated`.
TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.CREATED, Event.CLAIMED): State.SENDING,
    (State.CREATED, Event.WITHHELD): State.SIMULATED,
    (State.CREATED, Event.NUMBER_REFUSED): State.FAILED_PERMANENT,
    (State.CREATED, Event.SENDING_GIVEN_UP): State.FAILED_TECHNICAL,
    (State.CREATED, Event.ACCEPTED): State.ACCEPTED,
    (State.CREATED, Event.DELIVERED): State.DELIVERED,
    (State.SENDING, Event.ACCEPTED): State.ACCEPTED,
    (State.SENDING, Event.PUT_BACK): State.CREATED,
    (State.SENDING, Event.NUMBER_REFUSED): State.FAILED_PERMANENT,
    (State.SENDING, Event.SENDING_GIVEN_UP): State.FAILED_TECHNICAL,
    (State.SENDING, Event.DELIVERED): State.DELIVERED,
    (State.SENDING, Event.UNREACHED): State.FAILED_TEMPORARY,
    (State.SENDING, Event.UNREACHABLE): State.FAILED_PERMANENT,
    (State.ACCEPTED, Event.DELIVERED): State.DELIVERED,
    (State.ACCEPTED, Event.UNREACHED): State.FAILED_TEMPORARY,
    (State.ACCEPTED, Event.UNREACHABLE): State.FAILED_PERMANENT,
    (State.ACCEPTED, Event.REOPENED): State.CREATED,
    (State.FAILED_TEMPORARY, Event.CLAIMED): State.SENDING,
    (State.FAILED_TEMPORARY, Event.WITHHELD): State.SIMULATED,
    (State.FAILED_TEMPORARY, Event.SENDING_GIVEN_UP): State.FAILED_TECHNICAL,
    (State.FAILED_TECHNICAL, Event.ACCEPTED): State.ACCEPTED,
    **{(state, Event.DELIVERED): State.DELIVERED for state in FAILED},
    **{(state, Event.REOPENED): State.CREATED for state in FAILED},
}


class MessageStateConflict(Conflict):
    """The message is not in a state in which this can happen to it."""

    code = "message_state_conflict"
    message = "短信当前状态不允许此操作"


def next_state(state: State, event: Event) -> State:
    """The state after the event.

    Raises:
        MessageStateConflict: The pair is not in the table.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise MessageStateConflict(message=f"短信状态 {state} 下不能发生 {event}") from None


class TextTooLong(Invalid):
    """The text with its signature is longer than a provider takes."""

    code = "message_too_long"
    message = f"短信内容连同签名不得超过{TEXT_MAX}字"


def length(text: str) -> int:
    """Characters as carriers count them: UCS-2 units, so that a rare character (or an emoji) counts twice."""
    return len(text.encode("utf-16-le")) // 2


def segments(text: str) -> int:
    """Parts the text is charged as, signature included: 70 in one, otherwise 67 each (help.aliyun.com/44335).

    Raises:
        TextTooLong: More than 500 characters.
    """
    size = length(text)
    if size > TEXT_MAX:
        raise TextTooLong
    return 1 if size <= SEGMENT_ONE else -(-size // SEGMENT_MANY)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Nobody is texted from `start` until `end`, local time, half-open; equal times mean never quiet."""

    start: time = time(21)
    end: time = time(8)


def allowed_from(now: datetime, quiet: QuietHours) -> datetime:
    """`now` if sending is allowed, otherwise the end of the quiet hours it falls into."""
    local = now.astimezone(SHANGHAI)
    clock = local.time()
    over_midnight = quiet.start > quiet.end
    late, early = clock >= quiet.start, clock < quiet.end
    if not ((late or early) if over_midnight else (late and early)):
        return now
    day = local.date() + timedelta(days=1 if over_midnight and late else 0)
    return datetime.combine(day, quiet.end, SHANGHAI)


@dataclass(frozen=True, slots=True)
class NumberLimits:
    """How much one number is sent. Codes beyond theirs are refused, other messages wait (SZ-05, D.5).

    Vendors have limits of their own (one code a minute, 50 notices a day and template); ours lie below.
    """

    code_gap: timedelta = timedelta(seconds=60)
    codes_per_day: int = 10
    messages_per_day: int = 20


def code_wait(sent: Sequence[datetime], *, now: datetime, limits: NumberLimits) -> timedelta | None:
    """How long until this number may be sent another code; None if now. `sent` are its earlier codes."""
    past = sorted(moment for moment in sent if moment > now - timedelta(days=1))
    waits = []
    if past and past[-1] + limits.code_gap > now:
        waits.append(past[-1] + limits.code_gap - now)
    if len(past) >= limits.codes_per_day:
        waits.append(past[-limits.codes_per_day] + timedelta(days=1) - now)
    return max(waits, default=None)


def day_start(now: datetime) -> datetime:
    """00:00 in Shenzhen of the day of `now`: daily limits count natural days, as the vendors do."""
    return datetime.combine(now.astimezone(SHANGHAI).date(), time(0), SHANGHAI)


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """When to try again. The last entry of a list is the last try; after it a person has to look."""

    refused: tuple[timedelta, ...] = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360))
    unreached: tuple[timedelta, ...] = tuple(timedelta(hours=h) for h in (1, 6, 24))
    # After a call without a clear answer the provider is asked, this long afterwards. Vendors' own records
    # lag by minutes, so asking too early would be told "no" and text a person twice.
    unclear: tuple[timedelta, ...] = tuple(timedelta(minutes=m) for m in (10, 20, 40, 80, 160, 320))
    # A claim is held this long and a call has to begin in its first half; whoever is later lets it be.
    claim: timedelta = timedelta(minutes=10)
    # For receipts that are not pushed: how often to ask, and for how long (carriers give up after 72 hours).
    poll_every: timedelta = timedelta(minutes=15)
    poll_until: timedelta = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """Policy of sending. Numbers that begin with one of `simulated` belong to nobody."""

    quiet: QuietHours = field(default_factory=QuietHours)
    limits: NumberLimits = field(default_factory=NumberLimits)
    retry: RetryPlan = field(default_factory=RetryPlan)
    simulated: tuple[str, ...] = ("1000000",)


def retry_at(waits: Sequence[timedelta], failures: int, *, now: datetime) -> datetime | None:
    """When to try again after the given number of failures (1 = the first); None when the list is used up."""
    return now + waits[failures - 1] if 1 <= failures <= len(waits) else None


MOBILE = re.compile(r"1[0-9]{10}")  # Not \d, which takes the digits of every script.


def mainland_number(phone: str) -> str | None:
    """The number as eleven digits, or None if it is no mainland mobile number."""
    digits = re.sub(r"[\s-]", "", phone)
    for country in ("+86", "0086", "86"):
        digits = digits.removeprefix(country)
    return digits if MOBILE.fullmatch(digits) else None


def is_simulated(phone: str, prefixes: Sequence[str]) -> bool:
    """Whether the number is one of those made up for tests and demonstrations, which no person holds."""
    return any(phone.startswith(prefix) for prefix in prefixes)


def delivered_on(reported: datetime | None, *, sent: datetime, now: datetime) -> datetime:
    """The moment of delivery: the carrier's, if it can be true, otherwise when we learnt of it.

    A carrier's clock may not start a deadline before we sent anything, nor in the future.
    """
    return reported if reported is not None and sent <= reported <= now else now
