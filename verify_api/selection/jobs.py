"""The nightly job of the roster's lights; runs after the sync."""

import logging
from collections import Counter

from sqlalchemy import select

from registry.clock import SHANGHAI, Clock
from registry.db import Sessions
from registry.enterprises.models import Enterprise
from verify_api.selection.models import RosterLight
from verify_api.selection.service import refresh_lights

log = logging.getLogger(__name__)


def light_rosters(sessions: Sessions, *, clock: Clock) -> dict[str, int]:
    """Set the lights of every enterprise that has none of today since its last sync; items per colour.

    Each enterprise has a transaction of its own: one that cannot be judged keeps its old lights, with the
    date they show, and holds up nobody. Safe to run twice or in two processes.
    """
    counts: Counter[str] = Counter()
    for enterprise_id in _due(sessions, clock):
        try:
            with sessions.begin() as session:
                counts.update(refresh_lights(session, enterprise_ids=[enterprise_id], now=clock()))
        except Exception:
            log.exception("lights of enterprise %s not set", enterprise_id)
    return dict(counts)


def _due(sessions: Sessions, clock: Clock) -> list[int]:
    midnight = clock().astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    is_fresh = (
        select(RosterLight.id)
        .where(
            RosterLight.enterprise_id == Enterprise.id,
            RosterLight.ended_at.is_(None),
            RosterLight.computed_at >= midnight,
            RosterLight.computed_at >= Enterprise.synced_at,
        )
        .exists()
    )
    with sessions() as session:
        return list(session.scalars(select(Enterprise.id).where(~is_fresh).order_by(Enterprise.id)))
