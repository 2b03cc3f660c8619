"""The nightly lights: each firm on its own, once a day or after a sync, in any number of processes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, func, select, text

from registry import embedded
from registry.db import Sessions, make_engine, make_sessions
from registry.enterprises.models import Certificate, Enterprise, QualificationItem, SafetyPermit
from registry.migrations import migrate
from registry.people.models import Person, PersonCertificate, RosterEntry
from tests.verify_api.selection.firms import NOW, staffed_firm
from verify_api.policy.models import StoredPolicy
from verify_api.selection.jobs import light_rosters
from verify_api.selection.models import RosterLight


@pytest.fixture(scope="module")
def own_engine(admin_url: str, worker_id: str) -> Iterator[Engine]:
    """A database of its own: what these tests commit would be in the way of others."""
    engine = make_engine(embedded.sibling(admin_url, f"daka_lights_{worker_id}", fresh=True))
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(own_engine: Engine) -> Iterator[Sessions]:
    """Sessions that really commit; what was written is taken out again."""
    made = make_sessions(own_engine)
    yield made
    with made.begin() as session:
        for table in (
            RosterLight,
            QualificationItem,
            Certificate,
            SafetyPermit,
            RosterEntry,
            PersonCertificate,
            Person,
            Enterprise,
        ):
            session.execute(delete(table))


def test_lights_are_set_once_a_day_and_again_after_a_sync(sessions: Sessions) -> None:
    with sessions.begin() as session:
        firm, _, _ = staffed_firm(session)
    later = [NOW + timedelta(minutes=1), NOW + timedelta(hours=1), NOW + timedelta(hours=2)]
    assert light_rosters(sessions, clock=lambda: later[0]) == {"green": 1}
    assert light_rosters(sessions, clock=lambda: later[1]) == {}
    with sessions.begin() as session:
        session.get_one(Enterprise, firm.id).synced_at = later[1]
    assert light_rosters(sessions, clock=lambda: later[2]) == {"green": 1}
    assert light_rosters(sessions, clock=lambda: NOW + timedelta(days=1)) == {"green": 1}


def test_two_processes_at_once_leave_one_light_per_item(sessions: Sessions) -> None:
    with sessions.begin() as session:
        for n in (1, 2, 3):
            staffed_firm(session, n)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(light_rosters, sessions, clock=lambda: NOW) for _ in range(2)]
        assert all(sum(run.result().values()) <= 3 for run in runs)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(RosterLight)) == 3


def test_a_firm_that_cannot_be_judged_holds_up_nobody_and_keeps_its_old_light(
    sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    with sessions.begin() as session:
        first, _, _ = staffed_firm(session, 1)
        second, _, _ = staffed_firm(session, 2)
    light_rosters(sessions, clock=lambda: NOW)
    with sessions.begin() as session:  # A permit of a state no code knows: the judgement itself breaks.
        session.add(
            SafetyPermit(
                enterprise_id=first.id,
                number="x",
                valid_from=NOW.date(),
                valid_to=NOW.date(),
                status="unheard of",
                synced_at=NOW,
            )
        )
    tomorrow = NOW + timedelta(days=1)
    assert light_rosters(sessions, clock=lambda: tomorrow) == {"green": 1}
    assert f"lights of enterprise {first.id} not set" in caplog.text
    with sessions() as session:
        query = select(RosterLight.enterprise_id, RosterLight.computed_at).order_by(RosterLight.enterprise_id)
        assert session.execute(query).all() == [(first.id, NOW), (second.id, tomorrow)]


def test_without_a_policy_nothing_is_judged(sessions: Sessions, caplog: pytest.LogCaptureFixture) -> None:
    with sessions.begin() as session:
        staffed_firm(session)
        earliest = session.scalar(select(func.min(StoredPolicy.effective_from)))
    assert earliest is not None
    before = NOW.replace(year=earliest.year - 1)
    assert light_rosters(sessions, clock=lambda: before) == {}
    assert "not set" in caplog.text
    with sessions() as session:
        assert session.execute(text("SELECT count(*) FROM roster_lights")).scalar_one() == 0
