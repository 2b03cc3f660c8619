"""Datums: published vectors, round trips, and places nobody shifts."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geo
from geo.datums import Datum, convert
from geo.metres import geodesic
from tests.geo.samples import CITIES, GCJ, WGS

# googollee/eviltransform, test.js (formula of 2013): wgs lng, lat → gcj lng, lat.
EVILTRANSFORM = [
    (121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),
    (113.912316, 22.543847, 113.9171764808363, 22.540796131694766),
    (116.377817, 39.911954, 116.38404722455657, 39.91334545536069),
]
# wandergis/coordtransform, test/app.js: GCJ-02 → BD-09.
COORDTRANSFORM_BD = (116.404, 39.915, 116.41036949371029, 39.92133699351021)


def apart_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    return geodesic(*a, *b)[1]


def of(city: dict[str, str], datum: str) -> tuple[float, float]:
    return float(city[f"{datum}_lng"]), float(city[f"{datum}_lat"])


class TestPublishedVectors:
    @pytest.mark.parametrize(("lng", "lat", "gcj_lng", "gcj_lat"), EVILTRANSFORM)
    def test_the_formula_agrees_to_a_centimetre(
        self, lng: float, lat: float, gcj_lng: float, gcj_lat: float
    ) -> None:
        assert apart_m(convert(lng, lat, "wgs84", "gcj02"), (gcj_lng, gcj_lat)) < 0.01

    def test_shenzhen_there_and_back_within_a_metre(self) -> None:
        assert apart_m(convert(*WGS, "wgs84", "gcj02"), GCJ) < 1
        assert apart_m(convert(*GCJ, "gcj02", "wgs84"), WGS) < 1

    @pytest.mark.parametrize("city", CITIES, ids=lambda city: city["city"])
    def test_the_vendors_own_answers_are_met_within_a_metre_each_way(self, city: dict[str, str]) -> None:
        wgs, gcj, bd = of(city, "wgs"), of(city, "gcj"), of(city, "bd")
        assert apart_m(convert(*wgs, "wgs84", "gcj02"), gcj) < 1
        assert apart_m(convert(*gcj, "gcj02", "wgs84"), wgs) < 1
        assert apart_m(convert(*wgs, "wgs84", "bd09"), bd) < 1
        assert apart_m(convert(*bd, "bd09", "wgs84"), wgs) < 1

    @pytest.mark.parametrize("city", CITIES, ids=lambda city: city["city"])
    def test_baidus_part_is_met_within_two_centimetres_each_way(self, city: dict[str, str]) -> None:
        assert apart_m(convert(*of(city, "gcj"), "gcj02", "bd09"), of(city, "bd")) < 0.02
        assert apart_m(convert(*of(city, "bd"), "bd09", "gcj02"), of(city, "gcj")) < 0.02

    def test_bd09_by_another_library(self) -> None:
        lng, lat, bd_lng, bd_lat = COORDTRANSFORM_BD
        assert convert(lng, lat, "gcj02", "bd09") == pytest.approx((bd_lng, bd_lat), abs=1e-10)

    def test_a_border_town_is_shifted_like_the_rest(self) -> None:
        # 黑河, which finer public rectangles leave out.
        assert apart_m(convert(127.5209846, 50.2434852, "wgs84", "gcj02"), (127.5209846, 50.2434852)) > 400


GRID = np.meshgrid(np.linspace(73.5, 135.1, 155), np.linspace(3.8, 53.6, 125))


@pytest.mark.parametrize("source", Datum)
@pytest.mark.parametrize("target", Datum)
def test_there_and_back_over_a_grid_of_china_is_below_a_millimetre(source: Datum, target: Datum) -> None:
    lng, lat = GRID
    back = convert(*convert(lng, lat, source, target), target, source)
    error_m = np.hypot((back[0] - lng) * 111_320 * np.cos(np.radians(lat)), (back[1] - lat) * 110_574)
    assert error_m.max() < 0.001


@pytest.mark.parametrize(
    ("lng", "lat"),
    [
        (139.69, 35.69),
        (-0.13, 51.5),
        (-73.99, 40.73),
        (151.2, -33.9),
        (0.0, 0.0),
        (72.0039, 30.0),
        (110.0, 55.8272),
    ],
)
@pytest.mark.parametrize("target", [Datum.GCJ02, Datum.BD09, Datum.CGCS2000])
def test_outside_china_nothing_is_shifted(lng: float, lat: float, target: Datum) -> None:
    assert convert(lng, lat, Datum.WGS84, target) == (lng, lat)
    assert convert(lng, lat, target, Datum.WGS84) == (lng, lat)


def test_arrays_and_floats_agree_and_shapes_are_kept() -> None:
    lng = np.array([[113.9, 116.4, -0.13], [121.5, math.nan, 91.1]])
    lat = np.array([[22.5, 39.9, 51.5], [31.2, 30.0, 29.6]])
    xs, ys = convert(lng, lat, "bd09", "wgs84")
    assert xs.shape == ys.shape == (2, 3)
    for index in np.ndindex(lng.shape):
        one = convert(float(lng[index]), float(lat[index]), "bd09", "wgs84")
        assert (xs[index], ys[index]) == pytest.approx(one, abs=1e-12, nan_ok=True)


def test_what_is_given_is_not_changed_in_place() -> None:
    lng, lat = np.array([113.9, 139.7]), np.array([22.5, 35.7])
    for target in Datum:
        convert(lng, lat, "wgs84", target)[0][:] = 0
    assert lng.tolist() == [113.9, 139.7]
    assert lat.tolist() == [22.5, 35.7]


def test_a_scalar_longitude_is_spread_over_an_array_of_latitudes() -> None:
    xs, ys = convert(113.9, [22.5, 22.6], "wgs84", "gcj02")
    assert (xs[1], ys[1]) == pytest.approx(convert(113.9, 22.6, "wgs84", "gcj02"))


def test_an_unknown_datum_is_an_error() -> None:
    with pytest.raises(ValueError, match="mars"):
        convert(113.9, 22.5, "mars", "wgs84")


def test_cgcs2000_is_read_as_wgs84() -> None:
    assert geo.to_datum(geo.Point(*WGS, Datum.CGCS2000), Datum.WGS84) == geo.Point(*WGS, Datum.WGS84)


@given(st.floats(), st.floats(), st.sampled_from(Datum), st.sampled_from(Datum))
def test_no_float_makes_it_raise(lng: float, lat: float, source: Datum, target: Datum) -> None:
    convert(lng, lat, source, target)
    convert(np.array([lng]), np.array([lat]), source, target)
