"""What was measured on the frames of one attempt: plain figures, no pixels, safe to store as JSON.

Rules judge these values, so a stored attempt can be judged again under another policy without its
pictures. Landmarks are not kept: only the ratios, angles and residuals that the rules read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from registry.errors import Reason


@dataclass(frozen=True, slots=True)
class FrameIn:
    """One uploaded picture: prompt number, number within the prompt, bytes, server's receipt (aware)."""

    n: int
    seq: int
    data: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True)
class FaceFigures:
    """Figures of the one face of a frame.

    Lengths in pixels of the upright frame, grey levels 0–255, angles in degrees. `yaw` is positive when the
    person turns to their own left (towards the right edge of an unmirrored picture), `pitch` is positive when
    the chin rises, `roll` when the head tips towards the right edge of the picture. `eye_*` is the eye aspect
    ratio of Soukupová & Čech (2016), `mouth` the same ratio of the inner lips. `distance` is the engine's
    distance to the reference, None when there was nothing to compare with.
    """

    height_px: float
    width_px: float
    inside: float  # share of the landmarks' box that lies inside the picture, 0–1
    brightness: float
    contrast: float
    sharpness: float  # variance of the Laplacian on the face scaled to 128 px
    yaw: float
    pitch: float
    roll: float
    eye_left: float
    eye_right: float
    mouth: float
    distance: float | None
    moire: float  # passive signals: recorded as risk, never proof
    screen_border: float
    flatness: float

    @property
    def eyes(self) -> float:
        """Mean eye aspect ratio of both eyes."""
        return (self.eye_left + self.eye_right) / 2


@dataclass(frozen=True, slots=True)
class FrameMeasures:
    """One frame: either refused at a named step, or one face with its figures."""

    n: int
    seq: int
    received_at: datetime
    sha256: str
    fingerprint: str | None = None  # 256-bit difference hash of the upright picture, hex
    captured_at: datetime | None = None  # what the file itself claims (EXIF); the phone's word, not ours
    width: int | None = None
    height: int | None = None
    face_count: int = 0
    refusal: Reason | None = None
    face: FaceFigures | None = None


@dataclass(frozen=True, slots=True)
class PairFigures:
    """How two frames relate; `a` and `b` are indices into `FaceMeasures.frames`, a < b.

    `*_residual` say what the best plane-to-plane map (homography) between the landmarks leaves unexplained,
    in eye distances: `depth` over the nose when the map is fitted to the flatter parts, `eyes` and `mouth`
    over lids and lips when it is fitted without them. A flat picture moved about leaves next to nothing.
    `stretch` is how much more the face grew along one direction than across it from one frame to the other
    (1: not at all). `difference` is the mean absolute grey difference of the two pictures as they are,
    `mirror_likeness` the correlation of the aligned heads with one of them mirrored.
    """

    a: int
    b: int
    distance: float
    depth_residual: float
    eyes_residual: float
    mouth_residual: float
    stretch: float
    difference: float
    mirror_likeness: float


@dataclass(frozen=True, slots=True)
class FaceMeasures:
    """Everything measured for one attempt. `embedding` stays in the process: `to_mapping` leaves it out."""

    model_id: str
    reference_model_id: str | None
    frames: tuple[FrameMeasures, ...]
    pairs: tuple[PairFigures, ...] = ()
    embedding: tuple[float, ...] | None = field(default=None, repr=False, compare=False)

    def to_mapping(self) -> dict[str, Any]:
        """JSON-safe mapping: figures rounded, no NaN (a figure that is not finite becomes null)."""
        kept = asdict(self)
        kept.pop("embedding")
        plain: dict[str, Any] = _plain(kept)
        return plain

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Read back what `to_mapping` wrote, to judge a stored attempt again. Null figures become NaN."""
        return cls(
            model_id=mapping["model_id"],
            reference_model_id=mapping["reference_model_id"],
            frames=tuple(_frame(frame) for frame in mapping["frames"]),
            pairs=tuple(PairFigures(**_numbers(pair)) for pair in mapping["pairs"]),
        )


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, 5) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def _numbers(mapping: Mapping[str, Any], keep_none: frozenset[str] = frozenset()) -> dict[str, Any]:
    return {key: math.nan if item is None and key not in keep_none else item for key, item in mapping.items()}


def _frame(mapping: Mapping[str, Any]) -> FrameMeasures:
    values = dict(mapping)
    values["received_at"] = datetime.fromisoformat(values["received_at"])
    if values["captured_at"] is not None:
        values["captured_at"] = datetime.fromisoformat(values["captured_at"])
    if values["refusal"] is not None:
        values["refusal"] = Reason(**values["refusal"])
    if values["face"] is not None:
        values["face"] = FaceFigures(**_numbers(values["face"], frozenset({"distance"})))
    return FrameMeasures(**values)
