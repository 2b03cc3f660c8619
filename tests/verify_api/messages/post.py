"""A post office for one test."""

from datetime import timedelta

from registry.crypto import Keyring
from registry.db import Sessions
from tests.verify_api.messages.fakes import CASE, CONTACT, FakeProvider, SettableClock
from verify_api.messages import kinds, service
from verify_api.messages.adapters.base import Receipt
from verify_api.messages.models import Message
from verify_api.messages.outbox import Recipient, Secret
from verify_api.messages.rules import DeliveryRules, State


class Post:
    """Leaves messages, lets time pass, delivers what is due, takes receipts."""

    def __init__(self, sessions: Sessions, keys: Keyring, clock: SettableClock) -> None:
        self.sessions, self.keys, self.clock = sessions, keys, clock
        self.provider = FakeProvider()
        self.rules = DeliveryRules()
        self.count = 0

    def leave(self, to: Recipient = CONTACT) -> int:
        self.count += 1
        with self.sessions.begin() as session:
            return kinds.passed(session, to=to, key=f"p{self.count}", now=self.clock(), **CASE).id

    def leave_code(self, *, minutes: int = 5) -> int:
        self.count += 1
        with self.sessions.begin() as session:
            secret = Secret("482913", self.keys, self.clock() + timedelta(minutes=minutes))
            key = f"c{self.count}"
            return kinds.reset_code(
                session, to=CONTACT, key=key, now=self.clock(), code=secret, minutes=minutes
            ).id

    def due(self) -> list[int]:
        with self.sessions.begin() as session:
            return service.due_ids(session, now=self.clock(), limit=100)

    def deliver(self, message_id: int) -> State | None:
        return service.deliver(
            self.sessions,
            message_id,
            provider=self.provider,
            keys=self.keys,
            clock=self.clock,
            rules=self.rules,
        )

    def run(self) -> list[State | None]:
        return [self.deliver(message_id) for message_id in self.due()]

    def row(self, message_id: int) -> Message:
        with self.sessions.begin() as session:
            return session.get_one(Message, message_id)

    def receive(self, receipt: Receipt) -> Message | None:
        with self.sessions.begin() as session:
            return service.apply_receipt(session, receipt=receipt, now=self.clock())
