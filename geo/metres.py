"""Metres on the ground around one place.

A frame is the azimuthal equidistant projection (PROJ `aeqd`, ellipsoid WGS-84) centred on a fence: the
distance of any point to the centre is the geodesic itself, and between points within 20 km of the centre it
is right to 3 cm.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
from pyproj import Geod, Proj

from geo.datums import FloatArray

_GEOD = Geod(ellps="WGS84")


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
        x, y = self._projection(lng, lat)
        return np.asarray(x), np.asarray(y)

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
