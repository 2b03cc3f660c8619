"""A wrong datum leaves a fingerprint; being simply elsewhere does not."""

import math

import pytest

import geo
from geo.verdicts import Verdict
from tests.geo.samples import GCJ, WGS, circle, codes, fix, judged, moved, polygon, square

BD = geo.convert(*WGS, "wgs84", "bd09")
IN = {geo.Datum.WGS84: WGS, geo.Datum.GCJ02: GCJ, geo.Datum.BD09: BD}
PAIRS = [(said, truth) for said in IN for truth in IN if said is not truth]


@pytest.mark.parametrize(("said", "truth"), PAIRS)
@pytest.mark.parametrize("fence", [circle(), polygon(square())], ids=["circle", "polygon"])
def test_degrees_sent_under_the_wrong_name_are_recognised_and_still_refused(
    said: geo.Datum, truth: geo.Datum, fence: geo.Fence
) -> None:
    result = judged(fix(*IN[truth], datum=said), fence)
    assert result.verdict is Verdict.OUTSIDE
    assert codes(result) == ["wrong_datum_suspected", "outside_fence"]
    assert result.suspected_datum is truth
    assert "不是您的问题" in result.hint


@pytest.mark.parametrize(("said", "truth"), PAIRS)
def test_the_same_degrees_under_the_right_name_are_inside(said: geo.Datum, truth: geo.Datum) -> None:
    assert judged(fix(*IN[truth], datum=truth)).verdict is Verdict.INSIDE


def test_a_client_that_shifted_twice_is_recognised() -> None:
    twice = geo.convert(*GCJ, "wgs84", "gcj02")
    result = judged(fix(*twice, datum=geo.Datum.GCJ02))
    assert codes(result) == ["wrong_datum_suspected", "outside_fence"]
    assert result.suspected_datum is None
    assert "重复" in result.reasons[0].message


def test_a_client_that_undid_a_shift_that_was_never_there_is_recognised() -> None:
    backwards = geo.convert(*WGS, "gcj02", "wgs84")
    result = judged(fix(*backwards, datum=geo.Datum.WGS84))
    assert codes(result) == ["wrong_datum_suspected", "outside_fence"]
    assert result.suspected_datum is None


@pytest.mark.parametrize(
    ("east_m", "north_m"),
    [(500, 500), (-700, -200), (0, 900), (1_500, -1_500), (0, -20_000), (-2e6, 0)],
)
def test_being_elsewhere_is_just_that(east_m: float, north_m: float) -> None:
    assert codes(judged(moved(east_m, north_m))) == ["outside_fence"]


def test_a_reading_next_to_the_fence_counts_when_it_matches_the_shift() -> None:
    """15 m beside a fence of 50 m, read as GCJ-02: not inside, but the offset is the shift's."""
    lng, lat = geo.convert(*_place(65, 0), "wgs84", "gcj02")
    result = judged(fix(lng, lat, datum=geo.Datum.WGS84, accuracy_m=20.0), circle(50))
    assert codes(result) == ["wrong_datum_suspected", "outside_fence"]


@pytest.mark.parametrize(("beside_m", "suspected"), [(10, True), (25, False)])
def test_how_near_it_must_come_depends_on_the_accuracy(beside_m: float, suspected: bool) -> None:
    lng, lat = geo.convert(*_place(50 + beside_m, 0), "wgs84", "gcj02")
    result = judged(fix(lng, lat, datum=geo.Datum.WGS84, accuracy_m=15.0), circle(50))
    assert ("wrong_datum_suspected" in codes(result)) is suspected


def test_a_reading_as_far_out_on_the_other_side_explains_nothing() -> None:
    # The shift here is 603 m towards 304°: across a circle of 570 m, 16 m out on one side is 17 m out beyond.
    east_m, north_m = 301 * math.sin(math.radians(124)), 301 * math.cos(math.radians(124))
    result = judged(moved(east_m, north_m, accuracy_m=20.0), circle(285))
    assert codes(result) == ["outside_fence"]
    lng, lat = _place(east_m, north_m)
    read_as_gcj = judged(fix(lng, lat, datum=geo.Datum.GCJ02, accuracy_m=20.0), circle(285))
    assert read_as_gcj.edge_distance_m is not None and 0 < read_as_gcj.edge_distance_m < 20


def test_nothing_is_suspected_of_an_unusable_fix() -> None:
    assert "wrong_datum_suspected" not in codes(judged(fix(*GCJ, accuracy_m=500.0)))


def test_outside_china_no_datum_explains_anything() -> None:
    tokyo = geo.CircleFence(geo.Point(139.69, 35.69, geo.Datum.WGS84), 300)
    assert codes(judged(fix(139.70, 35.69), tokyo)) == ["outside_fence"]


def _place(east_m: float, north_m: float) -> tuple[float, float]:
    the_fix = moved(east_m, north_m)
    assert the_fix.lng is not None and the_fix.lat is not None
    return the_fix.lng, the_fix.lat
