"""Changing an enterprise's contact so that nobody can hijack it (SZ-08)."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from registry.errors import Invalid
from verify_api.accounts.actor import Actor, Kind
from verify_api.accounts.codes import WrongCode, issue_code, subject_of, use_code
from verify_api.accounts.contacts import local_contact, recipient_of, write_contact
from verify_api.accounts.events import note
from verify_api.accounts.inclusion import issue_password
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.models import Account, Contact
from verify_api.messages import kinds
from verify_api.messages.outbox import Recipient, Secret
from verify_api.messages.rules import mainland_number
from verify_api.policy.service import rules_at


class BadContact(Invalid):
    """The new contact's name or number cannot be used."""

    code = "bad_contact"
    message = "联系人姓名或手机号码不正确"
    hint = "请填写姓名和11位中国内地手机号码"


def request_contact_change(
    session: Session, *, actor: Actor, new_phone: str, mailing: Mailing, now: datetime
) -> None:
    """Text a code to the **old** contact, naming the tail of the new number it would allow.

    Raises:
        BadContact: The new number is no mainland mobile number.
        TooManyCodes: With the seconds to wait.
    """
    enterprise_id = actor.own_enterprise
    phone = _number(new_phone)
    subject = subject_of(mailing.keys, "contact", str(enterprise_id))
    code = issue_code(session, "contact", subject, keys=mailing.keys, now=now, bound_to=phone)
    minutes = rules_at(session, now).messages.code_minutes
    kinds.contact_change_code(
        session,
        to=recipient_of(session, enterprise_id),
        key=f"contact-code:{subject[:16]}:{now.timestamp()}",
        now=now,
        sender=mailing.sender,
        enterprise=session.get_one(Enterprise, enterprise_id).name,
        code=Secret(code, mailing.keys, now + timedelta(minutes=minutes)),
        minutes=minutes,
        new_phone=phone,
    )


def change_contact(
    session: Session, *, actor: Actor, name: str, phone: str, code: str, mailing: Mailing, now: datetime
) -> WrongCode | None:
    """Put another contact in force with the code the old one was sent (SZ-08).

    The account's password is made anew and texted to the new contact; all sessions end; the old contact
    is told. A wrong code is a value: the caller commits, or the try would not be counted.

    Raises:
        BadContact: Name or number cannot be used.
    """
    enterprise_id = actor.own_enterprise
    name, phone = _name(name), _number(phone)
    subject = subject_of(mailing.keys, "contact", str(enterprise_id))
    wrong = use_code(session, subject, code, keys=mailing.keys, now=now, bound_to=phone)
    if wrong is not None:
        return wrong
    _replace(session, enterprise_id, name, phone, actor=actor, mailing=mailing, now=now, reason="")
    return None


class ReasonMissing(Invalid):
    """An act of staff on an enterprise's behalf needs a reason."""

    code = "reason_missing"
    message = "请填写理由"


def override_contact(
    session: Session,
    *,
    actor: Actor,
    enterprise_id: int,
    name: str,
    phone: str,
    reason: str,
    mailing: Mailing,
    now: datetime,
) -> None:
    """Staff put a contact in force where the old number is lost, for a reason that is kept.

    Raises:
        BadContact: Name or number cannot be used.
        ReasonMissing: No reason was given.
    """
    assert actor.kind is Kind.STAFF
    if not reason.strip():
        raise ReasonMissing
    name, phone = _name(name), _number(phone)
    _replace(
        session, enterprise_id, name, phone, actor=actor, mailing=mailing, now=now, reason=reason.strip()
    )


def _replace(
    session: Session,
    enterprise_id: int,
    name: str,
    phone: str,
    *,
    actor: Actor,
    mailing: Mailing,
    now: datetime,
    reason: str,
) -> None:
    old_contact = recipient_of(session, enterprise_id)
    old = local_contact(session, enterprise_id, lock=True)
    if old is not None:
        old.replaced_at = now
        session.flush()  # Before the new row: only one may be current.
    new = write_contact(session, enterprise_id, name, phone, actor=actor, now=now, reason=reason)
    account = session.scalars(select(Account).where(Account.enterprise_id == enterprise_id)).one()
    _tell(session, account, old_contact, new, mailing=mailing, now=now)
    note(
        session,
        "contact_changed",
        account_id=account.id,
        actor=actor.label,
        now=now,
        detail={"contact": new.id},
    )


def _tell(
    session: Session, account: Account, old: Recipient, new: Contact, *, mailing: Mailing, now: datetime
) -> None:
    """Word to the old contact, a new password to the new one."""
    enterprise = session.get_one(Enterprise, new.enterprise_id)
    kinds.contact_changed_old(
        session,
        to=old,
        key=f"contact:{new.id}:old",
        now=now,
        sender=mailing.sender,
        enterprise=enterprise.name,
        new_phone=new.phone,
    )
    kinds.new_contact_password(
        session,
        to=Recipient(new.phone, new.name, new.enterprise_id),
        key=f"contact:{new.id}:new",
        now=now,
        sender=mailing.sender,
        enterprise=enterprise.name,
        account=account.username,
        password=issue_password(session, account, keys=mailing.keys, now=now),
    )


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 2 <= len(name) <= 30 or not name.isprintable():
        raise BadContact
    return name


def _number(phone: str) -> str:
    number = mainland_number(phone)
    if number is None:
        raise BadContact
    return number
