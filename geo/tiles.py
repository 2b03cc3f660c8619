"""An optional layer of map tiles behind a sketch. None by default: a closed network has no map service."""

import math
from dataclasses import dataclass
from typing import Protocol

from geo.datums import Datum, convert
from geo.metres import Frame
from geo.svg import label, tag

_TILE_PIXELS = 256


class Pixels(Protocol):
    """Whatever turns metres into pixels."""

    @property
    def pixels_per_metre(self) -> float:
        """Pixels a metre."""

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixel of a place in metres."""


@dataclass(frozen=True, slots=True)
class TileLayer:
    """Web-Mercator tiles: an address with `{x}`, `{y}`, `{z}`, the datum they are drawn in, whom to credit.

    高德 and 腾讯 tiles are GCJ-02, 天地图 (`vec_w`) is CGCS2000. The page's CSP must allow the address in
    `img-src`.
    """

    url: str
    datum: Datum
    attribution: str
    max_zoom: int = 18


def tile_images(layer: TileLayer, frame: Frame, view: Pixels, width: int, height: int) -> str:
    """The tiles that cover the picture, each stretched to where its corners are on the ground."""
    scale = view.pixels_per_metre
    origin = view.at(0.0, 0.0)
    corners = [
        _degrees(frame, layer.datum, (px - origin[0]) / scale, (origin[1] - py) / scale)
        for px, py in ((0, 0), (width, 0), (0, height), (width, height))
    ]
    circumference = 40_075_016.7 * math.cos(math.radians(frame.lat))
    zoom = max(3, min(layer.max_zoom, round(math.log2(circumference * scale / _TILE_PIXELS))))
    columns, rows = zip(*(_tile_of(*corner, zoom) for corner in corners), strict=True)
    images = [
        _image(layer, frame, view, column, row, zoom)
        for column in range(math.floor(min(columns)), math.floor(max(columns)) + 1)
        for row in range(math.floor(min(rows)), math.floor(max(rows)) + 1)
    ]
    credit = label(8, 16, layer.attribution, size=11)
    return tag("g", *images, opacity=".75", class_="daka-tiles") + credit


def _degrees(frame: Frame, datum: Datum, x: float, y: float) -> tuple[float, float]:
    return convert(*frame.to_degrees(x, y), Datum.WGS84, datum)


def _tile_of(lng: float, lat: float, zoom: int) -> tuple[float, float]:
    n = 2.0**zoom
    return (lng + 180) / 360 * n, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n


def _corner_of(column: int, row: int, zoom: int) -> tuple[float, float]:
    n = 2.0**zoom
    return column / n * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / n))))


def _image(layer: TileLayer, frame: Frame, view: Pixels, column: int, row: int, zoom: int) -> str:
    def pixel(corner: tuple[float, float]) -> tuple[float, float]:
        return view.at(*frame.to_metres(*convert(*corner, layer.datum, Datum.WGS84)))

    left, top = pixel(_corner_of(column, row, zoom))
    right, bottom = pixel(_corner_of(column + 1, row + 1, zoom))
    address = layer.url.replace("{x}", str(column)).replace("{y}", str(row)).replace("{z}", str(zoom))
    return tag(
        "image", href=address, x=left, y=top, width=right - left, height=bottom - top,
        preserveAspectRatio="none",
    )  # fmt: skip
