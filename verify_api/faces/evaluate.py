"""False accepts and false rejects per threshold, so that the bureau calibrates on its own people. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np


@dataclass(frozen=True, slots=True)
class Rates:
    """At this threshold: share of different-person pairs accepted, share of same-person pairs refused."""

    threshold: float
    far: float
    frr: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The curve, the point where both errors are equal, and how much stands behind it."""

    same_pairs: int
    different_pairs: int
    curve: tuple[Rates, ...]
    equal_error: Rates

    def at_far(self, limit: float) -> Rates | None:
        """The largest threshold whose FAR stays within `limit`; None if even the smallest exceeds it."""
        return max((r for r in self.curve if r.far <= limit), key=lambda r: r.threshold, default=None)

    def proves_far(self, limit: float) -> bool:
        """Enough pairs: none wrong among n says "below 3/n" with 95 % certainty (rule of three)."""
        return self.different_pairs >= 3 / limit


class NothingToEvaluate(ValueError):
    """Both kinds of pairs are needed."""


def evaluate(distances: Sequence[tuple[float, bool]], *, step: float = 0.01) -> Evaluation:
    """Rates over (distance, is the same person) pairs, thresholds 0, step, … up to the largest distance.

    Raises:
        NothingToEvaluate: One kind of pair is missing, or a distance is not finite.
    """
    same = np.sort([d for d, is_same in distances if is_same])
    different = np.sort([d for d, is_same in distances if not is_same])
    if not same.size or not different.size:
        raise NothingToEvaluate("需要同一人与不同人两类照片对")
    if not (np.isfinite(same).all() and np.isfinite(different).all()):
        raise NothingToEvaluate("距离中有无效数值")
    top = max(float(same[-1]), float(different[-1]), step)
    curve = tuple(_rates(round(t, 6), same, different) for t in np.arange(0, top + 2 * step, step))
    return Evaluation(
        same.size, different.size, curve, min(curve, key=lambda r: (abs(r.far - r.frr), r.far + r.frr))
    )


def _rates(threshold: float, same: np.ndarray, different: np.ndarray) -> Rates:
    accepted = int(np.searchsorted(different, threshold, side="right"))
    kept = int(np.searchsorted(same, threshold, side="right"))
    return Rates(threshold, accepted / different.size, 1 - kept / same.size)


WIDTH, HEIGHT, LEFT, TOP = 720, 420, 60, 64
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def to_svg(evaluation: Evaluation, *, accept: float, review: float, title: str) -> str:
    """FAR and FRR over the threshold, with the bands of the policy drawn in."""
    top = evaluation.curve[-1].threshold
    far = _path([(r.threshold / top, r.far) for r in evaluation.curve])
    frr = _path([(r.threshold / top, r.frr) for r in evaluation.curve])
    marks = "".join(
        _mark(value / top, f"{label} ≤ {value:.2f}", line)
        for line, (value, label) in enumerate(((accept, "通过"), (review, "复核")))
        if value <= top
    )
    ticks = _levels() + _thresholds(top)
    equal = evaluation.equal_error
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + 2 * LEFT} {HEIGHT + 2 * TOP + 30}" '
        f'font-family="sans-serif" font-size="13" role="img"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#fff"/>{ticks}{marks}'
        f'<path d="{far}" fill="none" stroke="#b3261e" stroke-width="2"/>'
        f'<path d="{frr}" fill="none" stroke="#1b5e9e" stroke-width="2"/>'
        f'<text x="{LEFT}" y="24">{escape(title)}</text>'
        f'<text x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 42}" text-anchor="middle">'
        f"距离阈值（不超过即判为同一人）；同一人 {evaluation.same_pairs} 对，"
        f"不同人 {evaluation.different_pairs} 对</text>"
        f'<text x="{LEFT}" y="48" fill="#b3261e">误识率 FAR</text>'
        f'<text x="{LEFT + 110}" y="48" fill="#1b5e9e">拒识率 FRR</text>'
        f'<text x="{LEFT + 220}" y="48">等错误率 {equal.far:.2%} @ {equal.threshold:.2f}</text></svg>\n'
    )


def _place(x: float, y: float) -> tuple[float, float]:
    return LEFT + x * WIDTH, TOP + (1 - y) * HEIGHT


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join("{:.1f},{:.1f}".format(*_place(x, y)) for x, y in points)


def _mark(x: float, label: str, line: int) -> str:
    left, bottom = _place(x, 0)
    return (
        f'<line x1="{left:.1f}" x2="{left:.1f}" y1="{TOP}" y2="{bottom:.1f}" stroke="#666" '
        'stroke-dasharray="4 4"/>'
        f'<text x="{left + 4:.1f}" y="{TOP + 14 + 18 * line}" fill="#666">{label}</text>'
    )


def _levels() -> str:
    """Lines across at every fifth of the pairs."""
    drawn = []
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        _, y = _place(0, share)
        drawn.append(
            f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eee"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
        )
    return "".join(drawn)


def _thresholds(top: float) -> str:
    """Round figures along the axis, about ten at most."""
    step = next((tick for tick in TICKS if top / tick <= 12), top)
    drawn = []
    for k in range(int(top / step + 1e-9) + 1):
        x, bottom = _place(k * step / top, 0)
        drawn.append(f'<text x="{x:.1f}" y="{bottom + 20:.1f}" text-anchor="middle">{k * step:.2f}</text>')
    return "".join(drawn)
