"""What the oracle knows of one case, and how it reckons with its clocks and pauses."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.verify_api.cases.oracle_of_days import DAY, NOTHING, Clock, Days, midnight, months

SETTLING = timedelta(minutes=1)
SHORTEST_DAYS = 7
COMING = ("CHECKING_IN", "RECHECKING_IN")


@dataclass
class Pending:
    """A check-in received and not yet judged, by face or with the first of two signatures at the window."""

    person: int
    at: datetime
    list_no: int
    is_window: bool = False
    key: Any = None  # what the machine needs to find it again
    in_review: bool = False


@dataclass(eq=False)
class Void:
    """打卡不合格, said of the check-in of a person on a list."""

    person: int
    list_no: int
    is_taken_back: bool = False


@dataclass
class Facts:
    """Where the case stands, as the rules see it."""

    track: str
    state: str
    issued: date
    valid_to: date
    people: set[int]
    days: Days = field(default_factory=Days)
    clock: Clock | None = None
    stopped: Clock | None = None  # what ran when the list was sent
    stopped_at: datetime | None = None
    served: date | None = None
    unproved: date | None = None  # the day of the document that nobody has proved to have arrived
    has_report: bool = False
    rejected_before: bool = False
    claimed: bool = False
    list_no: int = 0
    lists_void: set[int] = field(default_factory=set)
    came: set[int] = field(default_factory=set)
    pending: list[Pending] = field(default_factory=list)
    holds: int = 0
    appeal: bool = False
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    voids: list[Void] = field(default_factory=list)
    drafts: list[str | Void] = field(default_factory=list)  # "missed", or the void for which it waits
    order_by: list[Void] = field(default_factory=list)  # the voids that alone have led to the order
    waiting: frozenset[str] = frozenset()
    notices: list[str] = field(default_factory=list)
    policies: list[tuple[date, dict[str, Any]]] = field(default_factory=list)
    moves: int = 0

    ENDED = frozenset({"PASSED", "RECTIFIED", "LAPSED", "REVOKED", "NOT_REVOKED", "CANCELLED"})
    # In which state a document waits for the proof that it arrived.
    AWAITING_PROOF = frozenset({"REVOCATION_PROPOSED", "REVOKED", "LAPSED"})

    # What holds now.

    @property
    def paused(self) -> bool:
        """Whether the clock stands."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    @property
    def under_review(self) -> bool:
        """Whether the bureau has a list."""
        return self.state in ("SUBMITTED", "RECTIFICATION_SUBMITTED")

    @property
    def in_rectification(self) -> bool:
        """Whether an order to rectify stands and is worked off."""
        states = ("RECTIFYING", "RECTIFICATION_SUBMITTED", "RECTIFICATION_REJECTED", "RECHECKING_IN")
        return self.state in states

    @property
    def awaits_proof(self) -> bool:
        """Whether something is on its way of which nobody has proved that it arrived."""
        is_place = self.in_rectification or self.state in self.AWAITING_PROOF
        return self.state == "NOTIFYING" or (is_place and self.unproved is not None)

    def rule(self, today: date, name: str) -> Any:
        """A policy value: of the newest version whose day has come."""
        return next(values[name] for day, values in reversed(self.policies) if day <= today)

    def stretched(self, clock: Clock, now: datetime, *, since: datetime | None = None) -> datetime:
        """Where a clock ends: a pause adds the counted hours for which it stood, unless all was over before.

        Of a clock that was itself stopped `since`, the pauses that ended afterwards have to be added too.
        """
        end = clock.end
        for began, ended in self.pauses if not clock.is_term else ():
            is_added = ended is not None and (since is None or ended <= since)
            if not is_added and began < end:
                end += max(NOTHING, (ended or now) - max(began, midnight(clock.start, 1)))
        return end

    def is_over(self, now: datetime) -> bool:
        """Whether the time for what is due has passed."""
        return self.clock is not None and self.stretched(self.clock, now) <= now

    def cap_day(self, now: datetime) -> date:
        """整改 ends three months after service (22号令 28), days on which the clock stood not counted.

        Who reports before the service is proved has three months from then.
        """
        served = self.served or now.astimezone(midnight(self.issued).tzinfo).date()
        counts = [max(NOTHING, (b or now) - max(a, midnight(served, 1))) for a, b in self.pauses]
        stood = -(-sum(counts, NOTHING) // DAY) if self.served else 0
        return months(served + timedelta(days=stood), 3)

    # Clocks.

    def run(self, raw: date | None, *, since: date | None = None, **more: Any) -> None:
        """Let a deadline run to this day; whatever ran before is over, and what waited for it."""
        self.drafts = [one for one in self.drafts if one != "missed"] if self.clock else self.drafts
        self.waiting = frozenset()
        self.clock = None if raw is None else Clock(self.days, since or raw, raw, **more)

    def term(self) -> None:
        """The certificate's own last day."""
        self.run(self.valid_to, rolls=False, is_term=True)

    def capped(self, raw: date, now: datetime, today: date) -> None:
        """A clock within 整改; if the bureau's time left hardly any of it, an officer has to look."""
        self.run(raw, since=today, cap=self.cap_day(now))
        assert self.clock is not None
        self.holds += (self.clock.due - today).days < SHORTEST_DAYS

    def go(self, state: str) -> None:
        """Move the case."""
        self.moves += state != self.state
        self.state = state
