"""The door of an attempt: may this person check in here and now? Pure; every refusal is a value.

Order: what cannot be mended first (not on the list, window over), then what the person can do something
about (consent, number of attempts), then the place.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geo
from registry.errors import Reason

NOT_SELECTED = Reason("not_selected", "您不在该核查任务的打卡人员名单中", "如有疑问请联系本单位的企业联系人")
NOT_OPEN = Reason("window_not_open", "该核查任务尚未开放打卡", "名单审核通过后才能打卡")
CLOSED = Reason("window_closed", "打卡时间已经结束", "请联系本单位的企业联系人或向住房和建设局咨询")
ACCEPTED = Reason("already_accepted", "您已完成本次打卡，无需重复打卡")
CONSENT = Reason(
    "consent_required",
    "人脸打卡需要您先单独同意处理人脸信息",
    "也可以不同意，改为到窗口由两名工作人员现场核验，效力相同",
)
TOO_MANY = Reason("too_many_attempts", "今天的打卡次数已用完", "请明天再试，或到窗口现场核验")


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """What the door looks at."""

    is_listed: bool
    is_open: bool
    closes_at: datetime | None
    is_accepted: bool
    has_consent: bool
    attempts_today: int
    attempts_per_day: int


def refusals(facts: DoorFacts, *, now: datetime) -> tuple[Reason, ...]:
    """Why the person may not even begin; empty if he may. A missing closing time counts as closed."""
    if not facts.is_listed:
        return (NOT_SELECTED,)
    if facts.is_accepted:
        return (ACCEPTED,)
    if not facts.is_open:
        return (NOT_OPEN if facts.closes_at is None else CLOSED,)
    if facts.closes_at is None or now >= facts.closes_at:
        return (CLOSED,)
    if not facts.has_consent:
        return (CONSENT,)
    return (TOO_MANY,) if facts.attempts_today >= facts.attempts_per_day else ()


def fix_of(position: Mapping[str, Any]) -> geo.Fix:
    """The phone's position as the geometry takes it; rubbish stays rubbish and gets its own reason there."""
    datum = position.get("datum")
    return geo.Fix(
        lng=_number(position.get("longitude")),
        lat=_number(position.get("latitude")),
        datum=geo.Datum(datum) if datum in set(geo.Datum) else None,
        accuracy_m=position.get("accuracy_m"),
        captured_at=position.get("captured_at"),
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def storable(position: Mapping[str, Any]) -> dict[str, Any]:
    """The position as sent, in JSON: a number that is not finite is kept as its name."""
    kept: dict[str, Any] = {}
    for name, value in position.items():
        if isinstance(value, datetime):
            kept[name] = value.isoformat()
        elif isinstance(value, float) and not math.isfinite(value):
            kept[name] = str(value)
        else:
            kept[name] = value
    return kept
