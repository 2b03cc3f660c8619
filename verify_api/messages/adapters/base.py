"""What a way out has to offer, and the values that pass through it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, whole. What a person reads is kept out of `repr`, so that no log or traceback shows it."""

    reference: str
    template: str
    signature: str
    phone: str = field(repr=False)
    text: str = field(repr=False)
    params: Mapping[str, str] = field(repr=False)

    @property
    def signed_text(self) -> str:
        """The text as the phone shows it."""
        return f"【{self.signature}】{self.text}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken the message and named it. That is no proof that it arrived."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Nothing wrong with the message; try again, not before `after` if given.

    `is_uncertain`: the provider may have taken it all the same (a timeout, a broken answer), so it has to be
    asked before anything is sent again.
    """

    code: str
    after: timedelta | None = None
    is_uncertain: bool = False


class Fault(StrEnum):
    """Who must act on a message that was given up."""

    NUMBER = "number"
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The same message would be refused again: the number (the enterprise acts) or the set-up (we act)."""

    code: str
    fault: Fault = Fault.TECHNICAL


Outcome = Accepted | RetryLater | GiveUp


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the carrier reports of one try.

    `reference` is ours, `provider_id` the provider's; at least one is known. `is_final_failure` tells an
    unreachable number (no such number, blocked) from an unreached one (switched off, full).
    """

    provider: str
    is_delivered: bool
    code: str
    reference: str | None = None
    provider_id: str | None = None
    phone: str | None = field(default=None, repr=False)
    reported_at: datetime | None = None
    is_final_failure: bool = False


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is known of a try when the provider is asked about it."""

    reference: str
    provider_id: str | None
    phone: str = field(repr=False)
    started_at: datetime = field(kw_only=True)
    now: datetime = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Seen:
    """The provider has the message (some do not say under which id), and perhaps the carrier's word on it."""

    provider_id: str | None
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class NotSeen:
    """The provider is sure that it never took this reference: sending it is safe."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The provider did not answer, or cannot know yet."""

    code: str


Answer = Seen | NotSeen | CannotTell


class SmsProvider(Protocol):
    """A way out. Neither call is made inside a transaction, and both end within seconds.

    Whatever a provider answers is a value; an exception counts as an uncertain `RetryLater`.
    """

    @property
    def name(self) -> str:
        """Name kept with each try and receipt."""
        ...

    @property
    def reaches_people(self) -> bool:
        """Whether a phone may ring. Simulated numbers are never handed to such a provider."""
        ...

    def send(self, outgoing: Outgoing, *, now: datetime) -> Outcome:
        """Hand over one message."""
        ...

    def query(self, inquiry: Inquiry) -> Answer:
        """Ask what became of a try."""
        ...
