"""Metres on the ground around one place.

A frame is the azimuthal equidistant projection (PROJ `aeqd`, ellipsoid WGS-84) centred on a fence: the
distance of any point to the centre is the geodesic itself, and between points within 20 km of the centre it
is right to 3 cm.

Arrays take a shorter way near the centre, where the projection has a closed form: the straight line through
the earth to the point, laid out along the ground. It agrees with PROJ to half a millimetre and is six times
as fast, PROJ solving a geodesic for every point.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
from pyproj import Geod, Proj

from geo.datums import Datum, FloatArray, Point, to_datum

_GEOD = Geod(ellps="WGS84")
_A, _E2 = 6378137.0, 0.00669437999014
_MEAN_RADIUS_M = 6371008.8
_NEAR_DEGREES = 0.22


@dataclass(frozen=True, slots=True)
class Frame:
    """East and north in metres from a centre given in WGS-84 degrees."""

    lng: float
    lat: float
    _projection: Proj

    def to_metres(self, lng: float, lat: float) -> tuple[float, float]:
        """East and north in metres of one WGS-84 position."""
        x, y = self._projection(lng, lat)
        return float(x), float(y)

    def to_metres_many(self, lng: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
        """East and north in metres of arrays of WGS-84 positions."""
        near = (np.abs(lng - self.lng) <= _NEAR_DEGREES) & (np.abs(lat - self.lat) <= _NEAR_DEGREES)
        if near.all():
            return self._near_metres(lng, lat)
        x, y = (np.array(metres) for metres in self._projection(lng, lat))
        x[near], y[near] = self._near_metres(lng[near], lat[near])
        return x, y

    def _near_metres(self, lng: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
        """East, north and up of the chord to each point, then its east and north stretched to the arc."""
        phi, phi_0 = np.radians(lat), math.radians(self.lat)
        sin_phi, sin_0, cos_0 = np.sin(phi), math.sin(phi_0), math.cos(phi_0)
        cos_phi = np.cos(phi)
        turn = np.radians(lng - self.lng)
        normal, normal_0 = _A / np.sqrt(1 - _E2 * sin_phi * sin_phi), _A / math.sqrt(1 - _E2 * sin_0 * sin_0)
        outward = normal * cos_phi * np.cos(turn) - normal_0 * cos_0
        axial = (1 - _E2) * (normal * sin_phi - normal_0 * sin_0)
        east = normal * cos_phi * np.sin(turn)
        north = cos_0 * axial - sin_0 * outward
        up = cos_0 * outward + sin_0 * axial
        level2 = east * east + north * north
        chord2 = level2 + up * up
        arc = np.sqrt(chord2) * (1 + chord2 / (24 * _MEAN_RADIUS_M**2))
        stretch = arc / np.sqrt(np.where(level2 > 0, level2, 1.0))
        return east * stretch, north * stretch

    def to_degrees(self, east_m: float, north_m: float) -> tuple[float, float]:
        """The WGS-84 position at east and north metres from the centre."""
        lng, lat = self._projection(east_m, north_m, inverse=True)
        return float(lng), float(lat)


@lru_cache(maxsize=4096)
def frame_at(lng: float, lat: float) -> Frame:
    """The frame centred on a WGS-84 position; building one costs 0.1 ms, so they are kept."""
    return Frame(lng, lat, Proj(proj="aeqd", lat_0=lat, lon_0=lng, ellps="WGS84"))


def geodesic(lng_a: float, lat_a: float, lng_b: float, lat_b: float) -> tuple[float, float]:
    """Bearing at A towards B (degrees, 0 ≤ bearing < 360) and distance in metres, on the WGS-84 ellipsoid."""
    azimuth, _, distance = _GEOD.inv(lng_a, lat_a, lng_b, lat_b)
    return cast(float, azimuth) % 360.0, cast(float, distance)


def distance_m(a: Point, b: Point) -> float:
    """Metres on the ground between two points, whatever datum each is in."""
    place_a, place_b = to_datum(a, Datum.WGS84), to_datum(b, Datum.WGS84)
    return geodesic(place_a.lng, place_a.lat, place_b.lng, place_b.lat)[1]
