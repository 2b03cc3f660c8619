"""Bands of a distance. NaN, infinity, a negative number and nothing at all belong to no band."""

import math
import statistics
from collections.abc import Iterable
from enum import StrEnum

from verify_api.faces.policy import FacePolicy


class Band(StrEnum):
    """Where a distance falls."""

    ACCEPT = "accept"
    REVIEW = "review"
    REFUSE = "refuse"
    UNKNOWN = "unknown"


def band_of(distance: float | None, policy: FacePolicy) -> Band:
    """≤ accept, ≤ review, above; UNKNOWN for anything that is not a finite distance."""
    if distance is None or not math.isfinite(distance) or distance < 0:
        return Band.UNKNOWN
    if distance <= policy.accept:
        return Band.ACCEPT
    return Band.REVIEW if distance <= policy.review else Band.REFUSE


def fuse(distances: Iterable[float | None]) -> float | None:
    """Median of the good frames' distances; None if there is none or one of them is not a number.

    A figure that could not be measured on a good frame means that something is wrong with the measuring:
    it must not be left out quietly.
    """
    found = list(distances)
    if not found or any(value is None or not math.isfinite(value) for value in found):
        return None
    return statistics.median(value for value in found if value is not None)
