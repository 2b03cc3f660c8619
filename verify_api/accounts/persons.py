"""Accounts of check-in persons: a WeChat user bound to a person of the registry by an SMS code."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.people.models import Person
from verify_api.accounts import throttle
from verify_api.accounts.actor import Kind
from verify_api.accounts.codes import TooManyCodes, WrongCode, issue_code, subject_of, use_code
from verify_api.accounts.events import note
from verify_api.accounts.login import Refused
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.models import Account
from verify_api.accounts.rules import CODE_ADDRESS_LIMIT
from verify_api.accounts.sessions import LoggedIn, end_sessions, start_session
from verify_api.messages import kinds, outbox
from verify_api.policy.service import rules_at

_OPENID = "accounts.openid"
_ID_NUMBER = "people.id_number"  # As the registry digests it.


def log_in_person(session: Session, *, openid: str, keys: Keyring, now: datetime) -> LoggedIn | None:
    """Begin a session for a WeChat user who is bound; None for one who is not.

    `openid` comes from WeChat's server in exchange for a log-in code, never from the phone.
    """
    account = _account(session, openid, keys)
    return None if account is None else start_session(session, account, now=now)


def request_binding(
    session: Session, *, name: str, id_number: str, ip: str, mailing: Mailing, now: datetime
) -> Refused | None:
    """Text a code to the person's number in the registry; the caller cannot tell whether there is one."""
    subject = _binding_subject(mailing.keys, name, id_number)
    address = throttle.subject_of("code-address", ip)
    locked = throttle.refuse_if_locked(session, throttle.subject_of("code", subject), address, now=now)
    if locked is not None:
        return Refused(locked)
    throttle.count_failure(session, address, CODE_ADDRESS_LIMIT, now=now)
    try:
        code = issue_code(session, "bind", subject, keys=mailing.keys, now=now)
    except TooManyCodes as error:
        return Refused(error)
    person = _person(session, name, id_number, mailing.keys)
    if person is not None:
        _text(session, person, code, mailing=mailing, now=now)
    return None


def bind(
    session: Session,
    *,
    openid: str,
    name: str,
    id_number: str,
    code: str,
    ip: str,
    keys: Keyring,
    now: datetime,
) -> LoggedIn | Refused:
    """Bind a WeChat user to the person with the code that was texted, and begin a session.

    A person has one WeChat user and a WeChat user one person: older bindings of either end here.
    """
    wrong = use_code(session, _binding_subject(keys, name, id_number), code, keys=keys, now=now)
    if wrong is not None:
        return Refused(wrong)
    person = _person(session, name, id_number, keys, lock=True)
    if person is None:  # A code that nobody was sent has been guessed.
        return Refused(WrongCode())
    username = keys.digest(openid, purpose=_OPENID)
    _unbind(session, person, username, now=now)
    account = Account(
        kind=Kind.PERSON,
        username=username,
        name=person.name,
        person_id=person.id,
        created_at=now,
        totp_used=[],
    )
    session.add(account)
    session.flush()
    note(session, "person_bound", account_id=account.id, actor=f"person:{account.id}", now=now, ip=ip)
    return start_session(session, account, now=now)


def _unbind(session: Session, person: Person, username: str, *, now: datetime) -> None:
    """End every binding of this person or this WeChat user."""
    of_either = (Account.person_id == person.id) | (Account.username == username)
    standing = select(Account).where(Account.kind == Kind.PERSON, Account.disabled_at.is_(None), of_either)
    for old in session.scalars(standing):
        end_sessions(session, old.id, now=now)
        # The name is freed for the new binding; what the old account did stays under its own id.
        values = {"disabled_at": now, "username": f"{old.username}:{old.id}"}
        session.execute(update(Account).where(Account.id == old.id).values(**values))


def _account(session: Session, openid: str, keys: Keyring) -> Account | None:
    return session.scalar(
        select(Account).where(
            Account.kind == Kind.PERSON,
            Account.username == keys.digest(openid, purpose=_OPENID),
            Account.disabled_at.is_(None),
        )
    )


def _person(
    session: Session, name: str, id_number: str, keys: Keyring, *, lock: bool = False
) -> Person | None:
    digest = keys.digest(_spelled(id_number), purpose=_ID_NUMBER)
    wanted = select(Person).where(Person.id_digest == digest, Person.name == name.strip())
    return session.scalar(wanted.with_for_update() if lock else wanted)


def _binding_subject(keys: Keyring, name: str, id_number: str) -> str:
    return subject_of(keys, "bind", name.strip(), _spelled(id_number))


def _spelled(id_number: str) -> str:
    return "".join(id_number.split()).upper()


def _text(session: Session, person: Person, code: str, *, mailing: Mailing, now: datetime) -> None:
    minutes = rules_at(session, now).messages.code_minutes
    try:
        kinds.bind_code(
            session,
            to=outbox.Recipient(person.phone, person.name),
            key=f"bind-code:{person.id}:{now.timestamp()}",
            now=now,
            sender=mailing.sender,
            code=outbox.Secret(code, mailing.keys, now + timedelta(minutes=minutes)),
            minutes=minutes,
        )
    except outbox.TooManyCodes:
        return  # The phone's own limit. Saying so would tell that the person is known.
