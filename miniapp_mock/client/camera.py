"""Where a headless phone gets its pictures from."""

from functools import cache
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# Which pictures of a portrait folder answer which prompt, in the order they are taken.
ANSWERS: dict[str, tuple[str, ...]] = {
    "front": ("front",),
    "blink": ("blink_1", "blink_2", "blink_3"),
    "turn_left": ("turn_left",),
    "turn_right": ("turn_right",),
    "open_mouth": ("mouth_1", "mouth_2", "mouth_3"),
}


class Camera(Protocol):
    """Somebody in front of a lens who does what the phone asks."""

    def shoot(self, ask: str) -> list[bytes]:
        """JPEG pictures that answer the prompt, in the order taken."""
        ...


class PortraitCamera:
    """Photographs a folder of portraits the way a hand-held phone would: never twice the same.

    Every picture is framed, tilted and exposed a little differently and carries sensor noise of its own, so
    that two shots of the same portrait are two photographs and not one file sent twice.
    """

    def __init__(self, folder: Path, *, seed: int = 0) -> None:
        """`folder` holds `front.jpg`, `blink_1.jpg` … as `ANSWERS` names them; the seed fixes the hand."""
        self._folder = folder
        self._hand = np.random.default_rng(seed)
        # Nobody takes up the very stance of the last time again: across, up, near.
        self._stance = (*self._hand.uniform(-0.03, 0.03, 2), float(self._hand.uniform(0.96, 1.04)))
        self._opened: dict[str, Pixels] = {}

    def shoot(self, ask: str) -> list[bytes]:
        """JPEG pictures that answer the prompt; a prompt nobody knows is answered by looking straight."""
        tilt = float(self._hand.uniform(-1.2, 1.2))
        return [self._photograph(self._open(name), tilt) for name in ANSWERS.get(ask, ANSWERS["front"])]

    def _open(self, name: str) -> Pixels:
        if name not in self._opened:
            pixels = cv2.imread(str(self._folder / f"{name}.jpg"), cv2.IMREAD_COLOR)
            if pixels is None:
                raise FileNotFoundError(self._folder / f"{name}.jpg")
            self._opened[name] = pixels.astype(np.uint8, copy=False)
        return self._opened[name]

    def _photograph(self, pixels: Pixels, tilt: float) -> bytes:
        height, width = pixels.shape[:2]
        angle = tilt + float(self._hand.uniform(-0.3, 0.3))
        across, up, near = self._stance
        zoom = near * float(self._hand.uniform(0.99, 1.015))
        pose = cv2.getRotationMatrix2D((width / 2, height / 2), angle, zoom)
        pose[0, 2] += (across + float(self._hand.uniform(-0.008, 0.008))) * width
        pose[1, 2] += (up + float(self._hand.uniform(-0.008, 0.008))) * height
        framed = cv2.warpAffine(pixels, pose, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        exposure = float(self._hand.uniform(0.96, 1.04))
        lit = cv2.addWeighted(framed, exposure, self._noise(height, width), 1.0, -_GREY)
        written, jpeg = cv2.imencode(".jpg", lit, [cv2.IMWRITE_JPEG_QUALITY, 92])
        if not written:
            raise ValueError("the picture could not be encoded")
        return jpeg.tobytes()

    def _noise(self, height: int, width: int) -> Pixels:
        """Sensor noise of this one shot, around mid-grey: a window into one large sheet."""
        sheet = _noise_sheet(height, width)
        top, left = (int(self._hand.integers(0, _SPARE)) for _ in range(2))
        return sheet[top : top + height, left : left + width]


_GREY = 64.0
_SPARE = 97


@cache
def _noise_sheet(height: int, width: int) -> Pixels:
    grain = np.random.default_rng(1).normal(_GREY, 1.8, (height + _SPARE, width + _SPARE, 1))
    return np.repeat(grain.round().astype(np.uint8), 3, axis=2)
