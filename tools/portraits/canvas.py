"""The common canvas: photographs brought to one size and place, freed from their background, and warped."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from verify_api.faces.engine import FaceEngine, Points
from verify_api.faces.images import open_image

Picture = npt.NDArray[np.float32]  # (height, width, 3), RGB, 0–255
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.float32]  # (height, width), 0–1
Map = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]

WIDTH, HEIGHT = 480, 640
EYES_APART = 150.0
CENTRE = np.array([WIDTH / 2, HEIGHT * 0.42])
BASES = ("obama.jpg", "biden.jpg", "obama2.jpg", "obama3.jpg")

MIRRORED = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31,
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
)  # fmt: skip

# Points that stay where they are in every warp.
_EDGE = np.array(
    [(x, y) for x in np.linspace(0, WIDTH - 1, 5) for y in (0, HEIGHT - 1)]
    + [(x, y) for x in (0, WIDTH - 1) for y in np.linspace(0, HEIGHT - 1, 6)[1:-1]]
)
GRID = 15  # pixels between the points at which a warp is computed


@dataclass(frozen=True, slots=True)
class Base:
    """A photograph on the canvas with the mask of the person and the 68 points."""

    picture: Picture
    person: Mask
    points: Points

    def mirrored(self) -> "Base":
        """The same, left and right exchanged."""
        points = self.points[list(MIRRORED)].copy()
        points[:, 0] = WIDTH - 1 - points[:, 0]
        return Base(
            np.ascontiguousarray(self.picture[:, ::-1]), np.ascontiguousarray(self.person[:, ::-1]), points
        )


def load_bases(folder: Path, engine: FaceEngine) -> list[Base]:
    """The four photographs and their mirror images, on the canvas."""
    bases = [_base(folder / name, engine) for name in BASES]
    return bases + [base.mirrored() for base in bases]


def _base(file: Path, engine: FaceEngine) -> Base:
    image = open_image(file.read_bytes())
    points = engine.landmarks(image, engine.find(image)[0])
    (x1, y1), (x2, y2) = points[36], points[45]
    middle = (float(x1 + x2) / 2, float(y1 + y2) / 2)
    angle = float(np.degrees(np.arctan2(y2 - y1, x2 - x1)))
    place = cv2.getRotationMatrix2D(middle, angle, EYES_APART / float(np.hypot(x2 - x1, y2 - y1)))
    place[:, 2] += CENTRE - np.array(middle)
    picture: Bytes = np.asarray(
        cv2.warpAffine(image, place, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )
    on_canvas = np.c_[points, np.ones(68)] @ place.T
    return Base(picture.astype(np.float32), _person(picture, on_canvas), on_canvas)


def _person(picture: Bytes, points: Points) -> Mask:
    """The person's mask by GrabCut, started from the face and the shoulders below it."""
    small = cv2.resize(picture, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)
    half = points / 2
    guess = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    centre, (w, h) = half[:17].mean(axis=0), np.ptp(half, axis=0)
    cv2.ellipse(guess, _at(centre - (0, 0.35 * h)), _at((0.72 * w, 1.2 * h)), 0, 0, 360, cv2.GC_PR_FGD, -1)
    (x, y), reach = half[8], 0.6 * w
    shoulders = [(x - reach, y - 14), (x + reach, y - 14), (WIDTH / 2 + 40, HEIGHT / 2), (-40, HEIGHT / 2)]
    cv2.fillConvexPoly(guess, np.array(shoulders).round().astype(np.int32), cv2.GC_PR_FGD)
    cv2.fillConvexPoly(guess, cv2.convexHull(half.astype(np.int32)), cv2.GC_FGD)
    cv2.setRNGSeed(1)  # GrabCut starts from random clusters; the same picture must give the same mask.
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, guess, (0, 0, 1, 1), models[0], models[1], 5, cv2.GC_INIT_WITH_MASK)
    found = np.isin(guess, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    opened = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    mask = _largest(np.asarray(opened, np.uint8))
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.2)
    return np.asarray(cv2.resize(soft, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).clip(0, 1), np.float32)


def _at(point: npt.ArrayLike) -> tuple[int, int]:
    x, y = np.asarray(point).round().astype(int)
    return int(x), int(y)


def _largest(mask: npt.NDArray[np.uint8]) -> Bytes:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    filled = (labels == best).astype(np.uint8)
    outlines, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(filled, outlines, -1, 1, -1), np.uint8)


def spline(wanted: Points, given: Points) -> Map:
    """Where each canvas pixel comes from if `given` points are to appear at `wanted` (thin-plate spline)."""
    at, source = np.r_[wanted, _EDGE], np.r_[given, _EDGE]
    xs, ys = np.arange(0, WIDTH + GRID, GRID), np.arange(0, HEIGHT + GRID, GRID)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    moved = thin_plate(at / 100, source - at, grid / 100).reshape(len(ys), len(xs), 2)
    return dense(moved.astype(np.float32))


def thin_plate(at: Points, values: Points, asked: Points) -> Points:
    """A thin-plate spline through `values` (n, 2) at `at` (n, 2), evaluated at `asked`."""
    n = len(at)
    system = np.zeros((n + 3, n + 3))
    system[:n, :n] = _kernel(at, at) + 1e-6 * np.eye(n)
    system[:n, n:] = np.c_[np.ones(n), at]
    system[n:, :n] = system[:n, n:].T
    weights = np.linalg.solve(system, np.r_[values, np.zeros((3, 2))])
    return np.asarray(_kernel(asked, at) @ weights[:n] + np.c_[np.ones(len(asked)), asked] @ weights[n:])


def _kernel(one: Points, other: Points) -> npt.NDArray[np.float64]:
    squared = (
        np.square(one).sum(axis=1)[:, None] + np.square(other).sum(axis=1)[None] - 2 * one @ other.T
    ).clip(1e-12)
    return np.asarray(squared * np.log(squared))


_XS, _YS = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))


def dense(moved: npt.NDArray[np.float32]) -> Map:
    """A full map from displacements at the grid points (rows, columns, 2)."""
    full = cv2.remap(moved, _XS / GRID, _YS / GRID, cv2.INTER_LINEAR)
    return _XS + full[..., 0], _YS + full[..., 1]


def draw(picture: npt.NDArray[np.float32], where: Map) -> npt.NDArray[np.float32]:
    """The picture (or mask) under a map."""
    return np.asarray(
        cv2.remap(picture, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
