"""Pure rules: length, quiet hours, limits, states."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.clock import SHANGHAI
from tests.verify_api.messages.fakes import at
from verify_api.messages.rules import (
    TRANSITIONS,
    Event,
    MessageStateConflict,
    NumberLimits,
    QuietHours,
    RetryPlan,
    State,
    TextTooLong,
    allowed_from,
    code_wait,
    day_start,
    delivered_on,
    is_simulated,
    mainland_number,
    next_state,
    retry_at,
    segments,
)


@pytest.mark.parametrize(
    ("size", "parts"),
    [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (160, 3), (201, 3), (202, 4), (500, 8)],
)
def test_a_text_is_one_part_up_to_70_characters_and_67_to_a_part_beyond(size: int, parts: int) -> None:
    assert segments("深" * size) == parts


def test_a_text_of_501_characters_is_refused() -> None:
    with pytest.raises(TextTooLong):
        segments("深" * 501)


def test_a_rare_character_counts_twice_as_carriers_count_it() -> None:
    assert segments("𠮷" * 35) == 1
    assert segments("𠮷" * 36) == 2


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        ("2026-03-02 20:59:59.999999", "2026-03-02 20:59:59.999999"),
        ("2026-03-02 21:00", "2026-03-03 08:00"),
        ("2026-03-02 23:59:59", "2026-03-03 08:00"),
        ("2026-03-03 00:00", "2026-03-03 08:00"),
        ("2026-03-03 07:59:59.999999", "2026-03-03 08:00"),
        ("2026-03-03 08:00", "2026-03-03 08:00"),
        ("2026-12-31 22:00", "2027-01-01 08:00"),
    ],
)
def test_nobody_is_texted_from_21_until_8(now: str, allowed: str) -> None:
    assert allowed_from(at(now), QuietHours()) == at(allowed)


def test_quiet_hours_within_one_day_and_none_at_all() -> None:
    noon = QuietHours(time(12), time(14))
    assert allowed_from(at("2026-03-02 13:00"), noon) == at("2026-03-02 14:00")
    assert allowed_from(at("2026-03-02 14:00"), noon) == at("2026-03-02 14:00")
    assert allowed_from(at("2026-03-02 23:00"), QuietHours(time(0), time(0))) == at("2026-03-02 23:00")


@given(st.integers(0, 20 * 365 * 86_400))
def test_the_moment_allowed_is_never_quiet_and_never_earlier(seconds: int) -> None:
    now = at("2020-01-01 00:00") + timedelta(seconds=seconds)
    allowed = allowed_from(now, QuietHours())
    assert now <= allowed <= now + timedelta(hours=11)
    assert time(8) <= allowed.astimezone(SHANGHAI).time() < time(21)
    assert allowed_from(allowed, QuietHours()) == allowed


@pytest.mark.rule("SZ-05")
@pytest.mark.parametrize(
    ("ago_s", "wait_s"), [([59], 1), ([60], None), ([61], None), ([], None), ([30, 3000], 30)]
)
def test_a_number_gets_one_code_in_60_seconds(ago_s: list[int], wait_s: int | None) -> None:
    now = at("2026-03-02 10:00")
    wait = code_wait([now - timedelta(seconds=s) for s in ago_s], now=now, limits=NumberLimits())
    assert wait == (timedelta(seconds=wait_s) if wait_s else None)


@pytest.mark.rule("SZ-05")
def test_a_number_gets_ten_codes_in_a_day_and_the_eleventh_when_the_first_is_a_day_old() -> None:
    now = at("2026-03-02 10:00")
    nine = [now - timedelta(hours=hour) for hour in range(1, 10)]
    assert code_wait(nine, now=now, limits=NumberLimits()) is None
    ten = [*nine, now - timedelta(hours=23)]
    assert code_wait(ten, now=now, limits=NumberLimits()) == timedelta(hours=1)


def test_a_day_of_a_number_begins_at_midnight_in_shenzhen() -> None:
    assert day_start(datetime.fromisoformat("2026-03-02T16:00:00+00:00")) == at("2026-03-03 00:00")
    assert day_start(datetime.fromisoformat("2026-03-02T15:59:59+00:00")) == at("2026-03-02 00:00")


def test_retries_wait_longer_and_longer_and_end() -> None:
    now = at("2026-03-02 10:00")
    plan = RetryPlan()
    assert retry_at(plan.refused, 1, now=now) == now + timedelta(minutes=1)
    assert retry_at(plan.refused, len(plan.refused), now=now) == now + plan.refused[-1]
    assert retry_at(plan.refused, len(plan.refused) + 1, now=now) is None
    assert list(plan.refused) == sorted(plan.refused)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("13800001111", "13800001111"),
        ("+86 138-0000-1111", "13800001111"),
        ("008613800001111", "13800001111"),
        ("8613800001111", "13800001111"),
        ("10000000001", "10000000001"),
        ("1380000111", None),
        ("138000011112", None),
        ("23800001111", None),
        ("0755-83788725", None),
        ("+852 9123 4567", None),
        ("１３８００００１１１１", None),
        ("1３８００００１１１１", None),
        ("", None),
    ],
)
def test_only_mainland_mobile_numbers_are_texted(given: str, number: str | None) -> None:
    assert mainland_number(given) == number


@pytest.mark.parametrize(("phone", "made_up"), [("10000001234", True), ("10000011234", False)])
def test_simulated_numbers_are_known_by_their_beginning(phone: str, made_up: bool) -> None:
    assert is_simulated(phone, ("1000000",)) is made_up


@pytest.mark.rule("SZ-32")
@pytest.mark.parametrize(
    ("reported", "counts"),
    [
        ("2026-03-02 10:05", "2026-03-02 10:05"),
        ("2026-03-02 10:00", "2026-03-02 10:00"),
        ("2026-03-02 09:59", "2026-03-02 10:30"),
        ("2026-03-02 10:31", "2026-03-02 10:30"),
        (None, "2026-03-02 10:30"),
    ],
)
def test_the_carriers_time_counts_unless_it_cannot_be_true(reported: str | None, counts: str) -> None:
    sent, now = at("2026-03-02 10:00"), at("2026-03-02 10:30")
    assert delivered_on(at(reported) if reported else None, sent=sent, now=now) == at(counts)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_of_state_and_event_is_decided(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(MessageStateConflict):
            next_state(state, event)


def test_nothing_leaves_delivered_or_simulated() -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] in (State.DELIVERED, State.SIMULATED)]


def test_every_state_can_be_reached_from_created() -> None:
    reached = {State.CREATED}
    for _ in State:
        reached |= {after for (before, _event), after in TRANSITIONS.items() if before in reached}
    assert reached == set(State)
