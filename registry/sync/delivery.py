"""Telling the upstream what was decided here. Rows are written with the decision; this sends them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from registry.db import Sessions
from registry.enterprises.models import Certificate, Enterprise, QualificationItem, UpstreamChange
from registry.sync.upstream import GiveUp, Raw, Upstream, UpstreamError

LEASE = timedelta(minutes=2)  # Longer than the client's time-outs: nobody else sends the row meanwhile.
RETRY_MIN = timedelta(minutes=1)
RETRY_MAX = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many rows were sent, postponed and given up."""

    sent: int
    postponed: int
    given_up: int


@dataclass(frozen=True, slots=True)
class _Parcel:
    row_id: int
    uscc: str
    body: Raw


def deliver_changes(sessions: Sessions, upstream: Upstream, now: datetime, *, limit: int = 200) -> Delivered:
    """Send what is due, oldest first and in order per 资质项.

    A row is leased in one transaction, sent with none open, and settled in a third. A crash in between sends
    it again under the same `id`, which the upstream knows as a repetition.
    """
    tally = {"sent": 0, "postponed": 0, "given_up": 0}
    for _ in range(limit):
        with sessions.begin() as session:
            parcel = _lease(session, now=now)
        if parcel is None:
            break
        outcome = _send(upstream, parcel)
        with sessions.begin() as session:
            tally[_settle(session, parcel.row_id, outcome, now=now)] += 1
    return Delivered(**tally)


def _lease(session: Session, *, now: datetime) -> _Parcel | None:
    earlier = aliased(UpstreamChange)
    waits = exists().where(
        earlier.item_id == UpstreamChange.item_id,
        earlier.id < UpstreamChange.id,
        earlier.delivered_at.is_(None),
        earlier.gave_up_at.is_(None),
    )
    row = session.scalars(
        select(UpstreamChange)
        .where(
            UpstreamChange.delivered_at.is_(None),
            UpstreamChange.gave_up_at.is_(None),
            UpstreamChange.next_attempt_at <= now,
            ~waits,
        )
        .order_by(UpstreamChange.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    row.attempts += 1
    row.next_attempt_at = now + LEASE
    item = session.get_one(QualificationItem, row.item_id)
    return _Parcel(row.id, session.get_one(Enterprise, item.enterprise_id).uscc, _body(session, row, item))


def _body(session: Session, row: UpstreamChange, item: QualificationItem) -> Raw:
    number = session.get_one(Certificate, item.certificate_id).number
    return {
        "id": str(row.reference),
        "item": {"certificate": number, "category": item.category, "grade": item.grade},
        "change": row.change,
        "at": row.at.isoformat(),
        "reason": row.reason,
    }


def _send(upstream: Upstream, parcel: _Parcel) -> UpstreamError | None:
    try:
        upstream.send_change(parcel.uscc, parcel.body)
    except UpstreamError as error:
        return error
    return None


def _settle(session: Session, row_id: int, outcome: UpstreamError | None, *, now: datetime) -> str:
    row = session.get_one(UpstreamChange, row_id, with_for_update=True)
    if outcome is None:
        row.delivered_at, row.last_error = now, ""
        return "sent"
    row.last_error = outcome.code
    if isinstance(outcome, GiveUp):
        row.gave_up_at = now
        return "given_up"
    row.next_attempt_at = now + min(RETRY_MIN * 2 ** min(row.attempts - 1, 12), RETRY_MAX)
    return "postponed"


def undelivered(session: Session) -> list[UpstreamChange]:
    """Rows the upstream has not taken: still trying, or given up and waiting for a person."""
    return list(
        session.scalars(
            select(UpstreamChange).where(UpstreamChange.delivered_at.is_(None)).order_by(UpstreamChange.id)
        )
    )
