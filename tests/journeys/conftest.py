"""A small city on real processes: service, worker and stand-ins, with a clock of its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from daka.simulate import make_world, start_afresh
from daka.simulation.desk import Desk
from daka.simulation.portraits import draw_portraits
from daka.simulation.timelapse import BEGINS, open_city
from daka.simulation.world import World
from daka.stack import Stack
from miniapp_mock.city import FirmPlan, ItemPlan, build_city
from miniapp_mock.city.plan import commitment, ordinary
from miniapp_mock.city.standards import ANCIENT, LIFTING
from miniapp_mock.client import shared_http

PEOPLE = 6
ROOT = Path(__file__).parents[2]


def _firm(key: str, item: ItemPlan) -> FirmPlan:
    return FirmPlan(key, f"示例{key}建设", (item,), datum="gcj02")


# One firm per journey, so that journeys do not meet.
PLANS = (
    _firm("first", commitment(ANCIENT, "2024-12-02", "2025-12-01")),
    _firm("refused", ordinary(ANCIENT)),
    _firm("crash", ordinary(LIFTING)),
    _firm("twice", ordinary(LIFTING)),
    _firm("browser", ordinary(LIFTING)),
)


@pytest.fixture(scope="session")
def portraits() -> list[Path]:
    """A few invented people, drawn if nobody has drawn any yet."""
    folder = ROOT / "var" / "portraits"
    if len(_drawn(folder)) < PEOPLE:
        draw_portraits(folder, PEOPLE, ROOT / "var" / "cache")
    return _drawn(folder)


def _drawn(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "people").glob("*") if (path / "front.jpg").is_file())


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The processes, started once, beside the cache that holds the converted face model."""
    folder = ROOT / "var" / "journeys"
    start_afresh(folder)
    services = ("upstream", "sms", "identity", "api", "worker", "phone")
    with Stack(folder, at=BEGINS, services=services) as stack:
        yield stack
        for adapter in (stack.outside.upstream, stack.outside.sms):
            adapter.close()


@pytest.fixture(scope="session")
def world(stack: Stack, portraits: list[Path]) -> Iterator[World]:
    """The city, synced, its points confirmed."""
    with ThreadPoolExecutor(4) as pool:
        world = make_world(stack, build_city(portraits, plans=PLANS), pool)
        open_city(world)
        yield world
    shared_http().close()
    shared_http.cache_clear()


@pytest.fixture
def desk(world: World, request: pytest.FixtureRequest) -> Desk:
    """The firm named by the test's `firm` marker."""
    marker = request.node.get_closest_marker("firm")
    assert marker is not None
    return Desk(world, world.city.firm(marker.args[0]))
