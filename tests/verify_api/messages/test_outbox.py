"""Leaving a message: one row per key, never in the way of the step that leaves it."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.db import Sessions
from tests.verify_api.messages.fakes import CASE, CONTACT, at
from verify_api.messages import kinds
from verify_api.messages.models import Message
from verify_api.messages.outbox import NO_NUMBER, MessageKeyReused, Recipient, Secret, TooManyCodes, unseal

NOW = at("2026-03-02 10:00")


def code(session: Session, keys: Keyring, key: str, *, phone: str = CONTACT.phone, **later: float) -> Message:
    now = NOW + timedelta(**later)
    secret = Secret("482913", keys, now + timedelta(minutes=5))
    return kinds.reset_code(session, to=Recipient(phone), key=key, now=now, code=secret, minutes=5)


def test_a_key_that_stands_for_another_message_is_refused(session: Session) -> None:
    kinds.passed(session, to=CONTACT, key="k", now=NOW, **CASE)
    with pytest.raises(MessageKeyReused):
        kinds.rectified(session, to=CONTACT, key="k", now=NOW, **CASE)
    with pytest.raises(MessageKeyReused):
        kinds.passed(session, to=Recipient("13800009999"), key="k", now=NOW, **CASE)


def test_a_message_vanishes_with_the_transaction_that_left_it(sessions: Sessions) -> None:
    with pytest.raises(RuntimeError), sessions.begin() as session:
        kinds.passed(session, to=CONTACT, key="k", now=NOW, **CASE)
        raise RuntimeError
    with sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_two_transactions_with_one_key_leave_one_message(shared_sessions: Sessions) -> None:
    barrier = Barrier(4)
    ids: list[int] = []

    def leave() -> None:
        barrier.wait()
        with shared_sessions.begin() as session:
            ids.append(kinds.passed(session, to=CONTACT, key="same", now=NOW, **CASE).id)

    threads = [Thread(target=leave) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4 and len(set(ids)) == 1


@pytest.mark.rule("SZ-03")
@pytest.mark.parametrize("phone", ["", "0755-83788725", "+852 9123 4567"])
def test_a_contact_who_cannot_be_texted_does_not_stop_the_step_but_is_on_record(
    session: Session, phone: str
) -> None:
    message = kinds.notice_issued(session, to=Recipient(phone), key="n", now=NOW, number="1", **CASE)
    assert (message.state, message.error_code, message.next_try_at) == ("failed_permanent", NO_NUMBER, None)


def test_a_secret_for_a_contact_who_cannot_be_texted_is_not_even_kept(
    session: Session, keys: Keyring
) -> None:
    assert code(session, keys, "a", phone="").sealed is None


def test_the_number_is_kept_as_eleven_digits(session: Session) -> None:
    message = kinds.passed(session, to=Recipient("+86 138-0000-1111"), key="k", now=NOW, **CASE)
    assert message.to_phone == "13800001111"
    assert kinds.passed(session, to=CONTACT, key="k", now=NOW, **CASE).id == message.id


def test_what_was_sealed_opens_under_the_same_keys(session: Session, keys: Keyring) -> None:
    assert unseal(code(session, keys, "a"), keys) == {"code": "482913"}


@pytest.mark.rule("SZ-05")
def test_a_second_code_within_60_seconds_is_refused_with_the_seconds_to_wait(
    session: Session, keys: Keyring
) -> None:
    code(session, keys, "a")
    with pytest.raises(TooManyCodes) as refusal:
        code(session, keys, "b", seconds=45)
    assert refusal.value.retry_after_s == 16
    assert code(session, keys, "c", seconds=60).state == "created"
    assert code(session, keys, "d", phone="13900002222").state == "created"


@pytest.mark.rule("SZ-05")
def test_asking_again_with_the_same_key_is_no_second_code(session: Session, keys: Keyring) -> None:
    assert code(session, keys, "a").id == code(session, keys, "a", seconds=1).id


@pytest.mark.rule("SZ-05")
def test_the_eleventh_code_of_a_day_is_refused(session: Session, keys: Keyring) -> None:
    for n in range(10):
        code(session, keys, f"c{n}", minutes=2 * n)
    with pytest.raises(TooManyCodes):
        code(session, keys, "c10", minutes=20)
    assert code(session, keys, "c11", hours=24, seconds=1).state == "created"


@pytest.mark.rule("SZ-05")
def test_two_requests_at_the_same_moment_get_one_code(shared_sessions: Sessions, keys: Keyring) -> None:
    barrier = Barrier(4)
    got: list[str] = []

    def ask(n: int) -> None:
        barrier.wait()
        try:
            with shared_sessions.begin() as session:
                code(session, keys, f"k{n}")
            got.append("code")
        except TooManyCodes:
            got.append("wait")

    threads = [Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == ["code", "wait", "wait", "wait"]
