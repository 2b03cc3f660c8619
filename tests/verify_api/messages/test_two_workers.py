"""Several workers, really committed: each phone rings once."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Thread
from time import sleep

import pytest
from sqlalchemy import func, select

from registry.crypto import Keyring
from registry.db import Sessions
from tests.verify_api.messages.fakes import CASE, FakeProvider, ProcessKilled, SettableClock
from tests.verify_api.messages.post import Post
from verify_api.messages import kinds, service
from verify_api.messages.adapters.base import Receipt, RetryLater
from verify_api.messages.claims import claim_message
from verify_api.messages.models import Message, MessageAttempt
from verify_api.messages.outbox import Recipient
from verify_api.messages.rules import DeliveryRules, NumberLimits, State


@pytest.fixture
def post(shared_sessions: Sessions, keys: Keyring, clock: SettableClock) -> Post:
    return Post(shared_sessions, keys, clock)


def test_two_workers_with_the_same_list_text_nobody_twice(post: Post) -> None:
    for n in range(40):
        post.leave(Recipient(f"1380000{n:04d}"))
    ids = post.due()
    assert len(ids) == 40
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(post.deliver, random.Random(7).sample(ids * 3, 120)))
    assert set(post.provider.rings.values()) == {1} and len(post.provider.sent) == 40
    with post.sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(MessageAttempt)) == 40


def test_two_workers_that_find_the_same_dead_claim_ask_once_and_send_once(post: Post) -> None:
    message_id = post.leave()
    post.provider.before_send = _kill
    with pytest.raises(ProcessKilled):
        post.run()
    post.provider.before_send = post.provider.on_send
    post.clock.forward(minutes=10)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(post.deliver, [message_id] * 4))
        list(pool.map(post.deliver, [message_id] * 4))
    assert len(post.provider.sent) == 1 and len(post.provider.asked) == 1


def _kill(_outgoing: object) -> None:
    raise ProcessKilled


def test_a_daily_limit_holds_under_several_workers(post: Post) -> None:
    for _ in range(30):
        post.leave()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(post.deliver, post.due()))
    assert len(post.provider.sent) == DeliveryRules().limits.messages_per_day


def test_receipts_and_settlements_at_the_same_time_end_delivered(post: Post) -> None:
    for n in range(20):
        post.leave(Recipient(f"1380000{n:04d}"))

    def receipt_at_once(outgoing: object) -> None:
        reference = outgoing.reference  # type: ignore[attr-defined]
        post.receive(Receipt("fake", True, "DELIVRD", provider_id=f"F-{reference}"))
        post.receive(Receipt("fake", True, "DELIVRD", reference=reference))

    post.provider.on_send = receipt_at_once
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(post.deliver, post.due())) == {State.DELIVERED}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_breaks_no_phone_rings_twice_and_no_message_is_lost(post: Post, seed: int) -> None:
    """Kills before and after the call, unclear answers, refusals, two workers, receipts late or never."""
    chance = random.Random(seed)
    post.provider = _Unreliable(chance)
    with post.sessions.begin() as session:
        for n in range(25):
            to = Recipient(f"1390000{n:04d}")
            kinds.passed(session, to=to, key=f"x{n}", now=post.clock(), **CASE)

    def work(message_id: int) -> None:
        try:
            post.deliver(message_id)
        except ProcessKilled:
            return

    for _ in range(60):
        ids = post.due()
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(work, ids + ids))
        post.clock.now += timedelta(minutes=chance.choice((1, 7, 30, 90)))
    with post.sessions.begin() as session:
        states = dict(session.execute(select(Message.to_phone, Message.state)).all())
    assert max(post.provider.rings.values()) == 1
    for phone, state in states.items():
        assert (state == State.ACCEPTED) == (phone in post.provider.rings)
        assert state in (State.ACCEPTED, State.FAILED_TECHNICAL, State.CREATED)
    assert sum(state == State.ACCEPTED for state in states.values()) >= 20


class _Unreliable(FakeProvider):
    """Dies, hesitates or refuses about half of the time."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.before_send = self.on_send = self._perhaps
        self._chance = chance

    def _perhaps(self, _outgoing: object) -> None:
        roll = self._chance.random()
        if roll < 0.15:
            raise ProcessKilled
        if roll < 0.25:
            raise RuntimeError("connection reset")
        if roll < 0.3:
            self.answers.append(RetryLater("throttled"))


def test_a_receipt_and_an_acceptance_that_cross_find_each_other(post: Post) -> None:
    """The receipt finds no attempt when it comes, and is not committed yet when the acceptance looks."""
    message_id = post.leave()
    crossing = post.sessions()
    worker: list[Thread] = []

    def receipt_under_way(_outgoing: object) -> None:
        provider_id = f"F-{post.provider.sent[0].reference}"
        receipt = Receipt("fake", True, "DELIVRD", provider_id=provider_id)
        assert service.apply_receipt(crossing, receipt=receipt, now=post.clock()) is None
        worker.append(Thread(target=lambda: (sleep(0.3), crossing.commit())))
        worker[0].start()

    post.provider.on_send = receipt_under_way
    assert post.run() == [State.DELIVERED]
    worker[0].join()
    crossing.close()
    assert post.row(message_id).state == "delivered"


def test_two_claims_for_one_number_are_counted_one_after_the_other(post: Post) -> None:
    first, second = post.leave(), post.leave()
    post.rules = DeliveryRules(limits=NumberLimits(messages_per_day=1))
    crossing = post.sessions()
    claim = claim_message(
        crossing, first, provider=post.provider, keys=post.keys, now=post.clock(), rules=post.rules
    )
    worker = Thread(target=lambda: (sleep(0.3), crossing.commit()))
    worker.start()
    assert claim is not None and post.deliver(second) is None
    worker.join()
    crossing.close()
    assert post.row(second).state == "created" and post.provider.sent == []
