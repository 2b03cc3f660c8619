"""What the clock learns from messages: a delivery starts it, a failed one goes to staff (SZ-32, SZ-34)."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.db import Sessions
from verify_api.cases.documents import unserved
from verify_api.cases.each import each
from verify_api.cases.facts import FactKind
from verify_api.cases.models import Case, CaseFact
from verify_api.cases.outcomes import code_of
from verify_api.cases.serving import serve_by_receipt, service_failed
from verify_api.cases.states import State
from verify_api.cases.transition import lock
from verify_api.messages.models import Message
from verify_api.messages.queries import Delivered, did_not_arrive, newly_delivered
from verify_api.messages.service import mark_handled
from verify_api.messages.templates import Kind
from verify_api.notices.models import Notice
from verify_api.policy.service import rules_at

STARTING = (
    Kind.STOCK_INSPECTION_STARTED,
    Kind.NOTICE_ISSUED,
    Kind.REVOCATION_PROPOSED,
    Kind.REVOKED,
    Kind.LAPSED,
)


def pull_deliveries(sessions: Sessions, *, now: datetime, limit: int = 1000) -> int:
    """Record the service of what was delivered and start the clocks that wait for it; returns how many."""
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
    return serve_by_receipt(
        session,
        case,
        delivered_at=one.delivered_at,
        message_id=one.message_id,
        notice_code=code_of(one.key),
        now=now,
    )


def pull_failures(sessions: Sessions, *, now: datetime, limit: int = 1000) -> int:
    """Put cases whose message did not arrive on the staff list 送达失败; returns how many were looked at.

    Carriers answer within minutes; staff do not wait for a receipt longer than the policy says.
    """
    with sessions() as session:
        silence = timedelta(days=rules_at(session, now).messages.receipt_days)
        cases = _unlisted(session, silent_since=now - silence, limit=limit)
    return len(each(sessions, cases, lambda s, case_id: _list(s, case_id, now=now), what="failed service"))


def _unlisted(session: Session, *, silent_since: datetime, limit: int) -> list[int]:
    """Cases that still wait for what did not arrive and are not on the list.

    Those that are, or were served otherwise, keep their failed messages for ever; were they nominated again
    and again, new ones would some day not get their turn.
    """
    listed = select(CaseFact.id).where(
        CaseFact.case_id == Case.id,
        CaseFact.kind == FactKind.SERVICE_FAILED.value,
        CaseFact.ended_at.is_(None),
    )
    carried = select(Notice.id).where(
        Notice.case_id == Case.id,
        Notice.delivered_at.is_(None),
        Notice.served_at.is_(None),
        Notice.replaced_at.is_(None),
        Notice.rescinded_at.is_(None),
        Message.key.startswith(func.concat("notice:", Notice.code, ":")),
    )
    begun = (Message.kind == Kind.STOCK_INSPECTION_STARTED) & (Case.state == State.NOTIFYING)
    query = (
        select(Case.id)
        .join(Message, Message.case_id == Case.id)
        .where(Message.kind.in_(STARTING), did_not_arrive(silent_since=silent_since))
        .where(begun | carried.exists(), ~listed.exists())
    )
    return list(session.scalars(query.distinct().order_by(Case.id).limit(limit)))


def _list(session: Session, case_id: int, *, now: datetime) -> None:
    case = lock(session, case_id)
    if case is not None and (State(case.state) is State.NOTIFYING or unserved(session, case) is not None):
        service_failed(session, case, reason="短信未能送达企业联系人，须以其他方式送达", now=now)
