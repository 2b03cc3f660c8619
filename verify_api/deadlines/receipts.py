"""What the clock learns from messages: a delivery starts it, a failed one goes to staff (SZ-32, SZ-34)."""

from datetime import datetime, timedelta

from registry.db import Sessions
from verify_api.cases.serving import serve_by_receipt, service_failed
from verify_api.cases.states import State
from verify_api.cases.transition import lock
from verify_api.messages.queries import newly_delivered, undelivered
from verify_api.messages.service import mark_handled
from verify_api.messages.templates import Kind

STARTING = (Kind.STOCK_INSPECTION_STARTED, Kind.NOTICE_ISSUED)
# Carriers answer within minutes; after two days staff should not wait for one any longer.
SILENCE = timedelta(days=2)


def pull_deliveries(sessions: Sessions, *, now: datetime, limit: int = 1000) -> int:
    """Start the clocks of cases whose message was delivered; returns how many."""
    started = 0
    for kind in STARTING:
        with sessions() as session:
            found = newly_delivered(session, kind=kind, limit=limit)
        for one in found:
            with sessions.begin() as session:
                case = lock(session, one.case_id) if one.case_id is not None else None
                if not mark_handled(session, one.message_id, now=now) or case is None:
                    continue
                started += serve_by_receipt(
                    session, case, delivered_at=one.delivered_at, message_id=one.message_id, now=now
                )
    return started


def pull_failures(sessions: Sessions, *, now: datetime, limit: int = 1000) -> int:
    """Put cases whose message did not arrive on the staff list 送达失败; returns how many were looked at."""
    with sessions() as session:
        found = undelivered(session, kinds=STARTING, silent_since=now - SILENCE, limit=limit)
        cases = {message.case_id for message in found if message.case_id is not None}
    for case_id in sorted(cases):
        with sessions.begin() as session:
            case = lock(session, case_id)
            if case is None:
                continue
            awaits_notice = case.state == State.RECTIFYING and case.rectification_served_on is None
            if case.state == State.NOTIFYING or awaits_notice:
                said = "短信未能送达企业联系人，须以其他方式送达"
                service_failed(session, case, reason=said, now=now)
    return len(cases)
