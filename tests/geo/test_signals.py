"""Signs across attempts: what a spoofer does is seen, what an honest person does is not."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest

import geo
from geo.history import SignalPolicy, impossible_speed
from tests.geo.samples import NOW, WGS

FUTIAN = geo.Point(114.051, 22.541, geo.Datum.GCJ02)
NANSHAN = geo.Point(113.929, 22.531, geo.Datum.GCJ02)
BEIJING = (116.397, 39.909)


def seen(n: int, minutes: float, **changes: Any) -> geo.Sighting:
    """The n-th attempt of person p1 with phone d1, so many minutes after the first."""
    values: dict[str, Any] = {
        "attempt": f"a{n}",
        "person": "p1",
        "device": "d1",
        "lng": WGS[0] + 0.0000137 * n,
        "lat": WGS[1] - 0.0000091 * n * n,
        "datum": geo.Datum.WGS84,
        "accuracy_m": 20.0,
        "at": NOW + timedelta(minutes=minutes),
    } | changes
    return geo.Sighting(**values)


def codes(*history: geo.Sighting) -> list[str]:
    return [signal.code for signal in geo.signals(history)]


def test_an_honest_history_gives_no_signal() -> None:
    noise = random.Random(3)
    history = [
        seen(n, n * 700, lng=WGS[0] + noise.gauss(0, 5e-5), lat=WGS[1] + noise.gauss(0, 5e-5))
        for n in range(12)
    ]
    assert codes(*history) == []
    assert geo.total_risk([]) == 0.0


class TestImpossibleSpeed:
    @pytest.mark.parametrize(
        ("minutes", "signs"), [(1.5, ["impossible_speed"]), (2.0, ["impossible_speed"]), (3.0, []), (60, [])]
    )
    def test_across_the_city_no_faster_than_a_train(self, minutes: float, signs: list[str]) -> None:
        # 12.5 km in 2 minutes are 375 km/h, in 3 minutes 250 km/h.
        assert codes(seen(1, 0), seen(2, minutes, lng=WGS[0] + 0.122)) == signs

    @pytest.mark.parametrize(("minutes", "signs"), [(90, ["impossible_speed"]), (180, [])])
    def test_to_beijing_one_may_have_flown(self, minutes: float, signs: list[str]) -> None:
        assert codes(seen(1, 0), seen(2, minutes, lng=BEIJING[0], lat=BEIJING[1])) == signs

    def test_two_poor_fixes_at_one_desk_are_no_journey(self) -> None:
        a, b = seen(1, 0, accuracy_m=3_000.0), seen(2, 0.1, lng=WGS[0] + 0.04, accuracy_m=3_000.0)
        assert codes(a, b) == []

    def test_a_client_that_changed_its_datum_is_no_journey(self) -> None:
        lng, lat = geo.convert(*WGS, "wgs84", "bd09")
        assert codes(seen(1, 0), seen(2, 0.05, lng=lng, lat=lat)) == []

    def test_the_same_phone_with_two_people_counts(self) -> None:
        found = geo.signals([seen(1, 0), seen(2, 1, person="p2", lng=WGS[0] + 0.122)])
        assert {signal.code for signal in found} == {"impossible_speed", "shared_device"}

    def test_the_same_instant_does_not_divide_by_nought(self) -> None:
        assert codes(seen(1, 0), seen(2, 0, lng=WGS[0] + 0.122)) == ["impossible_speed"]

    def test_it_says_how_far_and_how_fast(self) -> None:
        (signal,) = impossible_speed([seen(1, 0), seen(2, 2, lng=WGS[0] + 0.122)])
        assert signal.message == "2 分钟内移动了 13 公里，至少需要每小时 375 公里。"
        assert signal.attempts == ("a1", "a2")
        assert signal.measures["limit_kmh"] == 350.0


class TestIdenticalCoordinates:
    def spot(self, n: int, minutes: float, **changes: Any) -> geo.Sighting:
        return seen(n, minutes, **{"lng": 113.9123161, "lat": 22.5438472} | changes)

    def test_three_times_to_the_last_digit_is_a_sign(self) -> None:
        assert codes(*(self.spot(n, n * 60) for n in range(3))) == ["identical_coordinates"]

    def test_twice_may_be_chance(self) -> None:
        assert codes(*(self.spot(n, n * 60) for n in range(2))) == []

    def test_within_minutes_it_is_the_phones_cache(self) -> None:
        assert codes(*(self.spot(n, n) for n in range(9))) == []

    def test_two_people_with_the_same_digits_are_a_sign(self) -> None:
        (signal,) = geo.signals([self.spot(1, 0), self.spot(2, 1, person="p2", device="d2")])
        assert signal.code == "identical_coordinates"
        assert "2 人" in signal.message

    def test_one_digit_apart_is_not_identical(self) -> None:
        assert codes(*(self.spot(n, n * 60, lng=113.9123161 + n * 1e-7) for n in range(3))) == []

    def test_a_network_position_weighs_less(self) -> None:
        (gps,) = geo.signals([self.spot(n, n * 60) for n in range(3)])
        (wifi,) = geo.signals([self.spot(n, n * 60, accuracy_m=65.0) for n in range(3)])
        assert wifi.risk < gps.risk


class TestGridJitter:
    def jittered(self, step: float, n: int = 6) -> list[geo.Sighting]:
        noise = random.Random(4)
        base = 113.91231637, 22.54384716
        return [
            seen(
                i,
                i * 60,
                lng=base[0] + noise.randint(-9, 9) * step,
                lat=base[1] + noise.randint(-9, 9) * step,
            )
            for i in range(n)
        ]

    @pytest.mark.parametrize("step", [3e-5, 1e-5, 1e-4, 5e-5])
    def test_whole_steps_around_a_base_are_a_sign(self, step: float) -> None:
        (signal,) = geo.signals(self.jittered(step))
        assert signal.code == "grid_jitter"
        assert signal.measures["step_deg"] == step

    def test_three_points_may_be_chance(self) -> None:
        assert codes(*self.jittered(3e-5, 3)) == []

    def test_a_client_that_rounds_is_no_sign(self) -> None:
        rounded = [
            seen(i, i * 60, lng=round(WGS[0] + 1.37e-5 * i, 5), lat=round(WGS[1] + 2.3e-5 * i * i, 5))
            for i in range(8)
        ]
        assert codes(*rounded) == []


class TestSharedDevice:
    def test_two_people_are_a_weak_sign_and_five_a_strong_one(self) -> None:
        risks = []
        for people in (2, 5):
            (signal,) = geo.signals([seen(n, n, person=f"p{n}") for n in range(people)])
            assert signal.code == "shared_device"
            assert f"{people} 人" in signal.message
            risks.append(signal.risk)
        assert risks[0] < 0.5 < risks[1]

    def test_outside_the_window_it_is_a_handed_down_phone(self) -> None:
        days = 24 * 60
        assert codes(seen(1, 0), seen(2, 29.9 * days, person="p2")) == ["shared_device"]
        assert codes(seen(1, 0), seen(2, 30 * days, person="p2")) == []

    def test_an_unknown_device_is_nobodys(self) -> None:
        assert codes(seen(1, 0, device=None), seen(2, 1, device=None, person="p2")) == []


class TestOnePlaceTwoAddresses:
    def test_one_place_cannot_be_two_distant_addresses(self) -> None:
        a = seen(1, 0, site="s1", site_point=FUTIAN)
        b = seen(2, 5, site="s2", site_point=NANSHAN)
        (signal,) = geo.signals([a, b])
        assert signal.code == "one_place_two_addresses"
        assert "13 公里" in signal.message

    @pytest.mark.parametrize(
        "second",
        [
            {"site": "s1", "site_point": FUTIAN},
            {"site": "s2", "site_point": geo.Point(114.055, 22.541, geo.Datum.GCJ02)},
            {"site": "s2", "site_point": NANSHAN, "at": NOW + timedelta(hours=3)},
            {"site": "s2", "site_point": NANSHAN, "lng": WGS[0] + 0.005},
            {"site": "s2", "site_point": NANSHAN, "person": "p2", "device": "d2"},
            {"site": "s2", "site_point": None},
        ],
        ids=["same address", "next door", "hours later", "moved", "somebody else", "no point"],
    )
    def test_otherwise_there_is_no_contradiction(self, second: dict[str, Any]) -> None:
        assert codes(seen(1, 0, site="s1", site_point=FUTIAN), seen(2, 5, **second)) == []


def test_the_strongest_comes_first_and_all_is_json() -> None:
    history = [seen(n, n * 60, person=f"p{n}", lng=113.9123161, lat=22.5438472) for n in range(4)]
    found = geo.signals(reversed(history))
    assert [signal.risk for signal in found] == sorted((signal.risk for signal in found), reverse=True)
    json.dumps([signal.to_mapping() for signal in found], allow_nan=False)
    assert all(0 < signal.risk < 1 for signal in found)
    assert max(signal.risk for signal in found) < geo.total_risk(found) < 1


def test_limits_are_the_operators() -> None:
    quick = [seen(1, 0), seen(2, 3, lng=WGS[0] + 0.122)]
    assert geo.signals(quick) == ()
    assert geo.signals(quick, policy=SignalPolicy(ground_kmh=120.0))[0].code == "impossible_speed"
