"""How fast a place is judged: one fix, and many beside a loop over geopy in the same run."""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
from geopy.distance import geodesic

import geo

FIXES = 1_000_000
LOOP_FIXES = 10_000
ROUNDS = 5


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median seconds of `rounds` runs, after one to warm up."""
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def fences() -> dict[str, geo.Fence]:
    """A circle of 300 m, and an L-shaped site with a hole, both drawn on a GCJ-02 map of Shenzhen."""
    center = geo.Point(113.9171765, 22.5407961, geo.Datum.GCJ02)
    west, south = center.lng - 0.003, center.lat - 0.003
    outline = [(0, 0), (6, 0), (6, 3), (3, 3), (3, 6), (0, 6), (0, 0)]
    hole = [(1, 1), (1, 2), (2, 2), (2, 1), (1, 1)]
    rings = [[[west + a / 1000, south + b / 1000] for a, b in ring] for ring in (outline, hole)]
    return {
        "circle": geo.CircleFence(center, 300.0),
        "polygon": geo.PolygonFence({"type": "Polygon", "coordinates": rings}, geo.Datum.GCJ02),
    }


def one_at_a_time() -> None:
    """`judge`, in microseconds a call."""
    now = datetime.now(UTC)
    places = {"inside": (113.9123, 22.5438), "at the edge": (113.9149, 22.5439), "outside": (113.93, 22.55)}
    for kind, fence in fences().items():
        for where, (lng, lat) in places.items():
            fix = geo.Fix(lng, lat, geo.Datum.WGS84, 35.0, now)
            took = seconds(lambda fix=fix, fence=fence: [geo.judge(fix, fence, now=now) for _ in range(1000)])
            print(f"judge       {kind:8} {where:12} {took / 1000 * 1e6:8.1f} µs")


def many() -> None:
    """`judge_many` against one fence and a geopy loop over the same fixes, in fixes a second."""
    random = np.random.default_rng(7)
    lng = 113.9123 + random.normal(0, 0.01, FIXES)
    lat = 22.5438 + random.normal(0, 0.01, FIXES)
    accuracy, age = random.uniform(3, 60, FIXES), random.uniform(0, 50, FIXES)
    loop = LOOP_FIXES / seconds(lambda: _geopy_loop(lng[:LOOP_FIXES], lat[:LOOP_FIXES]), 3)
    print(f"geopy loop  circle   wgs84        {loop:12,.0f} fixes/s")
    for kind, fence in fences().items():
        for datum in (geo.Datum.WGS84, geo.Datum.GCJ02):
            took = seconds(
                lambda f=fence, d=datum: geo.judge_many(lng, lat, f, datum=d, accuracy_m=accuracy, age_s=age)
            )
            speed = FIXES / took
            print(f"judge_many  {kind:8} {datum:12} {speed:12,.0f} fixes/s   {speed / loop:6.1f} × geopy")


def _geopy_loop(lng: np.ndarray, lat: np.ndarray) -> int:
    """What the peers do: geodesic distance ≤ radius, in one datum, without accuracy or age."""
    center = (22.5438, 113.9123)
    return sum(geodesic((b, a), center).m <= 300.0 for a, b in zip(lng.tolist(), lat.tolist(), strict=True))


def many_fences() -> None:
    """`judge_many` against 2 000 fences, found by STRtree."""
    random = np.random.default_rng(8)
    centers = np.column_stack([random.uniform(113.8, 114.5, 2000), random.uniform(22.5, 22.8, 2000)])
    all_fences = [geo.CircleFence(geo.Point(a, b, geo.Datum.GCJ02), 300.0) for a, b in centers.tolist()]
    picked = centers[random.integers(0, 2000, 200_000)] + random.normal(0, 0.003, (200_000, 2))
    for fence in all_fences:  # A fence is prepared once in its life, not once a run.
        _ = fence.shape
    took = seconds(
        lambda: geo.judge_many(
            picked[:, 0], picked[:, 1], all_fences, datum=geo.Datum.GCJ02, accuracy_m=20.0, age_s=3.0
        ),
        3,
    )
    print(f"judge_many  2000 circles, STRtree    {200_000 / took:12,.0f} fixes/s")


def main() -> None:
    """Print medians and ratios."""
    one_at_a_time()
    many()
    many_fences()


if __name__ == "__main__":
    main()
