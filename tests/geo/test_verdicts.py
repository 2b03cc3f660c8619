"""The verdict: every way a fix can be bad has its own reason, and both sides of every limit."""

import json
import math
from datetime import datetime, timedelta
from typing import Any

import pytest
import shapely

import geo
from geo.verdicts import Verdict
from tests.geo.samples import GCJ, NOW, WGS, circle, codes, fix, judged, moved, polygon, ring, square


class TestInsideAndOutside:
    @pytest.mark.parametrize(
        ("east_m", "verdict"),
        [(0.0, "inside"), (299.0, "inside"), (299.999, "inside"), (300.001, "outside"), (2_000.0, "outside")],
    )
    def test_the_point_decides_at_300_metres(self, east_m: float, verdict: str) -> None:
        center = geo.to_datum(geo.Point(*WGS, geo.Datum.WGS84), geo.Datum.GCJ02)
        result = judged(moved(east_m, 0.0), geo.CircleFence(center, 300))
        assert result.verdict == verdict
        assert result.edge_distance_m == pytest.approx(east_m - 300, abs=0.001)

    @pytest.mark.parametrize("accuracy_m", [1.0, 50.0, 100.0])
    def test_accuracy_is_never_added_to_the_radius(self, accuracy_m: float) -> None:
        assert judged(moved(305, 0, accuracy_m=accuracy_m)).verdict is Verdict.OUTSIDE

    def test_a_hole_is_outside_and_its_edge_distance_is_to_the_hole(self) -> None:
        hole = ring((-50, -50), (50, -50), (50, 50), (-50, 50))
        result = judged(moved(10, 0), polygon(square(), hole))
        assert result.verdict is Verdict.OUTSIDE
        assert result.edge_distance_m == pytest.approx(40, abs=1)
        assert result.bearing_deg == pytest.approx(90, abs=1)

    @pytest.mark.parametrize(
        ("east_m", "north_m", "hint"),
        [
            (-420.0, 0.0, "向东约 120 米进入打卡范围。"),
            (0.0, 420.0, "向南约 120 米进入打卡范围。"),
            (-297.0, -297.0, "向东北约 120 米进入打卡范围。"),
            (303.0, 0.0, "向西约 3 米进入打卡范围。"),
            (300.3, 0.0, "向西不到 1 米进入打卡范围。"),
            (0.0, -1_800.0, "向北约 1.5 公里进入打卡范围。"),
        ],
    )
    def test_the_hint_says_which_way_to_walk(self, east_m: float, north_m: float, hint: str) -> None:
        # Declared as GCJ-02 would be a wrong-datum story of its own: this is about the way.
        result = judged(moved(east_m, north_m, accuracy_m=5.0), circle(300, geo.Datum.WGS84))
        assert result.reasons[-1].hint == hint

    def test_the_bearing_points_at_the_nearest_edge_also_from_inside(self) -> None:
        assert judged(moved(-200, 0)).bearing_deg == pytest.approx(270, abs=0.5)
        assert judged(moved(-200, 0)).edge_distance_m == pytest.approx(-100, abs=0.1)

    def test_at_the_very_centre_there_is_no_bearing(self) -> None:
        center = geo.CircleFence(geo.Point(*WGS, geo.Datum.WGS84), 300)
        assert judged(fix(), center).bearing_deg is None

    def test_reasons_are_empty_exactly_when_inside(self) -> None:
        assert judged(fix()).reasons == ()
        assert codes(judged(moved(500, 500))) == ["outside_fence"]


NAN, INF = math.nan, math.inf
HOLED = polygon(square(), ring((-50, -50), (50, -50), (50, 50), (-50, 50)))


class TestBadValuesHaveTheirOwnReasons:
    @pytest.mark.parametrize(
        ("lng", "lat", "code"),
        [
            (None, WGS[1], "coordinates_missing"),
            (WGS[0], None, "coordinates_missing"),
            (NAN, WGS[1], "coordinates_not_finite"),
            (WGS[0], INF, "coordinates_not_finite"),
            (WGS[0], -INF, "coordinates_not_finite"),
            ("113.9", WGS[1], "coordinates_not_finite"),
            (10**400, 22, "coordinates_not_finite"),
            (True, WGS[1], "coordinates_not_finite"),
            (0, 0, "null_island"),
            (0.0, -0.0, "null_island"),
            (WGS[1], WGS[0], "axes_swapped_suspected"),
            (39.9, 80.0, "axes_swapped_suspected"),
            (113_912_316, 22_543_847, "scaled_integers_suspected"),
            (1_139_123_160, 225_438_470, "scaled_integers_suspected"),
            (11_391_231, 2_254_384, "scaled_integers_suspected"),
            (WGS[0], 95.0, "latitude_out_of_range"),
            (WGS[0], -90.0001, "latitude_out_of_range"),
            (180.0001, 22.5, "longitude_out_of_range"),
            (-999.0, 22.5, "longitude_out_of_range"),
        ],
    )
    def test_coordinates(self, lng: Any, lat: Any, code: str) -> None:
        result = judged(fix(lng, lat))
        assert result.verdict is Verdict.CANNOT_TELL
        assert codes(result) == [code]
        assert result.edge_distance_m is result.match_rate is result.wgs84 is None

    @pytest.mark.parametrize(
        ("accuracy_m", "code"),
        [
            (None, "accuracy_missing"),
            (NAN, "accuracy_not_finite"),
            (INF, "accuracy_not_finite"),
            ("20", "accuracy_not_finite"),
            (-1.0, "accuracy_negative"),
            (0, "accuracy_zero"),
            (0.0, "accuracy_zero"),
            (100.001, "accuracy_too_low"),
            (850, "accuracy_too_low"),
            (1e300, "accuracy_too_low"),
        ],
    )
    def test_accuracy(self, accuracy_m: Any, code: str) -> None:
        result = judged(fix(accuracy_m=accuracy_m))
        assert result.verdict is Verdict.CANNOT_TELL
        assert codes(result) == [code]
        assert result.edge_distance_m == pytest.approx(-300, abs=0.1)

    @pytest.mark.parametrize("accuracy_m", [100.0, 100, 0.1])
    def test_accuracy_up_to_the_limit_is_enough(self, accuracy_m: float) -> None:
        assert judged(fix(accuracy_m=accuracy_m)).verdict is Verdict.INSIDE

    @pytest.mark.parametrize(
        ("captured_at", "code"),
        [
            (None, "captured_at_missing"),
            ("2026-03-02T09:00:00+08:00", "captured_at_missing"),
            (datetime(2026, 3, 2, 9, 0), "captured_at_without_offset"),  # noqa: DTZ001 - the point of it
            (NOW - timedelta(seconds=60.001), "position_too_old"),
            (NOW - timedelta(hours=1), "position_too_old"),
            (NOW + timedelta(seconds=10.001), "position_in_future"),
            (NOW + timedelta(days=3650), "position_in_future"),
        ],
    )
    def test_time(self, captured_at: Any, code: str) -> None:
        result = judged(fix(captured_at=captured_at))
        assert result.verdict is Verdict.CANNOT_TELL
        assert codes(result) == [code]

    @pytest.mark.parametrize("age_s", [60.0, 0.0, -10.0])
    def test_time_up_to_the_limits_is_enough(self, age_s: float) -> None:
        assert judged(fix(captured_at=NOW - timedelta(seconds=age_s))).verdict is Verdict.INSIDE

    @pytest.mark.parametrize(
        ("datum", "code"),
        [(None, "datum_missing"), ("", "datum_missing"), ("mars", "datum_unknown"), (4, "datum_unknown")],
    )
    def test_datum(self, datum: Any, code: str) -> None:
        result = judged(fix(datum=datum))
        assert result.verdict is Verdict.CANNOT_TELL
        assert codes(result) == [code]
        assert result.edge_distance_m is result.datum is None

    def test_a_datum_given_as_text_is_read(self) -> None:
        assert judged(fix(*GCJ, datum="gcj02")).verdict is Verdict.INSIDE

    def test_several_faults_are_all_said_and_the_first_gives_the_hint(self) -> None:
        result = judged(geo.Fix(None, None, None, None, None))
        assert codes(result) == [
            "datum_missing",
            "coordinates_missing",
            "accuracy_missing",
            "captured_at_missing",
        ]
        assert result.hint == result.reasons[0].hint

    def test_an_inaccurate_fix_far_away_also_hears_that_it_is_far_away(self) -> None:
        assert codes(judged(moved(3_000, 0, accuracy_m=850))) == ["accuracy_too_low", "outside_fence"]
        assert codes(judged(moved(1_000, 0, accuracy_m=850))) == ["accuracy_too_low"]

    def test_the_hint_names_the_accuracy(self) -> None:
        assert judged(fix(accuracy_m=850)).hint == "定位精度 850 米，请到窗边或室外重试。"
        assert "101 米" in judged(fix(accuracy_m=100.2)).reasons[0].message

    def test_every_reason_is_a_chinese_sentence_with_a_hint(self) -> None:
        bad = [
            fix(0, 0),
            fix(accuracy_m=0),
            fix(captured_at=None),
            fix(datum=None),
            moved(900, 0),
            fix(113e6, 22e6),
        ]
        for reason in (reason for one in bad for reason in judged(one).reasons):
            assert reason.message.endswith("。")
            assert reason.hint.endswith("。")


class TestMatchRate:
    def test_well_inside_is_one_and_well_outside_nought(self) -> None:
        assert judged(fix(accuracy_m=100)).match_rate == 1.0
        assert judged(moved(401, 0, accuracy_m=100)).match_rate == 0.0

    def test_on_a_straight_edge_it_is_a_half(self) -> None:
        result = judged(moved(200, 0, accuracy_m=30), polygon(square(400)))
        assert result.match_rate == pytest.approx(0.5, abs=0.02)

    def test_a_circle_of_300_in_an_accuracy_of_850_fills_an_eighth(self) -> None:
        assert judged(fix(accuracy_m=850)).match_rate == pytest.approx((300 / 850) ** 2, abs=1e-4)

    @pytest.mark.parametrize("accuracy_m", [None, 0, -5, NAN, INF])
    def test_without_an_accuracy_there_is_none(self, accuracy_m: Any) -> None:
        assert judged(fix(accuracy_m=accuracy_m)).match_rate is None

    @pytest.mark.parametrize(
        ("east_m", "north_m", "accuracy_m"), [(0, 0, 60), (200, 200, 90), (170, 40, 80), (60, 0, 100)]
    )
    @pytest.mark.parametrize(
        ("fence", "area"),
        [(HOLED, HOLED.shape.area), (circle(80), shapely.Point(0, 0).buffer(80, quad_segs=512))],
        ids=["polygon with a hole", "circle"],
    )
    def test_it_agrees_with_shapely(
        self, fence: geo.Fence, area: Any, east_m: float, north_m: float, accuracy_m: float
    ) -> None:
        the_fix = moved(east_m, north_m, accuracy_m=accuracy_m)
        x, y = fence.shape.frame.to_metres(the_fix.lng, the_fix.lat)
        disc = shapely.Point(x, y).buffer(accuracy_m, quad_segs=512)
        share = area.intersection(disc).area / disc.area
        assert judged(the_fix, fence).match_rate == pytest.approx(share, abs=1e-4)


class TestLimits:
    def test_limits_are_the_callers(self) -> None:
        generous = geo.Limits(accuracy_m=900, age_s=7200)
        old = fix(accuracy_m=850, captured_at=NOW - timedelta(hours=1))
        assert judged(old, limits=generous).verdict is Verdict.INSIDE
        assert judged(old, limits=generous).limits == generous

    @pytest.mark.parametrize("bad", [{"accuracy_m": NAN}, {"age_s": INF}, {"future_s": -1.0}])
    def test_a_limit_that_limits_nothing_is_an_error(self, bad: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="limit"):
            geo.Limits(**bad)

    def test_a_naive_now_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="aware"):
            geo.judge(fix(), circle(), now=NOW.replace(tzinfo=None))


class TestMapping:
    @pytest.mark.parametrize(
        "the_fix",
        [
            fix(),
            moved(900, 0),
            fix(NAN, NAN),
            fix(accuracy_m=NAN),
            fix(accuracy_m=INF),
            fix(datum=None),
            fix(10**400, 1),
        ],
    )
    def test_it_is_json_without_nan(self, the_fix: geo.Fix) -> None:
        mapping = judged(the_fix).to_mapping()
        assert json.loads(json.dumps(mapping, allow_nan=False)) == mapping

    def test_a_hair_outside_is_not_printed_as_the_edge(self) -> None:
        fence = geo.CircleFence(geo.Point(*WGS, geo.Datum.WGS84), 300)
        result = judged(moved(300.0002, 0), fence)
        assert result.verdict is Verdict.OUTSIDE
        assert result.to_mapping()["edge_distance_m"] > 0

    def test_it_carries_what_the_verdict_rests_on(self) -> None:
        mapping = judged(fix(*GCJ, datum=geo.Datum.GCJ02)).to_mapping()
        assert mapping["datum"] == "gcj02"
        assert mapping["wgs84"] == pytest.approx(WGS, abs=1e-7)
        assert (mapping["accuracy_m"], mapping["age_s"]) == (20.0, 3.0)
        assert mapping["limits"] == {"accuracy_m": 100.0, "age_s": 60.0, "future_s": 10.0}
