"""Which person the upstream means by the technical lead of an item."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from registry.enterprises.models import QualificationItem
from registry.people.models import Person, RosterEntry


def link_technical_leads(session: Session, enterprise_id: int) -> None:
    """Point every item at the person its reference names: on this roster, else under the person's own id.

    Enterprise and people come in two calls; whichever is stored second makes the link. A reference that
    names nobody known leaves the item without a lead, which selection refuses with its reason (SZ-20).
    """
    on_roster = (
        select(RosterEntry.person_id)
        .where(
            RosterEntry.enterprise_id == enterprise_id,
            RosterEntry.upstream_ref == QualificationItem.technical_lead_ref,
            RosterEntry.dropped_at.is_(None),
        )
        .limit(1)
        .scalar_subquery()
    )
    elsewhere = (
        select(Person.id)
        .where(Person.upstream_id == QualificationItem.technical_lead_ref)
        .limit(1)
        .scalar_subquery()
    )
    named = QualificationItem.technical_lead_ref != ""
    mine = QualificationItem.enterprise_id == enterprise_id
    for where, value in ((named, func.coalesce(on_roster, elsewhere)), (~named, None)):
        session.execute(
            update(QualificationItem)
            .where(mine, where, QualificationItem.absent_since.is_(None))
            .values(technical_lead_id=value),
            execution_options={"synchronize_session": "fetch"},
        )
