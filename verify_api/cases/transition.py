"""The one writer of `Case.state`, and the history that comes with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Conflict
from verify_api.accounts.actor import Actor
from verify_api.cases.ground import Ground
from verify_api.cases.models import Case, CaseEvent
from verify_api.cases.states import (
    EVENT_LABELS,
    LABELS,
    TERMINAL,
    Capability,
    Event,
    State,
    Track,
    may,
    next_state,
)


class NotAllowedNow(Conflict):
    """The state of the case does not allow what was asked."""

    code = "not_allowed_in_state"


def require(case: Case, capability: Capability) -> None:
    """Refuse unless the state allows it.

    Raises:
        NotAllowedNow: It does not.
    """
    if not may(State(case.state), capability):
        raise NotAllowedNow(f"任务当前为“{LABELS[State(case.state)]}”，不能进行此操作")


def lock(session: Session, case_id: int) -> Case | None:
    """The case under `FOR UPDATE`, waiting for whoever holds it; None if there is no such case."""
    query = select(Case).where(Case.id == case_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def stand_by(session: Session, case_id: int) -> Case:
    """The case, kept from being moved until the transaction ends; any number may stand by it at once.

    Who brings evidence in time does not move the case, but nobody may move it as if he had brought none.
    """
    query = select(Case).where(Case.id == case_id).with_for_update(key_share=True, read=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def lock_free(session: Session, case_ids: Sequence[int]) -> list[Case]:
    """Those of the cases on which nobody else acts now, under `FOR UPDATE SKIP LOCKED`, by their id."""
    query = select(Case).where(Case.id.in_(case_ids)).order_by(Case.id)
    query = query.with_for_update(skip_locked=True)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def move(
    session: Session,
    case: Case,
    event: Event,
    *,
    ground: Ground,
    actor: Actor,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
    now: datetime,
) -> State:
    """Move the case by the table and append to its history. The case must be locked.

    Raises:
        TransitionMissing: The table has no such pair.
    """
    before = State(case.state)
    after = next_state(Track(case.track), before, event)
    case.state = after.value
    case.closed_at = now if after in TERMINAL else None
    _append(session, case, event.value, before, after, ground, actor, reason, facts, now)
    return after


def note(
    session: Session,
    case: Case,
    what: str,
    *,
    ground: Ground,
    actor: Actor,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Append something that happened without moving the case (a hold, a claim, a service)."""
    state = State(case.state)
    _append(session, case, what, state, state, ground, actor, reason, facts, now)


def begin(
    session: Session, case: Case, *, ground: Ground, actor: Actor, facts: Mapping[str, Any], now: datetime
) -> None:
    """First entry of a new case's history."""
    _append(session, case, "opened", None, State(case.state), ground, actor, "", facts, now)


def _append(
    session: Session,
    case: Case,
    event: str,
    before: State | None,
    after: State,
    ground: Ground,
    actor: Actor,
    reason: str,
    facts: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    # The case is locked and every entry counts its version up, so that the next number needs no question;
    # whoever forgot the lock fails on the unique (case_id, seq) and nothing is lost.
    seq = case.version + 1
    case.version = seq
    session.add(
        CaseEvent(
            case_id=case.id,
            seq=seq,
            at=now,
            event=event,
            from_state=before.value if before else None,
            to_state=after.value,
            actor=actor.label,
            reason=reason,
            policy_version=ground.version,
            facts=dict(facts or {}),
        )
    )


def spoken(event: str) -> str:
    """An event in Chinese, for pages."""
    return EVENT_LABELS.get(Event(event), event) if event in set(Event) else NOTES.get(event, event)


NOTES = {
    "opened": "建立任务",
    "claimed": "领取审核",
    "held": "暂缓",
    "released": "解除暂缓",
    "paused": "中止计时",
    "resumed": "恢复计时",
    "extended": "延长期限",
    "appealed": "提出陈述申辩",
    "appeal_decided": "陈述申辩已处理",
    "checked_in": "完成打卡",
    "review_pending": "打卡待人工复核",
    "notice_drafted": "整改通知待签发",
    "notice_refused": "不予签发整改通知",
    "notice_issued": "发出文书",
    "notice_served": "文书送达",
    "report_uploaded": "提交整改报告",
    "reason_added": "追加核查原因",
    "waiting": "系统等待",
    "recomputed": "重新计算期限",
    "proposed_step": "提请复核",
    "step_refused": "复核不同意",
    "requirement_entered": "录入标准人数",
    "requirement_withdrawn": "撤回录入的标准人数",
}
