"""A polygon as staff paste it: GeoJSON from a drawing tool, or a corner a line read off a map.

Only the form is read here; whether the polygon can be a fence is the fence's own check.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from geo.errors import FenceInvalid

_GEOMETRIES = ("Polygon", "MultiPolygon")
_BETWEEN = re.compile(r"[\s,，;；、]+")
_BRACKETS = str.maketrans("", "", "[]()（）【】")
_CORNER_HINT = "每行一个角点，先经度后纬度，如 114.0579, 22.5431。"


def polygon_from_text(text: str) -> dict[str, Any]:
    """The GeoJSON Polygon or MultiPolygon in the text; coordinates are not yet looked at.

    Takes a geometry, a Feature, a FeatureCollection of one, or a corner a line; several polygons or holes
    need GeoJSON.

    Raises:
        FenceInvalid: Nothing of that form; the sentence names the line.
    """
    text = text.strip()
    if not text:
        raise FenceInvalid("polygon_missing", "请粘贴打卡范围的角点或 GeoJSON。", _CORNER_HINT)
    if text.startswith("{"):
        return _from_geojson(text)
    corners = [_corner(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    return {"type": "Polygon", "coordinates": [corners]}


def _from_geojson(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise FenceInvalid(
            "geojson_malformed", "GeoJSON 不完整或格式有误。", "请从绘图工具重新复制全文。"
        ) from None
    geometry = _geometry(given)
    if not isinstance(geometry, Mapping) or geometry.get("type") not in _GEOMETRIES:
        raise FenceInvalid(
            "geometry_unsupported",
            "GeoJSON 中没有多边形（Polygon 或 MultiPolygon）。",
            "请在绘图工具中画成面，不要画成点或线。",
        )
    return dict(geometry)


def _geometry(given: Any) -> Any:
    if not isinstance(given, Mapping):
        return None
    if given.get("type") == "FeatureCollection":
        features = given.get("features")
        if not isinstance(features, list) or len(features) != 1:
            raise FenceInvalid(
                "features_not_one", "GeoJSON 中应当只有一个图形。", "请删去多余的图形后重新复制。"
            )
        given = features[0]
    if isinstance(given, Mapping) and given.get("type") == "Feature":
        return given.get("geometry")
    return given


def _corner(number: int, line: str) -> list[float]:
    parts = [part for part in _BETWEEN.split(line.translate(_BRACKETS).strip()) if part]
    try:
        lng, lat = (float(part) for part in parts)
    except ValueError:
        raise FenceInvalid(
            "corner_malformed", f"第 {number} 行不是“经度, 纬度”两个数字。", _CORNER_HINT
        ) from None
    return [lng, lat]
