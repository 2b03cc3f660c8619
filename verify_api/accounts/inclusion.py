"""Including an enterprise in the inspection: its account and the one-time password (SZ-02, SZ-04)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.enterprises.models import Enterprise
from registry.errors import NotFound
from verify_api.accounts.actor import Actor, Kind
from verify_api.accounts.contacts import recipient_of
from verify_api.accounts.events import note
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.models import Account, AccountEvent, Onboarding
from verify_api.accounts.passwords import hash_password, make_password
from verify_api.accounts.rules import Gate, first_password_term
from verify_api.accounts.sessions import end_sessions
from verify_api.messages import kinds
from verify_api.messages.outbox import Secret
from verify_api.messages.rules import mainland_number
from verify_api.policy.service import rules_at


class NoAccount(NotFound):
    """The enterprise has not been included yet."""

    code = "enterprise_not_included"
    message = "该企业尚未列入核查，没有账号"


@dataclass(frozen=True, slots=True)
class Included:
    """The enterprise has an account. `is_reachable` is False if its contact has no number to text."""

    account_id: int
    is_new: bool
    is_reachable: bool


def include_enterprise(
    session: Session, *, enterprise_id: int, actor: Actor, mailing: Mailing, now: datetime
) -> Included:
    """Give the enterprise its account and leave the SMS with a one-time password.

    Including it again changes nothing: no second password, no second SMS.
    """
    enterprise = session.get_one(Enterprise, enterprise_id)
    made = session.scalar(
        insert(Account)
        .values(
            kind=Kind.ENTERPRISE,
            username=enterprise.uscc.upper(),
            name=enterprise.name,
            enterprise_id=enterprise_id,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Account.id)
    )
    if made is not None:
        session.add(Onboarding(enterprise_id=enterprise_id, gate=Gate.INVITED, invited_at=now))
        send_login_password(session, enterprise_id=enterprise_id, actor=actor, mailing=mailing, now=now)
    account = _account(session, enterprise_id)
    phone = recipient_of(session, enterprise_id).phone
    return Included(account.id, made is not None, mainland_number(phone) is not None)


def send_login_password(
    session: Session, *, enterprise_id: int, actor: Actor, mailing: Mailing, now: datetime
) -> None:
    """Make a new one-time password and text it to the contact in force; the old one and all sessions end.

    Raises:
        NoAccount: The enterprise has not been included.
    """
    enterprise = session.get_one(Enterprise, enterprise_id)
    account = _account(session, enterprise_id)
    password = issue_password(session, account, keys=mailing.keys, now=now)
    sent = _sent_before(session, account.id)
    kinds.login_password(
        session,
        to=recipient_of(session, enterprise_id),
        key=f"login-password:{account.id}:{sent + 1}",
        now=now,
        sender=mailing.sender,
        enterprise=enterprise.name,
        account=account.username,
        password=password,
    )
    note(session, "login_password_sent", account_id=account.id, actor=actor.label, now=now)


def issue_password(session: Session, account: Account, *, keys: Keyring, now: datetime) -> Secret:
    """Give the account a random password that is good for some days and must be changed at once."""
    password = make_password()
    account.password_hash = hash_password(password)
    account.must_change = True
    account.password_set_at = now
    account.password_expires_at = now + first_password_term(rules_at(session, now).accounts)
    end_sessions(session, account.id, now=now)
    session.flush()
    return Secret(password, keys, account.password_expires_at)


def _account(session: Session, enterprise_id: int) -> Account:
    account = session.scalar(select(Account).where(Account.enterprise_id == enterprise_id).with_for_update())
    if account is None:
        raise NoAccount
    return account


def _sent_before(session: Session, account_id: int) -> int:
    count = select(func.count()).where(
        AccountEvent.account_id == account_id, AccountEvent.event == "login_password_sent"
    )
    return session.scalar(count) or 0
