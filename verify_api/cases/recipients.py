"""To whom messages about a case go: the local contact, else the registry's (SZ-02, SZ-08)."""

from datetime import datetime
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from verify_api.accounts.contacts import CurrentContact, contact_of
from verify_api.cases.dossier import Dossier
from verify_api.cases.models import Case, CaseItem
from verify_api.messages.outbox import Recipient, Sender
from verify_api.settings import settings


class CaseMessage(TypedDict):
    """What every message about a case is given."""

    to: Recipient
    enterprise: str
    items: list[str]
    now: datetime
    sender: Sender


def of_case(session: Session, case: Case, *, now: datetime) -> CaseMessage:
    """The recipient and the words of a message about this case."""
    enterprise = session.get_one(Enterprise, case.enterprise_id)
    contact = contact_of(session, case.enterprise_id)
    titles = session.scalars(select(CaseItem.title).where(CaseItem.case_id == case.id).order_by(CaseItem.id))
    return _message(case, enterprise, contact, list(titles), now=now)


def of_dossier(dossier: Dossier, *, now: datetime) -> CaseMessage:
    """The same for a case that has been read."""
    titles = [row.title for row in dossier.case_items]
    return _message(dossier.case, dossier.enterprise, dossier.contact, titles, now=now)


def _message(
    case: Case, enterprise: Enterprise, contact: CurrentContact, titles: list[str], *, now: datetime
) -> CaseMessage:
    to = Recipient(contact.phone, contact.name, case.enterprise_id, case.id)
    sender = Sender(settings().sms_signature, settings().help_phone)
    return CaseMessage(to=to, enterprise=enterprise.name, items=titles, now=now, sender=sender)
