"""Counting failures in the database, so that every process sees the same count.

Subjects are digests of what was typed, whether or not such an account exists: a locked stranger and a
locked account look the same.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
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


def refuse_if_locked(session: Session, subjects: Iterable[str], *, now: datetime) -> LockedOut | None:
    """The refusal, if one of the subjects is locked. Rows stay locked until the transaction ends.

    The row lock makes parallel guesses at one account queue up: a hundred at once would otherwise all
    read the count before any of them has raised it.
    """
    wait = timedelta()
    for subject in sorted(subjects):
        row = session.scalar(select(Throttle).where(Throttle.subject == subject).with_for_update())
        wait = max(wait, locked_for(_tally(row), now=now) or timedelta())
    if not wait:
        return None
    minutes = -(-int(wait.total_seconds()) // 60)
    return LockedOut(f"尝试次数过多，请{minutes}分钟后再试", retry_after_s=int(wait.total_seconds()) + 1)


def prepare(session: Session, subjects: Iterable[str], *, now: datetime) -> None:
    """Make sure a row exists for each subject, so that there is something to lock."""
    for subject in sorted(subjects):
        row = insert(Throttle).values(subject=subject, failures=0, window_from=now)
        session.execute(row.on_conflict_do_nothing())


def count_failure(session: Session, subject: str, limit: Limit, *, now: datetime) -> None:
    """One failure more."""
    row = session.get(Throttle, subject, with_for_update=True)
    tally = after_failure(_tally(row), limit, now=now)
    values = {
        "failures": tally.failures,
        "window_from": tally.window_from,
        "locked_until": tally.locked_until,
    }
    statement = insert(Throttle).values(subject=subject, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["subject"], set_=values))
    if row is not None:
        session.refresh(row)


def forget(session: Session, subject: str) -> None:
    """Start afresh, after a success."""
    session.execute(delete(Throttle).where(Throttle.subject == subject))


def purge(session: Session, *, before: datetime) -> None:
    """Drop counters nobody has touched since; strangers' guesses must not fill the table."""
    session.execute(delete(Throttle).where(Throttle.window_from < before))


def _tally(row: Throttle | None) -> Tally | None:
    return row and Tally(row.failures, row.window_from, row.locked_until)
