"""Movements of an invented person: lids, lips, the head turned on a generic depth; then a phone's shot."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from tools.portraits.canvas import CENTRE, GRID, HEIGHT, WIDTH, Map, Picture, dense, draw, spline, thin_plate
from tools.portraits.people import Portrait, field
from verify_api.faces.engine import Points

MM = 150 / 90  # canvas pixels a millimetre: the outer corners of the eyes lie 90 mm apart
AXIS_MM = 95.0  # the vertical axis of the turn lies so far behind the tip of the nose

# How far each landmark lies behind the tip of the nose, in millimetres, on a generic head.
DEPTH_MM = np.array(
    [
        *(70, 64, 56, 48, 41, 34, 27, 22, 20, 22, 27, 34, 41, 48, 56, 64, 70),  # jaw, ear to ear
        *(40, 31, 25, 21, 19, 19, 21, 25, 31, 40),  # brows
        *(19, 13, 6.5, 0, 15, 12, 10, 12, 15),  # nose
        *(31, 24, 23, 24, 25, 27, 24, 23, 24, 31, 27, 25),  # eyes
        *(24, 17, 12, 11, 12, 17, 24, 18, 14, 13, 14, 18, 23, 13, 13, 13, 23, 14, 14, 14),  # mouth
    ]
)


def eyes_closed(person: Portrait, skin: float = 8.0, share: float = 0.92) -> Portrait:
    """The upper lids lowered by `share` of the opening.

    Each column between the corners of an eye is stretched on its own: the `skin` pixels above the lid are
    drawn down over the eye, the eye itself is pressed to a line above the lower lid. Nothing else of the
    face moves.
    """
    xs, ys = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    source, closed = ys.copy(), person.points.copy()
    for upper, lower in (((36, 37, 38, 39), (36, 41, 40, 39)), ((42, 43, 44, 45), (42, 47, 46, 45))):
        top, bottom = _lid(person.points, upper, lift=2.0), _lid(person.points, lower, lift=-1.0)
        shut = bottom - (1 - share) * (bottom - top)
        start = top - skin
        between = (xs > person.points[upper[0], 0]) & (xs < person.points[upper[3], 0])
        lid = between & (ys > start) & (ys <= shut)
        eye = between & (ys > shut) & (ys < bottom)
        source = np.where(lid, start + (ys - start) * (top - start) / (shut - start), source)
        pressed = top + (ys - shut) * (bottom - top) / np.maximum(bottom - shut, 1e-3)
        source = np.where(eye, pressed, source)
        closed[list(upper[1:3])] += share * (person.points[[lower[1], lower[2]]] - closed[list(upper[1:3])])
    where = (xs, source.astype(np.float32))
    return replace(person, picture=draw(person.picture, where), points=closed)


def _lid(points: Points, indices: tuple[int, ...], *, lift: float) -> npt.NDArray[np.float64]:
    """Height of a lid for every column; outside the corners both lids meet, so nothing moves there."""
    line = points[list(indices)].copy()
    line[1:3, 1] -= lift
    # A parabola-like bow through the corners and the two lid points, flat enough at the corners not to kink.
    (left, right), x = (line[0, 0], line[3, 0]), np.arange(WIDTH)
    along = ((x - left) / (right - left)).clip(0, 1)
    chord = line[0, 1] + along * (line[3, 1] - line[0, 1])
    bows = line[1:3, 1] - (line[0, 1] + ((line[1:3, 0] - left) / (right - left)) * (line[3, 1] - line[0, 1]))
    return np.asarray(chord + bows.mean() * np.sin(np.pi * along) / np.sin(np.pi / 3))


def mouth_open(person: Portrait, share: float = 1.0) -> Portrait:
    """The lower jaw lowered; the inside of the mouth is dark."""
    moved = person.points.copy()
    drop = share * 0.62 * float(np.linalg.norm(person.points[64] - person.points[60]))
    moved[[56, 57, 58, 65, 66, 67], 1] += drop
    moved[[55, 59], 1] += 0.75 * drop
    moved[[48, 54, 60, 64], 1] += 0.25 * drop
    moved[5:12, 1] += np.array([0.3, 0.55, 0.75, 0.8, 0.75, 0.55, 0.3]) * drop
    opened = _moved(person, moved)
    inside = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(inside, [moved[60:68].astype(np.int32)], 255)
    soft = (cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 2.0) / 255)[..., None] * min(1.0, share) * 0.9
    dark = np.array([58.0, 26.0, 28.0], np.float32)
    return replace(opened, picture=(opened.picture * (1 - soft) + dark * soft).astype(np.float32))


def turned(person: Portrait, degrees: float) -> Portrait:
    """The head turned about its vertical axis; positive to the person's own left."""
    where = _turn_map(person.points, np.radians(degrees))
    return replace(person, picture=draw(person.picture, where), person=draw(person.person, where))


def _moved(person: Portrait, points: Points) -> Portrait:
    where = spline(points, person.points)
    return replace(
        person, picture=draw(person.picture, where), person=draw(person.person, where), points=points
    )


def _turn_map(points: Points, angle: float) -> Map:
    """Where each pixel of the turned view comes from: the forward shift, inverted by iteration."""
    xs, ys = np.arange(0, WIDTH + GRID, GRID), np.arange(0, HEIGHT + GRID, GRID)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2).astype(np.float64)
    towards = _depth(points, grid)
    middle = points[[0, 16], 0].mean()
    shift = (grid[:, 0] - middle) * (np.cos(angle) - 1) + towards * np.sin(angle)
    shift *= _head_share(points, grid)
    forward = shift.reshape(len(ys), len(xs)).astype(np.float32)
    rows, columns = np.mgrid[0 : len(ys), 0 : len(xs)].astype(np.float32)
    source = columns.copy()
    for _ in range(20):
        there = cv2.remap(forward, source, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        source = 0.4 * source + 0.6 * (columns - there / GRID)
    moved = np.stack([(source - columns) * GRID, np.zeros_like(source)], axis=-1)
    return dense(moved.astype(np.float32))


def _depth(points: Points, grid: Points) -> npt.NDArray[np.float64]:
    """How far each place lies in front of the axis, in canvas pixels, smooth over the whole head."""
    brow = points[17:27, 1].mean()
    rise = CENTRE[1] - brow
    crown = [
        (points[27, 0], brow - 3.5 * rise),
        (points[17, 0], brow - 2.5 * rise),
        (points[26, 0], brow - 2.5 * rise),
    ]
    beside = [(points[0, 0] - 25, points[0, 1]), (points[16, 0] + 25, points[16, 1])]
    at = np.r_[points, crown, beside]
    behind = np.r_[DEPTH_MM, 45, 58, 58, 78, 78]
    towards = (AXIS_MM - behind) * MM
    found = thin_plate(at / 100, np.c_[towards, towards], grid / 100)[:, 0]
    return np.asarray(found.clip(-10, AXIS_MM * MM))


def _head_share(points: Points, grid: Points) -> npt.NDArray[np.float64]:
    """1 on the head, falling to 0 over the neck: the shoulders stay."""
    below = (grid[:, 1] - points[8, 1] + 10) / 130
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * below.clip(0, 1)))


@dataclass(frozen=True, slots=True)
class Room:
    """What is behind the person during one session: a blurred interior with some upright edges."""

    picture: Picture

    @classmethod
    def furnish(cls, rng: np.random.Generator) -> "Room":
        """A room of its own for every session."""
        wall = rng.uniform(120, 205) + rng.uniform(-14, 14, 3)
        picture = wall + 14 * field(rng.standard_normal(20), 5)[..., None]
        for _ in range(int(rng.integers(2, 6))):
            left, width = int(rng.integers(-40, WIDTH)), int(rng.integers(30, 160))
            top = int(rng.integers(0, HEIGHT // 2))
            picture[top:, max(left, 0) : left + width] += rng.uniform(-50, 35) + rng.uniform(-12, 12, 3)
        return cls(cv2.GaussianBlur(picture, (0, 0), 5).astype(np.float32))


def reference_photo(person: Portrait) -> npt.NDArray[np.uint8]:
    """The registry's photograph: even light, plain background."""
    mask = person.person[..., None]
    return _bytes(person.picture * mask + np.array(person.ground, np.float32) * (1 - mask))


def shot(person: Portrait, room: Room, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """One picture by a hand-held phone: the hand moves, the light changes a little, the sensor adds noise."""
    mask = person.person[..., None]
    picture = person.picture * mask + room.picture * (1 - mask)
    place = cv2.getRotationMatrix2D(CENTRE.tolist(), rng.uniform(-2.5, 2.5), rng.uniform(0.93, 1.03))
    place[:, 2] += rng.uniform(-9, 9, 2)
    picture = np.asarray(
        cv2.warpAffine(picture, place, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT_101), np.float32
    )
    light = rng.uniform(0.93, 1.07) * (1 + 0.05 * field(rng.standard_normal(6), 2))[..., None]
    warmth = 1 + rng.uniform(-0.025, 0.025) * np.array([1.0, 0.0, -1.0])
    noise = rng.standard_normal((HEIGHT, WIDTH, 1), np.float32) * rng.uniform(1.2, 2.6)
    return _bytes(picture * light * warmth + noise)


def _bytes(picture: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    return np.asarray(np.clip(picture, 0, 255), np.uint8)
