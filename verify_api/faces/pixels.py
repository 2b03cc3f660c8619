"""Figures read from the pixels of a frame: light, sharpness, likeness of two frames, passive signals."""

import cv2
import numpy as np
import numpy.typing as npt

from verify_api.faces.engine import Image, Points

Grey = npt.NDArray[np.uint8]

CROP = 128  # the head, aligned on the eyes, with some background
EYES_APART = 40.0  # pixels between the outer eye corners in the crop
SHIFT = 8  # search range when two crops are compared
WORTH_REFINING = 0.75
THUMB = 64
PRINT = 16  # 16 × 16 differences


def grey_of(image: Image) -> Grey:
    """Grey levels 0–255."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def thumbnail(grey: Grey) -> Grey:
    """64×64 of the whole frame, to tell whether two frames are the same picture."""
    return np.asarray(cv2.resize(grey, (THUMB, THUMB), interpolation=cv2.INTER_AREA), np.uint8)


def fingerprint(grey: Grey) -> str:
    """256-bit difference hash of the whole frame in hex: survives re-encoding and scaling, not a new shot."""
    small = cv2.resize(grey, (PRINT + 1, PRINT), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (small[:, 1:] > small[:, :-1]).ravel()
    return np.packbits(bits).tobytes().hex()


def difference(one: Grey, other: Grey) -> float:
    """Mean absolute difference of two thumbnails in grey levels."""
    return float(np.mean(cv2.absdiff(one, other)))


def aligned_head(grey: Grey, points: Points) -> Grey:
    """128×128 crop with the eyes level and at a fixed distance."""
    (x1, y1), (x2, y2) = points[36], points[45]
    angle = np.degrees(np.arctan2(y2 - y1, x2 - x1))
    scale = EYES_APART / max(1.0, float(np.hypot(x2 - x1, y2 - y1)))
    centre = (float(x1 + x2) / 2, float(y1 + y2) / 2)
    matrix = cv2.getRotationMatrix2D(centre, angle, scale)
    matrix[:, 2] += np.array([CROP / 2, CROP * 0.42]) - np.array(centre)
    return np.asarray(cv2.warpAffine(grey, matrix, (CROP, CROP), flags=cv2.INTER_AREA), np.uint8)


def mirror_likeness(one: Grey, other: Grey) -> float:
    """Correlation (−1…1) of an aligned head with another one mirrored, at its best small displacement.

    Where the first look is promising the fit is refined (Evangelidis & Psarakis 2008): alignment on landmarks
    leaves an error of a pixel or two, which would hide a mirrored copy among naturally symmetric faces.
    """
    mirrored = np.asarray(cv2.flip(other, 1), np.uint8)
    core = one[SHIFT:-SHIFT, SHIFT:-SHIFT]
    if core.std() < 1 or other.std() < 1:
        return 1.0  # Nothing to tell them apart by: treat as the same, which can only refuse.
    coarse = float(cv2.matchTemplate(mirrored, core, cv2.TM_CCOEFF_NORMED).max())
    return max(coarse, _refined(one, mirrored)) if coarse > WORTH_REFINING else coarse


def _refined(one: Grey, other: Grey) -> float:
    start = np.eye(2, 3, dtype=np.float32)
    enough = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
    try:
        found, _ = cv2.findTransformECC(
            one, other, start, cv2.MOTION_AFFINE, enough, np.empty(0, np.uint8), 3
        )
    except cv2.error:  # It did not converge: the pictures differ.
        return -1.0
    return float(found)


def face_crop(grey: Grey, points: Points) -> Grey:
    """The landmarks' box, clipped to the frame, at least one pixel."""
    height, width = grey.shape
    left, top = np.floor(points.min(axis=0)).astype(int)
    right, bottom = np.ceil(points.max(axis=0)).astype(int)
    left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    return grey[top : max(bottom, top + 1), left : max(right, left + 1)]


def light(crop: Grey) -> tuple[float, float]:
    """Mean and standard deviation of the grey levels."""
    return float(crop.mean()), float(crop.std())


def sharpness(crop: Grey) -> float:
    """Variance of the Laplacian, face scaled to 128 px so that resolution does not pass for sharpness."""
    small = cv2.resize(crop, (128, 128), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(small, cv2.CV_64F).var())


def moire(crop: Grey) -> float:
    """Share 0–1 of the high-frequency energy that sits in a few isolated peaks, as screen grids leave it."""
    square = cv2.resize(crop, (128, 128), interpolation=cv2.INTER_AREA).astype(np.float64)
    window = np.outer(np.hanning(128), np.hanning(128))
    power = np.abs(np.fft.fftshift(np.fft.fft2((square - square.mean()) * window))) ** 2
    y, x = np.mgrid[-64:64, -64:64]
    high = power[(np.hypot(x, y) > 24) & (x >= 0)]
    total = high.sum()
    if total <= 0:
        return 0.0
    return float(np.sort(high)[-12:].sum() / total)


def screen_border(grey: Grey, points: Points) -> float:
    """Share 0–1 of the four sides around the head along which a long straight edge runs."""
    small_scale = 320 / max(grey.shape)
    small = cv2.resize(grey, None, fx=small_scale, fy=small_scale, interpolation=cv2.INTER_AREA)
    edges = cv2.Canny(small, 60, 160)
    found = cv2.HoughLinesP(edges, 1, np.pi / 180, 60, minLineLength=110, maxLineGap=6)
    if found is None:
        return 0.0
    (left, top), (right, bottom) = points.min(axis=0) * small_scale, points.max(axis=0) * small_scale
    sides = set()
    for x1, y1, x2, y2 in np.asarray(found).reshape(-1, 4):
        upright, level = abs(x1 - x2) < 0.1 * abs(y1 - y2), abs(y1 - y2) < 0.1 * abs(x1 - x2)
        sides |= {"left"} if upright and max(x1, x2) < left else set()
        sides |= {"right"} if upright and min(x1, x2) > right else set()
        sides |= {"top"} if level and max(y1, y2) < top else set()
        sides |= {"bottom"} if level and min(y1, y2) > bottom else set()
    return len(sides) / 4


def flatness(crop: Grey) -> float:
    """1 where the light on the face does not vary at all over its large forms, 0 where it varies strongly."""
    forms = cv2.GaussianBlur(cv2.resize(crop, (64, 64), interpolation=cv2.INTER_AREA), (0, 0), 10)
    return float(max(0.0, 1.0 - forms.std() / 12.0))
