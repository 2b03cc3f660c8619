"""Fences: what is refused with which sentence, and that a mapping survives the way to the phone and back."""

import json
import math
from typing import Any

import pytest

import geo
from tests.geo.samples import GCJ, circle, moved, polygon, ring, square
from tests.geo.test_metres import GEOD

GCJ02 = geo.Datum.GCJ02


def refusal(make: Any) -> geo.FenceInvalid:
    with pytest.raises(geo.FenceInvalid) as caught:
        make()
    assert caught.value.message.endswith("。")
    return caught.value


class TestCircles:
    @pytest.mark.parametrize("radius_m", [10, 300, 300.5, 10_000])
    def test_a_sensible_radius_is_taken(self, radius_m: float) -> None:
        assert circle(radius_m).radius_m == radius_m

    @pytest.mark.parametrize(
        ("radius_m", "code"),
        [
            (9.99, "fence_too_small"),
            (10_000.1, "fence_too_large"),
            (0.0027, "radius_in_degrees_suspected"),
            (0.999, "radius_in_degrees_suspected"),
            (0, "radius_not_positive"),
            (-300, "radius_not_positive"),
            (math.nan, "radius_not_finite"),
            (math.inf, "radius_not_finite"),
            (None, "radius_not_finite"),
            ("300", "radius_not_finite"),
            (True, "radius_not_finite"),
        ],
    )
    def test_a_senseless_radius_is_refused(self, radius_m: Any, code: str) -> None:
        assert refusal(lambda: circle(radius_m)).code == code

    def test_degrees_for_metres_are_named_with_their_length(self) -> None:
        assert "334 米" in refusal(lambda: circle(0.003)).message

    @pytest.mark.parametrize(
        ("lng", "lat", "code"),
        [
            (22.54, 113.91, "axes_swapped_suspected"),
            (113.91, 95.0, "latitude_out_of_range"),
            (181.0, 22.5, "longitude_out_of_range"),
            (0.0, 0.0, "null_island"),
            (113_912_316, 22_543_847, "projected_metres_suspected"),
            (505_000.0, 2_490_000.0, "projected_metres_suspected"),
            (math.nan, 22.5, "coordinates_not_finite"),
            (None, 22.5, "coordinates_missing"),
        ],
    )
    def test_a_centre_nobody_meant_is_refused(self, lng: Any, lat: Any, code: str) -> None:
        assert refusal(lambda: geo.CircleFence(geo.Point(lng, lat, GCJ02), 300)).code == code

    @pytest.mark.parametrize("datum", [None, "", "mars"])
    def test_degrees_without_a_datum_are_refused(self, datum: Any) -> None:
        assert refusal(lambda: geo.CircleFence(geo.Point(*GCJ, datum), 300)).code in {
            "datum_missing",
            "datum_unknown",
        }


class TestPolygons:
    def test_holes_and_several_parts_are_taken(self) -> None:
        hole = ring((-50, -50), (50, -50), (50, 50), (-50, 50))
        far = ring((800, 0), (900, 0), (900, 100), (800, 100))
        fence = geo.PolygonFence({"type": "MultiPolygon", "coordinates": [[square(), hole], [far]]}, GCJ02)
        inside = [(100, 0), (850, 50)]
        outside = [(0, 0), (500, 0), (950, 50)]
        at = {place: fence.shape.edge_distance(*_metres(fence, *place)) for place in inside + outside}
        assert all(at[place] < 0 for place in inside)
        assert all(at[place] > 0 for place in outside)

    @pytest.mark.parametrize("turned", [False, True])
    def test_the_direction_of_a_ring_and_an_open_end_do_not_matter(self, turned: bool) -> None:
        outline = square()[::-1] if turned else square()
        assert polygon(outline).shape.area.area == pytest.approx(160_000, rel=0.01)
        assert polygon([*outline, outline[0]]).to_mapping() == polygon(outline).to_mapping()

    @pytest.mark.parametrize(
        ("rings", "code"),
        [
            ([ring((-200, -200), (200, 200), (200, -200), (-200, 200))], "self_crossing"),
            ([square(400), ring((300, 300), (400, 300), (400, 400))], "geometry_invalid"),
            ([square(15)], "fence_too_small"),
            ([square(20_500)], "fence_too_large"),
            ([[[75.0, 20.0], [134.0, 20.0], [100.0, 52.0]]], "fence_too_large"),
            ([square(), ring((0, 0), (30_000, 0), (30_000, 50))], "fence_too_large"),
            ([ring((0, 0), (200, 0))], "too_few_vertices"),
            ([ring((0, 0), (200, 0), (0, 0), (200, 0))], "too_few_vertices"),
            ([ring((0, 0), (200, 0), (400, 0))], "self_crossing"),
            ([[[22.54, 113.91], [22.55, 113.91], [22.55, 113.92]]], "axes_swapped_suspected"),
            ([[[5e5, 2.49e6], [5.1e5, 2.49e6], [5.1e5, 2.5e6]]], "projected_metres_suspected"),
            ([[[113.9, math.nan], [113.91, 22.5], [113.91, 22.51]]], "coordinates_not_finite"),
            ([], "geometry_empty"),
            ([[]], "too_few_vertices"),
            ([[[113.9], [113.91], [113.92]]], "geometry_malformed"),
            ([7], "geometry_malformed"),
            ([ring(*((math.cos(i), i) for i in range(1001)))], "too_many_vertices"),
        ],
    )  # fmt: skip
    def test_what_was_not_meant_is_refused(self, rings: Any, code: str) -> None:
        assert refusal(lambda: polygon(*rings)).code == code

    @pytest.mark.parametrize(
        "geometry",
        [None, {}, [], "Polygon", {"type": "Point", "coordinates": [113.9, 22.5]}, {"type": "Polygon"},
         {"type": "MultiPolygon", "coordinates": None}, {"type": "Polygon", "coordinates": {"a": 1}}],
    )  # fmt: skip
    def test_other_shapes_are_refused(self, geometry: Any) -> None:
        code = refusal(lambda: geo.PolygonFence(geometry, GCJ02)).code
        assert code in {"geometry_unsupported", "geometry_malformed", "geometry_empty"}

    def test_altitudes_are_dropped(self) -> None:
        assert polygon([[x, y, 12.0] for x, y in square()]).to_mapping() == polygon(square()).to_mapping()

    def test_a_repeated_vertex_is_no_harm(self) -> None:
        a, b, c, d = square()
        repeated = polygon([a, a, b, c, c, d])
        assert repeated.shape.covered_area_m2(0, 0, 50) == pytest.approx(math.pi * 50**2)

    def test_a_fence_does_not_change_with_the_mapping_it_was_made_of(self) -> None:
        geometry = {"type": "Polygon", "coordinates": [square()]}
        fence = geo.PolygonFence(geometry, GCJ02)
        before = json.dumps(fence.to_mapping())
        geometry["coordinates"][0][0][0] = 0.0
        fence.to_mapping()["geometry"]["coordinates"][0][0][0] = 0.0
        assert json.dumps(fence.to_mapping()) == before


class TestMappings:
    @pytest.mark.parametrize("datum", geo.Datum)
    @pytest.mark.parametrize("make", [lambda d: circle(300.0, d), lambda d: polygon(square(), datum=d)])
    def test_a_fence_survives_json(self, make: Any, datum: geo.Datum) -> None:
        fence = make(datum)
        text = json.dumps(fence.to_mapping(), allow_nan=False)
        assert geo.load_fence(json.loads(text)) == fence
        assert hash(geo.load_fence(json.loads(text))) == hash(fence)

    def test_the_phones_shape_is_the_contracts(self) -> None:
        assert circle().to_mapping() == {
            "kind": "circle", "center": [113.9171765, 22.5407961], "radius_m": 300.0, "datum": "gcj02",
        }  # fmt: skip
        mapping = polygon(square()).to_mapping()
        assert set(mapping) == {"kind", "geometry", "datum"}
        assert mapping["geometry"]["type"] == "Polygon"

    @pytest.mark.parametrize(
        ("mapping", "code"),
        [
            ({}, "datum_missing"),
            ({"kind": "hexagon", "datum": "wgs84"}, "kind_unknown"),
            ({"kind": "circle", "center": [113.9, 22.5], "radius_m": 300}, "datum_missing"),
            ({"kind": "circle", "radius_m": 300, "datum": "wgs84"}, "center_missing"),
            ({"kind": "circle", "center": "113.9,22.5", "radius_m": 300, "datum": "wgs84"}, "center_missing"),
            ({"kind": "circle", "center": [113.9, 22.5], "datum": "wgs84"}, "radius_not_finite"),
            ({"kind": "polygon", "datum": "wgs84"}, "geometry_unsupported"),
            (None, "fence_malformed"),
            ([1], "fence_malformed"),
        ],
    )
    def test_a_broken_mapping_is_refused(self, mapping: Any, code: str) -> None:
        assert refusal(lambda: geo.load_fence(mapping)).code == code


class TestExpressedInAnotherDatum:
    @pytest.mark.parametrize("datum", geo.Datum)
    def test_a_long_side_stays_where_it_was_drawn(self, datum: geo.Datum) -> None:
        long = polygon(ring((-9_000, -300), (9_000, -300), (9_000, 300), (-9_000, 300)))
        there = geo.fence_in(long, datum)
        for east in range(-8_900, 9_000, 457):
            place = moved(east, 250)
            distances = [
                fence.shape.edge_distance(*fence.shape.frame.to_metres(place.lng, place.lat))
                for fence in (long, there)
            ]
            # The two frames are a few metres apart, which costs a centimetre this far from the centre.
            assert distances[0] == pytest.approx(distances[1], abs=0.03)

    def test_a_side_that_bends_both_ways_is_not_taken_for_straight(self) -> None:
        """Near 114.0° E the waves of the shift pass through nought: a side's middle lies on its chord."""
        drawn = polygon([[113.955, 22.54], [114.055, 22.54], [114.055, 22.55], [113.955, 22.55]])
        there = geo.fence_in(drawn, geo.Datum.WGS84)
        for lng in (113.975, 113.985, 114.025, 114.035):
            place = geo.convert(lng, 22.54, GCJ02, geo.Datum.WGS84)
            for fence in (drawn, there):
                on_the_side = fence.shape.edge_distance(*fence.shape.frame.to_metres(*place))
                assert on_the_side == pytest.approx(0, abs=0.03)

    def test_a_short_side_gains_no_vertices(self) -> None:
        there = geo.fence_in(polygon(square(300)), geo.Datum.WGS84)
        assert len(there.to_mapping()["geometry"]["coordinates"][0]) == 5

    def test_the_same_datum_gives_the_same_fence(self) -> None:
        fence = polygon(square())
        assert geo.fence_in(fence, GCJ02) is fence

    def test_a_circles_radius_is_on_the_ground_in_every_datum(self) -> None:
        for datum in geo.Datum:
            fence = geo.fence_in(circle(), datum)
            place = geo.to_datum(fence.center, geo.Datum.WGS84)
            lng, lat, _ = GEOD.fwd(place.lng, place.lat, 77.0, 300.0)
            assert fence.shape.edge_distance(*fence.shape.frame.to_metres(lng, lat)) == pytest.approx(
                0, abs=1e-3
            )


def _metres(fence: geo.Fence, east: float, north: float) -> tuple[float, float]:
    lng, lat = ring((east, north))[0]
    return fence.shape.frame.to_metres(*geo.convert(lng, lat, GCJ02, geo.Datum.WGS84))
