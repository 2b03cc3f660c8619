"""Addresses nobody has put on the map yet."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise, RegisteredPoint


def unplaced_addresses(session: Session, *, limit: int) -> list[tuple[int, str]]:
    """Ids and addresses of active enterprises with no point, confirmed or not, for their present address.

    In random order: addresses no vendor knows stay in the list and must not keep the others out of it.
    """
    placed = select(RegisteredPoint.id).where(
        RegisteredPoint.enterprise_id == Enterprise.id,
        RegisteredPoint.address == Enterprise.registered_address,
    )
    query = (
        select(Enterprise.id, Enterprise.registered_address)
        .where(Enterprise.is_active, Enterprise.registered_address != "", ~placed.exists())
        .order_by(func.random())
        .limit(limit)
    )
    return [(enterprise_id, address) for enterprise_id, address in session.execute(query)]
