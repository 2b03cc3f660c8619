"""What somebody sends who is not there, and files no camera would send: material for tests."""

import io
from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ExifTags
from PIL import Image as Pictures

from tools.portraits.frames import ANSWERS, jpeg
from verify_api.faces.engine import Image
from verify_api.faces.images import open_image
from verify_api.faces.rules import Ask

Files = dict[str, bytes]


def same_file(files: Mapping[str, bytes]) -> Files:
    """One picture for every prompt, byte for byte."""
    return dict.fromkeys(files, files["front"])


def replayed_still(files: Mapping[str, bytes]) -> Files:
    """One picture held before the camera: each frame a little moved, dimmed and encoded anew."""
    front = open_image(files["front"])
    rng = np.random.Generator(np.random.PCG64(11))
    found = {}
    for name in files:
        height, width = front.shape[:2]
        place = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-4, 4), rng.uniform(0.95, 1.08))
        place[:, 2] += rng.uniform(-12, 12, 2)
        shown = cv2.warpAffine(front, place, (width, height), borderMode=cv2.BORDER_REPLICATE)
        moved = np.clip(shown * rng.uniform(0.9, 1.1), 0, 255).astype(np.uint8)
        found[name] = jpeg(moved, int(rng.integers(75, 95)))
    return found | {"reference": files["reference"]}


def warped_still(files: Mapping[str, bytes], *, strength: float = 1.0) -> Files:
    """One picture tilted and squeezed as a whole, so that it seems to turn, to blink, to open its mouth."""
    front = open_image(files["front"])
    found = dict(replayed_still(files))
    found["turn_left"] = jpeg(tilted(front, 0.55 * strength))
    found["turn_right"] = jpeg(tilted(front, -0.55 * strength))
    found["blink_2"] = jpeg(squeezed(front, 1 - 0.45 * strength))
    found["mouth_2"] = jpeg(squeezed(front, 1 + 0.8 * strength))
    return found


def tilted(image: Image, slope: float) -> Image:
    """A print turned about its upright axis: one side near, the other far."""
    height, width = image.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    near, far = abs(slope) * 0.22 * height, abs(slope) * 0.25 * width
    to = corners.copy()
    if slope > 0:
        to[1:3, 0] -= far
        to[1, 1] += near
        to[2, 1] -= near
    else:
        to[[0, 3], 0] += far
        to[0, 1] += near
        to[3, 1] -= near
    plane = cv2.getPerspectiveTransform(corners, to)
    warped = cv2.warpPerspective(image, plane, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def squeezed(image: Image, factor: float) -> Image:
    """A print tipped back (below 1) or stretched (above 1) in height about the eyes."""
    height, width = image.shape[:2]
    place = np.array([[1, 0, 0], [0, factor, 0.42 * height * (1 - factor)]], np.float64)
    return np.asarray(
        cv2.warpAffine(image, place, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def mirrored_turn(files: Mapping[str, bytes]) -> Files:
    """The right turn is the left turn mirrored."""
    left = open_image(files["turn_left"])
    return dict(files) | {"turn_right": jpeg(np.ascontiguousarray(left[:, ::-1]), 88)}


def two_people(files: Mapping[str, bytes], other: Mapping[str, bytes]) -> Files:
    """The front view of one person, every movement by another."""
    return {name: files[name] if name in ("front", "reference") else other[name] for name in files}


def answers_in_other_order(files: Mapping[str, bytes]) -> Files:
    """The pictures of an earlier challenge: right person, real movements, but not the ones asked for now."""
    moved = dict(files)
    moved["turn_left"], moved["turn_right"] = files["turn_right"], files["turn_left"]
    for name, taken in zip(ANSWERS[Ask.BLINK], ANSWERS[Ask.OPEN_MOUTH], strict=True):
        moved[name], moved[taken] = files[taken], files[name]
    return moved


def with_exif(data: bytes, *, orientation: int = 1, captured: str | None = None) -> bytes:
    """The picture stored turned, with the EXIF orientation (1, 3, 6, 8) that turns it back."""
    turns = {1: 0, 3: 180, 6: 90, 8: -90}
    with Pictures.open(io.BytesIO(data)) as picture:
        stored = picture.rotate(turns[orientation], expand=True)
        exif = Pictures.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        if captured:
            exif[ExifTags.Base.DateTime] = captured
        out = io.BytesIO()
        stored.save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def many_pixels(millions: int = 40) -> bytes:
    """A small file that unfolds into very many pixels."""
    side = round((millions * 1_000_000) ** 0.5)
    out = io.BytesIO()
    Pictures.new("RGB", (side, side), (90, 90, 90)).save(out, "JPEG", quality=30)
    return out.getvalue()


def as_gif(data: bytes) -> bytes:
    """The same picture as GIF."""
    return _saved(data, "GIF")


def as_png(data: bytes) -> bytes:
    """The same picture as PNG."""
    return _saved(data, "PNG")


def _saved(data: bytes, kind: str) -> bytes:
    out = io.BytesIO()
    with Pictures.open(io.BytesIO(data)) as picture:
        picture.save(out, kind)
    return out.getvalue()


def truncated(data: bytes) -> bytes:
    """The first two thirds."""
    return data[: len(data) * 2 // 3]


def corrupted(data: bytes) -> bytes:
    """JPEG head, then noise."""
    rng = np.random.Generator(np.random.PCG64(3))
    return data[:20] + rng.bytes(len(data) - 20)


def no_face(width: int = 640, height: int = 480) -> bytes:
    """A wall."""
    y, x = np.mgrid[0:height, 0:width]
    wall: npt.NDArray[np.float64] = 120 + 50 * np.sin(x / 37) * np.cos(y / 53)
    return jpeg(np.repeat(wall[..., None], 3, axis=2).astype(np.uint8))


def two_faces(one: bytes, other: bytes) -> bytes:
    """Two people side by side in one picture."""
    a, b = open_image(one), open_image(other)
    height = min(a.shape[0], b.shape[0])
    return jpeg(np.hstack([a[:height], b[:height]]))
