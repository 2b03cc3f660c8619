"""The state table of DOMAIN A.1.1 and §0: every pair is either in it, or refused."""

from itertools import product

import pytest

from verify_api.cases.states import (
    CAPABILITIES,
    EVENT_LABELS,
    INITIAL,
    LABELS,
    STATES,
    TERMINAL,
    TRANSITIONS,
    Capability,
    Event,
    State,
    Track,
    TransitionMissing,
    next_state,
)

S, E, F, K = State, Event, Track.FIRST, Track.STOCK
# Written out again from DOMAIN A.1.1, independently of the module.
EXPECTED = {
    F: """
        OPEN submitted SUBMITTED|OPEN missed AWAITING_LAPSE|OPEN cancelled CANCELLED
        SUBMITTED approved CHECKING_IN|SUBMITTED rejected REJECTED|SUBMITTED withdrawn_first OPEN
        SUBMITTED withdrawn_later REJECTED|SUBMITTED cancelled CANCELLED
        REJECTED submitted SUBMITTED|REJECTED expired LAPSED|REJECTED cancelled CANCELLED
        CHECKING_IN all_checked_in PASSED|CHECKING_IN missed AWAITING_LAPSE|CHECKING_IN cancelled CANCELLED
        CHECKING_IN approval_voided REJECTED|CHECKING_IN checkin_voided CHECKING_IN
        PASSED checkin_voided CHECKING_IN
        AWAITING_LAPSE expired LAPSED|AWAITING_LAPSE reopened OPEN|AWAITING_LAPSE cancelled CANCELLED
        LAPSED decision_rescinded OPEN
    """,
    K: """
        NOTIFYING served OPEN|NOTIFYING cancelled CANCELLED
        OPEN submitted SUBMITTED|OPEN missed RECTIFYING|OPEN cancelled CANCELLED
        SUBMITTED approved CHECKING_IN|SUBMITTED rejected REJECTED|SUBMITTED withdrawn_first OPEN
        SUBMITTED withdrawn_later REJECTED|SUBMITTED cancelled CANCELLED
        REJECTED submitted SUBMITTED|REJECTED missed RECTIFYING|REJECTED cancelled CANCELLED
        CHECKING_IN all_checked_in PASSED|CHECKING_IN missed RECTIFYING|CHECKING_IN cancelled CANCELLED
        CHECKING_IN approval_voided REJECTED|CHECKING_IN checkin_voided RECTIFYING
        PASSED checkin_voided RECTIFYING|RECTIFYING checkin_restored CHECKING_IN
        RECTIFYING submitted RECTIFICATION_SUBMITTED|RECTIFYING missed REVOKED
        RECTIFYING proposed REVOCATION_PROPOSED|RECTIFYING notice_rescinded OPEN
        RECTIFYING cancelled CANCELLED
        RECTIFICATION_SUBMITTED approved RECHECKING_IN|RECTIFICATION_SUBMITTED rejected RECTIFICATION_REJECTED
        RECTIFICATION_SUBMITTED withdrawn_first RECTIFYING
        RECTIFICATION_SUBMITTED withdrawn_later RECTIFICATION_REJECTED
        RECTIFICATION_SUBMITTED cancelled CANCELLED
        RECTIFICATION_REJECTED submitted RECTIFICATION_SUBMITTED|RECTIFICATION_REJECTED missed REVOKED
        RECTIFICATION_REJECTED proposed REVOCATION_PROPOSED|RECTIFICATION_REJECTED notice_rescinded OPEN
        RECTIFICATION_REJECTED cancelled CANCELLED
        RECHECKING_IN all_checked_in RECTIFIED|RECHECKING_IN missed REVOKED
        RECHECKING_IN proposed REVOCATION_PROPOSED|RECHECKING_IN notice_rescinded OPEN
        RECHECKING_IN checkin_voided RECHECKING_IN|RECHECKING_IN approval_voided RECTIFICATION_REJECTED
        RECHECKING_IN cancelled CANCELLED
        RECTIFIED checkin_voided RECHECKING_IN
        REVOCATION_PROPOSED decided_revoke REVOKED|REVOCATION_PROPOSED decided_keep NOT_REVOKED
        REVOCATION_PROPOSED cancelled CANCELLED
        REVOKED decision_rescinded RECTIFYING
    """,
}
TABLE = {
    track: {
        (State(a), Event(e)): State(b)
        for a, e, b in (line.split() for line in text.replace("\n", "|").split("|") if line.strip())
    }
    for track, text in EXPECTED.items()
}


@pytest.mark.rule("SZ-30c")
@pytest.mark.rule("SZ-30d")
@pytest.mark.rule("SZ-33")
@pytest.mark.rule("SZ-36")
@pytest.mark.rule("SZ-37")
@pytest.mark.parametrize(("track", "state", "event"), list(product(Track, State, Event)))
def test_every_pair_of_state_and_event_is_in_the_table_or_refused(
    track: Track, state: State, event: Event
) -> None:
    expected = TABLE[track].get((state, event))
    if expected is None:
        with pytest.raises(TransitionMissing):
            next_state(track, state, event)
    else:
        assert next_state(track, state, event) is expected


@pytest.mark.rule("SZ-01")
@pytest.mark.parametrize("track", Track)
def test_every_state_can_be_reached_from_the_first(track: Track) -> None:
    reached, grown = {INITIAL[track]}, True
    while grown:
        more = {to for (state, _), to in TRANSITIONS[track].items() if state in reached}
        grown = not more <= reached
        reached |= more
    assert reached == STATES[track]


@pytest.mark.rule("SZ-30d")
def test_the_first_track_knows_no_rectification_and_no_revocation() -> None:
    assert not {s for s in STATES[F] if "RECT" in s or "RECHECK" in s or "REVO" in s}


@pytest.mark.rule("SZ-38")
def test_the_stock_track_never_lapses() -> None:
    assert not {State.LAPSED, State.AWAITING_LAPSE} & STATES[K]


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_name_and_its_capabilities(state: State) -> None:
    assert LABELS[state]
    assert CAPABILITIES[state] is not None


@pytest.mark.parametrize("event", Event)
def test_every_event_has_a_name(event: Event) -> None:
    assert EVENT_LABELS[event]


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_an_ended_case_takes_no_list_and_no_checkin(state: State) -> None:
    assert not CAPABILITIES[state] & {Capability.SUBMIT, Capability.CHECK_IN, Capability.REVIEW}


@pytest.mark.parametrize(
    ("capability", "event"),
    [
        (Capability.SUBMIT, Event.SUBMITTED),
        (Capability.REVIEW, Event.APPROVED),
        (Capability.CHECK_IN, Event.ALL_CHECKED_IN),
        (Capability.CANCEL, Event.CANCELLED),
        (Capability.REOPEN, Event.REOPENED),
        (Capability.DECIDE_REVOCATION, Event.DECIDED_REVOKE),
        (Capability.VOID_CHECKIN, Event.CHECKIN_VOIDED),
        (Capability.VOID_APPROVAL, Event.APPROVAL_VOIDED),
    ],
)
def test_a_capability_stands_exactly_where_its_event_leads_somewhere(
    capability: Capability, event: Event
) -> None:
    able = {state for state, can in CAPABILITIES.items() if capability in can}
    moved = {state for track in Track for (state, found) in TRANSITIONS[track] if found is event}
    assert able == moved
