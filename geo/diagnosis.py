"""Was the person there and only the client's datum wrong?

The shifts are large (GCJ-02 up to 705 m, BD-09 up to 1.5 km) and point the same way for a whole district, so
a mistaken datum leaves a fingerprint: read in the other datum, or with the shift applied once more or once
less, the same degrees fall into the fence. This explains a refusal; it never turns one into an acceptance.
"""

from dataclasses import dataclass

from geo.datums import Datum, convert, same_degrees
from geo.fences import Fence
from geo.fixes import Fix, Reason, number

_NAMES = {
    Datum.WGS84: "WGS-84（GPS）",
    Datum.CGCS2000: "CGCS2000（天地图）",
    Datum.GCJ02: "GCJ-02（高德、腾讯地图）",
    Datum.BD09: "BD-09（百度地图）",
}
_READINGS = (Datum.WGS84, Datum.GCJ02, Datum.BD09)
# How near the fence a reading must come for its offset to "match the shift at that place".
_NEAR_M = 30.0
# BD-09 taken off twice moves a point by up to 3 020 m over China; nothing moves it farther.
_LARGEST_SHIFT_M = 3_100.0


@dataclass(frozen=True, slots=True)
class Suspicion:
    """The datum the degrees were probably in; None if the client seems to have shifted twice or backwards."""

    datum: Datum | None
    edge_distance_m: float
    reason: Reason


def wrong_datum(fix: Fix, fence: Fence, edge_distance_m: float) -> Suspicion | None:
    """Explain by a wrong datum why a fix lies outside, or None if that explains nothing.

    The fix must have sound degrees and a datum; `edge_distance_m` is that of the declared reading. A reading
    explains if it lies inside, or if it comes within the accuracy (30 m at most) of the fence and is far
    nearer to it than the declared one.
    """
    assert fix.lng is not None and fix.lat is not None and fix.datum is not None
    if edge_distance_m > _LARGEST_SHIFT_M:
        return None
    declared = Datum(fix.datum)
    readings = _readings(float(fix.lng), float(fix.lat), declared, fence)
    read_m, datum = min(readings, key=lambda reading: reading[0])
    near_m = min(_NEAR_M, number(fix.accuracy_m) or 0.0)
    matches_shift = read_m <= near_m and edge_distance_m - read_m >= 2 * near_m
    if read_m > 0 and not matches_shift:
        return None
    return Suspicion(datum, read_m, _reason(declared, datum))


def _readings(lng: float, lat: float, declared: Datum, fence: Fence) -> list[tuple[float, Datum | None]]:
    """Distance to the edge under each other reading."""
    places: list[tuple[tuple[float, float], Datum | None]] = [
        (convert(lng, lat, datum, Datum.WGS84), datum)
        for datum in _READINGS
        if not same_degrees(datum, declared)
    ]
    places.append((_shifted_twice(lng, lat, declared), None))
    return [(_edge_distance(fence, place), datum) for place, datum in places]


def _shifted_twice(lng: float, lat: float, declared: Datum) -> tuple[float, float]:
    """Where the person was if the client converted although it need not have, or the wrong way round.

    A client that declares a shifted datum but shifted twice needs one more inverse; one that declares WGS-84
    but undid a shift that was never there needs the shift put back.
    """
    if same_degrees(declared, Datum.WGS84):
        return convert(lng, lat, Datum.WGS84, Datum.GCJ02)
    once = convert(lng, lat, declared, Datum.WGS84)
    return convert(*once, declared, Datum.WGS84)


def _edge_distance(fence: Fence, place: tuple[float, float]) -> float:
    shape = fence.shape
    return shape.edge_distance(*shape.frame.to_metres(*place))


def _reason(declared: Datum, datum: Datum | None) -> Reason:
    said = f"上报的坐标系是 {_NAMES[declared]}，但"
    if datum is None:
        said += "位置像是被重复或反向纠偏过，去掉多余的纠偏后就在打卡范围附近。"
    else:
        said += f"按 {_NAMES[datum]} 解读就在打卡范围附近，坐标系可能报错了。"
    hint = "这不是您的问题：请更新小程序后重试；若仍失败，请联系技术支持并告知本提示。"
    return Reason("wrong_datum_suspected", said, hint)
