"""Who of a list has checked in."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from verify_api.cases.models import CheckIn


def standing_checkins(session: Session, list_id: int) -> dict[int, datetime]:
    """Person → when the check-in was received; voided ones left out."""
    rows = session.execute(
        select(CheckIn.person_id, CheckIn.received_at).where(
            CheckIn.list_id == list_id, CheckIn.voided_at.is_(None)
        )
    )
    return dict(rows.all())
