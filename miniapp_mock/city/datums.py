"""The same place in other datums, for the registered points of the invented city. Points in China only.

Independent of the service's own conversion: the published GCJ-02 and BD-09 formulas, written down once more,
so that a mistake in either shows as people standing in the wrong place.
"""

import math

_A = 6378245.0
_EE = 0.00669342162296594323
_X_PI = math.pi * 3000.0 / 180.0


def from_wgs84(lng: float, lat: float, datum: str) -> tuple[float, float]:
    """(longitude, latitude) of a WGS-84 point in `datum`: wgs84 | cgcs2000 | gcj02 | bd09."""
    match datum:
        case "wgs84" | "cgcs2000":
            return lng, lat
        case "gcj02":
            return _gcj02(lng, lat)
        case "bd09":
            return _bd09(*_gcj02(lng, lat))
        case _:
            raise ValueError(f"unknown datum {datum}")


def _gcj02(lng: float, lat: float) -> tuple[float, float]:
    x, y = lng - 105.0, lat - 35.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    ripple = 20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)
    north += (ripple + _waves(y, 1.0, 20.0, 3.0, 40.0) + _waves(y, 12.0, 160.0, 30.0, 320.0)) * 2.0 / 3.0
    east += (ripple + _waves(x, 1.0, 20.0, 3.0, 40.0) + _waves(x, 12.0, 150.0, 30.0, 300.0)) * 2.0 / 3.0
    phi = math.radians(lat)
    magic = 1 - _EE * math.sin(phi) ** 2
    meridian = _A * (1 - _EE) / (magic * math.sqrt(magic)) * math.pi / 180.0
    parallel = _A / math.sqrt(magic) * math.cos(phi) * math.pi / 180.0
    return lng + east / parallel, lat + north / meridian


def _waves(z: float, first: float, high: float, second: float, low: float) -> float:
    return high * math.sin(z * math.pi / first) + low * math.sin(z * math.pi / second)


def _bd09(lng: float, lat: float) -> tuple[float, float]:
    radius = math.hypot(lng, lat) + 0.00002 * math.sin(lat * _X_PI)
    angle = math.atan2(lat, lng) + 0.000003 * math.cos(lng * _X_PI)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def moved(lng: float, lat: float, *, east_m: float, north_m: float) -> tuple[float, float]:
    """The point so many metres away; good to a centimetre over a kilometre."""
    phi = math.radians(lat)
    parallel = 111412.84 * math.cos(phi) - 93.5 * math.cos(3 * phi)
    meridian = 111132.92 - 559.82 * math.cos(2 * phi) + 1.175 * math.cos(4 * phi)
    return lng + east_m / parallel, lat + north_m / meridian
