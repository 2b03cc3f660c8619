"""A place in 深圳 南山, in the two datums that matter, and the hours of a test."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import geo

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 2026-03-02 09:00 in Shanghai
WGS = (113.912316, 22.543847)
GCJ = (113.9171765, 22.5407961)
# hujiulong/gcoord, test/fixtures/china-cities.json: what the vendors' own servers answered, to 1e-7°.
CITIES = list(csv.DictReader((Path(__file__).parent / "cities.csv").read_text(encoding="utf-8").splitlines()))


def circle(radius_m: float = 300.0, datum: geo.Datum = geo.Datum.GCJ02) -> geo.CircleFence:
    """A circle around the place."""
    return geo.CircleFence(geo.to_datum(geo.Point(*GCJ, geo.Datum.GCJ02), datum), radius_m)


def ring(*metres: tuple[float, float], center: tuple[float, float] = GCJ) -> list[list[float]]:
    """A ring of (east, north) metres around a point, roughly; not closed."""
    return [[center[0] + east / 102_830.0, center[1] + north / 110_740.0] for east, north in metres]


def square(side_m: float = 400.0) -> list[list[float]]:
    """A square around the place."""
    h = side_m / 2
    return ring((-h, -h), (h, -h), (h, h), (-h, h))


def polygon(*rings: list[list[float]], datum: geo.Datum = geo.Datum.GCJ02) -> geo.PolygonFence:
    """A polygon fence of a shell and holes."""
    return geo.PolygonFence({"type": "Polygon", "coordinates": list(rings)}, datum)


def fix(lng: Any = WGS[0], lat: Any = WGS[1], **changes: Any) -> geo.Fix:
    """A sound fix at the place, measured three seconds ago, but for the changes."""
    values = {
        "datum": geo.Datum.WGS84,
        "accuracy_m": 20.0,
        "captured_at": NOW - timedelta(seconds=3),
    } | changes
    return geo.Fix(lng, lat, **values)


def moved(east_m: float, north_m: float, **changes: Any) -> geo.Fix:
    """A fix so many metres east and north of the place, on the ground."""
    from geo.metres import frame_at

    return fix(*frame_at(*WGS).to_degrees(east_m, north_m), **changes)


def judged(the_fix: geo.Fix, fence: geo.Fence | None = None, **changes: Any) -> geo.PlaceVerdict:
    """The verdict now, against the circle unless another fence is given."""
    return geo.judge(the_fix, fence or circle(), now=NOW, **changes)


def codes(verdict: geo.PlaceVerdict) -> list[str]:
    """Reason codes."""
    return [reason.code for reason in verdict.reasons]
