"""Finding faces with dlib's HOG detector on a small copy, landmarks on the full frame."""

import threading
from collections.abc import Sequence

import cv2
import dlib
import numpy as np
import numpy.typing as npt

from verify_api.faces.engine import Face, Image, Points
from verify_api.faces.weights import FIVE_POINTS, POINTS_68, weights

# Heights at which a frame is searched. The detector's window is 80 px: the first finds faces of 40 % of
# the frame, each further one smaller ones, and is tried only when nothing was found before.
SEARCH_HEIGHTS = (200, 400, 800)
# px at the first height: below this a second face of equal rank could be missed, so look again.
SMALL_FACE = 80
SECOND_LOOK = 1.5


class Locator:
    """Detector and shape predictors. The detector keeps scratch memory, so every thread has its own."""

    def __init__(self) -> None:
        """Load both predictors (about 100 MB, shared by all threads: they are read-only)."""
        self._own = threading.local()
        self._five = dlib.shape_predictor(str(weights(FIVE_POINTS)))
        self._many = dlib.shape_predictor(str(weights(POINTS_68)))

    def find(self, image: Image) -> list[Face]:
        """All faces, the largest first; an empty list where there is none."""
        boxes = self._search(image)
        boxes.sort(key=lambda box: box[2] - box[0], reverse=True)
        return [self._face(image, box) for box in boxes]

    def landmarks(self, image: Image, face: Face) -> Points:
        """The 68 points of the iBUG scheme, (68, 2)."""
        box = dlib.rectangle(*(round(v) for v in (face.left, face.top, face.right, face.bottom)))
        return _points(self._many(image, box))

    def _search(self, image: Image) -> list[tuple[float, float, float, float]]:
        height = image.shape[0]
        tried = 0
        for wanted in SEARCH_HEIGHTS:
            size = min(height, wanted) if tried == 0 else wanted
            if size <= tried or size > 2 * height:
                break
            boxes = self._detect(image, size / height)
            if boxes:
                return self._look_again(image, boxes, size / height)
            tried = size
        return []

    def _look_again(
        self, image: Image, boxes: list[tuple[float, float, float, float]], scale: float
    ) -> list[tuple[float, float, float, float]]:
        """A single small face near the detector's limit may hide an equal one just below it."""
        if len(boxes) > 1 or (boxes[0][3] - boxes[0][1]) * scale >= SMALL_FACE:
            return boxes
        more = self._detect(image, min(scale * SECOND_LOOK, 2.0))
        return more or boxes

    def _detect(self, image: Image, scale: float) -> list[tuple[float, float, float, float]]:
        """Boxes in full-frame pixels found on a grey copy at this scale."""
        detector = getattr(self._own, "detector", None)
        if detector is None:
            detector = self._own.detector = dlib.get_frontal_face_detector()
        grey = _scaled_grey(image, scale)
        found = detector(grey, 0)
        return [(r.left() / scale, r.top() / scale, r.right() / scale, r.bottom() / scale) for r in found]

    def _face(self, image: Image, box: Sequence[float]) -> Face:
        shape = self._five(image, dlib.rectangle(*(round(v) for v in box)))
        left, top, right, bottom = box
        return Face(left, top, right, bottom, _points(shape))


def _scaled_grey(image: Image, scale: float) -> npt.NDArray[np.uint8]:
    height, width = image.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Grey first: shrinking one plane costs a third of shrinking three. Then by halves, each pixel the mean of
    # four, and linearly over the rest: as free of aliasing as INTER_AREA here, at a fifth of its time.
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    while grey.shape[0] >= 2 * size[1] and grey.shape[1] >= 2 * size[0]:
        half = (grey.shape[1] // 2, grey.shape[0] // 2)
        grey = cv2.resize(grey[: 2 * half[1], : 2 * half[0]], half, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _points(shape: dlib.full_object_detection) -> Points:
    return np.array([(point.x, point.y) for point in shape.parts()], dtype=np.float64)
