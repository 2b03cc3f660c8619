"""Many fixes: the same answers as one at a time."""

import json
import math
from datetime import timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import geo
from geo.bulk import VERDICTS, Fault
from geo.shapes import edge_distance_by_sides
from tests.geo.samples import GCJ, NOW, circle, judged, polygon, ring, square

HOLED = polygon(square(), ring((-50, -50), (50, -50), (50, 50), (-50, 50)))
MANY_SIDES = polygon(
    ring(
        *(
            (300 * math.cos(a), (200 + 30 * math.cos(9 * a)) * math.sin(a))
            for a in np.arange(0, 6.28, 0.05).tolist()
        )
    )
)
RANDOM = np.random.default_rng(5)
N = 400
LNG = GCJ[0] + RANDOM.normal(0, 0.003, N)
LAT = GCJ[1] + RANDOM.normal(0, 0.003, N)
ACCURACY = RANDOM.uniform(1, 130, N)
AGE = RANDOM.uniform(-15, 70, N)
for row, (lng, lat) in enumerate(
    [
        (math.nan, 22.5),
        (math.inf, 22.5),
        (0.0, 0.0),
        (22.5, 113.9),
        (113.9, 95.0),
        (200.0, 22.5),
        (113.9e6, 22.5e6),
        (116.4, 39.9),
    ]
):
    LNG[row], LAT[row] = lng, lat
ACCURACY[10:15] = [0.0, -1.0, math.nan, math.inf, 1e9]
AGE[15:19] = [math.nan, 1e9, -1e9, 60.0]


def same(many: geo.ManyVerdicts, row: int, one: geo.PlaceVerdict) -> None:
    """The row says what the single verdict says, but for what is left to single verdicts."""
    assert VERDICTS[many.verdict[row]] is one.verdict
    told = [code for code in (reason.code for reason in one.reasons) if code != "wrong_datum_suspected"]
    assert set(many.codes(row)) == set(told)
    for measured, single in (
        (many.edge_distance_m[row], one.edge_distance_m),
        (many.match_rate[row], one.match_rate),
    ):
        if single is None:
            assert math.isnan(measured)
        else:
            assert measured == pytest.approx(single, rel=1e-4, abs=0.002)


@pytest.mark.parametrize("fence", [circle(), HOLED, MANY_SIDES], ids=["circle", "holed", "many sides"])
@pytest.mark.parametrize("datum", geo.Datum)
def test_every_row_is_what_judge_says(fence: geo.Fence, datum: geo.Datum) -> None:
    many = geo.judge_many(LNG, LAT, fence, datum=datum, accuracy_m=ACCURACY, age_s=AGE)
    for row in range(N):
        captured_at = None if math.isnan(AGE[row]) else NOW - timedelta(seconds=float(AGE[row]))
        the_fix = geo.Fix(float(LNG[row]), float(LAT[row]), datum, float(ACCURACY[row]), captured_at)
        same(many, row, judged(the_fix, fence))


@given(st.floats(), st.floats(), st.floats(), st.floats(-1e8, 1e8), st.sampled_from([circle(), HOLED]))
def test_any_row_is_what_judge_says(
    lng: float, lat: float, accuracy: float, age: float, fence: geo.Fence
) -> None:
    captured_at = NOW - timedelta(seconds=age)
    age_s = (NOW - captured_at).total_seconds()
    many = geo.judge_many([lng], [lat], fence, datum="wgs84", accuracy_m=accuracy, age_s=age_s)
    one = judged(geo.Fix(lng, lat, geo.Datum.WGS84, accuracy, captured_at), fence)
    if one.edge_distance_m is None or abs(one.edge_distance_m) > 0.001:
        same(many, 0, one)


def test_points_level_with_corners_are_on_the_right_side() -> None:
    """The even-odd rule counts a corner once, not twice: an L of whole metres against shapely."""
    corners = [(0, 0), (6, 0), (6, 3), (3, 3), (3, 6), (0, 6)]
    area = shapely.Polygon(corners)
    edges = np.array([(*a, *b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)], dtype=float)
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(-1.5, 8.0), np.arange(-1.0, 8.0)))
    found = edge_distance_by_sides(x, y, edges)
    assert ((found < 0) == shapely.contains_xy(area, x, y))[found != 0].all()
    assert np.abs(found) == pytest.approx(shapely.distance(area.boundary, shapely.points(x, y)))


def test_each_fix_is_given_the_nearest_fence_in_reach() -> None:
    centers = [(GCJ[0] + 0.01 * i, GCJ[1]) for i in range(20)]
    fences = [geo.CircleFence(geo.Point(*center, geo.Datum.GCJ02), 200) for center in centers]
    lng = np.array([GCJ[0] + 0.0301, GCJ[0] + 0.0548, GCJ[0] - 0.004, GCJ[0] - 0.1, math.nan])
    lat = np.full(5, GCJ[1])
    many = geo.judge_many(lng, lat, fences, datum="gcj02", accuracy_m=10, age_s=1)
    assert many.fence.tolist() == [3, 5, 0, -1, -1]
    assert [VERDICTS[v] for v in many.verdict] == ["inside", "outside", "outside", "outside", "cannot_tell"]
    assert many.edge_distance_m[3] == math.inf
    assert math.isnan(many.edge_distance_m[4])
    assert many.codes(3) == ("outside_fence",)


def test_the_nearest_of_many_is_what_trying_all_would_find() -> None:
    fences = [
        geo.CircleFence(geo.Point(GCJ[0] + x, GCJ[1] + y, geo.Datum.GCJ02), r)
        for x, y, r in zip(
            RANDOM.uniform(-0.02, 0.02, 40),
            RANDOM.uniform(-0.02, 0.02, 40),
            RANDOM.uniform(20, 400, 40),
            strict=True,
        )
    ] + [HOLED]
    lng, lat = GCJ[0] + RANDOM.uniform(-0.02, 0.02, 300), GCJ[1] + RANDOM.uniform(-0.02, 0.02, 300)
    many = geo.judge_many(lng, lat, fences, datum="gcj02", accuracy_m=10, age_s=1, reach_m=20_000)
    singly = np.array(
        [geo.judge_many(lng, lat, f, datum="gcj02", accuracy_m=10, age_s=1).edge_distance_m for f in fences]
    )
    assert many.edge_distance_m == pytest.approx(singly.min(axis=0))
    assert (many.fence == singly.argmin(axis=0)).all()


def test_rows_can_name_their_fence() -> None:
    fences = [circle(), HOLED, circle(50)]
    many = geo.judge_many(
        [GCJ[0]] * 3, [GCJ[1]] * 3, fences, datum="gcj02", accuracy_m=10, age_s=1, which=[2, 1, 0]
    )
    assert many.fence.tolist() == [2, 1, 0]
    assert many.edge_distance_m == pytest.approx([-50, 50, -300], abs=1)


@pytest.mark.parametrize("which", [[3], [-1]])
def test_naming_a_fence_that_is_not_there_is_an_error(which: list[int]) -> None:
    with pytest.raises(IndexError):
        geo.judge_many([GCJ[0]], [GCJ[1]], [circle()], datum="gcj02", accuracy_m=1, age_s=1, which=which)


def test_a_table_of_fixes_is_an_error() -> None:
    with pytest.raises(ValueError, match="dimension"):
        geo.judge_many([[GCJ[0]]], [[GCJ[1]]], circle(), datum="gcj02", accuracy_m=1, age_s=1)


def test_no_fences_and_no_fixes_are_no_trouble() -> None:
    assert geo.judge_many([], [], circle(), datum="wgs84", accuracy_m=1, age_s=1).verdict.size == 0
    nowhere = geo.judge_many([GCJ[0]], [GCJ[1]], [], datum="wgs84", accuracy_m=1, age_s=1)
    assert VERDICTS[nowhere.verdict[0]] == "outside"


def test_more_rows_than_a_block_are_all_judged() -> None:
    lng = np.full(40_000, GCJ[0])
    many = geo.judge_many(lng, GCJ[1], circle(), datum="gcj02", accuracy_m=10, age_s=1)
    assert (many.edge_distance_m < -299.9).all()
    lng[7] = math.nan  # The other path through the blocks.
    assert (
        np.isnan(
            geo.judge_many(lng, GCJ[1], circle(), datum="gcj02", accuracy_m=10, age_s=1).edge_distance_m
        ).sum()
        == 1
    )


def test_every_bit_is_a_code_of_judge_and_fits() -> None:
    assert json.dumps(max(Fault)) == "8192"
    assert max(Fault) < 2**16
