"""Charts drawn on the server as SVG. Colours are classes, so that a page needs no inline style."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its value and its tone (ok, warn, bad, idle or none)."""

    label: str
    value: int
    tone: str = ""


_LABEL, _ROW, _WIDTH, _END = 120, 26, 520, 44


def bars(rows: Sequence[Bar], *, title: str) -> Markup:
    """Horizontal bars with their values; the title is what a screen reader says."""
    most = max((row.value for row in rows), default=0) or 1
    room = _WIDTH - _LABEL - _END
    drawn = Markup("").join(_bar(row, n, room * row.value / most) for n, row in enumerate(rows))
    height = len(rows) * _ROW + 4
    return Markup('<svg class="chart" role="img" viewBox="0 0 {} {}"><title>{}</title>{}</svg>').format(
        _WIDTH, height, _spoken(title, rows), drawn
    )


def _bar(row: Bar, n: int, length: float) -> Markup:
    y = n * _ROW
    return Markup(
        '<text x="{}" y="{}" text-anchor="end">{}</text>'
        '<rect class="bar {}" x="{}" y="{}" width="{:.1f}" height="14" rx="3"/>'
        '<text class="value" x="{:.1f}" y="{}">{}</text>'
    ).format(
        _LABEL - 10,
        y + 18,
        row.label,
        row.tone,
        _LABEL,
        y + 7,
        max(length, 2),
        _LABEL + length + 8,
        y + 18,
        row.value,
    )


def columns(rows: Sequence[Bar], *, title: str) -> Markup:
    """Upright columns, for what falls due on the days to come."""
    most = max((row.value for row in rows), default=0) or 1
    step = 72
    drawn = Markup("").join(_column(row, n * step, 70 * row.value / most) for n, row in enumerate(rows))
    width = max(len(rows) * step, step)
    axis = Markup('<line class="axis" x1="0" x2="{}" y1="92.5" y2="92.5"/>').format(width)
    return Markup('<svg class="chart" role="img" viewBox="0 0 {} 112"><title>{}</title>{}{}</svg>').format(
        width, _spoken(title, rows), axis, drawn
    )


def _column(row: Bar, x: int, height: float) -> Markup:
    value = Markup('<text class="value" x="{}" y="{:.1f}" text-anchor="middle">{}</text>').format(
        x + 36, 86 - height, row.value
    )
    return Markup(
        '<rect class="bar {}" x="{}" y="{:.1f}" width="36" height="{:.1f}" rx="3"/>{}'
        '<text x="{}" y="108" text-anchor="middle">{}</text>'
    ).format(row.tone, x + 18, 92 - height, height, value if row.value else "", x + 36, row.label)


def meter(done: int, total: int) -> Markup:
    """A bar that is filled as far as the work is done."""
    share = 100 * min(done, total) / total if total else 0
    return Markup(
        '<svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="4"/><rect class="fill" width="{:.1f}" height="4"/></svg>'
    ).format(share)


def _spoken(title: str, rows: Sequence[Bar]) -> str:
    return f"{title}：" + "，".join(f"{row.label} {row.value}" for row in rows)
