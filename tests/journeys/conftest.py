"""A stack of real processes for journeys over HTTP; nothing is patched."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from daka.simulate import _addresses, _officers
from daka.simulation.desk import Desk
from daka.simulation.world import World
from daka.stack import Stack
from miniapp_mock.city import build_city
from miniapp_mock.city.plan import SHENZHEN
from miniapp_mock.client.line import shared_http
from registry import embedded
from registry.clock import SHANGHAI

BEGINS = datetime(2025, 1, 6, 9, tzinfo=SHANGHAI)
PORTRAITS = Path(os.environ.get("DAKA_PORTRAITS", "var/portraits"))
SERVICES = ("upstream", "sms", "identity", "api", "worker")


@pytest.fixture
def stack(tmp_path: Path, admin_url: str, migrated: str, worker_id: str) -> Iterator[Stack]:
    """Service, worker and stand-ins on free ports, on the morning of 2025-01-06."""
    url = embedded.sibling(admin_url, f"daka_stack_{worker_id}", fresh=True, template=migrated)
    with Stack(tmp_path / "stack", at=BEGINS, services=SERVICES, database_url=url) as running:
        yield running


@pytest.fixture
def bundle(stack: Stack) -> Iterator[Desk]:
    """A firm of two people who satisfy two items, its list approved on 2025-02-10; nobody has come yet."""
    portraits = sorted(path for path in (PORTRAITS / "people").glob("*") if (path / "front.jpg").is_file())
    plans = [plan for plan in SHENZHEN if plan.key == "bundle"]
    with ThreadPoolExecutor(2) as pool:
        admin, reviewer = _officers(stack)
        city = build_city(portraits, plans=plans)
        world = World(_addresses(stack), stack.clock, stack.tick, city, admin, reviewer, pool)
        desk = Desk(world, city.firm("bundle"))
        world.fill_upstream()
        assert world.admin.sync()["ok"]
        world.reviewer.confirm_point(desk.firm.uscc, **desk.firm.record["point"])
        [desk.case] = world.admin.include(desk.firm.uscc)
        world.tick()
        desk.sign_up()
        desk.pass_gates()
        world.set_clock(datetime(2025, 2, 10, 9, tzinfo=SHANGHAI))
        desk.submit()
        world.reviewer.approve(desk.case, "材料齐全")
        yield desk
    shared_http().close()
    shared_http.cache_clear()
