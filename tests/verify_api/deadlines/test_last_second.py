"""What was sent before the deadline and is still being written when it passes (§0 a, SZ-30b)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from registry.db import Sessions
from tests.verify_api.cases.steps import approve, served, stock_firm
from tests.verify_api.checkins.test_door import HERE
from tests.verify_api.factories import at
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.models import Case
from verify_api.cases.states import State
from verify_api.checkins.models import Attempt
from verify_api.checkins.service import open_attempt, submit
from verify_api.deadlines.sweep import SETTLING, Step, sweep
from verify_api.faces.service import give_consent

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class LastNight:
    """A case whose people may check in until midnight, with one attempt that lacks nothing but `submit`."""

    sessions: Sessions
    case_id: int
    person_id: int
    attempt: str
    due: datetime

    def swept(self, now: datetime) -> list[tuple[int, Step]]:
        return sweep(self.sessions, now=now)

    def state(self) -> str:
        with self.sessions() as session:
            return session.get_one(Case, self.case_id).state


@pytest.fixture
def night(own_sessions: Sessions) -> LastNight:
    with own_sessions.begin() as session:
        firm = stock_firm(session)
        case = served(session, firm, at("2025-03-03 10:00"))
        approve(session, firm, case, at("2025-03-10 10:00"))
        assert case.due_at is not None
        due, person, now = case.due_at, firm.enough[0], case.due_at - 40 * SECOND
        give_consent(session, person_id=person, notice_version="1", channel="miniapp", now=now)
        here = HERE | {"captured_at": now}
        opened = open_attempt(
            session, person_id=person, case_number=case.number, position=here, device={}, now=now
        )
        assert opened.attempt is not None
        opened.attempt.prompts = []  # Nothing is asked here; the pictures are not what this is about.
        return LastNight(own_sessions, case.id, person, opened.attempt.public_id, due)


@pytest.mark.rule("SZ-30b")
def test_SZ_30b_a_checkin_still_being_written_keeps_the_sweep_from_the_case(night: LastNight) -> None:
    with night.sessions() as writing:
        submit(writing, person_id=night.person_id, public_id=night.attempt, now=night.due - SECOND)
        writing.flush()
        assert night.swept(night.due + 2 * SETTLING) == []
        assert night.state() == State.CHECKING_IN
        writing.commit()
    assert night.swept(night.due + 2 * SETTLING) == []
    with night.sessions() as session:
        [wait] = standing(session, night.case_id, FactKind.WAIT)
    assert wait.detail == {"reason": "undecided_checkin"}


@pytest.mark.rule("SZ-30b")
def test_SZ_30b_nobody_is_overdue_while_requests_of_the_last_second_may_be_on_their_way(
    night: LastNight,
) -> None:
    assert night.swept(night.due) == night.swept(night.due + SETTLING - SECOND) == []
    assert [case_id for case_id, _ in night.swept(night.due + SETTLING)] == [night.case_id]
    assert night.state() == State.RECTIFYING


def test_a_second_submit_finds_what_the_first_wrote(night: LastNight) -> None:
    with night.sessions.begin() as session:
        submit(session, person_id=night.person_id, public_id=night.attempt, now=night.due - 2 * SECOND)
    with night.sessions.begin() as session:
        again = submit(session, person_id=night.person_id, public_id=night.attempt, now=night.due - SECOND)
        assert again.received_at == night.due - 2 * SECOND
        assert session.query(Attempt).filter_by(public_id=night.attempt).count() == 1
