"""Steps one officer takes alone, with a reason: 取消, 重新开启, 签发."""

from datetime import datetime

from sqlalchemy.orm import Session

from registry.errors import Conflict
from verify_api.accounts.actor import Actor, Role
from verify_api.cases.access import require_role
from verify_api.cases.facts import FactKind, end, standing
from verify_api.cases.ground import ground_on
from verify_api.cases.handwork.reasons import NothingStands, reasoned, restart_case
from verify_api.cases.models import Case
from verify_api.cases.states import Capability, Event
from verify_api.cases.steps import enter
from verify_api.cases.timing import running, stop
from verify_api.cases.transition import move, require


def cancel(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """取消任务, by the authority with a reason."""
    require_role(actor, Role.ADMIN)
    reasoned(reason)
    require(case, Capability.CANCEL)
    ground = ground_on(session, now=now)
    move(session, case, Event.CANCELLED, ground=ground, actor=actor, reason=reason, now=now)
    enter(session, case, ground=ground, now=now)


def reopen(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """FIRST, waiting to lapse: the authority gives a fresh month (SZ-30d)."""
    require_role(actor, Role.ADMIN)
    reasoned(reason)
    require(case, Capability.REOPEN)
    restart_case(session, case, Event.REOPENED, reason, actor, now)


def issue_draft(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """签发: an officer sends the 整改通知书 that policy had left as a draft.

    Raises:
        NothingStands: No draft waits. Conflict: A guard still holds.
    """
    require_role(actor, Role.ADMIN)
    drafts = standing(session, case.id, FactKind.NOTICE_DRAFT)
    if not drafts:
        raise NothingStands("没有待签发的整改通知书")
    if standing(session, case.id, FactKind.HOLD, FactKind.PAUSE, FactKind.APPEAL):
        raise Conflict("尚有未解除的暂缓、中止或陈述申辩，不能签发", code="guard_stands")
    event = Event(drafts[-1].detail["event"])
    current = running(session, case.id)
    if event is Event.MISSED and (current is None or current.is_provisional or current.due_at > now):
        raise NothingStands("期限尚未届满，不能签发整改通知书")
    for fact in drafts:
        end(session, fact, by=actor.label, reason="已签发", now=now)
    ground = ground_on(session, now=now)
    if event is Event.MISSED:
        stop(session, case, reason="missed", now=now)
    said = reason.strip() or drafts[-1].reason
    move(session, case, event, ground=ground, actor=actor, reason=said, now=now)
    enter(session, case, ground=ground, now=now)
