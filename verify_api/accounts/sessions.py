"""Sessions of accounts: an opaque random token with its holder, its digest here, so that it can be ended."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload

from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.accounts.models import Account, AccountSession
from verify_api.accounts.rules import SESSION_TOUCH, is_live, session_term
from verify_api.policy.service import rules_at


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session has begun. The token is shown this once."""

    token: str
    expires_at: datetime
    actor: Actor
    must_change: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """Whom a token stands for, and what is still asked of them."""

    actor: Actor
    session_id: int
    must_change: bool


def actor_of(account: Account) -> Actor:
    """The actor an account stands for."""
    return Actor(
        kind=Kind(account.kind),
        account_id=account.id,
        name=account.name,
        role=Role(account.role) if account.role else None,
        enterprise_id=account.enterprise_id,
        person_id=account.person_id,
    )


def must_change(account: Account, *, now: datetime) -> bool:
    """Whether a new password is due: a one-time password, or a staff password older than its term."""
    expires_at = account.password_expires_at
    return account.must_change or (expires_at is not None and expires_at <= now)


def start_session(session: Session, account: Account, *, now: datetime) -> LoggedIn:
    """Begin a session under a new token; nothing the caller held before is taken over (fixation)."""
    token = secrets.token_urlsafe(32)
    row = AccountSession(
        account_id=account.id,
        token_digest=_digest(token),
        created_at=now,
        last_seen_at=now,
        expires_at=now + session_term(rules_at(session, now).accounts),
    )
    session.add(row)
    session.flush()
    return LoggedIn(token, row.expires_at, actor_of(account), must_change(account, now=now))


def authenticate(session: Session, token: str, *, now: datetime) -> Signed | None:
    """Whom the token stands for; None if it is unknown, ended, too old, idle or its account disabled."""
    row = session.scalar(
        select(AccountSession)
        .where(AccountSession.token_digest == _digest(token))
        .options(joinedload(AccountSession.account))
    )
    if row is None or row.account.disabled_at is not None:
        return None
    idle = timedelta(minutes=rules_at(session, now).accounts.idle_minutes)
    if not is_live(
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        idle=idle,
        now=now,
    ):
        return None
    if now - row.last_seen_at >= SESSION_TOUCH:
        _touch(session, row.id, now=now)
    return Signed(actor_of(row.account), row.id, must_change(row.account, now=now))


def end_session(session: Session, token: str, *, now: datetime) -> None:
    """End the session of this token; that there is none is fine."""
    session.execute(
        update(AccountSession)
        .where(AccountSession.token_digest == _digest(token), AccountSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def end_sessions(session: Session, account_id: int, *, now: datetime, but: int | None = None) -> None:
    """End all sessions of an account, except one if named."""
    ended = update(AccountSession).where(
        AccountSession.account_id == account_id, AccountSession.revoked_at.is_(None)
    )
    if but is not None:
        ended = ended.where(AccountSession.id != but)
    session.execute(ended.values(revoked_at=now))


def purge(session: Session, *, before: datetime) -> None:
    """Drop sessions that were over by then. What happened in them is told elsewhere."""
    session.execute(delete(AccountSession).where(AccountSession.expires_at < before))


def _digest(token: str) -> str:
    # 256 random bits need no slow hash: there is nothing to guess.
    return hashlib.sha256(token.encode()).hexdigest()


def _touch(session: Session, session_id: int, *, now: datetime) -> None:
    """Mark the session as used, unless another request holds the row: that one is marking it already.

    Waiting here would make a page wait for a long poll of the same session to end.
    """
    free = select(AccountSession.id).where(AccountSession.id == session_id).with_for_update(skip_locked=True)
    session.execute(
        update(AccountSession)
        .where(AccountSession.id.in_(free.scalar_subquery()))
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )
