"""Counting failures in the database, so that every process sees the same count.

Subjects are digests of what was typed, whether or not such an account exists: a locked stranger and a
locked account look the same.
"""

import hashlib
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.errors import TooMany
from verify_api.accounts.models import Throttle
from verify_api.accounts.rules import Limit, Tally, after_failure, locked_for


class LockedOut(TooMany):
    """Too many failures for this account or from this address."""

    code = "login_locked"
    message = "尝试次数过多，已暂时锁定"
    hint = "请稍后再试；企业也可以通过“忘记密码”用短信验证码重置密码"


def subject_of(*parts: str) -> str:
    """The key of a counter."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def refuse_if_locked(session: Session, account: str, address: str, *, now: datetime) -> LockedOut | None:
    """The refusal, if the account's or the address's counter is locked.

    The account's row stays locked until the transaction ends, so that parallel guesses queue up: a hundred
    at once would otherwise all read the count before any of them has raised it. The address's row does
    not: many honest people share one.
    """
    for subject in (account, address):
        row = insert(Throttle).values(subject=subject, failures=0, window_from=now)
        session.execute(row.on_conflict_do_nothing())
    tallies = (
        session.get_one(Throttle, account, with_for_update=True, populate_existing=True),
        session.get_one(Throttle, address, populate_existing=True),
    )
    waits = [wait for wait in (locked_for(_tally(row), now=now) for row in tallies) if wait]
    if not waits:
        return None
    seconds = int(max(waits).total_seconds()) + 1
    return LockedOut(f"尝试次数过多，请{-(-seconds // 60)}分钟后再试", retry_after_s=seconds)


def count_failure(session: Session, subject: str, limit: Limit, *, now: datetime) -> None:
    """One failure more, on a row that `refuse_if_locked` has made."""
    row = session.get_one(Throttle, subject, with_for_update=True, populate_existing=True)
    tally = after_failure(_tally(row), limit, now=now)
    row.failures, row.window_from, row.locked_until = tally.failures, tally.window_from, tally.locked_until
    session.flush()


def forget(session: Session, subject: str) -> None:
    """Start afresh, after a success. The row stays: somebody may be waiting for its lock."""
    values = {"failures": 0, "locked_until": None}
    session.execute(update(Throttle).where(Throttle.subject == subject).values(**values))


def purge(session: Session, *, before: datetime) -> None:
    """Drop counters nobody has touched since; strangers' guesses must not fill the table."""
    session.execute(delete(Throttle).where(Throttle.window_from < before))


def _tally(row: Throttle) -> Tally:
    return Tally(row.failures, row.window_from, row.locked_until)
