"""Proposing points for registered addresses. The network is asked before, outside any transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from registry.addresses.geocoder import Located
from registry.enterprises.models import Enterprise, RegisteredPoint
from registry.errors import NotFound


class EnterpriseGone(NotFound):
    """No such enterprise."""

    code = "enterprise_unknown"
    message = "企业库中没有该企业"


def propose_point(
    session: Session, *, enterprise_id: int, address: str, found: Located, now: datetime
) -> RegisteredPoint | None:
    """Keep what a geocoder found as a new, unconfirmed version; None if the address has changed meanwhile.

    It never takes effect by itself: a case freezes the newest *confirmed* point, and only staff confirm.
    """
    enterprise = session.get(Enterprise, enterprise_id)
    if enterprise is None:
        raise EnterpriseGone
    if enterprise.registered_address != address:  # The answer belongs to an address that is no longer theirs.
        return None
    point = RegisteredPoint(
        enterprise_id=enterprise_id,
        address=address,
        lng=found.point.lng,
        lat=found.point.lat,
        datum=found.point.datum.value,
        fence=None,
        source=found.provider,
        confidence=found.confidence,
        created_at=now,
        confirmed_by=None,
        confirmed_at=None,
    )
    session.add(point)
    session.flush()
    return point
