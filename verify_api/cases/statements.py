"""陈述申辩 as it comes in: on the platform, or in writing and entered by an officer (C.3)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Conflict
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.cases.access import require_role
from verify_api.cases.facts import FactKind
from verify_api.cases.handwork import appeal
from verify_api.cases.models import Case, CaseFact
from verify_api.cases.states import RECTIFICATION, TERMINAL, State

# Where something adverse is in sight, and a firm has to find the form: the order to rectify says so itself.
INVITED = RECTIFICATION | {State.REVOCATION_PROPOSED, State.AWAITING_LAPSE}


class StatementTooLate(Conflict):
    """The case has ended; what was decided is contested elsewhere."""

    code = "statement_too_late"
    message = "任务已经结束，不能再提出陈述申辩"
    hint = "对决定不服的，可以依法申请行政复议或者提起行政诉讼"


def put_forward(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> CaseFact:
    """What the firm says in its defence, itself or through the officer who received it; on the locked case.

    Raises:
        StatementTooLate: The case has ended.
        ReasonNeeded, AlreadyStands: Nothing was said, or one is still being dealt with.
    """
    if actor.kind is Kind.STAFF:
        require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    if State(case.state) in TERMINAL:
        raise StatementTooLate
    return appeal(session, case, reason=reason, actor=actor, now=now)


def statements(session: Session, case_id: int) -> list[CaseFact]:
    """What was put forward, the newest first, each with its answer once there is one."""
    query = select(CaseFact).where(CaseFact.case_id == case_id, CaseFact.kind == FactKind.APPEAL.value)
    return list(session.scalars(query.order_by(CaseFact.id.desc())))
