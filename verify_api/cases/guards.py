"""Why an adverse step waits (DOMAIN §0). The rule is pure; `gather` picks what it looks at.

The service fails towards waiting: a wrong revocation costs a firm its licence, a late one a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise, ItemStatus, QualificationItem
from verify_api.cases.dossier import Dossier
from verify_api.cases.facts import FactKind, begin, end
from verify_api.cases.models import Case, CaseDeadline, CaseFact
from verify_api.cases.states import RECTIFICATION, State
from verify_api.cases.timing import DeadlineKind


class WaitReason(StrEnum):
    """Each reason why the sweep waits, as shown on the case and in the staff list."""

    UNDECIDED_CHECKIN = "undecided_checkin"  # (a)
    OPEN_APPEAL = "open_appeal"  # (b)
    PAUSED = "paused"  # (b)
    CALENDAR_UNKNOWN = "calendar_unknown"  # (c)
    NOT_SERVED = "not_served"  # (d)
    HELD = "held"  # (e)
    NOTICE_AWAITS_OFFICER = "notice_awaits_officer"  # rectification.issue = draft
    DECISION_AWAITS_OFFICER = "decision_awaits_officer"  # revocation.mode = decision
    NOTHING_LEFT = "nothing_left"  # the firm or every item is gone: there is nobody to act against
    STEP_FAILED = "step_failed"  # the step raised: nothing happened, somebody has to look


WAIT_LABELS = {
    WaitReason.UNDECIDED_CHECKIN: "期限内提交的打卡尚无结论",
    WaitReason.OPEN_APPEAL: "陈述申辩正在处理",
    WaitReason.PAUSED: "因不可抗力中止计时",
    WaitReason.CALENDAR_UNKNOWN: "期限所在年度的节假日安排尚未载入",
    WaitReason.NOT_SERVED: "启动期限的文书尚无送达凭证",
    WaitReason.HELD: "工作人员已暂缓处理",
    WaitReason.NOTICE_AWAITS_OFFICER: "整改通知书待工作人员签发",
    WaitReason.DECISION_AWAITS_OFFICER: "陈述申辩期限已满，待决定人作出决定",
    WaitReason.NOTHING_LEFT: "企业已注销、迁出，或者所涉资质均已不在有效状态，请核实后取消任务",
    WaitReason.STEP_FAILED: "系统处理出错，未作任何处理，请系统管理员查看日志",
}


@dataclass(frozen=True, slots=True)
class GuardFacts:
    """What the guards look at, as plain values."""

    undecided_checkins: int
    has_appeal: bool
    has_pause: bool
    is_provisional: bool
    needs_service: bool
    has_service: bool
    has_hold: bool
    is_term: bool  # a certificate's own last day, which no act of ours brings about
    has_valid_item: bool


def waits(facts: GuardFacts) -> tuple[WaitReason, ...]:
    """Every reason why no adverse step may be taken now; empty if it may."""
    found = (
        (WaitReason.UNDECIDED_CHECKIN, facts.undecided_checkins > 0),
        (WaitReason.OPEN_APPEAL, facts.has_appeal),
        (WaitReason.PAUSED, facts.has_pause),
        (WaitReason.CALENDAR_UNKNOWN, facts.is_provisional),
        (WaitReason.NOT_SERVED, facts.needs_service and not facts.has_service),
        (WaitReason.HELD, facts.has_hold),
        (WaitReason.NOTHING_LEFT, not facts.is_term and not facts.has_valid_item),
    )
    return tuple(reason for reason, stands in found if stands)


def gather(dossier: Dossier, deadline: CaseDeadline, *, undecided_checkins: int) -> GuardFacts:
    """The facts, as they were read under the case's lock.

    `undecided_checkins` counts the check-ins received before the deadline that have no verdict, queued or
    before an officer (a). The caller brings it, since check-ins lie above cases.
    """
    case, kinds = dossier.case, {fact.kind for fact in dossier.facts}
    return GuardFacts(
        undecided_checkins=undecided_checkins,
        has_appeal=FactKind.APPEAL in kinds,
        has_pause=FactKind.PAUSE in kinds,
        is_provisional=deadline.is_provisional,
        needs_service=State(case.state) in RECTIFICATION,
        has_service=case.rectification_served_on is not None,
        has_hold=FactKind.HOLD in kinds,
        is_term=deadline.kind == DeadlineKind.EXPIRE,
        has_valid_item=has_valid_item(dossier.enterprise, dossier.items),
    )


def has_valid_item(enterprise: Enterprise, items: Sequence[QualificationItem]) -> bool:
    """Whether there is anything left that a step of the verification could be about."""
    return enterprise.is_active and any(item.status == ItemStatus.VALID for item in items)


def remember(
    session: Session,
    case: Case,
    reasons: tuple[WaitReason, ...],
    *,
    standing: Sequence[CaseFact],
    now: datetime,
) -> None:
    """Bring the waiting room up to date: one standing fact per reason, ended when the reason is gone."""
    kept = {fact.detail.get("reason"): fact for fact in standing if fact.kind == FactKind.WAIT}
    for reason in reasons:
        if reason.value not in kept:
            label = WAIT_LABELS[reason]
            detail = {"reason": reason.value}
            begin(session, case.id, FactKind.WAIT, by="system", reason=label, detail=detail, now=now)
    for known, fact in kept.items():
        if known not in reasons:
            end(session, fact, by="system", reason="原因已消除", now=now)
