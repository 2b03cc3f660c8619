"""What the rest of the service knows of a recognition engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]  # (height, width, 3), RGB, upright
Points = npt.NDArray[np.float64]  # (n, 2): x to the right, y downwards, pixels of the full frame
Vectors = npt.NDArray[np.float32]  # (n, dimensions)


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face: box in pixels of the full frame and the five points of dlib's small predictor."""

    left: float
    top: float
    right: float
    bottom: float
    five: Points

    @property
    def height(self) -> float:
        """Height of the detector's box, brows to chin."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """Width of the detector's box."""
        return self.right - self.left


class FaceEngine(Protocol):
    """Finds faces and turns them into vectors. Safe to share between threads."""

    @property
    def model_id(self) -> str:
        """Names network and weights; vectors of different ids must never be compared."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    def find(self, image: Image) -> list[Face]:
        """All faces, the largest first."""

    def landmarks(self, image: Image, face: Face) -> Points:
        """The 68 points of the iBUG scheme."""

    def embed(self, faces: Sequence[tuple[Image, Face]]) -> Vectors:
        """Vectors of these faces, computed in one pass."""

    def distance(self, one: npt.ArrayLike, other: npt.ArrayLike) -> float:
        """Distance in the model's own measure, 0 for the same picture; NaN if a vector is not usable."""

    def as_euclidean(self, distance: float) -> float:
        """The Euclidean distance of two vectors at this distance, for the search among templates."""
