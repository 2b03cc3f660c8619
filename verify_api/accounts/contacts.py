"""The contact of an enterprise: the registry's until its first confirmation, then ours (SZ-02, SZ-08)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from verify_api.accounts.actor import Actor
from verify_api.accounts.models import Contact
from verify_api.messages.outbox import Recipient


@dataclass(frozen=True, slots=True)
class CurrentContact:
    """Who receives an enterprise's messages, and how the registry's entry differs."""

    name: str
    phone: str
    is_local: bool
    upstream_name: str
    upstream_phone: str

    @property
    def differs(self) -> bool:
        """Whether the registry names another contact than the one in force here."""
        return (self.name, self.phone) != (self.upstream_name, self.upstream_phone)


def contact_of(session: Session, enterprise_id: int) -> CurrentContact:
    """The contact in force."""
    upstream = session.get_one(Enterprise, enterprise_id)
    return _in_force(upstream, local_contact(session, enterprise_id))


def contacts_of(session: Session, enterprises: Sequence[Enterprise]) -> dict[int, CurrentContact]:
    """The contacts in force of several enterprises, by the enterprise's id."""
    ids = [upstream.id for upstream in enterprises]
    query = select(Contact).where(Contact.enterprise_id.in_(ids), Contact.replaced_at.is_(None))
    local = {row.enterprise_id: row for row in session.scalars(query)}
    return {upstream.id: _in_force(upstream, local.get(upstream.id)) for upstream in enterprises}


def _in_force(upstream: Enterprise, local: Contact | None) -> CurrentContact:
    return CurrentContact(
        name=local.name if local else upstream.contact_name,
        phone=local.phone if local else upstream.contact_phone,
        is_local=local is not None,
        upstream_name=upstream.contact_name,
        upstream_phone=upstream.contact_phone,
    )


def recipient_of(session: Session, enterprise_id: int, *, case_id: int | None = None) -> Recipient:
    """The contact in force, as messages want it."""
    contact = contact_of(session, enterprise_id)
    return Recipient(contact.phone, contact.name, enterprise_id, case_id)


def local_contact(session: Session, enterprise_id: int, *, lock: bool = False) -> Contact | None:
    """The version in force, if the contact is kept here yet."""
    wanted = select(Contact).where(Contact.enterprise_id == enterprise_id, Contact.replaced_at.is_(None))
    return session.scalar(wanted.with_for_update() if lock else wanted)


def keep_contact(session: Session, enterprise_id: int, *, actor: Actor, now: datetime) -> None:
    """From the first confirmation on the contact is kept here, and no sync changes it (SZ-08)."""
    if local_contact(session, enterprise_id) is None:
        upstream = session.get_one(Enterprise, enterprise_id)
        write_contact(
            session, enterprise_id, upstream.contact_name, upstream.contact_phone, actor=actor, now=now
        )


def write_contact(
    session: Session,
    enterprise_id: int,
    name: str,
    phone: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> Contact:
    """A new version of the contact; the caller has closed the one before."""
    row = Contact(
        enterprise_id=enterprise_id, name=name, phone=phone, since=now, actor=actor.label, reason=reason
    )
    session.add(row)
    session.flush()
    return row
