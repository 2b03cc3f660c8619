"""A fence in metres: how far a point is from the edge, and how much of an accuracy circle lies inside."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.datums import FloatArray
from geo.metres import Frame

# Beyond this the share is the same for every practical purpose, and squares would overflow.
_LARGEST_CIRCLE_M = 2.0e7
# Up to here a pass over the sides with NumPy beats shapely's prepared geometries on arrays.
_FEW_EDGES = 48
# Points × sides held in memory at once.
_MOST_PAIRS = 500_000


@dataclass(frozen=True, slots=True)
class CircleShape:
    """A circle around the origin of its frame."""

    frame: Frame
    radius_m: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres."""
        return -self.radius_m, -self.radius_m, self.radius_m, self.radius_m

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

    def covered_area_many_m2(self, x: FloatArray, y: FloatArray, r: FloatArray) -> FloatArray:
        """As `covered_area_m2`, for arrays."""
        return lens_area_many_m2(np.hypot(x, y), self.radius_m, r)


@dataclass(frozen=True, slots=True)
class PolygonShape:
    """Polygons with holes in a frame; `edges` has a row (x1, y1, x2, y2) a side, the interior on its left."""

    frame: Frame
    area: BaseGeometry
    edge: BaseGeometry
    edges: FloatArray

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres."""
        west, south, east, north = self.area.bounds
        return west, south, east, north

    @property
    def area_m2(self) -> float:
        """The area inside, holes left out."""
        return float(self.area.area)

    def edge_distance(self, x: float, y: float) -> float:
        """Signed distance to the edge in metres: negative inside, 0 on it."""
        distance = float(shapely.distance(self.edge, shapely.points((x, y))))
        return -distance if shapely.intersects_xy(self.area, x, y) else distance

    def edge_distance_many(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """As `edge_distance`, for arrays."""
        if len(self.edges) <= _FEW_EDGES:
            return edge_distance_by_sides(x, y, self.edges)
        distance = shapely.distance(self.edge, shapely.points(x, y))
        return np.asarray(np.where(shapely.intersects_xy(self.area, x, y), -distance, distance))

    def nearest_edge(self, x: float, y: float) -> tuple[float, float] | None:
        """The point of the edge nearest to (x, y); None if (x, y) lies on the edge."""
        line = shapely.shortest_line(self.edge, shapely.points((x, y)))
        (near_x, near_y), _ = shapely.get_coordinates(line)
        return None if math.hypot(near_x - x, near_y - y) < 1e-6 else (float(near_x), float(near_y))

    def covered_area_m2(self, x: float, y: float, r: float) -> float:
        """Area in m² of the circle of radius `r` around (x, y) that lies inside the fence."""
        return float(disc_area_in_rings_m2(x, y, r, self.edges))

    def covered_area_many_m2(self, x: FloatArray, y: FloatArray, r: FloatArray) -> FloatArray:
        """As `covered_area_m2`, for arrays."""
        at_once = max(1, _MOST_PAIRS // len(self.edges))
        blocks = [slice(start, start + at_once) for start in range(0, len(x), at_once)]
        columns = [(x[b, np.newaxis], y[b, np.newaxis], r[b, np.newaxis]) for b in blocks]
        return np.concatenate([disc_area_in_rings_m2(*column, self.edges) for column in columns])


Shape = CircleShape | PolygonShape


def match_rate(shape: Shape, x: float, y: float, edge_distance_m: float, accuracy_m: float) -> float:
    """Share (0…1) of the accuracy circle inside the fence: CAMARA location-verification's matchRate."""
    r = min(accuracy_m, _LARGEST_CIRCLE_M)
    if abs(edge_distance_m) >= r:  # The circle does not touch the edge.
        return 1.0 if edge_distance_m <= 0 else 0.0
    share = shape.covered_area_m2(x, y, r) / (math.pi * r * r)
    return min(1.0, max(0.0, share))


def match_rate_many(
    shape: Shape, x: FloatArray, y: FloatArray, edge_distance_m: FloatArray, accuracy_m: FloatArray
) -> FloatArray:
    """As `match_rate`, for arrays; NaN where the accuracy is NaN."""
    r = np.minimum(accuracy_m, _LARGEST_CIRCLE_M)
    rate = np.where(edge_distance_m <= 0, 1.0, 0.0)
    rate[np.isnan(r)] = np.nan
    rows = np.flatnonzero(np.abs(edge_distance_m) < r)
    if len(rows):
        touching = x[rows], y[rows], r[rows]
        rate[rows] = np.clip(shape.covered_area_many_m2(*touching) / (np.pi * r[rows] ** 2), 0.0, 1.0)
    return rate


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


def lens_area_many_m2(d: FloatArray, a: float, b: FloatArray) -> FloatArray:
    """As `lens_area_m2`, for arrays of distances and second radii."""
    area = np.where(d <= np.abs(a - b), np.pi * np.minimum(a, b) ** 2, 0.0)
    crossing = (d > np.abs(a - b)) & (d < a + b)
    d, b = d[crossing], b[crossing]
    angle_a = np.arccos(np.clip((d * d + a * a - b * b) / (2 * d * a), -1.0, 1.0))
    angle_b = np.arccos(np.clip((d * d + b * b - a * a) / (2 * d * b), -1.0, 1.0))
    kite = (-d + a + b) * (d + a - b) * (d - a + b) * (d + a + b)
    area[crossing] = a * a * angle_a + b * b * angle_b - 0.5 * np.sqrt(np.maximum(kite, 0.0))
    return area


def disc_area_in_rings_m2(cx: Any, cy: Any, r: Any, edges: FloatArray) -> Any:
    """Area common to a disc and rings, exactly, by Green's theorem; floats, or columns (n, 1) for n discs.

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
    return np.sum(r * r * sectors + (p1x * p2y - p1y * p2x), axis=-1) / 2.0


def _angle(ux: FloatArray, uy: FloatArray, vx: FloatArray, vy: FloatArray) -> FloatArray:
    return np.asarray(np.arctan2(ux * vy - uy * vx, ux * vx + uy * vy))


def edge_distance_by_sides(x: FloatArray, y: FloatArray, edges: FloatArray) -> FloatArray:
    """Signed distance of points to rings, side by side: nearest side, and the even-odd rule for inside."""
    nearest2 = np.full(x.shape, np.inf)
    inside = np.zeros(x.shape, dtype=bool)
    for ax, ay, bx, by in edges.tolist():
        dx, dy = bx - ax, by - ay
        px, py = x - ax, y - ay
        along = np.clip((px * dx + py * dy) / (dx * dx + dy * dy), 0.0, 1.0)
        np.minimum(nearest2, (px - along * dx) ** 2 + (py - along * dy) ** 2, out=nearest2)
        # A side counts if the point's level lies between its ends and the point lies to its left.
        inside ^= ((py >= 0) != (y >= by)) & ((px * dy < py * dx) == (dy > 0))
    distance = np.sqrt(nearest2)
    return np.asarray(np.where(inside, -distance, distance))
