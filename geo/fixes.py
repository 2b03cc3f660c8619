"""What a phone says of its position, and what may be wrong with that before any fence is looked at.

A fix deliberately may hold rubbish: the whole point is to say which rubbish.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geo.datums import SHIFTED_LAT, SHIFTED_LNG, Datum
from geo.words import distance_words

# Phones round to 1e-6°; anything this near (0, 0) is an unset field, not a boat off Ghana.
_NULL_ISLAND_DEGREES = 0.001
# 企业微信 sends degrees × 10⁶; other clients × 10⁵ (map SDKs) and × 10⁷ (GPS chips).
_INTEGER_SCALES = (1e5, 1e6, 1e7)

_RESTART = "请关闭并重新打开定位后重试。"
_UPDATE = "请更新小程序后重试。"


@dataclass(frozen=True, slots=True)
class Fix:
    """One position as reported: degrees, datum, accuracy (radius in metres), and when it was measured.

    Nothing is checked here: any field may be None, NaN or of the wrong size. `captured_at` ought to be aware.
    """

    lng: float | None
    lat: float | None
    datum: Datum | None
    accuracy_m: float | None
    captured_at: datetime | None


@dataclass(frozen=True, slots=True)
class Limits:
    """When a fix is usable (DOMAIN §0 `fence`, SZ-30a): policy values, not constants.

    `future_s` is what the phone's clock may run ahead of the server's.
    """

    accuracy_m: float = 100.0
    age_s: float = 60.0
    future_s: float = 10.0

    def __post_init__(self) -> None:
        """A limit of NaN would let everything through or nothing: refuse it at once."""
        for name in ("accuracy_m", "age_s", "future_s"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"limit {name} must be finite and not negative, got {value!r}")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a fix does not count: a stable code, a sentence for the person and what to do about it."""

    code: str
    message: str
    hint: str = ""


def number(value: Any) -> float | None:
    """The value as a finite float, else None. Booleans and text are no numbers here."""
    if value is None or isinstance(value, bool | str | bytes):
        return None
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def looks_like_china(lng: float, lat: float) -> bool:
    """Whether the degrees fall into the rectangle around China."""
    return SHIFTED_LNG[0] <= lng <= SHIFTED_LNG[1] and SHIFTED_LAT[0] <= lat <= SHIFTED_LAT[1]


def coordinate_fault(lng: Any, lat: Any) -> Reason | None:
    """What is wrong with a pair of degrees: missing, NaN, (0,0), ×10⁶, swapped, out of range; or None."""
    if lng is None or lat is None:
        return Reason(
            "coordinates_missing", "没有收到经纬度。", "请打开手机定位并允许小程序使用位置信息后重试。"
        )
    x, y = number(lng), number(lat)
    if x is None or y is None:
        return Reason("coordinates_not_finite", "收到的经纬度不是有效数字。", _RESTART)
    if abs(x) < _NULL_ISLAND_DEGREES and abs(y) < _NULL_ISLAND_DEGREES:
        return Reason(
            "null_island", "收到的位置是 (0, 0)，说明手机尚未定位成功。", "请等待手机定位成功后重试。"
        )
    return _misplaced(x, y)


def _misplaced(x: float, y: float) -> Reason | None:
    if abs(x) > 180 and any(looks_like_china(x / scale, y / scale) for scale in _INTEGER_SCALES):
        return Reason(
            "scaled_integers_suspected",
            "收到的经纬度像是放大了若干倍的整数（例如乘以 1 000 000）。",
            "请更新小程序；若仍出现，请联系技术支持换算后再上报。",
        )
    if looks_like_china(y, x) and not looks_like_china(x, y):
        return Reason(
            "axes_swapped_suspected",
            "收到的经度和纬度像是写反了。",
            "请更新小程序；若仍出现，请联系技术支持检查经纬度的先后顺序。",
        )
    if not -90 <= y <= 90:
        return Reason("latitude_out_of_range", f"纬度 {y:g} 超出 -90 到 90 度。", "请重新定位后再试。")
    if not -180 <= x <= 180:
        return Reason("longitude_out_of_range", f"经度 {x:g} 超出 -180 到 180 度。", "请重新定位后再试。")
    return None


def accuracy_fault(accuracy_m: Any, limit_m: float) -> Reason | None:
    """Why an accuracy cannot be relied on, or None. Zero means that the phone did not measure it."""
    if accuracy_m is None:
        return Reason(
            "accuracy_missing",
            "没有收到定位精度。",
            "请在手机设置中为小程序开启“精确位置”后重试（模糊定位不能用于打卡）。",
        )
    value = number(accuracy_m)
    if value is None:
        return Reason("accuracy_not_finite", "收到的定位精度不是有效数字。", _RESTART)
    if value < 0:
        return Reason("accuracy_negative", "收到的定位精度为负数，定位无效。", _RESTART)
    if value == 0:
        return Reason(
            "accuracy_zero",
            "收到的定位精度为 0，真实的定位不会没有误差。",
            "请重新定位；如装有模拟定位类软件，请关闭后再试。",
        )
    if value > limit_m:
        return Reason(
            "accuracy_too_low",
            f"定位精度 {_excess_words(value)}，超过允许的 {limit_m:g} 米。",
            f"定位精度 {_excess_words(value)}，请到窗边或室外重试。",
        )
    return None


def age_fault(captured_at: Any, now: datetime, limits: Limits) -> Reason | None:
    """Why the moment of a fix cannot be relied on, or None. Raises ValueError if `now` is naive."""
    if now.tzinfo is None or now.utcoffset() is None:
        raise ValueError("now must be an aware datetime")
    if not isinstance(captured_at, datetime):
        return Reason("captured_at_missing", "没有收到定位时间。", "请重新定位后再试。")
    if captured_at.utcoffset() is None:
        return Reason("captured_at_without_offset", "收到的定位时间没有时区，无法判断先后。", _UPDATE)
    age_s = (now - captured_at).total_seconds()
    if age_s > limits.age_s:
        return Reason(
            "position_too_old",
            f"定位是 {_duration_words(age_s)}前的，超过允许的 {limits.age_s:g} 秒。",
            "请在现场重新定位后立即打卡。",
        )
    if age_s < -limits.future_s:
        return Reason(
            "position_in_future",
            f"定位时间比服务器时间晚 {_duration_words(-age_s)}。",
            "请在手机设置中打开“自动设置时间”后重试。",
        )
    return None


def datum_fault(datum: Any) -> Reason | None:
    """Why the degrees cannot be read: the datum is missing or unknown; else None."""
    if datum is None or datum == "":
        return Reason("datum_missing", "没有收到坐标系（wgs84、gcj02 等），无法判断位置。", _UPDATE)
    try:
        Datum(datum)
    except ValueError:
        return Reason(
            "datum_unknown",
            "收到的坐标系不认识，无法判断位置。",
            "可用的坐标系：wgs84、cgcs2000、gcj02、bd09。",
        )
    return None


def _excess_words(metres: float) -> str:
    # Rounded up, or 100.4 m would read "100 米，超过允许的 100 米".
    return f"{math.ceil(metres)} 米" if metres < 1000 else distance_words(metres)


def _duration_words(seconds: float) -> str:
    if seconds < 120:
        return f"{math.ceil(seconds)} 秒"
    if seconds < 7200:
        return f"{seconds / 60:.0f} 分钟"
    if seconds < 172800:
        return f"{seconds / 3600:.0f} 小时"
    return f"{seconds / 86400:.0f} 天"
