"""Plays the stories in the order of time, day by day, and tells them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from daka.simulation.desk import Desk, together
from daka.simulation.show import Show
from daka.simulation.stories import Beat, Story, arrive
from daka.simulation.world import World, moment

BEGINS = moment("2025-01-06 08:30")
ENDS = moment("2026-06-30 18:00")
NIGHT_HOUR = timedelta(hours=2)
# The quiet hours of SMS end at eight; a sweep then is the first that can also serve.
SWEEP_HOUR = timedelta(hours=8, minutes=10)


def open_city(world: World) -> None:
    """The first morning: the city stands in the upstream library, is synced, and officers confirm points."""
    world.set_clock(BEGINS)
    world.fill_upstream()
    run = world.admin.sync()
    if not run["ok"]:
        raise AssertionError(f"the first sync failed: {run}")
    for firm in world.city.firms:
        point = firm.record["point"]
        world.reviewer.confirm_point(firm.uscc, **point)


def play(world: World, stories: Sequence[Story], show: Show) -> list[Desk]:
    """Play every beat at its moment and a sweep every morning; returns the desks for the reckoning."""
    desks = {story.key: Desk(world, world.city.firm(story.key)) for story in stories}
    beats = sorted((beat for story in stories for beat in story.beats), key=lambda beat: beat.at)
    by_day = {day: list(some) for day, some in groupby(beats, key=lambda beat: beat.at.date())}
    day = BEGINS.date()
    while day <= ENDS.date():
        show.day(day)
        _morning(world, day)
        _beats(world, desks, by_day.get(day, []), show)
        day += timedelta(days=1)
    world.set_clock(ENDS)
    world.tick()
    return list(desks.values())


def _morning(world: World, day: date) -> None:
    """The sweep of the day, and before it the night's sync where there is something to fetch.

    An installation syncs every night. A night in which nothing has changed fetches nothing, so the
    time-lapse plays only the first of each quarter and those after a change.
    """
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=BEGINS.tzinfo)
    if world.is_upstream_changed or (day.day == 1 and day.month % 3 == 1):
        world.set_clock(midnight + NIGHT_HOUR)
        world.night()
        world.is_upstream_changed = False
    world.set_clock(midnight + SWEEP_HOUR)
    world.tick()


def _beats(world: World, desks: dict[str, Desk], beats: Sequence[Beat], show: Show) -> None:
    """Beats of one moment and one act are done together: a wave of firms checks in at once."""
    for at, moment_beats in groupby(beats, key=lambda beat: beat.at):
        some = list(moment_beats)
        world.set_clock(at)
        for beat in some:
            if beat.say:
                show.tell(at, desks[beat.key].firm.name, beat.say)
        arriving = [desks[beat.key] for beat in some if beat.act is arrive]
        if arriving:
            together(arriving)
        for beat in some:
            if beat.act is not arrive:
                beat.act(desks[beat.key])
        world.tick()
