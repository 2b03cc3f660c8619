"""How pages say dates, durations and sizes. Days are those of Shenzhen."""

from datetime import date, datetime, timedelta

from registry.clock import SHANGHAI


def local(moment: datetime) -> datetime:
    """The moment on Shenzhen's clocks."""
    return moment.astimezone(SHANGHAI)


def day(value: date | datetime | str | None) -> str:
    """2026年3月2日; a dash for nothing."""
    if isinstance(value, str):
        value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    if value is None:
        return "—"
    if isinstance(value, datetime):
        value = local(value).date()
    return f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime | str | None) -> str:
    """2026年3月2日 10:05; a dash for nothing."""
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    return "—" if value is None else f"{day(value)} {local(value):%H:%M}"


def short(value: datetime | str, *, now: datetime) -> str:
    """6月26日, with the year in front if it is another one: for places where many dates stand."""
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    that_day = local(value).date()
    year = "" if that_day.year == local(now).year else f"{that_day.year}年 "  # Where it may break.
    return f"{year}{that_day.month}月{that_day.day}日"


def iso(value: datetime | str) -> str:
    """For `<time datetime>`."""
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    return local(value).isoformat(timespec="seconds")


def days_left(last_day: date, *, now: datetime) -> int:
    """Whole days until the last day: 0 on the day itself, negative afterwards."""
    return (last_day - local(now).date()).days


def left(last_day: date, *, now: datetime) -> str:
    """剩余12天, 今天截止, 已过3天."""
    days = days_left(last_day, now=now)
    if days > 0:
        return f"剩余{days}天"
    return "今天24时截止" if days == 0 else f"已过{-days}天"


def tone_of_days(days: int, *, warn: int = 7, bad: int = 3) -> str:
    """Tone of a number of days left: calm, warn, bad."""
    return "bad" if days <= bad else "warn" if days <= warn else ""


def ago(value: datetime | str, *, now: datetime) -> str:
    """刚刚, 5分钟前, 3小时前, 2天前; beyond a month the day."""
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    past = now - value
    if past < timedelta(minutes=1):
        return "刚刚"
    if past < timedelta(hours=1):
        return f"{past.seconds // 60}分钟前"
    if past < timedelta(days=1):
        return f"{past.seconds // 3600}小时前"
    return f"{past.days}天前" if past < timedelta(days=31) else day(value)


def size(count: int) -> str:
    """812 KB, 4.2 MB."""
    return f"{max(1, round(count / 1024))} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


def metres(value: float) -> str:
    """85 米, 1.2 公里."""
    return f"{value:.0f} 米" if abs(value) < 1000 else f"{value / 1000:.1f} 公里"


def phone(number: str) -> str:
    """The number with its middle hidden: 100****0001."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 8 else number or "—"


def area(square_metres: float) -> str:
    """850 平方米, 1.35 万平方米."""
    if square_metres < 10_000:
        return f"{square_metres:,.0f} 平方米"
    return f"{square_metres / 10_000:,.2f} 万平方米"


_WEEKDAYS = "一二三四五六日"


def weekday(value: date | datetime | str | None) -> str:
    """2026年3月2日（周一）: a day somebody has to keep."""
    if isinstance(value, str):
        value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    if value is None:
        return "—"
    that_day = local(value).date() if isinstance(value, datetime) else value
    return f"{day(that_day)}（周{_WEEKDAYS[that_day.weekday()]}）"
