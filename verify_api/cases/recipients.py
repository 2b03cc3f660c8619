"""To whom messages about a case go: the local contact, else the registry's (SZ-02, SZ-08)."""

from datetime import datetime
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from verify_api.accounts.contacts import contact_of
from verify_api.cases.models import Case, CaseItem
from verify_api.messages.outbox import Recipient


class CaseMessage(TypedDict):
    """What every message about a case is given."""

    to: Recipient
    enterprise: str
    items: list[str]
    now: datetime


def of_case(session: Session, case: Case, *, now: datetime) -> CaseMessage:
    """The recipient and the words of a message about this case."""
    enterprise = session.get_one(Enterprise, case.enterprise_id)
    contact = contact_of(session, case.enterprise_id)
    titles = session.scalars(select(CaseItem.title).where(CaseItem.case_id == case.id).order_by(CaseItem.id))
    return CaseMessage(
        to=Recipient(contact.phone, contact.name, case.enterprise_id, case.id),
        enterprise=enterprise.name,
        items=list(titles),
        now=now,
    )
