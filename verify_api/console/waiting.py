"""What waits and for whom: guards, failed services, statements, steps that lack a second signature."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from verify_api.cases import queries
from verify_api.cases.ground import Ground
from verify_api.cases.models import Case
from verify_api.deadlines.rules import working_days_after
from verify_api.pages.words import local

KINDS = {
    "wait": "系统等待",
    "service_failed": "送达失败",
    "notice_draft": "待签发",
    "hold": "暂缓",
    "appeal": "陈述申辩",
    "pause": "中止计时",
    "proposal": "待复核",
}
# What an officer has to do something about; the others end by themselves, or stand because one wants them to.
FOR_AN_OFFICER = frozenset({"service_failed", "notice_draft", "appeal", "proposal"})
PROPOSED = {
    "void_approval": "撤销审核通过",
    "restore_checkin": "撤销打卡不合格认定",
    "rescind_notice": "撤销整改通知",
    "rescind_decision": "撤销决定",
    "revoke": "决定撤回资质",
    "keep": "决定不予撤回",
    "window_verification": "窗口现场核验",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits. `is_late`: for an officer, and for longer than the office has set itself."""

    kind: str
    case: Case
    reason: str
    since: datetime
    is_late: bool

    @property
    def label(self) -> str:
        """What kind of waiting it is."""
        return KINDS[self.kind]


def waiting(session: Session, *, ground: Ground) -> Sequence[Waiting]:
    """Everything that waits, the longest wait first."""
    found = [(fact.kind, case, fact.reason, fact.since) for fact, case in queries.waiting_room(session)]
    found += [
        ("proposal", case, f"{PROPOSED[row.action]}：{row.reason}", row.proposed_at)
        for row, case in queries.unconfirmed(session)
    ]
    found.sort(key=lambda one: one[3])
    return [
        Waiting(kind, case, reason, since, kind in FOR_AN_OFFICER and target_of(ground, since) < ground.today)
        for kind, case, reason, since in found
    ]


def target_of(ground: Ground, since: datetime) -> date:
    """The day until which the office means to have acted (SZ-26): never a deemed approval."""
    days = ground.policy.review.target_working_days
    return working_days_after(
        local(since).date(), days, calendar=ground.calendar, basis="内部审核时限"
    ).last_day
