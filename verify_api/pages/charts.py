"""Charts drawn on the server as SVG. Colours are classes, so that a page needs no inline style."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

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


_SPAN, _EDGE = 520, 10


def period(
    start: date, last_day: date, *, today: date, rolled_from: date | None = None, tone: str = ""
) -> Markup:
    """A period as a line from start to end, filled up to today; a hollow mark where it was rolled from."""
    whole = max((last_day - start).days, 1)

    def at(day: date) -> float:
        return _EDGE + (_SPAN - 2 * _EDGE) * min(max((day - start).days / whole, 0), 1)

    now, was = at(today), at(rolled_from) if rolled_from else None
    marks = [
        Markup('<line class="way" x1="{}" x2="{}" y1="30" y2="30"/>').format(_EDGE, _SPAN - _EDGE),
        Markup('<line class="gone" x1="{}" x2="{:.1f}" y1="30" y2="30"/>').format(_EDGE, now),
        Markup('<circle class="begin" cx="{}" cy="30" r="6"/>').format(_EDGE),
        Markup('<circle class="was" cx="{:.1f}" cy="30" r="5"/>').format(was) if was else "",
        Markup('<rect class="end" x="{}" y="22" width="4" height="16"/>').format(_SPAN - _EDGE - 2),
        Markup('<path class="today" d="M{:.1f} 24l-6 -8h12z"/>').format(now),
        _word(min(max(now, 20), _SPAN - 20), 11, "middle", "今天"),
        _word(_EDGE - 6, 54, "start", f"{start.month}月{start.day}日起算"),
        _word(_SPAN - 4, 54, "end", f"{last_day.month}月{last_day.day}日24时止"),
    ]
    spoken = f"期限自{start.isoformat()}起算，至{last_day.isoformat()}止，今天{today.isoformat()}"
    return Markup(
        '<svg class="chart period {}" role="img" viewBox="0 0 {} 60"><title>{}</title>{}</svg>'
    ).format(tone, _SPAN, spoken, Markup("").join(marks))


def _word(x: float, y: int, anchor: str, text: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(x, y, anchor, text)


def meter(done: int, total: int) -> Markup:
    """A bar that is filled as far as the work is done."""
    share = 100 * min(done, total) / total if total else 0
    return Markup(
        '<svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="4"/><rect class="fill" width="{:.1f}" height="4"/></svg>'
    ).format(share)


def _spoken(title: str, rows: Sequence[Bar]) -> str:
    return f"{title}：" + "，".join(f"{row.label} {row.value}" for row in rows)
