"""Where a person may check in: a circle, or polygons with holes, in a declared datum.

A fence is checked when it is made. One that could not have been meant (swapped axes, degrees for metres,
sides that cross) raises FenceInvalid with a sentence for the staff who drew it: no verdict ever rests on it.
The sides of a polygon are straight on the map they were drawn on, that is, in the declared datum.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.polygon import orient
from shapely.validation import explain_validity

from geo.bends import Ring, Rings, mapped
from geo.datums import Datum, Point, convert, to_datum
from geo.errors import FenceInvalid
from geo.fixes import coordinate_fault, number
from geo.metres import Frame, frame_at
from geo.shapes import CircleShape, PolygonShape

MIN_RADIUS_M = 10.0
MAX_RADIUS_M = 10_000.0
MIN_AREA_M2 = math.pi * MIN_RADIUS_M**2
MAX_EXTENT_M = 2 * MAX_RADIUS_M
MAX_VERTICES = 1_000

_METRES_PER_DEGREE = 111_320.0
_RADIUS_HINT = "请填写以米为单位的半径，例如 300。"


@dataclass(frozen=True)
class CircleFence:
    """All places within `radius_m` metres on the ground of a point. Raises FenceInvalid."""

    center: Point
    radius_m: float

    def __post_init__(self) -> None:
        """Check what staff entered."""
        object.__setattr__(self, "center", _checked_point(self.center))
        object.__setattr__(self, "radius_m", _checked_radius(self.radius_m))

    @property
    def datum(self) -> Datum:
        """The datum the centre is expressed in."""
        return self.center.datum

    @cached_property
    def shape(self) -> CircleShape:
        """The circle in metres."""
        place = to_datum(self.center, Datum.WGS84)
        return CircleShape(frame_at(place.lng, place.lat), self.radius_m)

    def to_mapping(self) -> dict[str, Any]:
        """The JSON the phone gets: kind, center, radius_m, datum."""
        return {
            "kind": "circle",
            "center": [self.center.lng, self.center.lat],
            "radius_m": self.radius_m,
            "datum": self.datum.value,
        }


@dataclass(frozen=True)
class PolygonFence:
    """A GeoJSON Polygon or MultiPolygon, holes included, in a declared datum. Raises FenceInvalid."""

    geometry: Mapping[str, Any] = field(hash=False)
    datum: Datum

    def __post_init__(self) -> None:
        """Check what staff drew, and keep a copy of our own: closed rings of plain numbers."""
        object.__setattr__(self, "datum", _checked_datum(self.datum))
        rings = _checked_rings(self.geometry)
        # Before any side is split: one across a continent would be split millions of times.
        _check_extent(_extent_m(rings))
        object.__setattr__(self, "geometry", _geojson(rings))
        _check_shape(self.shape)

    @cached_property
    def shape(self) -> PolygonShape:
        """The polygons in metres, in a frame centred on their bounding box."""
        rings = self.rings()
        frame = _frame_for(rings, self.datum)

        def to_metres(lng: float, lat: float) -> tuple[float, float]:
            return frame.to_metres(*convert(lng, lat, self.datum, Datum.WGS84))

        return _polygon_shape(frame, mapped(rings, to_metres, unit_m=1.0))

    def rings(self) -> Rings:
        """Polygons → rings → (lng, lat); the first ring of each is the shell, the others are holes."""
        polygons = self.geometry["coordinates"]
        if self.geometry["type"] == "Polygon":
            polygons = [polygons]
        return [[[(x, y) for x, y in ring] for ring in polygon] for polygon in polygons]

    def to_mapping(self) -> dict[str, Any]:
        """The JSON the phone gets: kind, geometry (GeoJSON), datum."""
        return {"kind": "polygon", "geometry": _geojson(self.rings()), "datum": self.datum.value}


Fence = CircleFence | PolygonFence


def load_fence(mapping: Mapping[str, Any]) -> Fence:
    """Make a fence of the phone's shape (see `to_mapping`). Raises FenceInvalid."""
    if not isinstance(mapping, Mapping):
        raise FenceInvalid("fence_malformed", "打卡范围的格式不对。")
    kind = mapping.get("kind")
    datum = _checked_datum(mapping.get("datum"))
    if kind == "circle":
        center = mapping.get("center")
        if not isinstance(center, Sequence) or isinstance(center, str) or len(center) != 2:
            raise FenceInvalid("center_missing", "打卡范围缺少中心点（[经度, 纬度]）。")
        return CircleFence(Point(center[0], center[1], datum), mapping.get("radius_m"))  # type: ignore[arg-type]
    if kind == "polygon":
        return PolygonFence(mapping.get("geometry"), datum)  # type: ignore[arg-type]
    raise FenceInvalid("kind_unknown", "打卡范围的类型只能是圆形（circle）或多边形（polygon）。")


def fence_in(fence: Fence, datum: Datum) -> Fence:
    """The same places expressed in another datum; long sides gain vertices where the new map bends them."""
    datum = Datum(datum)
    if datum is fence.datum:
        return fence
    if isinstance(fence, CircleFence):
        return CircleFence(to_datum(fence.center, datum), fence.radius_m)

    def to_target(lng: float, lat: float) -> tuple[float, float]:
        return convert(lng, lat, fence.datum, datum)

    return PolygonFence(_geojson(mapped(fence.rings(), to_target, unit_m=_METRES_PER_DEGREE)), datum)


def _checked_datum(value: Any) -> Datum:
    if value is None or value == "":
        raise FenceInvalid("datum_missing", "打卡范围没有注明坐标系，无法使用。", "请选择底图对应的坐标系。")
    try:
        return Datum(value)
    except ValueError:
        raise FenceInvalid(
            "datum_unknown", "打卡范围的坐标系不认识。", "可用的坐标系：wgs84、cgcs2000、gcj02、bd09。"
        ) from None


def _checked_point(point: Point) -> Point:
    datum = _checked_datum(point.datum)
    return Point(*_checked_pair(point.lng, point.lat), datum)


def _checked_pair(lng: Any, lat: Any) -> tuple[float, float]:
    x, y = number(lng), number(lat)
    if x is not None and y is not None and max(abs(x), abs(y)) > 1000:
        raise FenceInvalid(
            "projected_metres_suspected",
            f"打卡范围的坐标（{x:g}, {y:g}）像是以米为单位的投影坐标或放大的整数，这里需要经纬度。",
            "请先换算成以度为单位的经纬度。",
        )
    fault = coordinate_fault(lng, lat)
    if fault is not None:
        raise FenceInvalid(
            fault.code, f"打卡范围的坐标有误：{fault.message}", "请检查坐标是否为“经度, 纬度”的顺序。"
        )
    return float(lng), float(lat)


def _checked_radius(value: Any) -> float:
    radius_m = number(value)
    if radius_m is None:
        raise FenceInvalid("radius_not_finite", "打卡半径不是有效数字。", _RADIUS_HINT)
    if radius_m <= 0:
        raise FenceInvalid("radius_not_positive", "打卡半径必须大于 0 米。", _RADIUS_HINT)
    if radius_m < 1:
        raise FenceInvalid(
            "radius_in_degrees_suspected",
            f"打卡半径 {radius_m:g} 米像是以“度”填写的（约合 {radius_m * _METRES_PER_DEGREE:.0f} 米）。",
            _RADIUS_HINT,
        )
    if radius_m < MIN_RADIUS_M:
        raise FenceInvalid(
            "fence_too_small",
            f"打卡半径 {radius_m:g} 米太小，手机定位达不到。",
            f"请不小于 {MIN_RADIUS_M:g} 米。",
        )
    if radius_m > MAX_RADIUS_M:
        raise FenceInvalid(
            "fence_too_large",
            f"打卡半径 {radius_m:g} 米太大，起不到核验作用。",
            f"请不大于 {MAX_RADIUS_M:g} 米。",
        )
    return radius_m


def _checked_rings(geometry: Any) -> Rings:
    if not isinstance(geometry, Mapping) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise FenceInvalid("geometry_unsupported", "打卡范围只支持 GeoJSON 的 Polygon 或 MultiPolygon。")
    polygons = geometry.get("coordinates")
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    try:
        rings = [[[(p[0], p[1]) for p in ring] for ring in polygon] for polygon in polygons]  # type: ignore[union-attr]
    except (TypeError, IndexError, KeyError):
        raise FenceInvalid("geometry_malformed", "打卡范围的多边形坐标格式不对。") from None
    if not rings or not all(rings):
        raise FenceInvalid("geometry_empty", "打卡范围的多边形是空的。")
    if sum(len(ring) for polygon in rings for ring in polygon) > MAX_VERTICES:
        raise FenceInvalid("too_many_vertices", f"打卡范围的顶点超过 {MAX_VERTICES} 个，请简化后再保存。")
    return [[_checked_ring(ring) for ring in polygon] for polygon in rings]


def _checked_ring(ring: Ring) -> Ring:
    points = [_checked_pair(x, y) for x, y in ring]
    if points and points[0] != points[-1]:
        points.append(points[0])
    if len(set(points)) < 3:
        raise FenceInvalid("too_few_vertices", "打卡范围的多边形至少要有三个不同的顶点。")
    return points


def _extent_m(rings: Rings) -> float:
    """The larger side of the box around all points, to a few per cent."""
    xs = [x for polygon in rings for ring in polygon for x, _ in ring]
    ys = [y for polygon in rings for ring in polygon for _, y in ring]
    east = (max(xs) - min(xs)) * math.cos(math.radians((max(ys) + min(ys)) / 2))
    # The few per cent are for the exact measure to decide.
    return max(east, max(ys) - min(ys)) * _METRES_PER_DEGREE * 0.95


def _check_extent(extent_m: float) -> None:
    if extent_m > MAX_EXTENT_M:
        raise FenceInvalid(
            "fence_too_large", f"打卡范围跨度超过 {MAX_EXTENT_M / 1000:g} 公里，起不到核验作用。"
        )


def _check_shape(shape: PolygonShape) -> None:
    west, south, east, north = shape.bounds
    _check_extent(max(east - west, north - south))
    if not shape.area.is_valid:
        fault = explain_validity(shape.area)
        code = "self_crossing" if "Self-intersection" in fault else "geometry_invalid"
        raise FenceInvalid(
            code, "打卡范围的边线相互交叉或重叠。", "请重新绘制，使边线首尾相接且互不交叉；孔洞应在范围之内。"
        )
    if shape.area.area < MIN_AREA_M2:
        raise FenceInvalid("fence_too_small", f"打卡范围面积不足 {MIN_AREA_M2:.0f} 平方米，手机定位达不到。")


def _frame_for(rings: Rings, datum: Datum) -> Frame:
    xs, ys = zip(*(point for polygon in rings for point in polygon[0]), strict=True)
    middle = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    return frame_at(*convert(*middle, datum, Datum.WGS84))


def _polygon_shape(frame: Frame, rings: Rings) -> PolygonShape:
    polygons = [orient(Polygon(polygon[0], polygon[1:])) for polygon in rings]
    area = polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)
    edge = area.boundary
    shapely.prepare(area)
    shapely.prepare(edge)
    sides = [_sides(np.asarray(ring.coords)) for p in polygons for ring in (p.exterior, *p.interiors)]
    return PolygonShape(frame, area, edge, np.concatenate(sides))


def _sides(ring: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    sides = np.hstack([ring[:-1], ring[1:]])
    # A repeated vertex makes a side of no length, which has no direction.
    return np.asarray(sides[(sides[:, 0] != sides[:, 2]) | (sides[:, 1] != sides[:, 3])])


def _geojson(rings: Rings) -> dict[str, Any]:
    polygons = [[[[x, y] for x, y in ring] for ring in polygon] for polygon in rings]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}
