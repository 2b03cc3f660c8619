"""How fast a list is planned and judged, and how that grows with the roster and the number of items."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

from registry.standards import requirement
from verify_api.selection.required import item_of
from verify_api.selection.rules import check
from verify_api.selection.solver import Plan, plan
from verify_api.selection.values import (
    PermitState,
    Person,
    Registration,
    Role,
    SelectionInput,
    Title,
)

ON = date(2026, 3, 2)
ROUNDS = 7
CATEGORIES = ["建筑工程", "机电工程", "市政公用工程", "水利水电工程", "公路工程"]
REGISTERED = ["建筑工程", "机电工程", "市政公用工程", "水利水电工程", "公路工程"]
TITLED = [
    "结构",
    "给排水",
    "电气",
    "暖通",
    "道路与桥梁",
    "机械设备",
    "焊接",
    "自动化控制",
    "水利水电工程",
    "公路工程",
]


def milliseconds(work: Callable[[], object]) -> float:
    """Median of some runs, after one to warm up."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def roster(count: int, chance: random.Random) -> tuple[Person, ...]:
    """People with up to two registrations and titles, different levels, ends, files and open cases."""
    people = []
    for number in range(count):
        registered = tuple(
            Registration(
                s, chance.choice(["一级", "二级"]), ON + timedelta(days=chance.randint(-30, 900)), "HERE"
            )
            for s in chance.sample(REGISTERED, chance.choice([0, 1, 1, 2]))
        )
        titled = tuple(
            Title(s, chance.choice(["高级", "中级", "中级", "初级"]))
            for s in chance.sample(TITLED, chance.choice([0, 1, 1, 2]))
        )
        files = frozenset(Role) if chance.random() < 0.8 else frozenset({Role.TITLED})
        people.append(
            Person(f"p{number}", registered, titled, files, chance.random() < 0.97, chance.random() < 0.2, 9)
        )
    return tuple(people)


def question(people: int, items: int, *, permit: PermitState, seed: int = 7) -> SelectionInput:
    """The first `items` general contracting categories, 三级, with leads who may come."""
    chance = random.Random(seed)  # noqa: S311 - the same roster every time, nothing secret
    found = roster(people, chance)
    fit = [p.id for p in found if p.on_roster and p.titled]
    asked = tuple(
        item_of(requirement(category, "三级", ON), technical_lead=fit[index % len(fit)])
        for index, category in enumerate(CATEGORIES[:items])
    )
    return SelectionInput(asked, found, permit, ON, "HERE")


def row(people: int, items: int, permit: PermitState) -> tuple[str, float]:
    """One measured line, and the plan's milliseconds."""
    given = question(people, items, permit=permit)
    found = plan(given)
    planning = milliseconds(lambda: plan(given))
    if isinstance(found, Plan):
        chosen, said = found.people, f"{found.count:5d} people, bound {found.proof.lower_bound}"
    else:
        chosen, said = tuple(p.id for p in given.people), f"{len(found.shortages):5d} shortages"
    checking = milliseconds(lambda: check(given, chosen))
    share = "50%" if permit is PermitState.VALID else "100%"
    return f"{people:6d} {items:5d} {share:>6} {planning:9.1f} {checking:9.1f}   {said}", planning


def main() -> None:
    """Print medians, and the growth from the smallest roster to the largest."""
    print("people items  share   plan ms  check ms   answer")
    for people, items in [(30, 2), (1000, 5)]:
        for permit in (PermitState.VALID, PermitState.NONE):
            print(row(people, items, permit)[0])
    for items, rosters in ((1, (10, 30, 100, 300, 1000, 3000)), (5, (300, 1000, 3000))):
        print(f"growth, {items} items at 50 %:")
        first = 0.0
        for people in rosters:
            line, took = row(people, items, PermitState.VALID)
            first = first or took
            print(f"{line}   × {took / first:.1f}")


if __name__ == "__main__":
    main()
