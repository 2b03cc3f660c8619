"""Signs across attempts of a person and of a device: for staff, with evidence; they refuse nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import geo
from verify_api.checkins.models import Attempt

LOOK_BACK = timedelta(days=30)
LIMIT = 500


def place_risks(session: Session, attempt: Attempt) -> list[dict[str, Any]]:
    """What the history of this person and this device says about this attempt, the strongest first."""
    who = Attempt.person_id == attempt.person_id
    if attempt.device_id:
        who = who | (Attempt.device_id == attempt.device_id)
    query = (
        select(Attempt)
        .where(who, Attempt.opened_at <= attempt.opened_at, Attempt.opened_at > attempt.opened_at - LOOK_BACK)
        .order_by(Attempt.id.desc())
        .limit(LIMIT)
    )
    sightings = [one for row in session.scalars(query) for one in _sighting(row)]
    found = geo.signals(sightings)
    return [signal.to_mapping() for signal in found if attempt.public_id in signal.attempts]


def _sighting(row: Attempt) -> Iterator[geo.Sighting]:
    """The attempt as the geometry takes it; one without a sound position says nothing."""
    place, position = row.place or {}, row.position
    if not place.get("wgs84") or place.get("accuracy_m") is None:
        return
    fence = geo.load_fence(row.fence) if row.fence else None
    yield geo.Sighting(
        attempt=row.public_id,
        person=str(row.person_id),
        device=row.device_id or None,
        lng=position["longitude"],
        lat=position["latitude"],
        datum=geo.Datum(place["datum"]),
        accuracy_m=place["accuracy_m"],
        at=row.opened_at,
        site=str(row.case_id),
        site_point=fence.center if isinstance(fence, geo.CircleFence) else None,
    )
