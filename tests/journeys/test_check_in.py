"""Journeys of the check-in, over HTTP and through real processes: nothing is patched."""

import time
from datetime import timedelta

import pytest

from daka.simulation import acts, attempts
from daka.simulation.desk import Desk
from daka.simulation.world import World, moment
from miniapp_mock.city import Staff
from miniapp_mock.client import Problem
from miniapp_mock.client.camera import ANSWERS
from tools.portraits import attacks

pytestmark = pytest.mark.xdist_group("journeys")


def at(world: World, text: str) -> None:
    """Leap to a moment and let the scheduler run there."""
    world.set_clock(moment(text))
    world.tick()


def open_for_check_in(desk: Desk, *, on: str) -> None:
    """A STOCK case from its opening to the approved list, all in one day."""
    at(desk.world, f"{on} 09:00")
    acts.open_stock("complaint", "投诉举报")(desk)
    desk.world.tick()
    at(desk.world, f"{on} 09:30")
    # On a busy machine the gateway may answer or report late: a message is then tried again, not lost.
    give_up = time.monotonic() + 60
    while desk.state() == "NOTIFYING" and time.monotonic() < give_up:
        time.sleep(0.5)
        desk.world.set_clock(desk.world.now() + timedelta(minutes=3))
        desk.world.tick()
    acts.onboard(desk)
    acts.submit(desk)
    acts.approve(desk)
    desk.world.tick()


@pytest.mark.firm("first")
def test_an_enterprise_is_included_and_passes(desk: Desk) -> None:
    at(desk.world, "2025-01-13 09:00")
    acts.include(desk)
    desk.world.tick()
    acts.onboard(desk)
    assert desk.portal.plan(desk.case)["count"] == len(desk.firm.going)
    acts.submit(desk)
    with pytest.raises(Problem) as early:
        desk.bind(desk.firm.going[:1])
        desk.phone(desk.firm.going[0]).open_attempt(desk.case, desk.position())
    assert early.value.says("not_selected") or early.value.says("window_not_open")
    acts.approve(desk)
    first, *others = desk.firm.going
    desk.check_in([first])
    (task,) = desk.phone(first).tasks()
    assert (task.state, task.done, task.total) == ("accepted", 1, len(desk.firm.going))
    assert desk.state() == "CHECKING_IN"
    desk.check_in(others)
    assert desk.state() == "PASSED"


@pytest.mark.firm("refused")
def test_what_is_not_a_check_in_is_refused_and_kept(desk: Desk) -> None:
    open_for_check_in(desk, on="2025-02-03")
    first, second, third = desk.firm.going
    attempts.wrong_places(desk)
    impostor = desk.phone(first).check_in(desk.case, desk.position(), desk.camera(second))
    assert impostor.state == "rejected" and "face_differs" in impostor.codes
    assert desk.state() == "CHECKING_IN"
    kept = desk.file()["attempts"]
    # Five at the door, one before the camera; nobody's refusal is lost.
    assert len(kept) == 6
    assert [code.split("：")[1] for code in desk.refusals] == [
        "consent_required",
        "outside_fence",
        "wrong_datum_suspected",
        "accuracy_too_low",
        "position_too_old",
    ]
    desk.check_in([first, second, third])
    assert desk.state() == "PASSED"


class Deck:
    """A camera that hands out prepared pictures."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def shoot(self, ask: str) -> list[bytes]:
        """The pictures that lie there for this prompt."""
        return [self._files[name] for name in ANSWERS[ask]]


def shots(desk: Desk, person: Staff) -> dict[str, bytes]:
    """New photographs of this person for every prompt, as the attacks want them."""
    camera = desk.camera(person)
    taken = {ask: camera.shoot(ask) for ask in ANSWERS}
    files = {name: data for ask in ANSWERS for name, data in zip(ANSWERS[ask], taken[ask], strict=True)}
    return files | {"reference": files["front"]}


@pytest.mark.firm("frauds")
def test_pictures_of_pictures_and_of_two_people_are_refused_and_the_person_is_accepted(desk: Desk) -> None:
    open_for_check_in(desk, on="2025-03-10")
    first, second, *_ = desk.firm.going
    desk.bind([first])

    def sent(files: dict[str, bytes]) -> tuple[str, set[str]]:
        verdict = desk.phone(first).check_in(desk.case, desk.position(), Deck(files))
        return verdict.state, set(verdict.codes)

    unmoved = {"blink_not_seen", "turn_not_seen", "mouth_not_seen", "turn_wrong_way"}
    state, codes = sent(attacks.same_file(shots(desk, first)))
    assert state == "rejected" and "frames_identical" in codes
    state, codes = sent(attacks.replayed_still(shots(desk, first)))
    assert state == "rejected" and codes & unmoved
    state, codes = sent(attacks.two_people(shots(desk, first), shots(desk, second)))
    assert state == "rejected" and "several_persons" in codes
    earlier = shots(desk, first)
    state, codes = sent(attacks.answers_in_other_order(earlier))
    assert state == "rejected" and codes & unmoved
    state, codes = sent(earlier)
    assert state == "rejected" and "frame_reused" in codes
    assert [one.state for one in desk.phone(first).tasks()] == ["open"]
    assert sent(shots(desk, first)) == ("accepted", set())
    assert len(desk.file()["attempts"]) == 6


@pytest.mark.firm("twice")
def test_two_schedulers_at_once_do_nothing_twice(desk: Desk) -> None:
    at(desk.world, "2025-05-12 09:00")
    acts.open_stock("dormant", "长期无正常经营")(desk)
    desk.world.tick()
    desk.world.set_clock(moment("2025-06-13 09:00"))
    desk.world.side_by_side(lambda _: desk.world.tick(), range(4))
    desk.world.set_clock(desk.world.now() + timedelta(hours=1))
    desk.world.side_by_side(lambda _: desk.world.tick(), range(4))
    # On a busy machine the gateway may have answered too late: a message is then tried again, not lost.
    desk.world.set_clock(desk.world.now() + timedelta(hours=1))
    desk.world.tick()
    file = desk.file()
    assert file["state"] == "RECTIFYING"
    moves = [event["to"] for event in file["history"] if event["from"] != event["to"]]
    assert moves == ["NOTIFYING", "OPEN", "RECTIFYING"]
    assert [notice["kind"] for notice in file["notices"]].count("责令整改通知书") == 1
    texts = [sms.text for sms in desk.world.inbox.messages(desk.contact_phone)]
    assert sum("已发出《责令整改通知书》" in text for text in texts) == 1
