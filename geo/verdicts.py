"""The verdict on where somebody stood: inside, outside or cannot tell, with everything it rests on.

Rules (SZ-30a, DOMAIN §0 `fence`): the point decides, the edge belongs to the fence, and the accuracy is never
added to the radius; a fix that misses something, is too inaccurate or too old decides nothing. What the
accuracy is good for is `match_rate`, the share of the accuracy circle inside the fence, in the manner of
CAMARA location-verification.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from geo.datums import Datum, convert
from geo.diagnosis import Suspicion, wrong_datum
from geo.fences import Fence
from geo.fixes import Fix, Limits, Reason, accuracy_fault, age_fault, coordinate_fault, datum_fault, number
from geo.metres import geodesic
from geo.shapes import match_rate
from geo.words import about_words, direction_words

DEFAULT_LIMITS = Limits()


class Verdict(StrEnum):
    """The three answers."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class PlaceVerdict:
    """A verdict with its proof.

    `edge_distance_m` is negative inside, 0 on the edge; `bearing_deg` points from the fix to the nearest
    point of the edge. Both, and `match_rate`, are None where the fix did not allow to measure them. `wgs84`
    is the fix in WGS-84. `reasons` is empty exactly when the verdict is inside; the first is the one to act
    upon.
    """

    verdict: Verdict
    edge_distance_m: float | None
    bearing_deg: float | None
    match_rate: float | None
    reasons: tuple[Reason, ...]
    hint: str
    datum: Datum | None
    wgs84: tuple[float, float] | None
    accuracy_m: float | None
    age_s: float | None
    suspected_datum: Datum | None
    limits: Limits

    def to_mapping(self) -> dict[str, Any]:
        """JSON-safe, never NaN: what a service stores and a shell prints. Metres to the millimetre."""
        return {
            "verdict": self.verdict.value,
            "edge_distance_m": _rounded_edge(self.edge_distance_m),
            "bearing_deg": None if self.bearing_deg is None else round(self.bearing_deg, 1) % 360.0,
            "match_rate": None if self.match_rate is None else round(self.match_rate, 4),
            "reasons": [{"code": r.code, "message": r.message, "hint": r.hint} for r in self.reasons],
            "hint": self.hint,
            "datum": None if self.datum is None else self.datum.value,
            "wgs84": None if self.wgs84 is None else [round(degrees, 8) for degrees in self.wgs84],
            "accuracy_m": self.accuracy_m,
            "age_s": self.age_s,
            "suspected_datum": None if self.suspected_datum is None else self.suspected_datum.value,
            "limits": {
                "accuracy_m": self.limits.accuracy_m,
                "age_s": self.limits.age_s,
                "future_s": self.limits.future_s,
            },
        }


@dataclass(frozen=True, slots=True)
class Place:
    """What can be measured once degrees and datum are sound."""

    wgs84: tuple[float, float]
    edge_distance_m: float
    bearing_deg: float | None
    match_rate: float | None


def judge(fix: Fix, fence: Fence, *, limits: Limits = DEFAULT_LIMITS, now: datetime) -> PlaceVerdict:
    """Say whether the fix lies in the fence.

    Never raises on what a phone sent; ValueError if `now` is naive.
    """
    unreadable = [r for r in (datum_fault(fix.datum), coordinate_fault(fix.lng, fix.lat)) if r]
    accuracy, age = accuracy_fault(fix.accuracy_m, limits.accuracy_m), age_fault(fix.captured_at, now, limits)
    unusable = [r for r in (accuracy, age) if r]
    place = None if unreadable else _measure(fix, fence)
    faults = unreadable + unusable
    if not faults and place is not None:
        if place.edge_distance_m <= 0:
            return _verdict(Verdict.INSIDE, fix, place, (), inside_hint(place), None, limits, now)
        suspicion = wrong_datum(fix, fence, place.edge_distance_m)
        reasons = (*([suspicion.reason] if suspicion else []), outside_reason(place))
        return _verdict(Verdict.OUTSIDE, fix, place, reasons, reasons[0].hint, suspicion, limits, now)
    if place is not None and place.match_rate == 0.0:
        # Even the whole accuracy circle is outside: the person ought to hear that as well.
        faults.append(outside_reason(place))
    return _verdict(Verdict.CANNOT_TELL, fix, place, tuple(faults), faults[0].hint, None, limits, now)


def outside_reason(place: Place) -> Reason:
    """`outside_fence`, with the way to go."""
    distance = about_words(place.edge_distance_m)
    towards = "" if place.bearing_deg is None else f"向{direction_words(place.bearing_deg)}"
    return Reason(
        "outside_fence", f"当前位置在打卡范围外，距范围边缘{distance}。", f"{towards}{distance}进入打卡范围。"
    )


def inside_hint(place: Place) -> str:
    """Where the person stands, inside."""
    return f"已在打卡范围内，距范围边缘{about_words(place.edge_distance_m)}。"


def _measure(fix: Fix, fence: Fence) -> Place:
    assert fix.datum is not None and fix.lng is not None and fix.lat is not None
    lng, lat = convert(float(fix.lng), float(fix.lat), Datum(fix.datum), Datum.WGS84)
    shape = fence.shape
    x, y = shape.frame.to_metres(lng, lat)
    edge_distance_m = shape.edge_distance(x, y)
    nearest = shape.nearest_edge(x, y)
    bearing = None if nearest is None else geodesic(lng, lat, *shape.frame.to_degrees(*nearest))[0]
    accuracy_m = number(fix.accuracy_m)
    rate = match_rate(shape, x, y, edge_distance_m, accuracy_m) if accuracy_m and accuracy_m > 0 else None
    return Place((lng, lat), edge_distance_m, bearing, rate)


def _verdict(
    verdict: Verdict,
    fix: Fix,
    place: Place | None,
    reasons: tuple[Reason, ...],
    hint: str,
    suspicion: Suspicion | None,
    limits: Limits,
    now: datetime,
) -> PlaceVerdict:
    return PlaceVerdict(
        verdict=verdict,
        edge_distance_m=place.edge_distance_m if place else None,
        bearing_deg=place.bearing_deg if place else None,
        match_rate=place.match_rate if place else None,
        reasons=reasons,
        hint=hint,
        datum=None if datum_fault(fix.datum) else Datum(fix.datum),  # type: ignore[arg-type]
        wgs84=place.wgs84 if place else None,
        accuracy_m=number(fix.accuracy_m),
        age_s=_age_s(fix.captured_at, now),
        suspected_datum=suspicion.datum if suspicion else None,
        limits=limits,
    )


def _age_s(captured_at: Any, now: datetime) -> float | None:
    if not isinstance(captured_at, datetime) or captured_at.utcoffset() is None:
        return None
    return (now - captured_at).total_seconds()


def _rounded_edge(edge_distance_m: float | None) -> float | None:
    if edge_distance_m is None:
        return None
    rounded = round(edge_distance_m, 3)
    # 0.2 mm outside must not be printed as 0, which would mean inside.
    return 0.001 if edge_distance_m > 0 and rounded == 0 else rounded + 0.0
