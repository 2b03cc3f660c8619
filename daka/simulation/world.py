"""What a story can touch: the clock, the officers, the firms, the stand-ins. Everything over HTTP."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from apscheduler.triggers.cron import CronTrigger

from miniapp_mock.city import City
from miniapp_mock.client import Bureau, Inbox, Line, Officer, Patience
from registry.clock import SHANGHAI
from scheduler.jobs import JOBS
from verify_api.clock import SimulatedClock

T = TypeVar("T")
R = TypeVar("R")
# The simulated clock stands where it was set; real seconds pass on top of it while a step is played.
BY_NIGHT = tuple(job.name for job in JOBS if isinstance(job.trigger, CronTrigger))
BY_DAY = tuple(job.name for job in JOBS if job.name not in BY_NIGHT)
PATIENCE = Patience(timeout_s=40.0)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where everything listens."""

    api: str
    upstream: str
    upstream_token: str
    sms: str
    identity: str


def moment(text: str) -> datetime:
    """`2025-01-08 09:30` in Shenzhen."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@dataclass
class World:
    """The city at one moment of the time-lapse."""

    addresses: Addresses
    clock: SimulatedClock
    run_jobs: Callable[[Iterable[str]], None]
    cut_power: Callable[[str], None]
    restore_power: Callable[[str], None]
    city: City
    admin_officer: Officer
    reviewer_officer: Officer
    pool: ThreadPoolExecutor
    is_upstream_changed: bool = False
    admin: Bureau = field(init=False)
    reviewer: Bureau = field(init=False)
    inbox: Inbox = field(init=False)
    upstream: Line = field(init=False)
    sms: Line = field(init=False)
    identity: Line = field(init=False)

    def __post_init__(self) -> None:
        """Take up every line once."""
        self.admin = Bureau(self.line(), self.admin_officer, clock=self.now)
        self.reviewer = Bureau(self.line(), self.reviewer_officer, clock=self.now)
        self.sms = Line(self.addresses.sms, patience=PATIENCE)
        self.inbox = Inbox(self.sms, limit_s=10)
        self.identity = Line(self.addresses.identity, patience=PATIENCE)
        self.upstream = Line(self.addresses.upstream, patience=PATIENCE)
        self.upstream.token = self.addresses.upstream_token

    def line(self) -> Line:
        """A fresh line to the service, nobody logged in."""
        return Line(self.addresses.api, patience=PATIENCE)

    def now(self) -> datetime:
        """The simulated time."""
        return self.clock().astimezone(SHANGHAI)

    def set_clock(self, instant: datetime) -> None:
        """Leap forward; the clock never goes back."""
        self.clock.set(max(instant, self.now() + timedelta(milliseconds=1)))

    def tick(self, *, only: Iterable[str] = ()) -> None:
        """Let the scheduler's jobs run once, at this moment; those of the night have their own hour."""
        self.run_jobs(tuple(only) or BY_DAY)

    def night(self) -> None:
        """Let the jobs of the night run: the sync with the upstream library (SZ-07)."""
        self.run_jobs(BY_NIGHT)

    def fill_upstream(self) -> None:
        """Hand the city to the upstream library and let the gateway report at once."""
        self.upstream.put("/control/city", self.city.to_mapping())
        self.sms.post("/behaviour", {"phone": "*", "delay_s": 0})

    def change_upstream(self, uscc: str, **fields: Any) -> None:
        """The enterprise has its base data changed in 三库."""
        self.upstream.patch(f"/control/enterprises/{uscc}", fields)
        self.is_upstream_changed = True

    def reported_upstream(self) -> list[dict[str, Any]]:
        """The changes that have flowed back to the upstream library."""
        items: list[dict[str, Any]] = self.upstream.get("/control/changes")["items"]
        return items

    def side_by_side(self, work: Callable[[T], R], things: Iterable[T]) -> list[R]:
        """Do the same for several people at once, as they would."""
        return list(self.pool.map(work, things))
