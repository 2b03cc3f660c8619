"""The numbers a face verdict rests on. Values come from the service's policy; these are its defaults."""

import math
from dataclasses import dataclass, fields
from typing import Self

SAME_PERSON_SHARE = 2 / 3  # of the review band: 0.55 where the bands are 0.45 and 0.60


@dataclass(frozen=True, slots=True)
class FacePolicy:
    """Thresholds; distances belong to one model, so `model` may pin them to it.

    accept, review: bands of the fused distance (≤ accept, ≤ review, above: refused).
    same_person: largest distance between two frames of one attempt.
    model: a model's whole id, or its kind before the colon; None accepts any.
    """

    accept: float = 0.45
    review: float = 0.60
    same_person: float = 0.55
    model: str | None = None
    # quality of a frame
    min_face_px: float = 90.0
    dark: float = 45.0
    bright: float = 215.0
    min_contrast: float = 14.0
    min_sharpness: float = 12.0
    max_yaw: float = 18.0
    max_pitch: float = 30.0
    max_roll: float = 30.0
    min_inside: float = 0.98
    min_eyes_open: float = 0.16
    # liveness
    min_turn: float = 10.0
    clear_turn: float = 20.0  # from here on a real nose moves by `min_depth_residual` (a generic head: 18°)
    max_turn: float = 60.0
    eyes_closed_ratio: float = 0.75
    each_eye_ratio: float = 0.85
    eyes_open_ratio: float = 0.80
    mouth_rise: float = 0.25
    mouth_fall_ratio: float = 0.5
    min_depth_residual: float = 0.05
    min_eyes_residual: float = 0.014
    min_mouth_residual: float = 0.06
    max_stretch: float = 1.2
    same_picture: float = 0.35
    mirror_likeness: float = 0.96
    # origin of a frame
    capture_skew_s: float = 300.0
    fingerprint_bits: int = 3
    # passive signals, for staff only
    moire_risk: float = 0.5
    screen_border_risk: float = 0.5
    flatness_risk: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.accept <= self.review < math.inf:
            raise ValueError("the bands need 0 < accept ≤ review")
        limits = (getattr(self, limit.name) for limit in fields(self) if limit.name != "model")
        if not all(map(math.isfinite, limits)):
            raise ValueError("every limit needs to be a number")

    @classmethod
    def of_bands(cls, *, model: str, accept: float, review: float) -> Self:
        """The bands that were found for this model; what else is a distance follows from them."""
        same_person = accept + SAME_PERSON_SHARE * (review - accept)
        return cls(accept=accept, review=review, same_person=same_person, model=model)

    def is_for(self, model_id: str) -> bool:
        """Whether these distances may judge what this model measured."""
        return self.model is None or self.model in (model_id, model_id.partition(":")[0])
