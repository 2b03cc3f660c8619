"""Which firms the city has. Each line is a firm whose story a time-lapse can tell."""

from dataclasses import dataclass
from datetime import date

from miniapp_mock.city.standards import (
    ANCIENT,
    BUILDING,
    CONCRETE,
    ENVIRONMENT,
    FIRE,
    FITTING,
    LIFTING,
    LIGHTING,
    Standard,
)


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """A 资质项 a firm holds: what, how it was obtained, from when to when."""

    standard: Standard
    origin: str  # commitment (告知承诺) | ordinary (存量)
    first_issued_on: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class FirmPlan:
    """A firm. `key` names it in stories; `has_permit` says whether its 安全生产许可证 is valid.

    `dual` people hold a registration and a title; they count in both sub-minimums and are one head.
    `attends` limits how many of the chosen ever stand before a camera (None: all of them).
    """

    key: str
    name: str
    items: tuple[ItemPlan, ...]
    has_permit: bool = True
    dual: int = 0
    datum: str = "wgs84"
    spare: int = 0
    attends: int | None = None


def commitment(standard: Standard, issued: str, valid_to: str) -> ItemPlan:
    """An item obtained by 告知承诺."""
    return ItemPlan(standard, "commitment", date.fromisoformat(issued), date.fromisoformat(valid_to))


def ordinary(standard: Standard, issued: str = "2022-05-16", valid_to: str = "2027-05-15") -> ItemPlan:
    """An item of a firm that has long been there."""
    return ItemPlan(standard, "ordinary", date.fromisoformat(issued), date.fromisoformat(valid_to))


def _firm(key: str, name: str, *items: ItemPlan, has_permit: bool = True, **more: object) -> FirmPlan:
    return FirmPlan(key, name, items, has_permit=has_permit, **more)  # type: ignore[arg-type]


_TOLD = (
    _firm("pass", "示例晨曦建设", commitment(BUILDING, "2024-11-18", "2025-11-17"), datum="gcj02", dual=1),
    _firm("never", "示例远山装饰", commitment(FITTING, "2024-12-20", "2025-12-19"), attends=0),
    _firm("partly", "示例清源消防", commitment(FIRE, "2025-01-03", "2026-01-02"), datum="bd09", attends=3),
    _firm("rolled", "示例望海古建", commitment(ANCIENT, "2024-12-01", "2025-11-30")),
    _firm(
        "bundle",
        "示例双峰起重建材",
        commitment(LIFTING, "2024-12-09", "2025-12-08"),
        commitment(CONCRETE, "2024-12-09", "2025-12-08"),
        datum="gcj02",
    ),
    _firm("refused", "示例明德环保", commitment(ENVIRONMENT, "2024-12-16", "2025-12-15"), datum="gcj02"),
    _firm("unlicensed", "示例立新混凝土", commitment(CONCRETE, "2025-01-02", "2026-01-01"), has_permit=False),
    _firm("stock-pass", "示例长岭照明", ordinary(LIGHTING), datum="bd09"),
    _firm("rectified", "示例白石古建", ordinary(ANCIENT), datum="gcj02"),
    _firm("revoked", "示例北辰装饰", ordinary(FITTING), attends=0),
    _firm("half-revoked", "示例松涛混凝土", ordinary(CONCRETE), ordinary(LIFTING)),
    _firm("resubmitted", "示例青禾混凝土", ordinary(CONCRETE), spare=1, attends=2),
    _firm("unreachable", "示例云栈起重", ordinary(LIFTING)),
    _firm("held", "示例和顺混凝土", ordinary(CONCRETE), datum="cgcs2000"),
    _firm("spring", "示例元宵古建", ordinary(ANCIENT)),
    _firm("midnight", "示例三更起重", ordinary(LIFTING), datum="gcj02"),
    _firm("live-checkin", "示例今朝起重", ordinary(LIFTING), datum="gcj02"),
    _firm("live-review", "示例向阳混凝土", ordinary(CONCRETE), attends=0),
    _firm("live-board", "示例春晓古建", ordinary(ANCIENT), attends=0),
    _firm("cancelled", "示例归航起重", ordinary(LIFTING), attends=0),
)

_CROWD_NAMES = (
    *("金桂", "银杏", "红棉", "紫荆", "凤凰", "木棉"),
    *("榕荫", "海棠", "石竹", "茉莉", "桃源", "梅林"),
)


def _crowd() -> tuple[FirmPlan, ...]:
    """Ordinary firms that do what they should, each in its own month and with its own datum."""
    datums = ("wgs84", "gcj02", "bd09", "cgcs2000")
    firms = []
    for n, name in enumerate(_CROWD_NAMES):
        standard = (LIFTING, LIFTING, CONCRETE, LIFTING)[n % 4]
        day = 2 + n
        item = (
            commitment(standard, f"2024-12-{day:02d}", f"2025-12-{day - 1:02d}")
            if n % 2
            else ordinary(standard, f"2023-03-{day:02d}", f"2028-03-{day - 1:02d}")
        )
        trade = "起重设备" if standard is LIFTING else "混凝土"
        firms.append(_firm(f"crowd-{n + 1:02d}", f"示例{name}{trade}", item, datum=datums[n % 4]))
    return tuple(firms)


SHENZHEN: tuple[FirmPlan, ...] = (*_TOLD, *_crowd())
