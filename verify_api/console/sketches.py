"""Map sketches for pages. A place that cannot be drawn leaves no picture, never a wrong one."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

import geo
from registry.enterprises.models import RegisteredPoint
from verify_api.cases.ground import Ground
from verify_api.cases.review import fence_of

DATUMS = (
    ("gcj02", "GCJ-02（高德、腾讯）"),
    ("wgs84", "WGS-84"),
    ("cgcs2000", "CGCS2000"),
    ("bd09", "BD-09（百度）"),
)


def fence_sketch(fence: Mapping[str, Any] | None, positions: Sequence[Mapping[str, Any]]) -> Markup:
    """The fence with the fixes of attempts, numbered in the order given; empty if there is no fence."""
    if not fence:
        return Markup("")
    try:
        drawn = geo.sketch(geo.load_fence(fence), [_fix(one) for one in positions])
    except geo.FenceInvalid:
        return Markup("")
    # The sketch escapes every text it draws; names and places never reach it as markup.
    return Markup(drawn)  # noqa: S704


def point_sketch(point: RegisteredPoint, ground: Ground) -> Markup:
    """Where a registered address is, with the fence it gives."""
    return fence_sketch(fence_of(point, ground), [])


def point_on(fence: geo.Fence, point: RegisteredPoint) -> Markup:
    """A fence that is not confirmed yet, with the registered point as its number 1."""
    here = geo.Fix(point.lng, point.lat, geo.Datum(point.datum), accuracy_m=None, captured_at=None)
    drawn = geo.sketch(fence, [here], title="打卡范围预览，1 号为登记位置")
    return Markup(drawn)  # noqa: S704  # As above.


def _fix(position: Mapping[str, Any]) -> geo.Fix:
    return geo.Fix(
        lng=position.get("longitude"),
        lat=position.get("latitude"),
        datum=position.get("datum"),
        accuracy_m=position.get("accuracy_m"),
        captured_at=None,
    )
