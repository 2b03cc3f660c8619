"""The four datums a position in China arrives in, and the way between them.

Sources
-------
- GCJ-02: the published formula (on the Krasovsky 1940 ellipsoid) as in caijun/geoChina `R/cst.R`,
  Artoria2e5/PRCoords and googollee/eviltransform. There is no official text. The vendors' own servers
  answer with a constant 0.67 m more (hujiulong/gcoord's list of cities), which no formula known explains.
- BD-09: the same sources; the forward formula agrees with Baidu's own answers to a centimetre.
  eviltransform had the factor 52.36 rad/° wrong for years (its issues 43 and 44): hence it is spelled out.
- CGCS2000 differs from WGS-84 by centimetres to decimetres (plate motion since epoch 2000.0), far below
  any phone's accuracy: the two are taken as one here.

Inverses are iterated on the forward formula, because the published closed inverses err by metres (GCJ-02)
and decimetres (BD-09). Everything takes floats or NumPy arrays; degrees, longitude first.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

# The rectangle in which the shift applies. It is coarse on purpose: finer public lists of rectangles cut
# off Chinese towns (Heihe at 127.5° E, 50.2° N), which would move an honest person by half a kilometre;
# a rectangle too wide only touches places where nobody checks in.
SHIFTED_LNG = (72.004, 137.8347)
SHIFTED_LAT = (0.8293, 55.8271)

_KRASOVSKY_A = 6378245.0
_KRASOVSKY_EE = 0.00669342162296594323
_BD_RADIANS_PER_DEGREE = math.pi * 3000.0 / 180.0
_BD_LNG_OFFSET, _BD_LAT_OFFSET = 0.0065, 0.006
# Each round shrinks the error at least fiftyfold (largest slope of the shift: 0.02): 1 km → 0.02 mm.
_INVERSE_ROUNDS = 4


class Datum(StrEnum):
    """The coordinate system a pair of degrees is expressed in."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


@dataclass(frozen=True, slots=True)
class Point:
    """A place: degrees, longitude first, and the datum without which they mean nothing."""

    lng: float
    lat: float
    datum: Datum


@overload
def convert(lng: float, lat: float, source: Datum | str, target: Datum | str) -> tuple[float, float]: ...
@overload
def convert(
    lng: ArrayLike, lat: ArrayLike, source: Datum | str, target: Datum | str
) -> tuple[FloatArray, FloatArray]: ...
def convert(lng: Any, lat: Any, source: Datum | str, target: Datum | str) -> tuple[Any, Any]:
    """Express a position of datum `source` in datum `target`.

    Scalars give floats, arrays (any shape, broadcast together) give arrays. Positions outside China, and
    NaN, come back unchanged. Raises ValueError for an unknown datum.
    """
    source, target = Datum(source), Datum(target)
    are_floats = isinstance(lng, float) and isinstance(
        lat, float
    )  # Asking NumPy takes as long as converting.
    if are_floats or (np.ndim(lng) == 0 and np.ndim(lat) == 0):
        return _convert_one(float(lng), float(lat), source, target)
    xs, ys = np.broadcast_arrays(np.asarray(lng, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    return _convert_many(xs, ys, source, target)


def to_datum(point: Point, target: Datum) -> Point:
    """The same place expressed in another datum."""
    lng, lat = convert(point.lng, point.lat, point.datum, target)
    return Point(lng, lat, Datum(target))


def same_degrees(a: Datum, b: Datum) -> bool:
    """Whether two datums are expressed by the same degrees (WGS-84 and CGCS2000 are)."""
    return _family(a) is _family(b)


def is_shifted_area(lng: float, lat: float) -> bool:
    """Whether the shift applies at this place; False for NaN."""
    return SHIFTED_LNG[0] <= lng <= SHIFTED_LNG[1] and SHIFTED_LAT[0] <= lat <= SHIFTED_LAT[1]


def _family(datum: Datum) -> Datum:
    return Datum.WGS84 if datum is Datum.CGCS2000 else datum


def _convert_one(x: float, y: float, source: Datum, target: Datum) -> tuple[float, float]:
    if same_degrees(source, target) or not is_shifted_area(x, y):
        return x, y
    return _through_gcj(math, x, y, source, target)


def _convert_many(
    xs: FloatArray, ys: FloatArray, source: Datum, target: Datum
) -> tuple[FloatArray, FloatArray]:
    if same_degrees(source, target):
        return xs.copy(), ys.copy()
    inside = (xs >= SHIFTED_LNG[0]) & (xs <= SHIFTED_LNG[1]) & (ys >= SHIFTED_LAT[0]) & (ys <= SHIFTED_LAT[1])
    if inside.all():
        return _through_gcj(np, xs, ys, source, target)
    out_x, out_y = xs.copy(), ys.copy()
    out_x[inside], out_y[inside] = _through_gcj(np, xs[inside], ys[inside], source, target)
    return out_x, out_y


def _through_gcj(m: ModuleType, x: Any, y: Any, source: Datum, target: Datum) -> tuple[Any, Any]:
    """GCJ-02 is the hub: WGS-84 ⇄ GCJ-02 ⇄ BD-09. `m` is `math` for floats and `numpy` for arrays."""
    source, target = _family(source), _family(target)
    if source is Datum.WGS84:
        x, y = _wgs_to_gcj(m, x, y)
    elif source is Datum.BD09:
        x, y = _undo(_gcj_to_bd, m, x, y)
    if target is Datum.WGS84:
        return _undo(_wgs_to_gcj, m, x, y)
    if target is Datum.BD09:
        return _gcj_to_bd(m, x, y)
    return x, y


def _undo(forward: Any, m: ModuleType, x: Any, y: Any) -> tuple[Any, Any]:
    """Solve forward(guess) = (x, y) by correcting the guess by what is missing (caijun's iteration)."""
    guess_x, guess_y = x, y
    for _ in range(_INVERSE_ROUNDS):
        there_x, there_y = forward(m, guess_x, guess_y)
        guess_x, guess_y = guess_x + (x - there_x), guess_y + (y - there_y)
    return guess_x, guess_y


def _wgs_to_gcj(m: ModuleType, lng: Any, lat: Any) -> tuple[Any, Any]:
    east_m, north_m = _gcj_shift_m(m, lng - 105.0, lat - 35.0)
    phi = lat * (math.pi / 180.0)
    sin_phi = m.sin(phi)
    w2 = 1.0 - _KRASOVSKY_EE * sin_phi * sin_phi
    w = m.sqrt(w2)
    normal_radius = _KRASOVSKY_A / w
    meridian_radius = _KRASOVSKY_A * (1.0 - _KRASOVSKY_EE) / (w2 * w)
    degrees = 180.0 / math.pi
    cos_phi = m.sqrt(1.0 - sin_phi * sin_phi)
    return (
        lng + east_m * degrees / (normal_radius * cos_phi),
        lat + north_m * degrees / meridian_radius,
    )


def _gcj_shift_m(m: ModuleType, x: Any, y: Any) -> tuple[Any, Any]:
    """The shift in metres (east, north) at x = lng - 105°, y = lat - 35°.

    The published terms sin 6πx, sin πx and sin πy are got from sin 2πx, sin πx/3 and sin πy/3, because
    sin 3a = 3 sin a - 4 sin³ a and sines are where the time goes.
    """
    pi = math.pi
    sin_2x, sin_x3, sin_y3 = m.sin(2.0 * pi * x), m.sin(pi / 3.0 * x), m.sin(pi / 3.0 * y)
    common = (20.0 * _sin_triple(sin_2x) + 20.0 * sin_2x) * (2.0 / 3.0)
    root = m.sqrt(abs(x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east = east + (20.0 * _sin_triple(sin_x3) + 40.0 * sin_x3) * (2.0 / 3.0)
    east = east + (150.0 * m.sin(pi / 12.0 * x) + 300.0 * m.sin(pi / 30.0 * x)) * (2.0 / 3.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north = north + (20.0 * _sin_triple(sin_y3) + 40.0 * sin_y3) * (2.0 / 3.0)
    north = north + (160.0 * m.sin(pi / 12.0 * y) + 320.0 * m.sin(pi / 30.0 * y)) * (2.0 / 3.0)
    return east, north


def _sin_triple(sine: Any) -> Any:
    return sine * (3.0 - 4.0 * sine * sine)


def _gcj_to_bd(m: ModuleType, lng: Any, lat: Any) -> tuple[Any, Any]:
    radius = m.hypot(lng, lat) + 0.00002 * m.sin(lat * _BD_RADIANS_PER_DEGREE)
    atan2 = math.atan2 if m is math else np.arctan2
    angle = atan2(lat, lng) + 0.000003 * m.cos(lng * _BD_RADIANS_PER_DEGREE)
    return radius * m.cos(angle) + _BD_LNG_OFFSET, radius * m.sin(angle) + _BD_LAT_OFFSET
