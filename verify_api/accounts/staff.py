"""Accounts of staff: made, disabled and repaired by the operator on the command line only (C.5)."""

import re
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.errors import Conflict, Invalid, NotFound
from verify_api.accounts import throttle
from verify_api.accounts.actor import Kind, Role
from verify_api.accounts.events import note
from verify_api.accounts.login import TOTP_PURPOSE
from verify_api.accounts.models import Account
from verify_api.accounts.passwords import hash_password, make_password
from verify_api.accounts.rules import first_password_term, require_strong, staff_password_term
from verify_api.accounts.sessions import end_sessions
from verify_api.policy.service import rules_at
from verify_api.policy.values import Accounts

OPERATOR = "operator"
ISSUER = "资质动态核查"
_NAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")


class BadStaffName(Invalid):
    """Not a log-in name."""

    code = "bad_staff_name"
    message = "登录名须以小写字母开头，由3至32位小写字母、数字、点、下划线或连字符组成"


class StaffExists(Conflict):
    """The name is taken, perhaps by a disabled account: names are never used twice."""

    code = "staff_exists"
    message = "该登录名已存在"


class NoSuchStaff(NotFound):
    """No member of staff has this name."""

    code = "no_such_staff"
    message = "没有这个工作人员账号"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What is handed to a member of staff once and is never shown again."""

    username: str
    password: str | None
    totp_uri: str | None


def add_staff(
    session: Session,
    *,
    username: str,
    name: str,
    role: Role,
    keys: Keyring,
    now: datetime,
    password: str | None = None,
    totp_secret: str | None = None,
) -> Provisioned:
    """Make an account with a one-time password and a token seed; a given password is kept as it is.

    Raises:
        BadStaffName: Not a log-in name.
        StaffExists: The name is taken.
        WeakPassword: The given password does not meet the rules.
    """
    username = username.strip().lower()
    if not _NAME.fullmatch(username):
        raise BadStaffName
    taken = select(Account.id).where(Account.kind == Kind.STAFF, Account.username == username)
    if session.scalar(taken) is not None:
        raise StaffExists
    account = Account(
        kind=Kind.STAFF,
        username=username,
        name=name.strip() or username,
        role=role,
        created_at=now,
        totp_used=[],
    )
    session.add(account)
    session.flush()
    shown = _new_password(account, password, rules_at(session, now).accounts, now=now)
    uri = _new_seed(account, totp_secret, keys=keys)
    note(session, "staff_added", account_id=account.id, actor=OPERATOR, now=now, detail={"role": role})
    return Provisioned(username, shown, uri)


def disable_staff(session: Session, *, username: str, now: datetime) -> None:
    """End all sessions and let nobody in any more. What the account has done stays under its name.

    Raises:
        NoSuchStaff: No member of staff has this name.
    """
    account = _staff(session, username)
    account.disabled_at = account.disabled_at or now
    end_sessions(session, account.id, now=now)
    note(session, "staff_disabled", account_id=account.id, actor=OPERATOR, now=now)


def reset_staff_password(session: Session, *, username: str, now: datetime) -> Provisioned:
    """A new one-time password; sessions and locks end.

    Raises:
        NoSuchStaff: No member of staff has this name.
    """
    # The counter first, the account second, like a log-in: no two can wait for each other.
    throttle.forget(session, throttle.subject_of("account", Kind.STAFF, username.strip().lower()))
    account = _staff(session, username)
    password = _new_password(account, None, rules_at(session, now).accounts, now=now)
    end_sessions(session, account.id, now=now)
    note(session, "staff_password_reset", account_id=account.id, actor=OPERATOR, now=now)
    return Provisioned(account.username, password, None)


def reset_staff_totp(session: Session, *, username: str, keys: Keyring, now: datetime) -> Provisioned:
    """A new token seed, for a lost phone; sessions end.

    Raises:
        NoSuchStaff: No member of staff has this name.
    """
    account = _staff(session, username)
    uri = _new_seed(account, None, keys=keys)
    end_sessions(session, account.id, now=now)
    note(session, "staff_totp_reset", account_id=account.id, actor=OPERATOR, now=now)
    return Provisioned(account.username, None, uri)


def current_token(session: Session, *, username: str, keys: Keyring, at: datetime) -> str:
    """The token of this moment, for somebody who holds the installation's keys anyway.

    Raises:
        NoSuchStaff: No member of staff has this name, or it has no seed.
    """
    account = _staff(session, username)
    if account.totp_sealed is None:
        raise NoSuchStaff
    return pyotp.TOTP(keys.open(account.totp_sealed, purpose=TOTP_PURPOSE).decode()).at(at)


def list_staff(session: Session) -> list[Account]:
    """All accounts of staff, disabled ones included."""
    wanted = select(Account).where(Account.kind == Kind.STAFF).order_by(Account.username)
    return [*session.scalars(wanted)]


def _staff(session: Session, username: str) -> Account:
    account = session.scalar(
        select(Account)
        .where(Account.kind == Kind.STAFF, Account.username == username.strip().lower())
        .with_for_update()
    )
    if account is None:
        raise NoSuchStaff
    return account


def _new_password(account: Account, given: str | None, rule: Accounts, *, now: datetime) -> str | None:
    """Set the password; the one to show, if it was made here."""
    if given is not None:
        require_strong(given, username=account.username, rule=rule)
    password = given or make_password()
    account.password_hash = hash_password(password)
    account.must_change = given is None
    account.password_set_at = now
    term = first_password_term(rule) if given is None else staff_password_term(rule)
    account.password_expires_at = now + term
    return None if given else password


def _new_seed(account: Account, given: str | None, *, keys: Keyring) -> str:
    seed = given or pyotp.random_base32()
    account.totp_sealed = keys.seal(seed.encode(), purpose=TOTP_PURPOSE)
    account.totp_used = []
    return str(pyotp.TOTP(seed).provisioning_uri(name=account.username, issuer_name=ISSUER))
