"""Facts beside the state: holds, pauses, appeals, why the sweep waits. Opened and ended, never deleted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Conflict
from verify_api.cases.models import CaseFact


class FactKind(StrEnum):
    """What may stand beside a state."""

    HOLD = "hold"
    PAUSE = "pause"
    APPEAL = "appeal"
    NOTICE_DRAFT = "notice_draft"
    SERVICE_FAILED = "service_failed"
    WAIT = "wait"
    TRACKING = "tracking"
    FLAG = "flag"


class AlreadyStands(Conflict):
    """The same fact stands already."""

    code = "fact_already_stands"


def standing(session: Session, case_id: int, *kinds: FactKind) -> list[CaseFact]:
    """The facts that stand, oldest first; all kinds if none is named."""
    query = select(CaseFact).where(CaseFact.case_id == case_id, CaseFact.ended_at.is_(None))
    if kinds:
        query = query.where(CaseFact.kind.in_([kind.value for kind in kinds]))
    return list(session.scalars(query.order_by(CaseFact.id)))


def voids_behind(facts: Sequence[CaseFact]) -> list[int]:
    """The check-ins for whose sake these drafts of an order wait."""
    return [checkin for fact in facts for checkin in fact.detail.get("checkins", ())]


def begin(
    session: Session,
    case_id: int,
    kind: FactKind,
    *,
    by: str,
    reason: str,
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> CaseFact:
    """Let a fact stand from now on."""
    row = CaseFact(
        case_id=case_id, kind=kind.value, since=now, by=by, reason=reason, detail=dict(detail or {})
    )
    session.add(row)
    session.flush()
    return row


def end(session: Session, fact: CaseFact, *, by: str, reason: str, now: datetime) -> None:
    """The fact no longer stands."""
    fact.ended_at, fact.ended_by, fact.ended_reason = now, by, reason
    session.flush()
