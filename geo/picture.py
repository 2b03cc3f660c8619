"""What every sketch has, whatever it shows: view, grid, signs, distance bar, north arrow, legend."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from geo.svg import Value, label, tag
from geo.verdicts import Verdict

WIDTH, HEIGHT = 640, 480
# Mid tones that keep a contrast above 3 : 1 on white and on near-black alike (WCAG 1.4.11).
COLOURS = {Verdict.INSIDE: "#1f9254", Verdict.OUTSIDE: "#d9463e", Verdict.CANNOT_TELL: "#b7791f"}
_STATES = {Verdict.INSIDE: "范围内", Verdict.OUTSIDE: "范围外", Verdict.CANNOT_TELL: "无法判断"}


@dataclass(frozen=True, slots=True)
class View:
    """Metres to pixels: `west`, `north` are the metres at the picture's top left corner."""

    west: float
    north: float
    pixels_per_metre: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixel of a place in metres."""
        return (x - self.west) * self.pixels_per_metre, (self.north - y) * self.pixels_per_metre


def _nice(metres: float) -> float:
    """The largest of 1, 2, 5 × 10ⁿ not above `metres`."""
    power = 10.0 ** math.floor(math.log10(metres))
    return next(step * power for step in (5, 2, 1) if step * power <= metres * (1 + 1e-9))


def grid(view: View) -> str:
    """Lines a round number of metres apart, through the origin."""
    step = _nice(WIDTH / view.pixels_per_metre / 4) * view.pixels_per_metre
    origin_x, origin_y = view.at(0.0, 0.0)
    xs = [origin_x % step + i * step for i in range(int(WIDTH / step) + 1)]
    ys = [origin_y % step + i * step for i in range(int(HEIGHT / step) + 1)]
    path = "".join(f"M{x:.1f} 0V{HEIGHT}" for x in xs) + "".join(f"M0 {y:.1f}H{WIDTH}" for y in ys)
    return tag("path", d=path, fill="none", stroke="currentColor", stroke_opacity=".09", class_="daka-grid")


def sign(verdict: Verdict, x: float, y: float, r: float, **look: Value) -> str:
    """A disc inside, a diamond outside, a square for cannot tell: not by colour alone."""
    look = {"fill": COLOURS[verdict], **look}
    if verdict is Verdict.INSIDE:
        return tag("circle", cx=x, cy=y, r=r, **look)
    if verdict is Verdict.OUTSIDE:
        d = r * 4 / 3
        return tag(
            "path", d=f"M{x:.1f} {y - d:.1f}l{d:.1f} {d:.1f}l-{d:.1f} {d:.1f}l-{d:.1f} -{d:.1f}Z", **look
        )
    return tag("rect", x=x - r, y=y - r, width=2 * r, height=2 * r, rx=2, **look)


def distance_bar(view: View) -> str:
    """A round distance, at most a quarter of the picture wide."""
    metres = _nice(WIDTH / view.pixels_per_metre / 4)
    length, y = metres * view.pixels_per_metre, HEIGHT - 20
    bar = tag(
        "path", d=f"M20 {y - 5}v5h{length:.1f}v-5", fill="none", stroke="currentColor", stroke_width=2.0,
        class_="daka-distance-bar",
    )  # fmt: skip
    words = f"{metres:g} 米" if metres < 1000 else f"{metres / 1000:g} 公里"
    return bar + label(20 + length + 8, y + 2, words, size=12)


def north_arrow() -> str:
    """North is up; said all the same."""
    x = WIDTH - 30
    needle = tag("path", d=f"M{x} 16l8 24l-8 -6l-8 6Z", fill="currentColor", fill_opacity=".8")
    return tag("g", needle, label(x, 56, "北", size=13, text_anchor="middle"), class_="daka-north")


def legend(verdicts: Collection[Verdict], *, has_accuracy: bool) -> str:
    """What the signs mean, from right to left along the lower border."""
    entries: list[tuple[str, Verdict | None]] = [(_STATES[v], v) for v in reversed(Verdict) if v in verdicts]
    if has_accuracy:
        entries.append(("定位精度", None))
    right, y, items = WIDTH - 16.0, HEIGHT - 22.0, []
    for words, verdict in entries:
        items.append(label(right, y + 4, words, size=12, text_anchor="end"))
        right -= 12.0 * len(words) + 12
        items.append(
            tag("circle", cx=right, cy=y, r=5, fill="none", stroke="currentColor", stroke_dasharray="2 2")
            if verdict is None
            else sign(verdict, right, y, 5.0)
        )
        right -= 18
    return tag("g", *items, class_="daka-legend") if items else ""
