"""The grade history of a project: one line a stage, a step at each change. SVG made on the server."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from registry.projects.fields import STAGE_NAMES
from registry.projects.models import Stage

_LABEL, _WIDTH, _ROW, _TOP = 150, 720, 34, 24
_TONES = {"A": "ok", "B": "", "C": "warn", "D": "idle"}


def grade_history(history: Sequence[Mapping[str, Any]], *, now: datetime) -> Markup:
    """A band per stage, coloured by grade from each entry to the next; the letter stands in the band."""
    moments = [datetime.fromisoformat(entry["at"]) for entry in history]
    if not moments:
        return Markup("")
    first = min(moments)
    last = max(now, *moments, first + timedelta(days=1))  # A history of minutes still has a width.
    span = (last - first).total_seconds()
    rows = [stage for stage in Stage if any(entry["stage"] == stage for entry in history)]
    drawn = Markup("").join(_band(stage, n, history, first, last, span) for n, stage in enumerate(rows))
    height = _TOP + len(rows) * _ROW + 4
    axis = Markup('<text x="{}" y="14">{}</text><text x="{}" y="14" text-anchor="end">{}</text>').format(
        _LABEL, f"{first:%Y-%m-%d}", _WIDTH, f"{last:%Y-%m-%d}"
    )
    return Markup('<svg class="chart" role="img" viewBox="0 0 {} {}"><title>{}</title>{}{}</svg>').format(
        _WIDTH, height, "各环节数据等级的变化", axis, drawn
    )


def _band(
    stage: Stage, n: int, history: Sequence[Mapping[str, Any]], first: datetime, last: datetime, span: float
) -> Markup:
    entries = [entry for entry in history if entry["stage"] == stage]
    ends = [datetime.fromisoformat(entry["at"]) for entry in entries[1:]] + [last]
    y = _TOP + n * _ROW
    room = _WIDTH - _LABEL

    def x(moment: datetime) -> float:
        return _LABEL + room * (moment - first).total_seconds() / span

    parts = Markup("").join(
        _piece(entry["grade"], x(datetime.fromisoformat(entry["at"])), x(end), y)
        for entry, end in zip(entries, ends, strict=True)
    )
    label = Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(
        _LABEL - 10, y + 17, STAGE_NAMES[stage]
    )
    return label + parts


def _piece(grade: str, start: float, end: float, y: int) -> Markup:
    return Markup(
        '<rect class="bar {}" x="{:.1f}" y="{}" width="{:.1f}" height="22" rx="3"/>'
        '<text class="value grade-letter" x="{:.1f}" y="{}">{}</text>'
    ).format(_TONES[grade], start, y, max(end - start - 1, 3), start + 6, y + 16, grade)
