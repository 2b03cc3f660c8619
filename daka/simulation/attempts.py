"""Check-ins that must not succeed, and one that must although it is late to be judged."""

from collections.abc import Callable

from daka.simulation.desk import Desk
from daka.simulation.world import moment
from miniapp_mock.city import Staff
from miniapp_mock.client import Position, Problem, Verdict
from miniapp_mock.client.camera import ANSWERS

Say = Callable[[], object]
BEFORE_MIDNIGHT = 3  # Attempts for which the last minute leaves time.


def refused(desk: Desk, work: Say, *, kind: str) -> None:
    """This must be refused; what the refusal said is kept for the reckoning."""
    try:
        work()
    except Problem as refusal:
        desk.refusals.append(f"{kind}：{refusal.code}")
        return
    raise AssertionError(f"{desk.firm.key}: {kind} was not refused")


def _opening(desk: Desk, person: Staff, position: Position) -> Say:
    return lambda: desk.phone(person).open_attempt(desk.case, position)


def wrong_places(desk: Desk) -> None:
    """Four places that are none, and somebody who has not consented."""
    first, second, *_ = desk.firm.going
    desk.bind([first], consent=False)
    refused(desk, _opening(desk, first, desk.position()), kind="未单独同意")
    desk.phone(first).consent("1")
    desk.bind([second])
    far = desk.position(away_m=900, datum="wgs84")
    refused(desk, _opening(desk, first, far), kind="900米外")
    shifted = desk.position(away_m=20, datum="gcj02", declared="wgs84")
    refused(desk, _opening(desk, second, shifted), kind="坐标系报错")
    vague = desk.position(accuracy_m=5000)
    refused(desk, _opening(desk, first, vague), kind="精度5000米")
    old = desk.position(age_s=3600)
    refused(desk, _opening(desk, second, old), kind="一小时前的定位")


def wrong_people(desk: Desk) -> None:
    """Another's face, yesterday's pictures, a used challenge, and somebody of another firm."""
    first, second, third, fourth = desk.firm.going[:4]
    desk.bind([first, second, third])
    impostor = desk.phone(first).check_in(desk.case, desk.position(), desk.camera(fourth))
    must_be_rejected(desk, impostor, "face_differs", kind="冒名顶替")
    _replayed(desk, second, third)
    _stranger(desk)


def must_be_rejected(desk: Desk, verdict: Verdict, code: str, *, kind: str) -> None:
    """The verdict must be a rejection; `code` is kept if it is among the reasons, else the first of them.

    Somebody else's picture may be blurred as well: what counts is that this reason was seen.
    """
    if verdict.state != "rejected":
        raise AssertionError(f"{desk.firm.key}: {kind} ended as {verdict.state}")
    desk.refusals.append(f"{kind}：{code if code in verdict.codes else verdict.codes[0]}")


def _replayed(desk: Desk, second: Staff, third: Staff) -> None:
    """Pictures of an attempt that was rejected are sent again under a new challenge; then that one again."""
    phone = desk.phone(second)
    kept = {ask: desk.camera(third).shoot(ask) for ask in ANSWERS}
    for turn in ("first", "again"):
        attempt = phone.open_attempt(desk.case, desk.position())
        for prompt in attempt.prompts:
            for seq, picture in enumerate(kept[prompt.ask], start=1):
                phone.send_frame(attempt.id, n=prompt.n, seq=seq, picture=picture)
        phone.submit(attempt.id)
        verdict = phone.wait(attempt.id)
        if turn == "again":
            must_be_rejected(desk, verdict, "frame_reused", kind="重放旧照片")
    picture = desk.camera(second).shoot("front")[0]
    used = attempt.id
    refused(desk, lambda: phone.send_frame(used, n=1, seq=9, picture=picture), kind="重用口令")


def _stranger(desk: Desk) -> None:
    """Somebody bound and consenting, but of another firm."""
    other = Desk(desk.world, desk.world.city.firm("pass"))
    outsider = other.firm.going[0]
    other.bind([outsider])
    position = desk.position()
    refused(desk, lambda: other.phone(outsider).open_attempt(desk.case, position), kind="外单位人员")


def once_more(desk: Desk) -> None:
    """Whoever has been accepted need not, and cannot, check in again."""
    first = desk.firm.going[0]
    refused(desk, _opening(desk, first, desk.position()), kind="重复打卡")


def at_the_last_second(desk: Desk) -> None:
    """Handed in before midnight while no worker runs, judged after it.

    The moment of receipt counts, and the sweep that comes in between waits for the verdict (§0). Nobody can
    come again after midnight, so the person hands in several attempts while there is time.
    """
    (person,) = desk.firm.going
    desk.bind([person])
    phone = desk.phone(person)
    attempts = [phone.open_attempt(desk.case, desk.position()) for _ in range(BEFORE_MIDNIGHT)]
    for attempt in attempts:
        phone.photograph(attempt, desk.camera(person))
    desk.world.cut_power("worker")
    desk.world.set_clock(moment("2025-11-24 23:59:50"))
    received = [phone.submit(attempt.id) for attempt in attempts]
    if max(received) >= moment("2025-11-25 00:00"):
        raise AssertionError("the hand-in came after midnight; nothing was shown")
    desk.world.set_clock(moment("2025-11-25 00:00:30"))
    desk.world.tick()
    desk.remember("零点已过")
    desk.world.restore_power("worker")
    verdicts = [phone.wait(attempt.id) for attempt in attempts]
    if not any(verdict.state == "accepted" for verdict in verdicts):
        raise AssertionError(f"{desk.firm.key}: handed in at {received[0]:%H:%M:%S}, yet {verdicts}")
