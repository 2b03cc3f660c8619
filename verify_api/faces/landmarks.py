"""Geometry of the 68 landmarks (iBUG scheme): ratios, head pose, what a flat picture cannot show."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from verify_api.faces.engine import Points

EYE_RIGHT = (36, 37, 38, 39, 40, 41)  # the person's own right eye, at the left of an unmirrored picture
EYE_LEFT = (42, 43, 44, 45, 46, 47)
LIDS = (37, 38, 40, 41, 43, 44, 46, 47)
NOSE = (28, 29, 30, 31, 32, 33, 34, 35)
INNER_LIPS = (61, 62, 63, 65, 66, 67)
# Points near one plane whatever the face does: corners of the eyes and of the mouth, root of the nose.
FLAT = (27, 36, 39, 42, 45, 48, 54)
# What neither blinking nor opening the mouth moves: the nose and the corners of the eyes.
UNMOVED = (*range(27, 36), 36, 39, 42, 45)
UNMOVED_BY_EYES = (*range(27, 36), 36, 39, 42, 45, 48, 51, 54, 57)
UNMOVED_BY_MOUTH = (*range(27, 48),)

# A generic head in millimetres, axes as in the picture: x right, y down, z away from the camera; the tip of
# the nose is the origin. Proportions follow the six-point model in common use for solvePnP, with the ridge
# and the wings of the nose and the inner corners of the eyes added.
HEAD = {
    27: (0.0, -36.0, 19.0),
    28: (0.0, -24.0, 13.0),
    29: (0.0, -12.0, 6.5),
    30: (0.0, 0.0, 0.0),
    31: (-13.0, 10.0, 15.0),
    33: (0.0, 13.0, 10.0),
    35: (13.0, 10.0, 15.0),
    36: (-45.0, -34.0, 30.0),
    39: (-17.5, -33.0, 24.0),
    42: (17.5, -33.0, 24.0),
    45: (45.0, -34.0, 30.0),
    48: (-26.0, 32.0, 24.0),
    54: (26.0, 32.0, 24.0),
}
_MODEL = np.array(list(HEAD.values()))
_INDEX = list(HEAD)


@dataclass(frozen=True, slots=True)
class Pose:
    """Head pose in degrees; signs as in `measured.FaceFigures`."""

    yaw: float
    pitch: float
    roll: float


def _distance(points: Points, a: int, b: int) -> float:
    return float(np.linalg.norm(points[a] - points[b]))


def eye_aspect(points: Points, eye: tuple[int, ...]) -> float:
    """Eye aspect ratio (Soukupová & Čech 2016): lid distance over eye width, 0.3 open, below 0.15 shut."""
    outer, top1, top2, inner, low2, low1 = eye
    width = _distance(points, outer, inner)
    return (
        (_distance(points, top1, low1) + _distance(points, top2, low2)) / (2 * width) if width else math.nan
    )


def mouth_aspect(points: Points) -> float:
    """Opening of the inner lips over their width: about 0 shut, 0.5 and more wide open."""
    width = _distance(points, 60, 64)
    opening = (_distance(points, 61, 67) + _distance(points, 62, 66) + _distance(points, 63, 65)) / 3
    return opening / width if width else math.nan


def head_pose(points: Points, *, width: int, height: int) -> Pose:
    """Pose by solvePnP, generic head and usual focal length; NaN where there is no solution."""
    focal = 1.2 * max(width, height)
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    seen = np.ascontiguousarray(points[_INDEX])
    found, rotation, shift = cv2.solvePnP(_MODEL, seen, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    if not found:
        return Pose(math.nan, math.nan, math.nan)
    rotation, _ = cv2.solvePnPRefineLM(_MODEL, seen, camera, None, rotation, shift)
    return _angles(np.asarray(cv2.Rodrigues(rotation)[0], np.float64))


def _angles(turn: npt.NDArray[np.float64]) -> Pose:
    facing = turn @ np.array([0.0, 0.0, -1.0])
    return Pose(
        yaw=math.degrees(math.atan2(facing[0], -facing[2])),
        pitch=math.degrees(math.asin(max(-1.0, min(1.0, -facing[1])))),
        roll=math.degrees(math.atan2(turn[1, 0], turn[0, 0])),
    )


def eye_distance(points: Points) -> float:
    """Distance of the outer corners of the eyes in pixels."""
    return _distance(points, 36, 45)


def unexplained(one: Points, other: Points, *, fitted: tuple[int, ...], asked: tuple[int, ...]) -> float:
    """RMS in eye distances that a homography fitted on some points leaves on others; NaN if none fits."""
    plane, _ = cv2.findHomography(one[list(fitted)], other[list(fitted)], 0)
    scale = (eye_distance(one) + eye_distance(other)) / 2
    if plane is None or not scale:
        return math.nan
    expected = cv2.perspectiveTransform(one[list(asked)].reshape(-1, 1, 2), plane).reshape(-1, 2)
    errors = np.linalg.norm(expected - other[list(asked)], axis=1)
    return float(np.sqrt(np.mean(errors**2))) / scale


def depth_residual(one: Points, other: Points) -> float:
    """What the nose shows of depth between two views: parallax that no flat picture has."""
    return unexplained(one, other, fitted=FLAT, asked=NOSE)


def stretch(one: Points, other: Points) -> float:
    """Ratio ≥ 1 of the two scales of the best affine map between the unmoved parts; NaN if there is none.

    Squeezing a picture narrows the eyes as well as a blink does, but the whole face with them.
    """
    before, after = one[list(UNMOVED)], other[list(UNMOVED)]
    design = np.c_[before, np.ones(len(before))]
    linear = np.linalg.lstsq(design, after, rcond=None)[0][:2]
    large, small = np.linalg.svd(linear, compute_uv=False)
    return float(large / small) if small > 0 else math.nan


def eyes_residual(one: Points, other: Points) -> float:
    """Movement of the lids that moving the whole picture does not explain."""
    return unexplained(one, other, fitted=UNMOVED_BY_EYES, asked=LIDS)


def mouth_residual(one: Points, other: Points) -> float:
    """Movement of the lips that moving the whole picture does not explain."""
    return unexplained(one, other, fitted=UNMOVED_BY_MOUTH, asked=INNER_LIPS)


def inside(points: Points, *, width: int, height: int) -> float:
    """Share of the landmarks' box that lies within the picture, 0–1."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    whole = (right - left) * (bottom - top)
    seen = max(0.0, min(right, width) - max(left, 0)) * max(0.0, min(bottom, height) - max(top, 0))
    return float(seen / whole) if whole > 0 else 0.0
