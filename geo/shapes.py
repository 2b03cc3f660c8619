"""A fence in metres: how far a point is from the edge, and how much of an accuracy circle lies inside."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.datums import FloatArray
from geo.metres import Frame

# Beyond this the share is the same for every practical purpose, and squares would overflow.
_LARGEST_CIRCLE_M = 2.0e7


@dataclass(frozen=True, slots=True)
class CircleShape:
    """A circle around the origin of its frame."""

    frame: Frame
    radius_m: float

    def edge_distance(self, x: float, y: float) -> float:
        """Signed distance to the edge in metres: negative inside, 0 on it."""
        return math.hypot(x, y) - self.radius_m

    def edge_distance_many(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """As `edge_distance`, for arrays."""
        return np.asarray(np.hypot(x, y) - self.radius_m)

    def nearest_edge(self, x: float, y: float) -> tuple[float, float] | None:
        """The point of the edge nearest to (x, y); None at the centre, where every point is."""
        distance = math.hypot(x, y)
        if distance < 1e-6:
            return None
        return x / distance * self.radius_m, y / distance * self.radius_m

    def covered_area_m2(self, x: float, y: float, r: float) -> float:
        """Area in m² of the circle of radius `r` around (x, y) that lies inside the fence."""
        return lens_area_m2(math.hypot(x, y), self.radius_m, r)


@dataclass(frozen=True, slots=True)
class PolygonShape:
    """Polygons with holes in a frame; `edges` has a row (x1, y1, x2, y2) a side, the interior on its left."""

    frame: Frame
    area: BaseGeometry
    edge: BaseGeometry
    edges: FloatArray

    def edge_distance(self, x: float, y: float) -> float:
        """Signed distance to the edge in metres: negative inside, 0 on it."""
        distance = float(shapely.distance(self.edge, shapely.Point(x, y)))
        return -distance if shapely.intersects_xy(self.area, x, y) else distance

    def edge_distance_many(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """As `edge_distance`, for arrays."""
        distance = shapely.distance(self.edge, shapely.points(x, y))
        return np.asarray(np.where(shapely.intersects_xy(self.area, x, y), -distance, distance))

    def nearest_edge(self, x: float, y: float) -> tuple[float, float] | None:
        """The point of the edge nearest to (x, y); None if (x, y) lies on the edge."""
        line = shapely.shortest_line(self.edge, shapely.Point(x, y))
        (near_x, near_y), _ = shapely.get_coordinates(line)
        return None if math.hypot(near_x - x, near_y - y) < 1e-6 else (float(near_x), float(near_y))

    def covered_area_m2(self, x: float, y: float, r: float) -> float:
        """Area in m² of the circle of radius `r` around (x, y) that lies inside the fence."""
        return disc_area_in_rings_m2(x, y, r, self.edges)


Shape = CircleShape | PolygonShape


def match_rate(shape: Shape, x: float, y: float, edge_distance_m: float, accuracy_m: float) -> float:
    """Share (0…1) of the accuracy circle inside the fence: CAMARA location-verification's matchRate."""
    r = min(accuracy_m, _LARGEST_CIRCLE_M)
    if abs(edge_distance_m) >= r:  # The circle does not touch the edge.
        return 1.0 if edge_distance_m <= 0 else 0.0
    share = shape.covered_area_m2(x, y, r) / (math.pi * r * r)
    return min(1.0, max(0.0, share))


def lens_area_m2(d: float, a: float, b: float) -> float:
    """Area common to two circles of radius `a` and `b` whose centres are `d` apart."""
    if d >= a + b:
        return 0.0
    if d <= abs(a - b):
        return math.pi * min(a, b) ** 2
    cos_a = max(-1.0, min(1.0, (d * d + a * a - b * b) / (2 * d * a)))
    cos_b = max(-1.0, min(1.0, (d * d + b * b - a * a) / (2 * d * b)))
    kite = (-d + a + b) * (d + a - b) * (d - a + b) * (d + a + b)
    return a * a * math.acos(cos_a) + b * b * math.acos(cos_b) - 0.5 * math.sqrt(max(0.0, kite))


def disc_area_in_rings_m2(cx: float, cy: float, r: float, edges: FloatArray) -> float:
    """Area common to a disc and rings, exactly, by Green's theorem.

    Each side contributes the signed area between it and the disc's centre: sector, triangle, sector.
    """
    ax, ay = edges[:, 0] - cx, edges[:, 1] - cy
    dx, dy = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    length2 = dx * dx + dy * dy
    along = ax * dx + ay * dy
    root = np.sqrt(np.maximum(along * along - length2 * (ax * ax + ay * ay - r * r), 0.0))
    enter = np.clip((-along - root) / length2, 0.0, 1.0)
    leave = np.clip((-along + root) / length2, 0.0, 1.0)
    p1x, p1y = ax + enter * dx, ay + enter * dy
    p2x, p2y = ax + leave * dx, ay + leave * dy
    sectors = _angle(ax, ay, p1x, p1y) + _angle(p2x, p2y, ax + dx, ay + dy)
    return float(np.sum(r * r * sectors + (p1x * p2y - p1y * p2x))) / 2.0


def _angle(ux: FloatArray, uy: FloatArray, vx: FloatArray, vy: FloatArray) -> FloatArray:
    return np.asarray(np.arctan2(ux * vy - uy * vx, ux * vx + uy * vy))
