"""The job that sends what is due."""

import logging

import pytest

from tests.verify_api.messages.fakes import CONTACT, FakeProvider
from tests.verify_api.messages.post import Post
from verify_api.messages.adapters.base import Outgoing
from verify_api.messages.dispatch import BATCH, deliver_due, poll
from verify_api.messages.outbox import Recipient
from verify_api.parts import Parts


def test_everything_due_is_sent_in_one_run_however_many_batches_it_takes(post: Post, parts: Parts) -> None:
    for n in range(2 * BATCH + 5):
        post.leave(Recipient(f"1380000{n:04d}"))
    assert deliver_due(parts, post.provider) == 2 * BATCH + 5
    assert deliver_due(parts, post.provider) == 0


def test_a_code_that_comes_in_meanwhile_waits_for_one_batch_at_most(post: Post, parts: Parts) -> None:
    for n in range(2 * BATCH):
        post.leave(Recipient(f"1380000{n:04d}"))

    def somebody_asks_for_a_code(_outgoing: Outgoing) -> None:
        if len(post.provider.sent) == 1:
            post.leave_code()

    post.provider.on_send = somebody_asks_for_a_code
    deliver_due(parts, post.provider)
    assert [outgoing.template for outgoing in post.provider.sent].index("reset_code") == BATCH


def test_messages_that_break_do_not_hold_up_the_others(
    post: Post, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    broken = [post.leave(Recipient(f"1390000{n:04d}")) for n in range(BATCH + 1)]
    good = post.leave()
    provider = _Breaking(broken)
    with caplog.at_level(logging.ERROR):
        assert deliver_due(parts, provider) == 1
    assert post.row(good).state == "accepted"
    assert CONTACT.phone not in caplog.text and "1390000" not in caplog.text


class _Breaking(FakeProvider):
    """Cannot even be asked whether it reaches people while one of some messages is being claimed."""

    def __init__(self, broken: list[int]) -> None:
        super().__init__(reaches_people=True)
        self._left = len(broken)

    @property
    def reaches_people(self) -> bool:
        self._left -= 1
        if self._left >= 0:
            raise RuntimeError("13900000000")
        return True

    @reaches_people.setter
    def reaches_people(self, _value: bool) -> None:
        return


def test_without_a_provider_everything_stays_in_the_outbox(post: Post, parts: Parts) -> None:
    message_id = post.leave()
    assert (deliver_due(parts, None), poll(parts, None)) == (0, 0)
    assert post.row(message_id).state == "created"
