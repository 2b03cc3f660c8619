"""A power cut between "received" and the verdict costs nobody his check-in."""

from datetime import datetime, timedelta

import pytest

from daka.simulation.desk import Desk
from daka.stack import Stack
from registry.clock import SHANGHAI

# A killed process leaves the client's pooled connections half open; that is what the test is about.
pytestmark = pytest.mark.filterwarnings("ignore:.*unclosed <socket.*")
LAST_MINUTE = datetime(2025, 3, 10, 23, 58, tzinfo=SHANGHAI)


@pytest.mark.rule("SZ-30b")
@pytest.mark.rule("SZ-30c")
def test_a_checkin_received_before_a_power_cut_counts_though_the_deadline_passes_meanwhile(
    stack: Stack, bundle: Desk
) -> None:
    world = bundle.world
    first, last = bundle.firm.going
    bundle.check_in([first])
    assert bundle.state() == "CHECKING_IN"

    world.set_clock(LAST_MINUTE)
    bundle.bind([last])
    phone = bundle.phone(last)
    stack.kill("worker")  # Nobody measures any more: the queue holds what is received.
    attempt = phone.open_attempt(bundle.case, bundle.position())
    phone.photograph(attempt, bundle.camera(last))
    received_at = phone.submit(attempt.id)
    stack.kill("api")  # kill -9

    world.set_clock(LAST_MINUTE + timedelta(minutes=30))
    world.tick()  # The scheduler goes on: the month is over, one check-in has no verdict.
    stack.start(["api"])
    file = bundle.file()
    assert file["state"] == "CHECKING_IN"
    assert [fact["detail"]["reason"] for fact in file["facts"]] == ["undecided_checkin"]

    stack.launch("worker")
    verdict = phone.wait(attempt.id)
    assert verdict.state == "accepted", verdict
    assert received_at.astimezone(SHANGHAI).date().isoformat() == "2025-03-10"
    assert bundle.state() == "PASSED"
    world.tick()
    assert bundle.state() == "PASSED"
    assert [event["event"] for event in bundle.file()["history"]].count("all_checked_in") == 1


def test_asking_again_after_a_lost_answer_changes_nothing(stack: Stack, bundle: Desk) -> None:
    [person, _] = bundle.firm.going
    bundle.bind([person])
    phone = bundle.phone(person)
    attempt = phone.open_attempt(bundle.case, bundle.position(), key="the-same")
    assert phone.open_attempt(bundle.case, bundle.position(), key="another").id != attempt.id
    phone.photograph(attempt, bundle.camera(person))
    assert phone.submit(attempt.id) == phone.submit(attempt.id)
    assert phone.wait(attempt.id).state in ("accepted", "rejected")
