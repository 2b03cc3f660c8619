"""Stacks of real processes for journeys over HTTP; nothing is patched."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from daka.simulate import make_world, start_afresh
from daka.simulation.desk import Desk
from daka.simulation.portraits import draw_portraits
from daka.simulation.timelapse import open_city
from daka.simulation.world import World
from daka.stack import Stack
from miniapp_mock.city import FirmPlan, ItemPlan, build_city, people_coming
from miniapp_mock.city.plan import SHENZHEN, commitment, ordinary
from miniapp_mock.city.standards import ANCIENT, LIFTING
from miniapp_mock.client import shared_http
from registry import embedded
from registry.clock import SHANGHAI

BEGINS = datetime(2025, 1, 6, 9, tzinfo=SHANGHAI)
ROOT = Path(__file__).parents[2]
PORTRAITS = Path(os.environ.get("DAKA_PORTRAITS", ROOT / "var" / "portraits"))
PEOPLE = 6
SERVICES = ("upstream", "sms", "identity", "api", "worker")


def _firm(key: str, item: ItemPlan) -> FirmPlan:
    return FirmPlan(key, f"示例{key}建设", (item,), datum="gcj02")


# One firm per journey, so that journeys on one stack do not meet.
PLANS = (
    _firm("first", commitment(ANCIENT, "2024-12-02", "2025-12-01")),
    _firm("refused", ordinary(ANCIENT)),
    _firm("frauds", ordinary(ANCIENT)),
    _firm("twice", ordinary(LIFTING)),
    _firm("browser", ordinary(LIFTING)),
)


@pytest.fixture(scope="session")
def portraits() -> list[Path]:
    """A few invented people, drawn if nobody has drawn any yet."""
    if len(_drawn()) < PEOPLE:
        draw_portraits(PORTRAITS, people_coming(), ROOT / "var" / "cache")
    return _drawn()


def _drawn() -> list[Path]:
    return sorted(path for path in (PORTRAITS / "people").glob("*") if (path / "front.jpg").is_file())


@pytest.fixture
def stack(tmp_path: Path, admin_url: str, migrated: str, worker_id: str) -> Iterator[Stack]:
    """Service, worker and stand-ins on free ports, on the morning of 2025-01-06; one for each test."""
    url = embedded.sibling(admin_url, f"daka_stack_{worker_id}", fresh=True, template=migrated)
    with Stack(tmp_path / "stack", at=BEGINS, services=SERVICES, database_url=url) as running:
        yield running
        _hang_up(running)


@pytest.fixture
def bundle(stack: Stack, portraits: list[Path]) -> Iterator[Desk]:
    """A firm of two people who satisfy two items, its list approved on 2025-02-10; nobody has come yet."""
    plans = [plan for plan in SHENZHEN if plan.key == "bundle"]
    with ThreadPoolExecutor(2) as pool:
        world = make_world(stack, build_city(portraits, plans=plans), pool)
        open_city(world)
        desk = Desk(world, world.city.firm("bundle"))
        [desk.case] = world.admin.include(desk.firm.uscc)
        world.tick()
        desk.sign_up()
        desk.pass_gates()
        world.set_clock(datetime(2025, 2, 10, 9, tzinfo=SHANGHAI))
        desk.submit()
        world.reviewer.approve(desk.case, "材料齐全")
        yield desk


@pytest.fixture(scope="session")
def city_stack(worker_id: str) -> Iterator[Stack]:
    """Processes for journeys of several firms, started once, the phone page among them."""
    folder = ROOT / "var" / f"journeys-{worker_id}"  # Two test processes must not share a database.
    start_afresh(folder)
    with Stack(folder, at=BEGINS, services=(*SERVICES, "phone")) as running:
        yield running
        _hang_up(running)


@pytest.fixture(scope="session")
def world(city_stack: Stack, portraits: list[Path]) -> Iterator[World]:
    """A small city on them, synced, its points confirmed."""
    with ThreadPoolExecutor(4) as pool:
        world = make_world(city_stack, build_city(portraits, plans=PLANS), pool)
        open_city(world)
        yield world


@pytest.fixture
def desk(world: World, request: pytest.FixtureRequest) -> Desk:
    """The firm named by the test's `firm` marker."""
    marker = request.node.get_closest_marker("firm")
    assert marker is not None
    return Desk(world, world.city.firm(marker.args[0]))


def _hang_up(stack: Stack) -> None:
    """Close what this process has open towards the stack, or the next test would be warned of it."""
    for adapter in (stack.outside.upstream, stack.outside.sms):
        if adapter is not None:
            adapter.close()
    shared_http().close()
    shared_http.cache_clear()
