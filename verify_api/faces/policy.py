"""The numbers a face verdict rests on. Values come from the service's policy; these are its defaults."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FacePolicy:
    """Thresholds; distances belong to one model, so `model_id` may pin them to it.

    accept, review: bands of the fused distance (≤ accept, ≤ review, above: refused).
    same_person: largest distance between two frames of one attempt.
    """

    accept: float = 0.45
    review: float = 0.60
    same_person: float = 0.55
    model_id: str | None = None
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
    max_turn: float = 60.0
    eyes_closed_ratio: float = 0.75
    each_eye_ratio: float = 0.85
    eyes_open_ratio: float = 0.80
    mouth_rise: float = 0.25
    mouth_fall_ratio: float = 0.5
    min_depth_residual: float = 0.05
    min_eyes_residual: float = 0.018
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
        if not 0 < self.accept <= self.review:
            raise ValueError("the bands need 0 < accept ≤ review")
