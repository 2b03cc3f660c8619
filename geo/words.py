"""Distances and directions in words a person can act on."""

_DIRECTIONS = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")


def distance_words(metres: float) -> str:
    """「3 米」「120 米」「1.2 公里」「35 公里」: as precise as a person can walk."""
    metres = abs(metres)
    if metres < 0.5:
        return "不到 1 米"
    if metres < 20:
        return f"{metres:.0f} 米"
    if metres < 995:
        step = 5 if metres < 100 else 10
        return f"{round(metres / step) * step} 米"
    if metres < 9950:
        return f"{metres / 1000:.1f} 公里"
    return f"{metres / 1000:.0f} 公里"


def direction_words(bearing_deg: float) -> str:
    """The nearest of the eight points of the compass, e.g. 44° → 东北."""
    return _DIRECTIONS[round(bearing_deg / 45.0) % 8]


def about_words(metres: float) -> str:
    """「约 120 米」, or 「不到 1 米」 which needs no 约."""
    words = distance_words(metres)
    return words if words.startswith("不到") else f"约 {words}"
