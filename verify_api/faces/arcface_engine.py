"""A second engine: any ArcFace-type network in an ONNX file (112×112 aligned RGB, cosine distance).

No such file is shipped: most weights in circulation may only be used for research. The bureau names a file
that it may use; networks trained on Asian faces are known to separate them better than dlib's.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from verify_api.faces.engine import Face, Image, Points, Vectors
from verify_api.faces.locate import Locator
from verify_api.faces.network import NetworkUnusable
from verify_api.faces.runner import Runner

SIDE = 112
# Eyes, nose tip and corners of the mouth in the 112×112 picture (Deng et al. 2019, reference implementation).
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)


class ArcFaceEngine:
    """Cosine distances 1 − cos, 0…2, over vectors of length one."""

    def __init__(self, file: Path) -> None:
        """Load the network and try it once, which also tells its dimensions.

        Raises:
            NetworkUnusable: The file is missing, or is no network of this kind.
        """
        cv2.setNumThreads(1)
        try:
            network = file.read_bytes()
            self._network = Runner(network)
            self._locator = Locator()
            self.dimensions = int(self._forward([np.full((SIDE, SIDE, 3), 127, np.uint8)]).shape[1])
        except (OSError, cv2.error, ValueError) as error:
            raise NetworkUnusable(f"人脸识别模型文件 {file.name} 无法使用") from error
        self.model_id = f"arcface:{hashlib.sha256(network).hexdigest()[:8]}"

    def find(self, image: Image) -> list[Face]:
        """All faces, the largest first."""
        return self._locator.find(image)

    def landmarks(self, image: Image, face: Face) -> Points:
        """The 68 points of the iBUG scheme, (68, 2)."""
        return self._locator.landmarks(image, face)

    def embed(self, faces: Sequence[tuple[Image, Face]]) -> Vectors:
        """(n, dimensions) vectors of length one; a vector of zeros or NaN stays unusable (NaN)."""
        if not faces:
            return np.empty((0, self.dimensions), np.float32)
        raw = self._forward([align(image, self.landmarks(image, face)) for image, face in faces])
        lengths = np.linalg.norm(raw, axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(lengths > 0, raw / lengths, np.nan), np.float32)

    def distance(self, one: npt.ArrayLike, other: npt.ArrayLike) -> float:
        """1 − cosine, never below 0 (rounding)."""
        a, b = np.asarray(one, np.float64), np.asarray(other, np.float64)
        product = float(np.linalg.norm(a) * np.linalg.norm(b))
        if not product > 0:
            return float("nan")
        return max(0.0, 1.0 - float(a @ b) / product)

    def as_euclidean(self, distance: float) -> float:
        """|a − b| of two unit vectors at this cosine distance."""
        return float(np.sqrt(2 * distance))

    def _forward(self, chips: list[Image]) -> Vectors:
        # One by one: many published files fix the batch at one.
        blobs = [cv2.dnn.blobFromImage(one, 1 / 127.5, (SIDE, SIDE), (127.5,) * 3) for one in chips]
        return np.concatenate([self._network.run(np.asarray(blob, np.float32)) for blob in blobs])


def align(image: Image, points: Points) -> Image:
    """The 112×112 picture in which eyes, nose and mouth lie where the network expects them."""
    five = np.array(
        [points[36:42].mean(axis=0), points[42:48].mean(axis=0), points[30], points[48], points[54]]
    )
    matrix, _ = cv2.estimateAffinePartial2D(five, TEMPLATE, method=cv2.LMEDS)
    if matrix is None:
        raise ValueError("landmarks without extent")
    return np.asarray(cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR), np.uint8)
