"""Invented people: shape of the face, blend of photographs, hair and skin, from one vector of numbers.

The vector comes from a short list of integers (a *recipe*): the first seeds it, each further one is a step
that moved the face away from all others. Recipes are found by `search`, and only they are kept with the
code.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from tools.portraits.canvas import CENTRE, HEIGHT, MIRRORED, WIDTH, Base, Mask, Picture, draw, spline
from verify_api.faces.engine import Points

Numbers = npt.NDArray[np.float64]

# Lengths of the parts of the vector, in order.
PARTS = {
    "mix": 3, "shape": 23, "texture": 8, "blend": 12, "swap": 3, "features": 8, "tone": 5,
    "ground": 1,
}  # fmt: skip
SIZE = sum(PARTS.values())
STEP = 0.45

BROWS, EYES, NOSE, MOUTH = np.r_[17:27], np.r_[36:48], np.r_[27:36], np.r_[48:68]
# Which of the eight bases (four photographs and their mirror images) may lend a feature: eyes that look into
# the camera, lips that can be told apart when they open.
FEATURES = (
    (np.r_[EYES, BROWS], (0, 1, 3, 4, 5, 7)),
    (NOSE, (0, 1, 2, 3, 4, 5, 6, 7)),
    (MOUTH, (0, 2, 3, 4, 6, 7)),
)


@dataclass(frozen=True, slots=True)
class Portrait:
    """An invented person looking into the camera, on the canvas, without a background."""

    picture: Picture
    person: Mask
    points: Points
    ground: tuple[float, float, float]


def numbers_of(recipe: Sequence[int]) -> Numbers:
    """The vector of a recipe."""
    first, *steps = recipe
    numbers = np.random.Generator(np.random.PCG64(first)).standard_normal(SIZE)
    for step in steps:
        numbers = mutated(numbers, first, step)
    return numbers


def mutated(numbers: Numbers, first: int, step: int) -> Numbers:
    """The vector after one step; its entries stay standard normal."""
    other = np.random.Generator(np.random.PCG64([first, step])).standard_normal(SIZE)
    return np.asarray(np.sqrt(1 - STEP**2) * numbers + STEP * other)


def portrait(numbers: Numbers, bases: Sequence[Base]) -> Portrait:
    """Draw the person of this vector from the eight bases."""
    ends = np.cumsum(list(PARTS.values()))[:-1]
    part = dict(zip(PARTS, np.split(numbers, ends), strict=True))
    points = _shape(part["mix"], part["shape"], bases)
    picture, person = _blend(bases, part["texture"], points, part["blend"], part["swap"])
    picture = _colour(picture, points, part)
    return Portrait(picture, person, points, _ground(part["ground"]))


def _shape(mix: Numbers, k: Numbers, bases: Sequence[Base]) -> Points:
    """A symmetric face: a mixture of the frontal bases, then one simple movement per number."""
    k = 1.25 * np.clip(k, -1.8, 1.8)
    weights = np.exp(mix) / np.exp(mix).sum()
    frontal = (bases[0], bases[1], bases[3])
    shapes = [(b.points + _mirrored(b.points)) / 2 for b in frontal]
    s = np.asarray(sum(w * shape for w, shape in zip(weights, shapes, strict=True))) - CENTRE
    t = np.linspace(-1, 1, 17)
    s[:17, 0] *= (1 + 0.07 * k[0]) * (1 - 0.10 * k[14] * np.exp(-((t / 0.4) ** 2)))
    s[:17, 0] += np.sign(t) * 14 * k[1] * np.exp(-(((abs(t) - 0.55) / 0.25) ** 2))
    s[:17, 1] += 14 * k[2] * np.exp(-((t / 0.45) ** 2))
    _move_brows(s, k)
    s[30:36, 1] += 8 * k[6]
    s[31:36, 0] *= 1 + 0.18 * k[7]
    s[28:31, 1] += 4 * k[16]
    _move_eyes(s, k)
    _move_mouth(s, k)
    s[:, 1] = np.where(s[:, 1] > 0, s[:, 1] * (1 + 0.06 * k[21]), s[:, 1])
    s[:, 0] *= 1 + 0.03 * k[22]
    return np.asarray(s + CENTRE)


def _mirrored(points: Points) -> Points:
    flipped = points[list(MIRRORED)].copy()
    flipped[:, 0] = WIDTH - 1 - flipped[:, 0]
    return flipped


def _move_brows(s: Points, k: Numbers) -> None:
    across = np.tile(np.linspace(-1, 1, 5), 2)
    outward = np.r_[np.linspace(-1, 1, 5), np.linspace(1, -1, 5)]
    s[BROWS, 1] += 7 * k[3] + 6 * k[4] * (across**2 - 0.5) + 6 * k[5] * outward
    s[BROWS, 0] *= 1 + 0.06 * k[15]


def _move_eyes(s: Points, k: Numbers) -> None:
    for eye, side in ((slice(36, 42), -1), (slice(42, 48), 1)):
        centre = s[eye].mean(axis=0)
        d = (s[eye] - centre) * [1 + 0.09 * k[10], 1.15 + 0.15 * np.clip(k[8], -1.5, 1.5)]
        tilt = side * 0.09 * k[18]
        d = d @ np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
        s[eye] = centre * [1 + 0.07 * k[9], 1] + d + [0, 3 * k[19]]


def _move_mouth(s: Points, k: Numbers) -> None:
    """The lips are brought nearly together, so that opening the mouth later makes a difference."""
    for upper, lower in ((61, 67), (62, 66), (63, 65)):
        gap = s[lower, 1] - s[upper, 1]
        close = max(0.0, gap - 4.0) / 2
        s[upper, 1] += close
        s[lower, 1] -= close
    s[MOUTH, 0] *= 1 + 0.09 * k[11]
    s[MOUTH, 1] += 8 * k[12]
    middle = s[MOUTH, 1].mean()
    s[MOUTH, 1] = middle + (s[MOUTH, 1] - middle) * (1 + 0.2 * k[13])
    reach = abs(s[MOUTH, 0]) / abs(s[MOUTH, 0]).max()
    s[MOUTH, 1] -= 6 * k[20] * (reach**2 - 0.4)


def region(points: Points, indices: npt.NDArray[np.int_], *, blur: float, grow: int = 0) -> Mask:
    """Soft mask of the hull of some landmarks."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(points[indices].astype(np.int32)), 255)
    if grow:
        mask = cv2.dilate(mask, np.ones((grow, grow), np.uint8)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), blur), np.float32)


def field(values: Numbers, rows: int) -> npt.NDArray[np.float32]:
    """A smooth field over the canvas from a few values."""
    small = values.reshape(rows, -1).astype(np.float32)
    return np.asarray(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)


def _blend(
    bases: Sequence[Base], texture: Numbers, points: Points, blend: Numbers, swap: Numbers
) -> tuple[Picture, Mask]:
    """Two photographs under a soft mask; eyes, nose and mouth come each from one of their own."""
    order = np.argsort(texture)
    first, second = bases[order[0]], bases[order[1]]
    maps = {id(base): spline(points, base.points) for base in (first, second)}
    masks = [draw(base.person, maps[id(base)]) for base in (first, second)]
    share = field(1 / (1 + np.exp(-2.5 * blend)), 4)
    share = share.clip(0, 1) * masks[0] / np.maximum(share * masks[0] + (1 - share) * masks[1], 1e-3)
    share = share.clip(0, 1)[..., None]
    pictures = [draw(base.picture, maps[id(base)]) for base in (first, second)]
    picture: Picture = (pictures[0] * share + pictures[1] * (1 - share)).astype(np.float32)
    # Each feature comes whole from one photograph: two pairs of eyes laid over each other are no eyes.
    for value, (part, sources) in zip(swap, FEATURES, strict=True):
        base = bases[sources[int(abs(value) * 100) % len(sources)]]
        where = maps.get(id(base)) or spline(points, base.points)
        source = draw(base.picture, where)
        mask = region(points, part, blur=9, grow=25)[..., None]
        shift = ((picture - source) * mask).sum(axis=(0, 1)) / mask.sum()
        picture = (picture * (1 - mask) + (source + shift) * mask).astype(np.float32)
    return picture, np.asarray(np.maximum(masks[0], masks[1]), np.float32)


def _colour(picture: Picture, points: Points, part: dict[str, Numbers]) -> Picture:
    """Hair on the face, lips, light and the tone of the skin, in CIE Lab."""
    lab: Picture = np.asarray(cv2.cvtColor((picture / 255).clip(0, 1), cv2.COLOR_RGB2LAB), np.float32)
    light = lab[..., 0]
    features, tone = part["features"], part["tone"]
    light -= _hair(points, features)
    lips = region(points, MOUTH[:12], blur=3)
    lab[..., 1] += lips * 8 * features[4]
    light += lips * 5 * features[5]
    light += (
        (region(points, EYES[:6], blur=5, grow=11) + region(points, EYES[6:], blur=5, grow=11))
        * 3
        * features[6]
    )
    face = region(points, np.arange(27), blur=16, grow=41)
    light += face * 4 * tone[4]
    lab[..., 1] += 4 * tone[0]
    lab[..., 2] += 5 * tone[1]
    smooth = cv2.GaussianBlur(light, (0, 0), 5)
    light[:] = smooth + (light - smooth) * np.clip(1 + 0.4 * tone[2], 0.4, 1.8)
    light[:] = 100 * (light.clip(0, 100) / 100) ** np.exp(0.22 * tone[3].clip(-2, 2))
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).clip(0, 1) * 255, np.float32)


def _hair(points: Points, features: Numbers) -> npt.NDArray[np.float32]:
    """Darkening by beard, moustache and brows; half of the people have neither of the first two."""
    grain = np.random.Generator(np.random.PCG64(7)).standard_normal((HEIGHT, WIDTH)).astype(np.float32)
    grain = 1 + 1.2 * cv2.GaussianBlur(grain, (0, 0), 1.1)
    lips = region(points, MOUTH[:12], blur=3)
    beard = region(points, np.r_[4:13, 48, 54, 33], blur=12) * (1 - lips)
    moustache = region(points, np.array([31, 35, 48, 54, 51, 33]), blur=4) * (1 - lips)
    brows = np.zeros((HEIGHT, WIDTH), np.uint8)
    for brow in (points[17:22], points[22:27]):
        cv2.polylines(brows, [brow.astype(np.int32)], False, 255, int(7 + 4 * abs(features[0])))
    soft = cv2.GaussianBlur(brows.astype(np.float32) / 255, (0, 0), 3)
    return np.asarray(
        beard * grain * 12 * (features[1] - 0.6).clip(0, 1.2)
        + moustache * grain * 16 * (features[2] - 0.5).clip(0, 1.5)
        + soft * 11 * features[3].clip(-1.0, 0.8),
        np.float32,
    )


def _ground(numbers: Numbers) -> tuple[float, float, float]:
    """Background of the reference photograph: white, blue or grey, as on identity photographs."""
    grounds = ((243.0, 244.0, 246.0), (96.0, 146.0, 214.0), (196.0, 200.0, 204.0))
    return grounds[int(abs(numbers[0]) * 100) % 3]
