"""Setting a new password with a code texted to the contact in force (SZ-05)."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from registry.crypto import Keyring
from verify_api.accounts import throttle
from verify_api.accounts.actor import Kind
from verify_api.accounts.codes import TooManyCodes, WrongCode, issue_code, subject_of, use_code
from verify_api.accounts.contacts import recipient_of
from verify_api.accounts.events import note
from verify_api.accounts.login import Refused, find_account, set_password, spelled
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.models import Account
from verify_api.accounts.rules import ADDRESS_LIMIT, CODE_ADDRESS_LIMIT, require_strong
from verify_api.accounts.sessions import end_sessions
from verify_api.messages import kinds, outbox
from verify_api.policy.service import rules_at


def request_reset(
    session: Session, *, username: str, ip: str, mailing: Mailing, now: datetime
) -> Refused | None:
    """Leave an SMS with a code, if there is such an account; the caller cannot tell (SZ-05)."""
    name = spelled(Kind.ENTERPRISE, username)
    subject = subject_of(mailing.keys, "reset", name)
    address = throttle.subject_of("code-address", ip)
    locked = throttle.refuse_if_locked(session, throttle.subject_of("code", subject), address, now=now)
    if locked is not None:
        return Refused(locked)
    throttle.count_failure(session, address, CODE_ADDRESS_LIMIT, now=now)
    try:
        code = issue_code(session, "reset", subject, keys=mailing.keys, now=now)
    except TooManyCodes as error:
        return Refused(error)
    account = find_account(session, Kind.ENTERPRISE, name)
    if account is not None:
        _text(session, account, code, mailing=mailing, now=now)
    return None


def _text(session: Session, account: Account, code: str, *, mailing: Mailing, now: datetime) -> None:
    minutes = rules_at(session, now).messages.code_minutes
    try:
        kinds.reset_code(
            session,
            to=recipient_of(session, account.enterprise_id or 0),
            key=f"reset-code:{account.id}:{now.timestamp()}",
            now=now,
            sender=mailing.sender,
            code=outbox.Secret(code, mailing.keys, now + timedelta(minutes=minutes)),
            minutes=minutes,
        )
    except outbox.TooManyCodes:
        # The phone's own limit, shared with other purposes. Saying so would tell that the account exists.
        return
    note(session, "reset_code_sent", account_id=account.id, actor="system", now=now)


def reset(
    session: Session, *, username: str, code: str, new: str, ip: str, keys: Keyring, now: datetime
) -> Refused | None:
    """Set the new password and end all sessions and locks. A wrong code is a value and counts as a try.

    Raises:
        WeakPassword: The new password does not meet the rules; no try is used up.
    """
    name = spelled(Kind.ENTERPRISE, username)
    rule = rules_at(session, now).accounts
    require_strong(new, username=name, rule=rule)
    subject, address = subject_of(keys, "reset", name), throttle.subject_of("address", ip)
    locked = throttle.refuse_if_locked(session, throttle.subject_of("code", subject), address, now=now)
    if locked is not None:
        return Refused(locked)
    wrong = use_code(session, subject, code, keys=keys, now=now)
    if wrong is not None:
        throttle.count_failure(session, address, ADDRESS_LIMIT, now=now)
        return Refused(wrong)
    # The counter first, the account second, like a log-in: no two can wait for each other.
    throttle.forget(session, throttle.subject_of("account", Kind.ENTERPRISE, name))
    account = find_account(session, Kind.ENTERPRISE, name, lock=True)
    if account is None:  # A code that nobody was sent has been guessed.
        return Refused(WrongCode())
    set_password(account, new, rule, now=now)
    end_sessions(session, account.id, now=now)
    note(session, "password_reset", account_id=account.id, actor=f"enterprise:{account.id}", now=now, ip=ip)
    return None
