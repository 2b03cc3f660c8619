"""The door of an attempt: who may begin, where, and what is kept of a refusal."""

import json
import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

import geo
from tests.verify_api.cases.test_journeys_of_a_case import approve, come, open_first
from tests.verify_api.factories import Firm, at, make_firm
from verify_api.cases.models import Case
from verify_api.checkins import door
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.queries import approved_list
from verify_api.checkins.service import Opened, open_attempt
from verify_api.faces.service import give_consent

NOW = at("2025-03-04 10:00")
HERE = {"longitude": 114.0579, "latitude": 22.5431, "datum": "wgs84", "accuracy_m": 20.0, "captured_at": NOW}
GOOD = door.DoorFacts(
    is_listed=True,
    is_open=True,
    closes_at=NOW + timedelta(days=1),
    is_accepted=False,
    has_consent=True,
    attempts_today=0,
    attempts_per_day=10,
)


@pytest.mark.rule("SZ-30a")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"is_listed": False}, "not_selected"),
        ({"is_open": False}, "window_closed"),
        ({"is_open": False, "closes_at": None}, "window_not_open"),
        ({"closes_at": None}, "window_closed"),
        ({"closes_at": NOW}, "window_closed"),
        ({"closes_at": NOW + timedelta(microseconds=1)}, None),
        ({"is_accepted": True}, "already_accepted"),
        ({"is_accepted": True, "is_open": False}, "already_accepted"),
        ({"has_consent": False}, "consent_required"),
        ({"attempts_today": 9}, None),
        ({"attempts_today": 10}, "too_many_attempts"),
    ],
)
def test_the_door_lets_in_whom_the_rules_let_in(change: dict[str, object], code: str | None) -> None:
    found = door.refusals(replace(GOOD, **change), now=NOW)  # type: ignore[arg-type]
    assert [reason.code for reason in found] == ([] if code is None else [code])


@given(
    st.builds(
        door.DoorFacts,
        is_listed=st.booleans(),
        is_open=st.booleans(),
        closes_at=st.sampled_from([None, NOW, NOW + timedelta(1)]),
        is_accepted=st.booleans(),
        has_consent=st.booleans(),
        attempts_today=st.integers(0, 12),
        attempts_per_day=st.just(10),
    )
)
def test_one_thing_wrong_is_enough_to_stay_out(facts: door.DoorFacts) -> None:
    all_right = (
        facts.is_listed
        and facts.is_open
        and facts.closes_at == NOW + timedelta(1)
        and not facts.is_accepted
        and facts.has_consent
        and facts.attempts_today < 10
    )
    assert (door.refusals(facts, now=NOW) == ()) == all_right


def _begin(
    session: Session, firm: Firm, case: Case, *, person: int | None = None, **position: object
) -> Opened:
    return open_attempt(
        session,
        person_id=person if person is not None else firm.enough[0],
        case_number=case.number,
        position=HERE | position,
        device={"id": "d1"},
        now=NOW,
    )


@pytest.fixture
def open_case(session: Session) -> tuple[Firm, Case]:
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    approve(session, firm, case, at("2025-03-03 10:00"))
    for person in firm.enough:
        give_consent(session, person_id=person, notice_version="1", channel="miniapp", now=NOW)
    return firm, case


def test_the_right_person_at_the_right_place_gets_a_single_use_challenge(
    session: Session, open_case: tuple[Firm, Case]
) -> None:
    firm, case = open_case
    one, two = _begin(session, firm, case), _begin(session, firm, case)
    assert one.attempt is not None and two.attempt is not None
    assert one.reasons == ()
    assert {prompt["ask"] for prompt in one.attempt.prompts} >= {"front"}
    assert one.attempt.expires_at == NOW + timedelta(seconds=90)
    assert one.attempt.nonce != two.attempt.nonce


@pytest.mark.rule("SZ-30a")
@pytest.mark.parametrize(
    ("position", "code"),
    [
        ({"latitude": 22.5431 + 900 / 111_000}, "outside_fence"),
        ({"accuracy_m": 5000.0}, "accuracy_too_low"),
        ({"accuracy_m": 100.0}, None),
        ({"accuracy_m": 100.1}, "accuracy_too_low"),
        ({"captured_at": NOW - timedelta(seconds=60)}, None),
        ({"captured_at": NOW - timedelta(hours=1)}, "position_too_old"),
        ({"datum": None}, "datum_missing"),
        ({"datum": "gcj02"}, "wrong_datum_suspected"),
        ({"latitude": math.nan}, "coordinates_not_finite"),
        ({"longitude": math.inf}, "coordinates_not_finite"),
        ({"latitude": 95.0}, "latitude_out_of_range"),
        ({"latitude": 114.0579, "longitude": 22.5431}, "axes_swapped_suspected"),
        ({"latitude": 0.0, "longitude": 0.0}, "null_island"),
        ({"accuracy_m": None}, "accuracy_missing"),
        ({"accuracy_m": 0.0}, "accuracy_zero"),
    ],
)
def test_a_bad_position_is_refused_with_its_own_reason_and_kept(
    session: Session, open_case: tuple[Firm, Case], position: dict[str, object], code: str | None
) -> None:
    firm, case = open_case
    opened = _begin(session, firm, case, **position)
    assert opened.attempt is not None
    kept = session.scalars(select(Attempt).where(Attempt.id == opened.attempt.id)).one()
    if code is None:
        assert kept.state == AttemptState.OPEN
    else:
        assert opened.reasons[0].code == code
        assert kept.state == AttemptState.REFUSED
        assert kept.reasons[0]["code"] == code
        assert not kept.prompts


def test_a_stranger_and_an_absent_case_are_answered_alike(
    session: Session, open_case: tuple[Firm, Case]
) -> None:
    firm, case = open_case
    stranger = _begin(session, firm, case, person=firm.people[4].id)
    absent = open_attempt(
        session, person_id=firm.enough[0], case_number="SC2000-000000", position=HERE, device={}, now=NOW
    )
    assert stranger.reasons == absent.reasons
    assert stranger.attempt is not None and stranger.attempt.state == AttemptState.REFUSED
    assert absent.attempt is None


def test_who_has_checked_in_need_not_come_again(session: Session, open_case: tuple[Firm, Case]) -> None:
    firm, case = open_case
    row = approved_list(session, case.id)
    assert row is not None
    come(session, case, row, firm.enough[:1], NOW)
    assert _begin(session, firm, case).reasons[0].code == "already_accepted"


@given(st.floats(), st.floats(), st.floats() | st.none())
def test_no_number_a_phone_may_send_breaks_the_door(lng: float, lat: float, accuracy: float | None) -> None:
    position = {
        "longitude": lng,
        "latitude": lat,
        "datum": "wgs84",
        "accuracy_m": accuracy,
        "captured_at": NOW,
    }
    fix = door.fix_of(position)
    fence = geo.CircleFence(geo.Point(114.0579, 22.5431, geo.Datum.WGS84), 300)
    verdict = geo.judge(fix, fence, limits=geo.Limits(), now=NOW)
    assert verdict.verdict in set(geo.Verdict)
    json.dumps(door.storable(position), allow_nan=False)  # Raises on what JSON cannot carry.
