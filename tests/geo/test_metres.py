"""Metres against geodesics, which are the truth here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

import geo
from geo.metres import frame_at, geodesic
from tests.geo.samples import GCJ, WGS

GEOD = Geod(ellps="WGS84")
SHENZHEN = st.tuples(st.floats(113.75, 114.62), st.floats(22.44, 22.87))


@given(SHENZHEN, SHENZHEN)
def test_a_distance_to_the_centre_is_the_geodesic_across_the_whole_city(
    center: tuple[float, float], place: tuple[float, float]
) -> None:
    x, y = frame_at(*center).to_metres(*place)
    assert np.hypot(x, y) == pytest.approx(GEOD.inv(*center, *place)[2], abs=1e-3)


@pytest.mark.parametrize("radius_m", [100.0, 1_000.0, 5_000.0, 20_000.0])
def test_a_distance_between_two_points_of_a_city_is_right_to_ten_centimetres(radius_m: float) -> None:
    frame = frame_at(*WGS)
    bearings = np.arange(0.0, 360.0, 7.0)
    lng, lat, _ = GEOD.fwd(
        np.full_like(bearings, WGS[0]),
        np.full_like(bearings, WGS[1]),
        bearings,
        np.full_like(bearings, radius_m),
    )
    x, y = frame.to_metres_many(np.asarray(lng), np.asarray(lat))
    for shift in (1, 5, 13, 25):
        true = GEOD.inv(lng, lat, np.roll(lng, shift), np.roll(lat, shift))[2]
        assert np.abs(np.hypot(x - np.roll(x, shift), y - np.roll(y, shift)) - true).max() < 0.1


@pytest.mark.parametrize("lat", [3.0, 18.2, 22.5, 35.0, 53.4])
def test_the_short_way_for_arrays_agrees_with_proj_to_half_a_millimetre(lat: float) -> None:
    random = np.random.default_rng(1)
    lngs, lats = 113.9 + random.uniform(-0.22, 0.22, 5000), lat + random.uniform(-0.22, 0.22, 5000)
    near = np.column_stack(frame_at(113.9, lat).to_metres_many(lngs, lats))
    singly = np.array([frame_at(113.9, lat).to_metres(a, b) for a, b in zip(lngs, lats, strict=True)])
    assert np.abs(near - singly).max() < 0.0005 * 1.2


def test_far_points_among_near_ones_are_left_to_proj() -> None:
    frame = frame_at(*WGS)
    lng, lat = np.array([WGS[0], 116.4, WGS[0] + 0.01]), np.array([WGS[1], 39.9, WGS[1]])
    x, y = frame.to_metres_many(lng, lat)
    assert np.hypot(x[1], y[1]) == pytest.approx(GEOD.inv(*WGS, 116.4, 39.9)[2], abs=0.001)
    assert (x[0], y[0]) == (0.0, 0.0)
    assert (x[2], y[2]) == pytest.approx(frame.to_metres(WGS[0] + 0.01, WGS[1]), abs=1e-6)


@given(st.floats(-5_000, 5_000), st.floats(-5_000, 5_000))
def test_degrees_and_metres_undo_one_another(east_m: float, north_m: float) -> None:
    frame = frame_at(*WGS)
    assert frame.to_metres(*frame.to_degrees(east_m, north_m)) == pytest.approx((east_m, north_m), abs=1e-3)


def test_a_bearing_is_between_0_and_360() -> None:
    assert geodesic(113.9, 22.5, 113.9, 22.6)[0] == pytest.approx(0.0)
    assert geodesic(113.9, 22.5, 113.8, 22.5)[0] == pytest.approx(270.0, abs=0.1)


def test_two_points_of_different_datums_are_compared_on_the_ground() -> None:
    gcj = geo.Point(*GCJ, geo.Datum.GCJ02)
    assert geo.distance_m(gcj, geo.Point(*WGS, geo.Datum.WGS84)) < 0.01
    assert geo.distance_m(gcj, geo.Point(*GCJ, geo.Datum.WGS84)) == pytest.approx(603.4, abs=0.1)
