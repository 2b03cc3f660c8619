"""The registered point that staff stand for."""

import math
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise, RegisteredPoint
from registry.enterprises.service import EnterpriseUnknown
from registry.errors import Invalid

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")


class BadPoint(Invalid):
    """Not a point on earth in a known datum."""

    code = "bad_point"
    message = "坐标不正确，请核对经纬度和坐标系"


def confirm_point(
    session: Session,
    *,
    enterprise_id: int,
    lng: float,
    lat: float,
    datum: str,
    fence: dict[str, Any] | None,
    by: str,
    now: datetime,
) -> RegisteredPoint:
    """A new, confirmed version of the registered point; earlier ones stay for the cases that froze them.

    `lng`, `lat` in degrees of `datum`; `fence` is a polygon in the phone's form, None for a circle.

    Raises:
        EnterpriseUnknown: No such enterprise.
        BadPoint: Not a point on earth, or an unknown datum.
    """
    enterprise = session.get(Enterprise, enterprise_id)
    if enterprise is None:
        raise EnterpriseUnknown
    # NaN compares false with everything, so it must be asked for by name.
    on_earth = math.isfinite(lng) and math.isfinite(lat) and abs(lng) <= 180 and abs(lat) <= 90
    if not on_earth or datum not in DATUMS:
        raise BadPoint
    point = RegisteredPoint(
        enterprise_id=enterprise_id,
        address=enterprise.registered_address,
        lng=lng,
        lat=lat,
        datum=datum,
        fence=fence,
        source="staff",
        created_at=now,
        confirmed_by=by,
        confirmed_at=now,
    )
    session.add(point)
    session.flush()
    return point
