"""What several attempts say together that one does not: signs of a faked position, with evidence for staff.

Pure functions over a history; people, devices and sites are opaque ids. A signal is a reason to look, never
a refusal: phones are shared honestly, Wi-Fi positions repeat, and a client may round. Each function says what
an honest phone does and why the sign differs from that.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from geo.datums import Datum, Point
from geo.metres import distance_m
from geo.words import distance_words


@dataclass(frozen=True, slots=True)
class Sighting:
    """One attempt with a sound position.

    `lng` and `lat` are the degrees exactly as reported, in `datum`; `at` is the server's time. `site` is the
    id of the address the attempt was made for and `site_point` its confirmed point.
    """

    attempt: str
    person: str
    device: str | None
    lng: float
    lat: float
    datum: Datum
    accuracy_m: float
    at: datetime
    site: str | None = None
    site_point: Point | None = None


@dataclass(frozen=True, slots=True)
class SignalPolicy:
    """Where honest behaviour ends: values an operator may change.

    No train is faster than 350 km/h; beyond 300 km somebody may have flown; below 2 km a client that changed
    its datum (up to 1.5 km) looks like a journey. Positions read from the phone's cache are identical for
    minutes, hence `repeat_after`. Known spoofers jitter by 0.00003 to 0.00015°.
    """

    ground_kmh: float = 350.0
    air_kmh: float = 1_000.0
    journey_from_m: float = 2_000.0
    flight_from_m: float = 300_000.0
    repeat_after: timedelta = timedelta(minutes=10)
    repeats: int = 3
    grid_steps_deg: tuple[float, ...] = (1e-4, 5e-5, 3e-5, 2e-5, 1e-5)
    grid_points: int = 4
    people_per_device: int = 2
    device_window: timedelta = timedelta(days=30)
    addresses_apart_m: float = 1_000.0
    addresses_within: timedelta = timedelta(hours=2)


DEFAULT_POLICY = SignalPolicy()


@dataclass(frozen=True, slots=True)
class Signal:
    """One sign: how strong (0…1), a sentence for staff, the attempts it rests on, the figures behind it."""

    code: str
    risk: float
    message: str
    attempts: tuple[str, ...]
    measures: dict[str, Any] = field(hash=False, default_factory=dict)

    def to_mapping(self) -> dict[str, Any]:
        """JSON-safe."""
        return {
            "code": self.code,
            "risk": self.risk,
            "message": self.message,
            "attempts": list(self.attempts),
            "measures": dict(self.measures),
        }


def signals(history: Iterable[Sighting], *, policy: SignalPolicy = DEFAULT_POLICY) -> tuple[Signal, ...]:
    """Every sign in a history of a person, a device or both; the strongest first, ties in order of time."""
    sightings = sorted(history, key=lambda s: (s.at, s.attempt))
    found: list[Signal] = []
    for look in (
        impossible_speed,
        identical_coordinates,
        grid_jitter,
        shared_device,
        one_place_two_addresses,
    ):
        found.extend(look(sightings, policy))
    return tuple(sorted(found, key=lambda s: -s.risk))


def total_risk(found: Iterable[Signal]) -> float:
    """The signs taken together, as if independent: 1 - Π(1 - risk)."""
    return 1.0 - math.prod(1.0 - signal.risk for signal in found)


def impossible_speed(history: Sequence[Sighting], policy: SignalPolicy = DEFAULT_POLICY) -> list[Signal]:
    """The same person or device at two places too far apart for the time between.

    Both accuracies are taken off the distance, so that two poor fixes at one desk never make a journey.
    """
    found: dict[tuple[str, str], Signal] = {}
    for group in [*_groups(history, lambda s: s.person), *_groups(history, lambda s: s.device)]:
        for a, b in pairwise(group):
            signal = _journey(a, b, policy)
            if signal is not None:
                found.setdefault((a.attempt, b.attempt), signal)
    return list(found.values())


def _journey(a: Sighting, b: Sighting, policy: SignalPolicy) -> Signal | None:
    apart_m = _apart_m(a, b)
    least_m = max(0.0, apart_m - a.accuracy_m - b.accuracy_m)
    # Server times of two requests may be a second apart by queueing alone.
    seconds = max(1.0, (b.at - a.at).total_seconds())
    kmh = least_m / seconds * 3.6
    limit = policy.air_kmh if least_m >= policy.flight_from_m else policy.ground_kmh
    if kmh <= limit or least_m < policy.journey_from_m:
        return None
    return Signal(
        "impossible_speed",
        min(0.95, 0.6 + 0.1 * math.log2(kmh / limit)),
        f"{_minutes_words(seconds)}内移动了 {distance_words(apart_m)}，至少需要每小时 {kmh:,.0f} 公里。",
        (a.attempt, b.attempt),
        {"distance_m": round(apart_m, 1), "seconds": seconds, "kmh": round(kmh, 1), "limit_kmh": limit},
    )


def identical_coordinates(history: Sequence[Sighting], policy: SignalPolicy = DEFAULT_POLICY) -> list[Signal]:
    """The same degrees to the last digit again and again.

    Satellites move: an honest fix differs in the last digits every minute. Network positions (accuracy above
    30 m) do repeat, and a few digits repeat by chance: both weigh less.
    """
    found = []
    for (lng, lat, _), group in _keyed(history, lambda s: (s.lng, s.lat, s.datum)).items():
        spaced = _spaced(group, policy.repeat_after)
        people = {s.person for s in spaced}
        if len(spaced) < policy.repeats and len(people) < 2:
            continue
        risk = 0.3 + 0.1 * min(4, len(spaced) - 1) + (0.15 if len(people) > 1 else 0.0)
        risk *= 0.5 if min(s.accuracy_m for s in spaced) > 30 or _decimals(lng, lat) <= 4 else 1.0
        said = f"{len(spaced)} 次打卡的经纬度逐位相同" + (
            f"，涉及 {len(people)} 人。" if len(people) > 1 else "。"
        )
        measures = {"times": len(spaced), "people": len(people), "decimals": _decimals(lng, lat)}
        found.append(
            Signal("identical_coordinates", min(0.9, risk), said, tuple(s.attempt for s in spaced), measures)
        )
    return found


def grid_jitter(history: Sequence[Sighting], policy: SignalPolicy = DEFAULT_POLICY) -> list[Signal]:
    """Different positions that all lie on a grid around one of them: a base point plus whole steps.

    Spoofers add a random whole number of steps to a base typed in once. If the degrees themselves are whole
    steps, the client merely rounds, which is no sign of anything.
    """
    found = []
    for group in _groups(history, lambda s: s.person):
        places = list(dict.fromkeys((s.lng, s.lat) for s in group))
        if len(places) < policy.grid_points or len({s.datum for s in group}) > 1:
            continue
        step = _grid_step(places, policy.grid_steps_deg)
        if step is None:
            continue
        found.append(
            Signal(
                "grid_jitter",
                min(0.95, 0.6 + 0.05 * len(places)),
                f"{len(places)} 个不同位置都落在间距 {step:.5f}° 的网格上，像是软件在固定点上加的随机偏移。",
                tuple(s.attempt for s in group),
                {"step_deg": step, "places": len(places)},
            )
        )
    return found


def shared_device(history: Sequence[Sighting], policy: SignalPolicy = DEFAULT_POLICY) -> list[Signal]:
    """One device for several people within the window. Colleagues do lend a phone; five of them do not."""
    found = []
    for device, group in _keyed([s for s in history if s.device], lambda s: s.device).items():
        busiest = max((_within(group, start, policy.device_window) for start in group), key=_people)
        people = _people(busiest)
        if people < policy.people_per_device:
            continue
        found.append(
            Signal(
                "shared_device",
                min(0.9, 0.15 * people + 0.1),
                f"同一部手机在 {policy.device_window.days} 天内为 {people} 人打卡。",
                tuple(s.attempt for s in busiest),
                {"device": device, "people": people},
            )
        )
    return found


def one_place_two_addresses(
    history: Sequence[Sighting], policy: SignalPolicy = DEFAULT_POLICY
) -> list[Signal]:
    """The same person or device claims, from one place and within hours, to be at two distant addresses."""
    found: dict[tuple[str, str], Signal] = {}
    for group in [*_groups(history, lambda s: s.person), *_groups(history, lambda s: s.device)]:
        for i, a in enumerate(group):
            for b in group[i + 1 :]:
                if b.at - a.at > policy.addresses_within:
                    break
                signal = _double_claim(a, b, policy)
                if signal is not None:
                    found.setdefault((a.attempt, b.attempt), signal)
    return list(found.values())


def _double_claim(a: Sighting, b: Sighting, policy: SignalPolicy) -> Signal | None:
    if a.site == b.site or a.site_point is None or b.site_point is None:
        return None
    addresses_m = distance_m(a.site_point, b.site_point)
    apart_m = _apart_m(a, b)
    if addresses_m < policy.addresses_apart_m or apart_m > max(a.accuracy_m, b.accuracy_m):
        return None
    minutes = _minutes_words((b.at - a.at).total_seconds())
    return Signal(
        "one_place_two_addresses",
        0.8,
        f"{minutes}内在同一位置为两个相距 {distance_words(addresses_m)}的地址打卡。",
        (a.attempt, b.attempt),
        {"addresses_apart_m": round(addresses_m, 1), "places_apart_m": round(apart_m, 1)},
    )


_LOOKS = (impossible_speed, identical_coordinates, grid_jitter, shared_device, one_place_two_addresses)


def _groups(history: Iterable[Sighting], key: Callable[[Sighting], str | None]) -> list[list[Sighting]]:
    groups = _keyed((s for s in history if key(s) is not None), key)
    return [sorted(group, key=lambda s: s.at) for group in groups.values()]


def _keyed(history: Iterable[Sighting], key: Callable[[Sighting], Any]) -> dict[Any, list[Sighting]]:
    groups: dict[Any, list[Sighting]] = defaultdict(list)
    for sighting in history:
        groups[key(sighting)].append(sighting)
    return groups


def _spaced(group: Sequence[Sighting], gap: timedelta) -> list[Sighting]:
    """Of each person's sightings, those at least `gap` after the one kept before."""
    kept: dict[str, datetime] = {}
    spaced = []
    for sighting in sorted(group, key=lambda s: s.at):
        last = kept.get(sighting.person)
        if last is None or sighting.at - last >= gap:
            kept[sighting.person] = sighting.at
            spaced.append(sighting)
    return spaced


def _within(group: Sequence[Sighting], start: Sighting, window: timedelta) -> list[Sighting]:
    return [s for s in group if start.at <= s.at < start.at + window]


def _people(group: Sequence[Sighting]) -> int:
    return len({s.person for s in group})


def _grid_step(places: Sequence[tuple[float, float]], steps: Iterable[float]) -> float | None:
    """The widest step that divides every difference to the first place, though not the degrees themselves."""
    base_lng, base_lat = places[0]
    differences = [d for lng, lat in places[1:] for d in (lng - base_lng, lat - base_lat)]
    for step in steps:
        if all(_is_multiple(d, step) for d in differences):
            is_rounding = all(_is_multiple(d, step) for place in places for d in place)
            return None if is_rounding else step
    return None


def _is_multiple(value: float, step: float) -> bool:
    # 2e-8° is 2 mm: above what floats lose on the way through JSON, far below the finest step.
    return abs(value - round(value / step) * step) < 2e-8


def _decimals(*values: float) -> int:
    """The most decimals any of the numbers is written with."""
    return max(len(repr(value).partition(".")[2]) for value in values)


def _apart_m(a: Sighting, b: Sighting) -> float:
    return distance_m(Point(a.lng, a.lat, a.datum), Point(b.lng, b.lat, b.datum))


def _minutes_words(seconds: float) -> str:
    return f"{max(1, round(seconds))} 秒" if seconds < 120 else f"{seconds / 60:.0f} 分钟"
