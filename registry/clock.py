"""Where edges read the time. Services and rules are given `now`."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's time, aware."""
    return datetime.now(UTC)
