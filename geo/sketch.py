"""A map sketch of a fence and the fixes made at it: one SVG string for the phone, the console and notices.

Drawn from numbers alone: no map service is asked unless a tile layer is given. Ink is `currentColor` and
there is no background of its own, so the same picture works on a light page, a dark page and on paper.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from geo.datums import Datum, convert
from geo.fences import CircleFence, Fence
from geo.fixes import Fix, coordinate_fault, datum_fault, number
from geo.metres import geodesic
from geo.picture import COLOURS, HEIGHT, WIDTH, View, distance_bar, grid, legend, north_arrow, sign
from geo.shapes import PolygonShape, Shape
from geo.svg import Value, label, tag, text_of
from geo.tiles import TileLayer, tile_images
from geo.verdicts import PlaceVerdict, Verdict
from geo.words import about_words, direction_words, distance_words

_MARGIN = 36
_FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', sans-serif"
_FENCE = "#2f7de1"
# A fix more than this many fence sizes away becomes an arrow at the border, or the fence would be a dot.
_FAR = 5.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One drawable fix: place in metres, accuracy, state and its number in the list."""

    n: int
    x: float
    y: float
    lng: float
    lat: float
    accuracy_m: float | None
    verdict: Verdict
    edge_distance_m: float


def sketch(
    fence: Fence,
    fixes: Sequence[Fix | PlaceVerdict],
    *,
    title: str = "打卡位置示意图",
    tiles: TileLayer | None = None,
) -> str:
    """Draw the fence and the fixes, numbered from 1 in the order given.

    A PlaceVerdict is drawn in the colour of its verdict; a bare Fix by whether the point is in the fence.
    Fixes that cannot be placed (no datum, NaN …) are named in the description only.
    """
    marks = [mark for n, fix in enumerate(fixes, 1) if (mark := _mark(n, fix, fence)) is not None]
    reach_m = _FAR * _size_m(fence.shape)
    near = [mark for mark in marks if mark.edge_distance_m <= reach_m]
    far = [mark for mark in marks if mark.edge_distance_m > reach_m]
    view = _view(fence.shape, near)
    body = [
        tile_images(tiles, fence.shape.frame, view, WIDTH, HEIGHT) if tiles else grid(view),
        _fence(fence, view),
        *(_accuracy_circle(mark, view) for mark in near),
        *(_way(mark, fence.shape, view) for mark in near),
        *(_marker(mark, view) for mark in near),
        *(_far_arrow(mark, fence, view) for mark in far),
        distance_bar(view),
        north_arrow(),
        legend({mark.verdict for mark in marks}, has_accuracy=any(mark.accuracy_m for mark in marks)),
    ]
    return _document(title, _description(fence, fixes, marks), body)


def _document(title: str, description: str, body: list[str]) -> str:
    # Two sketches on one page must not share ids, and the same sketch must give the same bytes.
    key = hashlib.sha256("\0".join([title, description, *body]).encode("utf-8", "replace")).hexdigest()[:10]
    clip = tag("clipPath", tag("rect", width=WIDTH, height=HEIGHT, rx=10), id=f"clip-{key}")
    frame = tag(
        "rect", x=0.5, y=0.5, width=WIDTH - 1, height=HEIGHT - 1, rx=10,
        fill="none", stroke="currentColor", stroke_opacity=".25",
    )  # fmt: skip
    return tag(
        "svg",
        tag("title", text_of(title), id=f"title-{key}"),
        tag("desc", text_of(description), id=f"desc-{key}"),
        tag("defs", clip),
        tag("g", *body, clip_path=f"url(#clip-{key})"),
        frame,
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, height=HEIGHT,
        role="img", aria_labelledby=f"title-{key} desc-{key}", class_="daka-sketch",
        font_family=_FONT, font_size=13,
    )  # fmt: skip


def _mark(n: int, fix: Fix | PlaceVerdict, fence: Fence) -> Mark | None:
    if isinstance(fix, PlaceVerdict):
        place, accuracy_m, verdict = fix.wgs84, fix.accuracy_m, fix.verdict
        if place is None:
            return None
    else:
        if datum_fault(fix.datum) or coordinate_fault(fix.lng, fix.lat):
            return None
        assert fix.lng is not None and fix.lat is not None and fix.datum is not None
        place = convert(float(fix.lng), float(fix.lat), fix.datum, Datum.WGS84)
        accuracy_m, verdict = number(fix.accuracy_m), None
    x, y = fence.shape.frame.to_metres(*place)
    edge_distance_m = fence.shape.edge_distance(x, y)
    verdict = verdict or (Verdict.INSIDE if edge_distance_m <= 0 else Verdict.OUTSIDE)
    accuracy_m = accuracy_m if accuracy_m is not None and accuracy_m > 0 else None
    return Mark(n, x, y, *place, accuracy_m, verdict, edge_distance_m)


def _size_m(shape: Shape) -> float:
    west, south, east, north = shape.bounds
    return max(east - west, north - south)


def _view(shape: Shape, marks: list[Mark]) -> View:
    """The smallest view that shows the fence, the near fixes and what is reasonable of their circles."""
    boxes = [shape.bounds]
    for mark in marks:
        r = min(mark.accuracy_m or 0.0, _size_m(shape))
        boxes.append((mark.x - r, mark.y - r, mark.x + r, mark.y + r))
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    scale = min((WIDTH - 2 * _MARGIN) / (east - west), (HEIGHT - 2 * _MARGIN - 24) / (north - south))
    return View((west + east) / 2 - WIDTH / 2 / scale, (south + north) / 2 + (HEIGHT - 24) / 2 / scale, scale)


def _fence(fence: Fence, view: View) -> str:
    look: dict[str, Value] = {
        "fill": _FENCE,
        "fill_opacity": ".13",
        "stroke": _FENCE,
        "stroke_width": 2.0,
        "class_": "daka-fence",
    }
    if not isinstance(fence, CircleFence):
        path = "".join(_ring_path(ring, view) for ring in _rings(fence.shape))
        return tag("path", d=path, fill_rule="evenodd", stroke_linejoin="round", **look)
    cx, cy = view.at(0.0, 0.0)
    r = fence.radius_m * view.pixels_per_metre
    ex, ey = cx + r * math.cos(math.pi / 6), cy + r * math.sin(math.pi / 6)
    radius = tag(
        "path", d=f"M{cx:.1f} {cy:.1f}L{ex:.1f} {ey:.1f}",
        stroke=_FENCE, stroke_dasharray="5 4", stroke_opacity=".8", fill="none",
    )  # fmt: skip
    cross = tag(
        "path", d=f"M{cx - 6:.1f} {cy:.1f}h12M{cx:.1f} {cy - 6:.1f}v12", stroke=_FENCE, stroke_width=2.0
    )
    said = label((cx + ex) / 2 + 6, (cy + ey) / 2 - 6, f"半径 {fence.radius_m:g} 米", size=12)
    return tag("circle", cx=cx, cy=cy, r=r, **look) + radius + cross + said


def _rings(shape: PolygonShape) -> list[list[tuple[float, float]]]:
    polygons = getattr(shape.area, "geoms", [shape.area])
    return [list(ring.coords) for p in polygons for ring in (p.exterior, *p.interiors)]


def _ring_path(ring: list[tuple[float, float]], view: View) -> str:
    points = (view.at(x, y) for x, y in ring[:-1])
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def _accuracy_circle(mark: Mark, view: View) -> str:
    if mark.accuracy_m is None:
        return ""
    cx, cy = view.at(mark.x, mark.y)
    colour = COLOURS[mark.verdict]
    # A circle of thousands of kilometres says no more than one that fills the picture.
    r = min(mark.accuracy_m * view.pixels_per_metre, 20_000.0)
    return tag(
        "circle", cx=cx, cy=cy, r=r, fill=colour, fill_opacity=".10", stroke=colour,
        stroke_dasharray="3 3", class_="daka-accuracy",
    )  # fmt: skip


def _way(mark: Mark, shape: Shape, view: View) -> str:
    """From a fix outside to the nearest point of the fence, with the distance."""
    nearest = shape.nearest_edge(mark.x, mark.y)
    if mark.edge_distance_m <= 0 or nearest is None:
        return ""
    (x1, y1), (x2, y2) = view.at(mark.x, mark.y), view.at(*nearest)
    line = tag(
        "path", d=f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", stroke="currentColor", stroke_opacity=".7",
        stroke_width=1.5, stroke_dasharray="1 4", stroke_linecap="round", fill="none",
    )  # fmt: skip
    below = 27 if y1 < HEIGHT - 80 else -18
    return line + label(x1, y1 + below, distance_words(mark.edge_distance_m), size=12, text_anchor="middle")


def _marker(mark: Mark, view: View) -> str:
    x, y = view.at(mark.x, mark.y)
    shape = sign(mark.verdict, x, y, 9.0, stroke="#fff", stroke_width=1.5)
    figure = label(x, y + 4, str(mark.n), size=11, fill="#fff", text_anchor="middle", font_weight="bold")
    return tag("g", shape, figure, class_=f"daka-fix daka-{mark.verdict.value.replace('_', '-')}")


def _far_arrow(mark: Mark, fence: Fence, view: View) -> str:
    """At the border, towards a fix that lies far off."""
    cx, cy = view.at(0.0, 0.0)
    ux, uy = mark.x / math.hypot(mark.x, mark.y), -mark.y / math.hypot(mark.x, mark.y)
    reach = min(
        ((WIDTH - _MARGIN if ux > 0 else _MARGIN) - cx) / ux if abs(ux) > 1e-9 else math.inf,
        ((HEIGHT - 60 if uy > 0 else _MARGIN) - cy) / uy if abs(uy) > 1e-9 else math.inf,
    )
    x, y = cx + ux * reach, cy + uy * reach
    back_x, back_y = x - 16 * ux, y - 16 * uy
    left_x, left_y, right_x, right_y = back_x - 7 * uy, back_y + 7 * ux, back_x + 7 * uy, back_y - 7 * ux
    head = f"M{x:.1f} {y:.1f}L{left_x:.1f} {left_y:.1f}L{right_x:.1f} {right_y:.1f}Z"
    anchor = "end" if x > WIDTH / 2 else "start"
    frame = fence.shape.frame
    bearing, _ = geodesic(frame.lng, frame.lat, mark.lng, mark.lat)
    said = f"{mark.n} 号在{direction_words(bearing)}方，{about_words(mark.edge_distance_m)}"
    words = label(
        x - 20 if anchor == "end" else x + 20, y - 8 if uy > 0 else y + 22, said, size=12, text_anchor=anchor
    )
    return tag("path", d=head, fill=COLOURS[mark.verdict], class_="daka-far") + words


def _description(fence: Fence, fixes: Sequence[Fix | PlaceVerdict], marks: list[Mark]) -> str:
    what = f"半径 {fence.radius_m:g} 米的圆" if isinstance(fence, CircleFence) else "多边形"
    lines = [f"打卡范围是{what}，上方为北。"]
    placed = {mark.n: mark for mark in marks}
    for n in range(1, len(fixes) + 1):
        mark = placed.get(n)
        if mark is None:
            lines.append(f"{n} 号定位无法标注。")
            continue
        side = "范围内" if mark.edge_distance_m <= 0 else "范围外"
        accuracy = "精度不明" if mark.accuracy_m is None else f"精度 {distance_words(mark.accuracy_m)}"
        lines.append(f"{n} 号定位在{side}，距边缘{about_words(mark.edge_distance_m)}，{accuracy}。")
    return "".join(lines)
