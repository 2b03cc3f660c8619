"""What must hold for every fix and every fence."""

import json
import math
from datetime import timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

import geo
from geo.verdicts import Verdict
from tests.geo.samples import GCJ, NOW, circle, fix, judged, moved, polygon, ring, square

ANYTHING = st.one_of(
    st.none(),
    st.floats(),
    st.integers(),
    st.text(max_size=5),
    st.booleans(),
    st.just(0.0),
    st.floats(-200, 200),
)
DATUMS = st.sampled_from(geo.Datum)
METRES = st.floats(-1_500, 1_500)
ACCURACY = st.floats(0.01, 100)
FENCES = st.sampled_from(
    [
        circle(40),
        circle(300),
        circle(5_000),
        polygon(square()),
        polygon(square(), ring((-50, -50), (50, -50), (50, 50), (-50, 50))),
        polygon(ring((0, 0), (600, 0), (600, 300), (300, 300), (300, 600), (0, 600))),
    ]
)


@given(
    ANYTHING,
    ANYTHING,
    st.one_of(st.none(), DATUMS, st.text(max_size=5)),
    ANYTHING,
    st.one_of(st.none(), st.floats()),
)
def test_nothing_a_phone_sends_raises_or_breaks_json(
    lng: Any, lat: Any, datum: Any, accuracy_m: Any, age_s: float | None
) -> None:
    captured_at = None
    if age_s is not None and math.isfinite(age_s):
        captured_at = NOW - timedelta(seconds=max(-1e9, min(1e9, age_s)))
    result = judged(geo.Fix(lng, lat, datum, accuracy_m, captured_at))
    json.dumps(result.to_mapping(), allow_nan=False)
    assert (result.reasons == ()) is (result.verdict is Verdict.INSIDE)
    assert result.hint


@given(st.floats(), st.floats(), DATUMS, st.floats(), FENCES)
def test_no_float_raises(
    lng: float, lat: float, datum: geo.Datum, accuracy_m: float, fence: geo.Fence
) -> None:
    result = judged(fix(lng, lat, datum=datum, accuracy_m=accuracy_m), fence)
    json.dumps(result.to_mapping(), allow_nan=False)


@given(st.floats(-180, 180), st.floats(-90, 90), DATUMS, st.floats(1e-300, 1e300), FENCES)
def test_every_place_on_earth_has_a_distance_and_a_share(
    lng: float, lat: float, datum: geo.Datum, accuracy_m: float, fence: geo.Fence
) -> None:
    result = judged(fix(lng, lat, datum=datum, accuracy_m=accuracy_m), fence)
    assume(result.wgs84 is not None)
    assert result.edge_distance_m is not None and math.isfinite(result.edge_distance_m)
    assert result.edge_distance_m < 20_100_000
    assert result.match_rate is not None and 0 <= result.match_rate <= 1


@given(METRES, METRES, ACCURACY, FENCES)
def test_inside_means_no_positive_edge_distance_and_outside_a_positive_one(
    east_m: float, north_m: float, accuracy_m: float, fence: geo.Fence
) -> None:
    result = judged(moved(east_m, north_m, accuracy_m=accuracy_m), fence)
    assert result.edge_distance_m is not None and result.match_rate is not None
    assert (result.edge_distance_m <= 0) is (result.verdict is Verdict.INSIDE)
    assert 0.0 <= result.match_rate <= 1.0
    if result.edge_distance_m <= -accuracy_m:
        assert result.match_rate == 1.0
    if result.edge_distance_m >= accuracy_m:
        assert result.match_rate == 0.0


@given(METRES, METRES, st.floats(10, 10_000), st.floats(10, 10_000), ACCURACY)
def test_a_larger_radius_never_turns_inside_into_outside(
    east_m: float, north_m: float, a: float, b: float, accuracy_m: float
) -> None:
    small, large = (judged(moved(east_m, north_m, accuracy_m=accuracy_m), circle(r)) for r in sorted((a, b)))
    assert small.edge_distance_m is not None and large.edge_distance_m is not None
    assert small.match_rate is not None and large.match_rate is not None
    assert not (small.verdict is Verdict.INSIDE and large.verdict is Verdict.OUTSIDE)
    assert large.edge_distance_m <= small.edge_distance_m
    assert large.match_rate >= small.match_rate - 1e-9


@given(METRES, METRES, DATUMS, DATUMS, FENCES)
def test_the_datum_a_place_is_expressed_in_changes_nothing(
    east_m: float, north_m: float, fix_datum: geo.Datum, fence_datum: geo.Datum, fence: geo.Fence
) -> None:
    place = moved(east_m, north_m)
    plain = judged(place, fence)
    lng, lat = geo.convert(place.lng, place.lat, geo.Datum.WGS84, fix_datum)
    other = judged(fix(lng, lat, datum=fix_datum), geo.fence_in(fence, fence_datum))
    assert plain.edge_distance_m is not None and other.edge_distance_m is not None
    assert abs(plain.edge_distance_m - other.edge_distance_m) < 0.03
    if abs(plain.edge_distance_m) > 0.03:
        assert plain.verdict is other.verdict


@given(METRES, METRES)
def test_a_nearer_limit_of_accuracy_never_turns_a_no_into_a_yes(east_m: float, north_m: float) -> None:
    the_fix = moved(east_m, north_m, accuracy_m=50.0)
    strict = judged(the_fix, limits=geo.Limits(accuracy_m=49.0)).verdict
    assert strict is Verdict.CANNOT_TELL
    assert judged(the_fix).verdict is not Verdict.CANNOT_TELL


@settings(max_examples=50)
@given(st.floats(10, 10_000), DATUMS)
def test_circles_of_every_size_survive_json(radius_m: float, datum: geo.Datum) -> None:
    fence = geo.CircleFence(geo.to_datum(geo.Point(*GCJ, geo.Datum.GCJ02), datum), radius_m)
    assert geo.load_fence(json.loads(json.dumps(fence.to_mapping()))) == fence
