"""The default engine: dlib's detector and alignment, its recognition network run by ONNX Runtime."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import dlib
import numpy as np
import numpy.typing as npt

from verify_api.faces.cache import converted_network, prepare
from verify_api.faces.engine import Face, Image, Points, Vectors
from verify_api.faces.locate import Locator
from verify_api.faces.network import CHIP, DIMENSIONS
from verify_api.faces.runner import Runner
from verify_api.faces.weights import RECOGNITION, weights

CHIP_PADDING = 0.25
MAX_BATCH = 16


class DlibEngine:
    """Euclidean distances; two pictures of one person lie below about 0.6."""

    dimensions = DIMENSIONS

    def __init__(self, cache: Path, cores: int = 1) -> None:
        """Convert the network into `cache` on first use, then load it; one picture runs on `cores`.

        Raises:
            NetworkUnusable: There is no network that agrees with dlib's.
        """
        # One picture runs on one core; several threads or processes then share the cores without fighting.
        cv2.setNumThreads(1)
        source = weights(RECOGNITION)
        network = converted_network(source, cache).read_bytes()
        self.model_id = f"dlib-resnet-v1:{hashlib.sha256(network).hexdigest()[:8]}"
        self._network = Runner(network, cores)
        self._locator = Locator()

    def find(self, image: Image) -> list[Face]:
        """All faces, the largest first."""
        return self._locator.find(image)

    def landmarks(self, image: Image, face: Face) -> Points:
        """The 68 points of the iBUG scheme, (68, 2)."""
        return self._locator.landmarks(image, face)

    def embed(self, faces: Sequence[tuple[Image, Face]]) -> Vectors:
        """(n, 128) vectors of these faces."""
        chips = [chip(image, face) for image, face in faces]
        parts = [
            self._network.run(prepare(chips[k : k + MAX_BATCH])) for k in range(0, len(chips), MAX_BATCH)
        ]
        return np.concatenate(parts) if parts else np.empty((0, DIMENSIONS), np.float32)

    def distance(self, one: npt.ArrayLike, other: npt.ArrayLike) -> float:
        """Euclidean distance."""
        return float(np.linalg.norm(np.asarray(one, np.float64) - np.asarray(other, np.float64)))

    def as_euclidean(self, distance: float) -> float:
        """The distance is Euclidean already."""
        return distance


def chip(image: Image, face: Face) -> Image:
    """dlib's 150×150 face chip with padding 0.25, aligned on the five points."""
    box = dlib.rectangle(*(round(v) for v in (face.left, face.top, face.right, face.bottom)))
    points = dlib.points([dlib.point(int(x), int(y)) for x, y in face.five])
    aligned: Image = dlib.get_face_chip(image, dlib.full_object_detection(box, points), CHIP, CHIP_PADDING)
    return aligned
