"""From a row to a provider: claimed, called outside any transaction, settled."""

import logging
from datetime import date, timedelta

import pytest

from registry.crypto import Keyring
from registry.db import Sessions
from tests.verify_api.messages.fakes import (
    CASE,
    CONTACT,
    FakeProvider,
    ProcessKilled,
    SettableClock,
    at,
)
from tests.verify_api.messages.post import Post
from verify_api.messages import kinds, queries, service
from verify_api.messages.adapters.base import Fault, GiveUp, Outgoing, Receipt, RetryLater
from verify_api.messages.models import Message
from verify_api.messages.outbox import Recipient
from verify_api.messages.rules import DeliveryRules, NumberLimits, QuietHours, RetryPlan, State
from verify_api.messages.templates import Deadline

ALWAYS = QuietHours(at("2026-01-01 00:00").time(), at("2026-01-01 00:00").time())


def test_a_message_is_sent_once_and_then_nothing_is_due(post: Post) -> None:
    message_id = post.leave()
    assert post.run() == [State.ACCEPTED]
    row = post.row(message_id)
    assert (row.state, row.accepted_at, row.next_try_at, row.provider) == (
        "accepted",
        post.clock(),
        None,
        "fake",
    )
    assert post.run() == []
    assert post.deliver(message_id) is None
    assert post.provider.rings == {CONTACT.phone: 1}


def test_our_row_id_is_the_providers_reference(post: Post) -> None:
    message_id = post.leave()
    post.run()
    reference = post.provider.sent[0].reference
    assert reference.startswith(f"{message_id}-1-")
    with post.sessions.begin() as session:
        (attempt,) = queries.attempts_of(session, message_id)
    assert (attempt.reference, attempt.provider_id, attempt.outcome) == (
        reference,
        f"F-{reference}",
        "accepted",
    )


def test_no_transaction_is_open_while_the_provider_is_called(
    shared_sessions: Sessions, keys: Keyring, clock: SettableClock
) -> None:
    post = Post(shared_sessions, keys, clock)
    message_id = post.leave()
    seen: list[str] = []

    def look(_outgoing: object) -> None:
        # Another connection sees the claim committed and can lock the row at once.
        with shared_sessions.begin() as session:
            seen.append(session.get_one(Message, message_id, with_for_update={"nowait": True}).state)

    post.provider.on_send = look
    post.run()
    assert seen == ["sending"]


def test_the_phone_gets_the_secret_and_the_row_forgets_it(post: Post) -> None:
    message_id = post.leave_code()
    assert post.row(message_id).sealed is not None
    assert post.run() == [State.ACCEPTED]
    assert "验证码482913" in post.provider.sent[0].text
    assert post.provider.sent[0].params["code"] == "482913"
    row = post.row(message_id)
    assert row.sealed is None and "482913" not in row.text


def test_what_a_phone_reads_is_not_in_the_repr_of_what_is_passed_around(post: Post) -> None:
    post.leave_code()
    post.run()
    shown = repr(post.provider.sent[0])
    assert "482913" not in shown and CONTACT.phone not in shown


@pytest.mark.parametrize(
    ("hour", "states"),
    [("20:59", [State.ACCEPTED]), ("21:00", [None]), ("07:59", [None]), ("08:00", [State.ACCEPTED])],
)
def test_notices_wait_out_the_quiet_hours(post: Post, hour: str, states: list[State | None]) -> None:
    message_id = post.leave()
    post.clock.now = at(f"2026-03-03 {hour}")
    assert post.run() == states
    if states == [None]:
        assert post.row(message_id).next_try_at in (at("2026-03-04 08:00"), at("2026-03-03 08:00"))
        assert post.due() == []


def test_a_code_is_sent_in_the_middle_of_the_night(post: Post) -> None:
    post.clock.now = at("2026-03-03 02:30")
    post.leave_code()
    assert post.run() == [State.ACCEPTED]


def test_codes_go_before_everything_else(post: Post) -> None:
    first, second = post.leave(), post.leave()
    code = post.leave_code()
    assert post.due() == [code, first, second]


def test_a_code_that_has_expired_is_not_sent_and_forgotten(post: Post) -> None:
    message_id = post.leave_code(minutes=5)
    post.clock.forward(minutes=5)
    assert post.run() == [None]
    row = post.row(message_id)
    assert (row.state, row.error_code, row.sealed) == ("failed_technical", "expired", None)
    assert post.provider.sent == []


def test_a_number_over_its_daily_limit_waits_for_the_next_morning(post: Post) -> None:
    post.rules = DeliveryRules(limits=NumberLimits(messages_per_day=2))
    ids = [post.leave() for _ in range(3)]
    other = post.leave(Recipient("13900002222"))
    assert post.run() == [State.ACCEPTED, State.ACCEPTED, None, State.ACCEPTED]
    assert post.row(ids[2]).next_try_at == at("2026-03-03 08:00")
    assert post.row(other).state == "accepted"
    assert post.deliver(post.leave_code()) is State.ACCEPTED
    post.clock.now = at("2026-03-03 08:00")
    assert post.run() == [State.ACCEPTED]


@pytest.mark.parametrize(
    ("phone", "reaches_people", "state", "rings"),
    [
        ("10000001234", True, "simulated", 0),
        ("10000001234", False, "accepted", 1),
        ("13800001111", True, "accepted", 1),
    ],
)
def test_simulated_numbers_are_never_sent_where_a_phone_could_ring(
    post: Post, phone: str, reaches_people: bool, state: str, rings: int
) -> None:
    post.provider = FakeProvider(reaches_people=reaches_people)
    message_id = post.leave(Recipient(phone))
    post.run()
    assert post.row(message_id).state == state
    assert post.row(message_id).next_try_at is None
    assert len(post.provider.sent) == rings


def test_a_provider_that_puts_us_off_is_tried_again_later_and_later(post: Post) -> None:
    message_id = post.leave()
    post.rules = DeliveryRules(quiet=ALWAYS)
    waits = RetryPlan().refused
    post.provider.answers = [RetryLater("throttled")] * len(waits)
    for n, wait in enumerate(waits, 1):
        assert post.run() == [State.CREATED]
        row = post.row(message_id)
        assert (row.refusals, row.error_code, row.next_try_at) == (n, "throttled", post.clock() + wait)
        post.clock.now = row.next_try_at
    assert post.run() == [State.ACCEPTED]
    assert post.row(message_id).error_code is None
    with post.sessions.begin() as session:
        assert len(queries.attempts_of(session, message_id)) == len(waits) + 1


def test_after_the_last_try_a_person_has_to_look(post: Post) -> None:
    message_id = post.leave_code(minutes=10_000)
    waits = RetryPlan().refused
    post.provider.answers = [RetryLater("no_balance")] * (len(waits) + 1)
    while post.run():
        due = post.row(message_id).next_try_at
        post.clock.now = due or post.clock.now
    row = post.row(message_id)
    assert (row.state, row.error_code, row.sealed) == ("failed_technical", "no_balance", None)


def test_the_provider_may_ask_for_more_patience_than_ours_but_not_for_less(post: Post) -> None:
    message_id = post.leave()
    post.provider.answers = [RetryLater("no_balance", after=timedelta(hours=1))]
    post.run()
    assert post.row(message_id).next_try_at == post.clock() + timedelta(hours=1)
    post.clock.forward(hours=1)
    post.provider.answers = [RetryLater("throttled", after=timedelta(seconds=1))]
    post.run()
    assert post.row(message_id).next_try_at == post.clock() + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("fault", "state"), [(Fault.NUMBER, "failed_permanent"), (Fault.TECHNICAL, "failed_technical")]
)
def test_a_message_that_would_be_refused_again_is_given_up_at_once(
    post: Post, fault: Fault, state: str
) -> None:
    message_id = post.leave()
    post.provider.answers = [GiveUp("blacklisted", fault)]
    post.run()
    row = post.row(message_id)
    assert (row.state, row.error_code, row.next_try_at) == (state, "blacklisted", None)


@pytest.mark.parametrize("answer", [RetryLater("timeout", is_uncertain=True), RuntimeError("13800001111")])
def test_after_an_unclear_answer_the_provider_is_asked_and_nobody_is_texted_twice(
    post: Post, answer: RetryLater | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    message_id = post.leave()
    post.provider.answers = [answer]
    with caplog.at_level(logging.DEBUG):
        assert post.run() == [State.SENDING]
    assert CONTACT.phone not in caplog.text
    assert post.run() == []
    # It did arrive, only the answer was lost.
    with post.sessions.begin() as session:
        (attempt,) = queries.attempts_of(session, message_id)
    post.provider.sent.append(Outgoing(attempt.reference, "passed", "", CONTACT.phone, "", {}))
    post.clock.forward(minutes=10)
    assert post.run() == [State.ACCEPTED]
    assert len(post.provider.sent) == 1 and len(post.provider.asked) == 1


def test_what_the_provider_never_saw_is_sent_under_the_same_reference(post: Post) -> None:
    message_id = post.leave()
    post.provider.answers = [RetryLater("timeout", is_uncertain=True)]
    post.run()
    post.clock.forward(minutes=10)
    assert post.run() == [State.CREATED]
    assert post.run() == [State.ACCEPTED]
    assert post.provider.rings == {CONTACT.phone: 1}
    assert post.provider.sent[0].reference == post.provider.asked[0].reference
    assert post.row(message_id).attempts == 1


def test_what_was_never_seen_still_waits_out_the_quiet_hours(post: Post) -> None:
    post.clock.now = at("2026-03-02 20:55")
    message_id = post.leave()
    post.provider.answers = [RetryLater("timeout", is_uncertain=True)]
    post.run()
    post.clock.forward(minutes=10)
    assert post.run() == [State.CREATED]
    assert post.run() == [None]
    assert post.row(message_id).next_try_at == at("2026-03-03 08:00")


def test_a_code_of_unclear_fate_that_expired_is_not_sent_again(post: Post) -> None:
    message_id = post.leave_code(minutes=5)
    post.provider.answers = [RetryLater("timeout", is_uncertain=True)]
    post.run()
    post.clock.forward(minutes=10)
    post.run()
    post.run()
    row = post.row(message_id)
    assert (row.state, row.error_code, row.sealed) == ("failed_technical", "expired", None)
    assert post.provider.sent == []


def test_a_provider_that_cannot_tell_is_asked_again_and_then_a_person_decides(post: Post) -> None:
    message_id = post.leave()
    post.provider.answers = [RetryLater("timeout", is_uncertain=True)]
    post.provider.records_lag = True
    post.run()
    for _ in range(20):
        due = post.row(message_id).next_try_at
        if due is None:
            break
        post.clock.now = due
        post.run()
    row = post.row(message_id)
    assert (row.state, row.error_code) == ("failed_technical", "outcome_unknown")
    assert len(post.provider.asked) == len(RetryPlan().unclear)
    assert post.provider.sent == []


def test_killed_between_the_claim_and_the_call_the_message_is_sent_by_the_next_worker(post: Post) -> None:
    message_id = post.leave()
    post.provider.before_send = _kill
    with pytest.raises(ProcessKilled):
        post.run()
    assert post.row(message_id).state == "sending"
    assert post.due() == []
    post.provider.before_send = post.provider.on_send
    post.clock.forward(minutes=10)
    assert post.run() == [State.CREATED]
    assert post.run() == [State.ACCEPTED]
    assert post.provider.rings == {CONTACT.phone: 1}


def _kill(_outgoing: object) -> None:
    raise ProcessKilled


def test_killed_between_the_call_and_the_settlement_nobody_is_texted_twice(post: Post) -> None:
    message_id = post.leave()
    post.provider.on_send = _kill
    with pytest.raises(ProcessKilled):
        post.run()
    assert post.provider.rings == {CONTACT.phone: 1}
    post.provider.on_send = lambda _outgoing: None
    post.clock.forward(minutes=9, seconds=59)
    assert post.run() == []
    post.clock.forward(seconds=1)
    assert post.run() == [State.ACCEPTED]
    assert post.provider.rings == {CONTACT.phone: 1}
    assert post.row(message_id).provider_id == f"F-{post.provider.sent[0].reference}"


def test_a_worker_that_slept_through_its_claim_does_not_call(post: Post) -> None:
    message_id = post.leave()
    ticks = iter([post.clock(), post.clock() + timedelta(minutes=5)])
    state = service.deliver(
        post.sessions, message_id, provider=post.provider, keys=post.keys, clock=lambda: next(ticks)
    )
    assert state is State.SENDING and post.provider.sent == []


def test_an_acceptance_that_comes_after_the_claim_was_given_up_still_counts(post: Post) -> None:
    message_id = post.leave()

    def somebody_asks_meanwhile(_outgoing: object) -> None:
        # The call hangs; another worker asks before the provider knows anything, and puts the message back.
        post.clock.forward(minutes=10)
        behind = FakeProvider()
        service.deliver(post.sessions, message_id, provider=behind, keys=post.keys, clock=post.clock)
        assert post.row(message_id).state == "created"

    post.provider.on_send = somebody_asks_meanwhile
    assert post.run() == [State.ACCEPTED]
    assert post.run() == [] and post.provider.rings == {CONTACT.phone: 1}


def test_a_receipt_that_overtakes_the_acceptance_is_not_undone_by_it(post: Post) -> None:
    message_id = post.leave_code()

    def receipt_arrives(outgoing: object) -> None:
        reference = post.provider.sent[-1].reference
        receipt = Receipt("fake", True, "DELIVRD", reference=reference, reported_at=post.clock())
        with post.sessions.begin() as session:
            service.apply_receipt(session, receipt=receipt, now=post.clock())

    post.provider.on_send = receipt_arrives
    assert post.run() == [State.DELIVERED]
    row = post.row(message_id)
    assert row.sealed is None and row.accepted_at == row.delivered_at == post.clock()
    assert row.provider_id is not None


def test_the_text_that_was_left_is_the_text_that_is_sent(post: Post) -> None:
    message_id = post.leave()
    with post.sessions.begin() as session:
        session.get_one(Message, message_id).text = "发送前的文字"
    post.run()
    assert post.provider.sent[0].text == "发送前的文字"


def test_a_worker_without_the_key_puts_the_message_back(post: Post) -> None:
    message_id = post.leave_code()
    right, post.keys = post.keys, Keyring({"k2": bytes(32)})
    assert post.run() == [None]
    assert (post.row(message_id).state, post.row(message_id).error_code) == (
        "created",
        "sealed_unreadable",
    )
    post.keys = right
    post.clock.forward(minutes=1)
    assert post.run() == [State.ACCEPTED]


def test_an_answer_to_a_claim_that_has_passed_on_decides_nothing(post: Post) -> None:
    message_id = post.leave()

    def somebody_asks_meanwhile(_outgoing: object) -> None:
        post.clock.forward(minutes=10)
        behind = FakeProvider()
        behind.records_lag = True
        service.deliver(post.sessions, message_id, provider=behind, keys=post.keys, clock=post.clock)

    post.provider.before_send = somebody_asks_meanwhile
    post.provider.answers = [GiveUp("blacklisted", Fault.NUMBER)]
    assert post.run() == [State.SENDING]
    assert post.row(message_id).error_code == "records_lag"


def test_another_provider_is_not_asked_what_became_of_a_try_and_does_not_repeat_it(post: Post) -> None:
    message_id = post.leave()
    post.provider.answers = [RetryLater("timeout", is_uncertain=True)]
    post.run()
    post.provider = FakeProvider()
    post.provider.name = "other"
    post.clock.forward(minutes=10)
    assert post.run() == [State.SENDING]
    assert post.provider.asked == [] and post.provider.sent == []
    assert post.row(message_id).error_code == "provider_changed"


def test_a_text_this_version_does_not_know_is_closed_and_does_not_block_the_others(post: Post) -> None:
    old, new = post.leave(), post.leave()
    with post.sessions.begin() as session:
        session.get_one(Message, old).template = "abolished"
    assert post.run() == [None, State.ACCEPTED]
    assert (post.row(old).state, post.row(old).error_code) == ("failed_technical", "template_unknown")
    assert post.row(new).state == "accepted"


@pytest.mark.parametrize(
    ("at_", "state"), [("2026-03-09 20:00", "accepted"), ("2026-03-10 08:00", "failed_technical")]
)
def test_a_reminder_does_not_arrive_after_its_day(post: Post, at_: str, state: str) -> None:
    with post.sessions.begin() as session:
        message = kinds.reminder(
            session,
            to=CONTACT,
            key="r",
            now=post.clock(),
            deadline=Deadline.FIRST_INITIATE,
            last_day=date(2026, 3, 9),
            days_left=7,
            **CASE,
        )
    post.clock.now = at(at_)
    post.run()
    assert post.row(message.id).state == state
