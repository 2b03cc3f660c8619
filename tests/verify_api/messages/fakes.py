"""A provider that does what it is told, and a clock that stands where it is put."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises.models import Enterprise
from verify_api.cases.models import Case
from verify_api.messages.adapters.base import (
    Accepted,
    Answer,
    CannotTell,
    Inquiry,
    NotSeen,
    Outcome,
    Outgoing,
    Receipt,
    Seen,
)
from verify_api.messages.outbox import Recipient

CONTACT = Recipient("13800001111", "示例联系人", enterprise_id=7)
FIRM = "示例建设有限公司"
ITEMS = ("建筑工程施工总承包三级",)
CASE = {"enterprise": FIRM, "items": ITEMS}


def at(text: str) -> datetime:
    """`2026-03-02 10:00`, in Shenzhen."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def open_case(session: Session) -> int:
    """A case for messages to be about; its id."""
    firm = Enterprise(
        uscc="91440300192181490G", name=FIRM, registered_address="示例路1号", synced_at=at("2026-01-01")
    )
    session.add(firm)
    session.flush()
    case = Case(
        number="示例-1",
        enterprise_id=firm.id,
        track="STOCK",
        state="NOTIFYING",
        opened_at=at("2026-03-01"),
        opened_by="system",
    )
    session.add(case)
    session.flush()
    return case.id


class SettableClock:
    """A clock for tests."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class FakeProvider:
    """Keeps what it was sent. It is not idempotent: what is sent twice rings twice."""

    name = "fake"

    def __init__(self, *, reaches_people: bool = True) -> None:
        self.reaches_people = reaches_people
        self.sent: list[Outgoing] = []
        self.asked: list[Inquiry] = []
        self.answers: list[Outcome | Exception] = []
        self.records_lag = False
        self.receipts: dict[str, Receipt] = {}
        self.before_send: Callable[[Outgoing], None] = lambda _outgoing: None
        self.on_send: Callable[[Outgoing], None] = lambda _outgoing: None
        self._lock = threading.Lock()

    def send(self, outgoing: Outgoing, *, now: datetime) -> Outcome:
        self.before_send(outgoing)
        answer = self.answers.pop(0) if self.answers else None
        if answer is None or isinstance(answer, Accepted):
            with self._lock:
                self.sent.append(outgoing)
            self.on_send(outgoing)
            return answer or Accepted(f"F-{outgoing.reference}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def query(self, inquiry: Inquiry) -> Answer:
        self.asked.append(inquiry)
        if self.records_lag:
            return CannotTell("records_lag")
        if any(each.reference == inquiry.reference for each in self.sent):
            return Seen(f"F-{inquiry.reference}", self.receipts.get(inquiry.reference))
        return NotSeen()

    @property
    def rings(self) -> Counter[str]:
        """How often each phone rang."""
        return Counter(each.phone for each in self.sent)


class ProcessKilled(BaseException):
    """Stands for `kill -9`: no handler of ours runs."""
