"""The invented city is lawful, invented, and always the same."""

import math
from datetime import date
from pathlib import Path

import pytest
from stdnum.cn import ric, uscc

from geo.datums import convert
from miniapp_mock.city import SHENZHEN, City, build_city, people_coming
from miniapp_mock.city.datums import from_wgs84, moved
from miniapp_mock.city.standards import ALL, Standard
from registry.standards.catalogue import standards
from registry.sync.contract import Rejected, read_enterprise, read_person

FIRST_DAY = date(2025, 1, 6)
PORTRAITS = [Path(f"/portraits/{n:03d}") for n in range(200)]


@pytest.fixture(scope="module")
def city() -> City:
    """The city with portraits for everybody who will go."""
    return build_city(PORTRAITS)


def test_it_has_at_least_thirty_firms_and_a_quick_number_of_check_ins(city: City) -> None:
    assert len(city.firms) >= 30
    assert sum(len(firm.going) for firm in city.firms) <= 120


def test_every_record_is_one_the_registry_believes(city: City) -> None:
    for firm in city.firms:
        assert not isinstance(read_enterprise(firm.record, today=FIRST_DAY), Rejected)
        for person in firm.record["people"]:
            assert not isinstance(read_person(person), Rejected)


def test_numbers_have_right_check_digits_and_belong_to_one(city: City) -> None:
    codes = [firm.uscc for firm in city.firms]
    numbers = [person.id_number for firm in city.firms for person in firm.staff]
    assert all(uscc.calc_check_digit(code[:-1]) == code[-1] for code in codes)
    assert all(ric.calc_check_digit(number) == number[-1] for number in numbers)
    assert len(set(codes)) == len(codes) and len(set(numbers)) == len(numbers)


def test_everything_in_it_looks_invented(city: City) -> None:
    phones = [firm.contact_phone for firm in city.firms]
    phones += [person.phone for firm in city.firms for person in firm.staff]
    assert all(phone.startswith("1000000") for phone in phones) and len(set(phones)) == len(phones)
    assert all("示例" in firm.name for firm in city.firms)
    assert all("示例" in firm.record["registered_address"] for firm in city.firms)


def test_the_same_seed_makes_the_same_city(city: City) -> None:
    assert build_city(PORTRAITS).to_mapping() == city.to_mapping()
    assert build_city(PORTRAITS, seed=7).to_mapping() != city.to_mapping()


def test_everybody_who_comes_has_a_portrait_of_their_own(city: City) -> None:
    folders = [person.portrait for firm in city.firms for person in firm.staff if person.portrait]
    assert len(set(folders)) == len(folders) == people_coming()


@pytest.mark.parametrize("count", [6, 7, 30])
def test_with_few_portraits_nobody_meets_a_double_in_the_same_firm(count: int) -> None:
    for firm in build_city(PORTRAITS[:count]).firms:
        folders = [person.portrait for person in firm.staff if person.portrait]
        assert len(set(folders)) == len(folders)


def test_with_too_few_portraits_there_is_no_city() -> None:
    with pytest.raises(ValueError, match="fewer portraits"):
        build_city(PORTRAITS[:5])


@pytest.mark.parametrize(
    ("key", "chosen", "come"), [("partly", 5, 3), ("never", 5, 0), ("resubmitted", 3, 2)]
)
def test_some_are_chosen_and_never_come(city: City, key: str, chosen: int, come: int) -> None:
    firm = city.firm(key)
    assert len(firm.going) == chosen
    assert sum(person.portrait is not None for person in firm.staff) == come


def test_the_lead_is_always_chosen(city: City) -> None:
    for firm in city.firms:
        assert firm.staff[0].is_lead and firm.staff[0] in firm.going


@pytest.mark.parametrize("plan", SHENZHEN, ids=lambda plan: plan.key)
def test_rosters_hold_the_whole_standard(city: City, plan: object) -> None:
    firm = city.firm(plan.key)  # type: ignore[attr-defined]
    held = [paper["holding"] for person in firm.record["people"] for paper in person["certificates"]]
    for item in plan.items:  # type: ignore[attr-defined]
        assert held.count("registered") >= item.standard.registered
        assert held.count("titled") >= item.standard.titled


@pytest.mark.parametrize(
    ("key", "going"),
    [("pass", 6), ("partly", 5), ("rolled", 3), ("bundle", 2), ("unlicensed", 4), ("stock-pass", 4)],
)
def test_as_many_go_as_sz_18_and_sz_21_ask(city: City, key: str, going: int) -> None:
    assert len(city.firm(key).going) == going


@pytest.mark.parametrize("standard", ALL, ids=lambda standard: standard.title)
def test_the_citys_numbers_are_those_of_the_standards(standard: Standard) -> None:
    row = standards().entries[standard.category, standard.grade]
    assert (row.registered.total, row.titled.total) == (standard.registered, standard.titled)


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_points_in_other_datums_are_the_same_place(datum: str) -> None:
    lng, lat = 114.0579, 22.5431
    shown = from_wgs84(lng, lat, datum)
    back = convert(*shown, source=datum, target="wgs84")
    assert math.dist((lng, lat), back) * 111_000 < 1


def test_a_published_pair_is_met() -> None:
    lng, lat = from_wgs84(113.912316, 22.543847, "gcj02")
    assert math.dist((lng, lat), (113.9171765, 22.5407961)) * 111_000 < 1


@pytest.mark.parametrize(("east", "north"), [(900, 0), (0, -900), (200, 150), (0, 0)])
def test_moving_is_in_metres(east: float, north: float) -> None:
    from geopy.distance import geodesic

    lng, lat = moved(114.0579, 22.5431, east_m=east, north_m=north)
    assert geodesic((22.5431, 114.0579), (lat, lng)).m == pytest.approx(math.hypot(east, north), abs=1.0)
