"""Plays the stories in the order of time, day by day, and tells them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from daka.simulation.acts import arrive
from daka.simulation.desk import Desk, together
from daka.simulation.show import Show
from daka.simulation.stories import Beat, Story
from daka.simulation.world import World, moment

BEGINS = moment("2025-01-06 08:30")
ENDS = moment("2026-06-30 18:00")
MONDAY = 0
# What can happen on a day when nobody does anything; the housekeeping beside it is done on Mondays.
DUE_JOBS = ("deliver_messages", "start_clocks", "deadline_sweep", "reminders")
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
        beats = by_day.get(day, [])
        _morning(world, day, is_idle=not beats and day.weekday() != MONDAY)
        _beats(world, desks, beats, show)
        day += timedelta(days=1)
    world.set_clock(ENDS)
    world.tick()
    return list(desks.values())


def _morning(world: World, day: date, *, is_idle: bool) -> None:
    """The sweep of the day, and before it the night's sync where there is something to fetch.

    An installation syncs every night. A night in which nothing has changed fetches nothing, so the
    time-lapse plays only New Year's and those after a change.
    """
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=BEGINS.tzinfo)
    if world.is_upstream_changed or (day.month, day.day) == (1, 1):
        world.set_clock(midnight + NIGHT_HOUR)
        world.night()
        world.is_upstream_changed = False
    world.set_clock(midnight + SWEEP_HOUR)
    world.tick(only=DUE_JOBS if is_idle else ())


def _act(beats: Sequence[Beat], world: World, desks: dict[str, Desk]) -> None:
    """The firms that are not told about go about their business side by side; a told one is alone."""
    for is_told, some in groupby(beats, key=lambda beat: bool(beat.say)):
        if is_told:
            for beat in some:
                beat.act(desks[beat.key])
        else:
            world.side_by_side(lambda beat: beat.act(desks[beat.key]), list(some))


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
        _act([beat for beat in some if beat.act is not arrive], world, desks)
        world.tick()
