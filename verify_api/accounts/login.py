"""Logging in and out, and changing one's own password."""

import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.errors import DakaError, Invalid, Unauthenticated
from verify_api.accounts import throttle
from verify_api.accounts.actor import Kind
from verify_api.accounts.events import note
from verify_api.accounts.models import Account
from verify_api.accounts.passwords import hash_password, is_password
from verify_api.accounts.rules import (
    ADDRESS_LIMIT,
    account_limit,
    require_strong,
    staff_password_term,
)
from verify_api.accounts.sessions import LoggedIn, Signed, end_sessions, start_session
from verify_api.policy.service import rules_at
from verify_api.policy.values import Accounts

TOTP_PURPOSE = "accounts.totp"
_TOTP_STEP = 30
_TOTP_REMEMBERED = 16


class WrongCredentials(Unauthenticated):
    """Account, password or one-time token do not fit. Which of them is never said."""

    code = "login_failed"
    message = "账号或密码不正确"


class PasswordExpired(Unauthenticated):
    """The one-time password was right but has outlived its term (SZ-02)."""

    code = "password_expired"
    message = "初始密码已超过有效期"
    hint = "请通过“忘记密码”用短信验证码设置新密码"


class WrongPassword(Invalid):
    """The present password, asked again, is not right."""

    code = "old_password_wrong"
    message = "原密码不正确"


class SamePassword(Invalid):
    """The new password is the old one."""

    code = "password_unchanged"
    message = "新密码不能与原密码相同"


@dataclass(frozen=True, slots=True)
class Refused:
    """A log-in or code that was refused. A value, because the count of failures must be committed."""

    error: DakaError


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed to log in, and from where. `totp` is asked of staff only."""

    kind: Kind
    username: str
    password: str
    ip: str
    totp: str = ""

    @property
    def name(self) -> str:
        """The user name in its stored spelling."""
        return spelled(self.kind, self.username)

    @property
    def account_subject(self) -> str:
        """The counter of this account, existing or not."""
        return throttle.subject_of("account", self.kind, self.name)

    @property
    def address_subject(self) -> str:
        """The counter of this address."""
        return throttle.subject_of("address", self.ip)


def spelled(kind: Kind, username: str) -> str:
    """The stored spelling: USCC upper case (SZ-04), staff names lower case."""
    name = username.strip()[:64]
    return name.upper() if kind is Kind.ENTERPRISE else name.lower()


def find_account(session: Session, kind: Kind, username: str, *, lock: bool = False) -> Account | None:
    """The account of this name that is not disabled."""
    wanted = select(Account).where(
        Account.kind == kind, Account.username == spelled(kind, username), Account.disabled_at.is_(None)
    )
    return session.scalar(wanted.with_for_update() if lock else wanted)


def log_in(
    session: Session, attempt: Attempt, *, keys: Keyring, now: datetime, token_times: Sequence[datetime]
) -> LoggedIn | Refused:
    """Check what was typed and begin a session, or say that it does not fit.

    `token_times` are the times a staff token may be of: the machine's, since the officer's phone knows no
    simulation, and in a simulation also the simulated one.
    """
    locked = throttle.refuse_if_locked(session, attempt.account_subject, attempt.address_subject, now=now)
    if locked is not None:
        return Refused(locked)
    account = find_account(session, attempt.kind, attempt.username, lock=True)
    right = is_password(attempt.password, account.password_hash if account else None)
    rule = rules_at(session, now).accounts
    if account is None or not right or not _second_factor(account, attempt, rule, keys, token_times):
        return _failed(session, attempt, account, now=now)
    throttle.forget(session, attempt.account_subject)
    if account.kind == Kind.ENTERPRISE and _is_over(account, now=now):
        return Refused(PasswordExpired())
    _event(session, account, attempt, ok=True, now=now)
    return start_session(session, account, now=now)


def _is_over(account: Account, *, now: datetime) -> bool:
    return account.password_expires_at is not None and account.password_expires_at <= now


def _failed(session: Session, attempt: Attempt, account: Account | None, *, now: datetime) -> Refused:
    limit = account_limit(rules_at(session, now).accounts)
    throttle.count_failure(session, attempt.account_subject, limit, now=now)
    throttle.count_failure(session, attempt.address_subject, ADDRESS_LIMIT, now=now)
    _event(session, account, attempt, ok=False, now=now)
    staff = "账号、密码或动态口令不正确" if attempt.kind is Kind.STAFF else None
    return Refused(WrongCredentials(staff))


def _event(session: Session, account: Account | None, attempt: Attempt, *, ok: bool, now: datetime) -> None:
    account_id = account.id if account else None
    actor = str(attempt.kind) if account_id is None else f"{attempt.kind}:{account_id}"
    note(session, "log_in", account_id=account_id, actor=actor, now=now, ok=ok, ip=attempt.ip)


def _second_factor(
    account: Account, attempt: Attempt, rule: Accounts, keys: Keyring, token_times: Sequence[datetime]
) -> bool:
    """Whether the token is right and new. Staff without a token seed cannot log in where one is asked for."""
    if account.kind != Kind.STAFF:
        return True
    if not rule.staff_second_factor and not attempt.totp.strip():
        return True
    if account.totp_sealed is None:
        return False
    totp = pyotp.TOTP(keys.open(account.totp_sealed, purpose=TOTP_PURPOSE).decode())
    step = _step_of(totp, attempt.totp, token_times)
    if step is None or step in account.totp_used:
        return False  # A token that was looked over somebody's shoulder is worth nothing (RFC 6238, 5.2).
    account.totp_used = [*account.totp_used, step][-_TOTP_REMEMBERED:]
    return True


def _step_of(totp: pyotp.TOTP, token: str, times: Sequence[datetime]) -> int | None:
    """The time step the token is of, within one step of any of the times."""
    typed = token.replace(" ", "")
    for at in times:
        step = int(at.astimezone(UTC).timestamp()) // _TOTP_STEP
        for near in (step, step - 1, step + 1):
            if random.compare_digest(totp.generate_otp(near).encode(), typed.encode()):
                return near
    return None


def change_password(
    session: Session, signed: Signed, *, old: str, new: str, ip: str, now: datetime
) -> Refused | None:
    """Set a new password and end all other sessions. A wrong old password counts as a failure.

    Raises:
        WeakPassword: The new one does not meet the rules.
        SamePassword: It is the old one.
    """
    rule = rules_at(session, now).accounts
    account = session.get_one(Account, signed.actor.account_id)
    subject = throttle.subject_of("account", account.kind, account.username)
    address = throttle.subject_of("address", ip)
    locked = throttle.refuse_if_locked(session, subject, address, now=now)
    if locked is not None:
        return Refused(locked)
    # The counter first, the account second, like a log-in: no two can wait for each other.
    session.refresh(account, with_for_update=True)
    if not is_password(old, account.password_hash):
        throttle.count_failure(session, subject, account_limit(rule), now=now)
        return Refused(WrongPassword())
    if old == new:
        raise SamePassword
    require_strong(new, username=account.username, rule=rule)
    set_password(account, new, rule, now=now)
    end_sessions(session, account.id, now=now, but=signed.session_id)
    note(session, "password_changed", account_id=account.id, actor=signed.actor.label, now=now, ip=ip)
    return None


def set_password(account: Account, password: str, rule: Accounts, *, now: datetime) -> None:
    """A password its holder has chosen. Staff have to choose another one after a time (C.5)."""
    account.password_hash = hash_password(password)
    account.must_change = False
    account.password_set_at = now
    is_staff = account.kind == Kind.STAFF
    account.password_expires_at = now + staff_password_term(rule) if is_staff else None
