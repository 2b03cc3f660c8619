"""From uploaded frames to figures: the slow step. No database, no clock, no verdict.

A picture that cannot be measured is a measurement too. A failing engine is not: that exception goes to the
worker, which tries again later, and no verdict exists until then.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt

from registry.errors import Reason
from verify_api.faces import landmarks, pixels
from verify_api.faces.engine import Face, FaceEngine, Image, Points
from verify_api.faces.images import ImageRefused, open_picture
from verify_api.faces.measured import FaceFigures, FaceMeasures, FrameIn, FrameMeasures, PairFigures

__all__ = ["FaceMeasures", "FrameIn", "Reference", "measure_frames", "only_face"]

log = logging.getLogger(__name__)

BYSTANDER = 0.7  # a second face below this share of the first one's height is somebody in the background

NO_FACE = Reason("no_face", "照片中没有找到人脸", "请正对镜头，摘下口罩，在光线充足处拍摄")
SEVERAL = Reason("several_faces", "照片中有多张人脸", "请确保画面中只有本人")
FAILED = Reason("measure_failed", "照片无法分析", "请重新拍摄")


@dataclass(frozen=True, slots=True)
class Reference:
    """What a person is compared with: an embedding and the model it came from."""

    model_id: str
    embedding: tuple[float, ...] = field(repr=False)

    def fits(self, engine: FaceEngine) -> bool:
        """Whether this engine may compare with it. A vector of length 1 would stretch to any other length."""
        return self.model_id == engine.model_id and len(self.embedding) == engine.dimensions


@dataclass(slots=True)
class _Seen:
    """One frame while it is being measured."""

    measures: FrameMeasures
    image: Image
    face: Face
    points: Points
    head: pixels.Grey
    thumb: pixels.Grey
    figures: dict[str, float]


def only_face(engine: FaceEngine, image: Image) -> tuple[Face | None, int, Reason | None]:
    """(the face, how many were found, why none of them is usable)."""
    faces = engine.find(image)
    if not faces:
        return None, 0, NO_FACE
    if len(faces) > 1 and faces[1].height >= BYSTANDER * faces[0].height:
        return None, len(faces), SEVERAL
    return faces[0], len(faces), None


def measure_frames(
    engine: FaceEngine, frames: Sequence[FrameIn], reference: Reference | None
) -> FaceMeasures:
    """Measure every frame, every pair of frames, and the distance to the reference of the same model.

    Never raises for what a picture contains: such a frame carries its refusal. An engine that fails raises.
    """
    looked = [_look(engine, frame) for frame in frames]
    seen = [item for item in looked if isinstance(item, _Seen)]
    vectors = engine.embed([(item.image, item.face) for item in seen])
    measured = [item.measures if isinstance(item, _Seen) else item for item in looked]
    place = [k for k, item in enumerate(looked) if isinstance(item, _Seen)]
    comparable = reference if reference is not None and reference.fits(engine) else None
    for k, item, vector in zip(place, seen, vectors, strict=True):
        distance = engine.distance(vector, comparable.embedding) if comparable else None
        measured[k] = _with_face(item, distance)
    pairs = [
        _pair(engine, place[a], place[b], seen[a], seen[b], vectors[a], vectors[b])
        for a, b in combinations(range(len(seen)), 2)
    ]
    return FaceMeasures(
        model_id=engine.model_id,
        reference_model_id=reference.model_id if reference else None,
        frames=tuple(measured),
        pairs=tuple(pairs),
        embedding=_most_frontal(seen, vectors),
    )


def _look(engine: FaceEngine, frame: FrameIn) -> _Seen | FrameMeasures:
    base = FrameMeasures(frame.n, frame.seq, frame.received_at, hashlib.sha256(frame.data).hexdigest())
    try:
        opened = open_picture(frame.data)
    except ImageRefused as refused:
        return replace(base, refusal=Reason(refused.code, refused.message, refused.hint))
    height, width = opened.image.shape[:2]
    grey = pixels.grey_of(opened.image)
    base = replace(
        base,
        width=width,
        height=height,
        captured_at=opened.captured_at,
        fingerprint=pixels.fingerprint(grey),
    )
    face, count, refusal = only_face(engine, opened.image)
    if face is None:
        return replace(base, face_count=count, refusal=refusal)
    points = engine.landmarks(opened.image, face)
    try:
        figures = _figures(grey, face, points)
        head, thumb = pixels.aligned_head(grey, points), pixels.thumbnail(grey)
    except (ValueError, ArithmeticError, cv2.error):
        log.exception("a frame could not be measured", extra={"n": frame.n, "seq": frame.seq})
        return replace(base, face_count=count, refusal=FAILED)
    return _Seen(replace(base, face_count=count), opened.image, face, points, head, thumb, figures)


def _figures(grey: pixels.Grey, face: Face, points: Points) -> dict[str, float]:
    height, width = grey.shape
    crop = pixels.face_crop(grey, points)
    brightness, contrast = pixels.light(crop)
    pose = landmarks.head_pose(points, width=width, height=height)
    return {
        "height_px": face.height,
        "width_px": face.width,
        "inside": landmarks.inside(points, width=width, height=height),
        "brightness": brightness,
        "contrast": contrast,
        "sharpness": pixels.sharpness(crop),
        "yaw": pose.yaw,
        "pitch": pose.pitch,
        "roll": pose.roll,
        "eye_left": landmarks.eye_aspect(points, landmarks.EYE_LEFT),
        "eye_right": landmarks.eye_aspect(points, landmarks.EYE_RIGHT),
        "mouth": landmarks.mouth_aspect(points),
        "moire": pixels.moire(crop),
        "screen_border": pixels.screen_border(grey, points),
        "flatness": pixels.flatness(crop),
    }


def _with_face(item: _Seen, distance: float | None) -> FrameMeasures:
    return replace(item.measures, face=FaceFigures(distance=distance, **item.figures))


def _pair(
    engine: FaceEngine,
    a: int,
    b: int,
    one: _Seen,
    other: _Seen,
    vector: npt.NDArray[np.float32],
    other_vector: npt.NDArray[np.float32],
) -> PairFigures:
    return PairFigures(
        a=a,
        b=b,
        distance=engine.distance(vector, other_vector),
        depth_residual=landmarks.depth_residual(one.points, other.points),
        eyes_residual=landmarks.eyes_residual(one.points, other.points),
        mouth_residual=landmarks.mouth_residual(one.points, other.points),
        stretch=landmarks.stretch(one.points, other.points),
        difference=pixels.difference(one.thumb, other.thumb),
        mirror_likeness=pixels.mirror_likeness(one.head, other.head),
    )


def _most_frontal(seen: Sequence[_Seen], vectors: npt.NDArray[np.float32]) -> tuple[float, ...] | None:
    """The vector to search other identities with: of the frame that looks straightest into the camera."""
    if not seen:
        return None
    turned = [abs(item.figures["yaw"]) + abs(item.figures["pitch"]) for item in seen]
    return tuple(float(v) for v in vectors[int(np.argmin(turned))])
