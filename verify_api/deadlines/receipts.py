"""What the clock learns from messages: a delivery starts it, a failed one goes to staff (SZ-32, SZ-34)."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from registry.db import Sessions
from verify_api.cases.each import each
from verify_api.cases.serving import serve_by_receipt, service_failed
from verify_api.cases.states import State
from verify_api.cases.transition import lock
from verify_api.messages.queries import Delivered, newly_delivered, undelivered
from verify_api.messages.service import mark_handled
from verify_api.messages.templates import Kind

STARTING = (Kind.STOCK_INSPECTION_STARTED, Kind.NOTICE_ISSUED)
# Carriers answer within minutes; after two days staff should not wait for one any longer.
SILENCE = timedelta(days=2)


def pull_deliveries(sessions: Sessions, *, now: datetime, limit: int = 1000) -> int:
    """Start the clocks of cases whose message was delivered; returns how many."""
    found: dict[int, Delivered] = {}
    for kind in STARTING:
        with sessions() as session:
            found |= {one.message_id: one for one in newly_delivered(session, kind=kind, limit=limit)}
    return sum(
        each(sessions, found, lambda s, one: _start(s, found[one], now=now), what="start of the clock")
    )


def _start(session: Session, one: Delivered, *, now: datetime) -> bool:
    case = lock(session, one.case_id) if one.case_id is not None else None
    if not mark_handled(session, one.message_id, now=now) or case is None:
        return False
    return serve_by_receipt(session, case, delivered_at=one.delivered_at, message_id=one.message_id, now=now)


def pull_failures(sessions: Sessions, *, now: datetime, limit: int = 1000) -> int:
    """Put cases whose message did not arrive on the staff list 送达失败; returns how many were looked at."""
    with sessions() as session:
        found = undelivered(session, kinds=STARTING, silent_since=now - SILENCE, limit=limit)
        cases = sorted({message.case_id for message in found if message.case_id is not None})
    return len(each(sessions, cases, lambda s, case_id: _list(s, case_id, now=now), what="failed service"))


def _list(session: Session, case_id: int, *, now: datetime) -> None:
    case = lock(session, case_id)
    if case is None:
        return
    awaits_notice = case.state == State.RECTIFYING and case.rectification_served_on is None
    if case.state == State.NOTIFYING or awaits_notice:
        service_failed(session, case, reason="短信未能送达企业联系人，须以其他方式送达", now=now)
