"""A person's requests at the same moment count one after the other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from registry.db import Sessions
from tests.verify_api.cases.steps import approve, open_first
from tests.verify_api.checkins.test_door import HERE, NOW
from tests.verify_api.factories import at, make_firm, set_policy
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.service import open_attempt
from verify_api.faces.service import give_consent

AT_ONCE = 6


def test_as_many_tries_as_the_day_has_are_opened_however_many_are_asked_at_once(
    own_sessions: Sessions,
) -> None:
    with own_sessions.begin() as session:
        set_policy(session, {"checkin.attempts_per_day": 2})
        firm = make_firm(session)
        case = open_first(session, firm, at("2025-01-07 09:00"))
        approve(session, firm, case, at("2025-03-03 10:00"))
        give_consent(session, person_id=firm.enough[0], notice_version="1", channel="miniapp", now=NOW)
        person_id, number = firm.enough[0], case.number
    together = Barrier(AT_ONCE)

    def ask(_: int) -> bool:
        with own_sessions.begin() as session:
            together.wait()
            opened = open_attempt(
                session, person_id=person_id, case_number=number, position=HERE, device={}, now=NOW
            )
            return not opened.reasons

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(ask, range(AT_ONCE)))
    assert sorted(answers) == [False] * (AT_ONCE - 2) + [True] * 2
    with own_sessions() as session:
        query = select(func.count()).where(Attempt.state == AttemptState.OPEN.value)
        assert session.scalar(query) == 2
