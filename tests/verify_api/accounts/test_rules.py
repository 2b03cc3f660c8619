"""Passwords, limits, sessions and gates."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify_api.accounts.passwords import make_code, make_password
from verify_api.accounts.rules import (
    GATES,
    Gate,
    GateClosed,
    Step,
    Tally,
    account_limit,
    after_failure,
    is_live,
    locked_for,
    next_gate,
    weaknesses,
)
from verify_api.policy.values import Accounts

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
RULE = Accounts()
LIMIT = account_limit(RULE)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("Abcdefgh12", []),  # ten characters, three classes
        ("Abcdefg12", ["password_too_short"]),
        ("abcdefgh12", ["password_too_simple"]),
        ("abcdefgh1!", []),
        ("Aa1" + "x1Y" * 41 + "zz", []),  # 128
        ("Aa1" + "x1Y" * 42, ["password_too_long"]),  # 129
        ("my-Shenhe1-pw", ["password_contains_account"]),
        ("Aaaa1Aaaa1", ["password_repetitive"]),
        ("Aabc1Aabc1", []),  # five different characters
        ("", ["password_too_short", "password_too_simple", "password_repetitive"]),
    ],
)
def test_a_new_password_is_refused_with_every_reason(password: str, codes: list[str]) -> None:
    assert [reason.code for reason in weaknesses(password, username="shenhe1", rule=RULE)] == codes


def test_passwords_and_codes_made_here_differ_and_meet_the_rules() -> None:
    made = {make_password() for _ in range(200)}
    assert len(made) == 200
    assert all(weaknesses(password, username="91440300MA5EX00106", rule=RULE) == [] for password in made)
    assert all(len(code) == 6 and code.isdigit() for code in (make_code() for _ in range(50)))


def _after(failures: int, *, every: timedelta = timedelta(seconds=1)) -> Tally | None:
    tally, at = None, NOW
    for _ in range(failures):
        tally = after_failure(tally, LIMIT, now=at)
        at += every
    return tally


@pytest.mark.parametrize(("failures", "is_locked"), [(0, False), (4, False), (5, True), (6, True)])
def test_the_fifth_failure_locks(failures: int, is_locked: bool) -> None:
    assert (locked_for(_after(failures), now=NOW + timedelta(seconds=10)) is not None) is is_locked


def test_a_lock_ends_after_half_an_hour_and_counting_starts_anew() -> None:
    tally = _after(5)
    fifth = NOW + timedelta(seconds=4)
    end = fifth + LIMIT.lock
    assert locked_for(tally, now=end - timedelta(microseconds=1)) == timedelta(microseconds=1)
    assert locked_for(tally, now=end) is None
    assert after_failure(tally, LIMIT, now=end).failures == 1


def test_failures_spread_wider_than_the_window_never_lock() -> None:
    tally = _after(20, every=timedelta(minutes=8))
    assert tally is not None
    assert tally.locked_until is None


@pytest.mark.parametrize(
    ("idle_s", "age_s", "live"),
    [(1799, 1799, True), (1800, 1800, False), (10, 12 * 3600 - 1, True), (10, 12 * 3600, False)],
)
def test_a_session_ends_after_half_an_hour_idle_or_half_a_day(idle_s: int, age_s: int, live: bool) -> None:
    answer = is_live(
        last_seen_at=NOW - timedelta(seconds=idle_s),
        expires_at=NOW - timedelta(seconds=age_s) + timedelta(hours=12),
        revoked_at=None,
        idle=HALF_AN_HOUR,
        now=NOW,
    )
    assert answer is live


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_an_ended_session_is_never_live(seen: datetime, expires: datetime) -> None:
    assert not is_live(last_seen_at=seen, expires_at=expires, revoked_at=NOW, idle=HALF_AN_HOUR, now=NOW)


@pytest.mark.rule("SZ-12")
@pytest.mark.parametrize("gate", Gate)
@pytest.mark.parametrize("step", Step)
def test_every_step_at_every_gate_leads_on_or_is_refused_with_what_comes_first(
    gate: Gate, step: Step
) -> None:
    order = list(Gate)
    if (gate, step) in GATES:
        assert order.index(next_gate(gate, step)) in (order.index(gate), order.index(gate) + 1)
        return
    with pytest.raises(GateClosed) as refused:
        next_gate(gate, step)
    assert refused.value.reasons
    assert (gate, step) in {
        (Gate.INVITED, Step.LICENCE),
        (Gate.INVITED, Step.VIDEO),
        (Gate.INFO_CONFIRMED, Step.VIDEO),
    }
