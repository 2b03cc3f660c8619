"""What follows when a case enters a state: the next deadline, and the consequences of law.

Called right after `transition.move`, in the same transaction, under the case's lock.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.enterprises.models import QualificationItem
from verify_api.cases import outcomes
from verify_api.cases.dossier import Dossier, read
from verify_api.cases.facts import FactKind, begin
from verify_api.cases.ground import Ground
from verify_api.cases.models import Case, CaseDeadline, CaseItem
from verify_api.cases.pauses import days_stood
from verify_api.cases.states import State, Track
from verify_api.cases.timing import Facts, planned, start, stop
from verify_api.notices.models import NoticeKind
from verify_api.notices.queries import in_force

CAPPED = frozenset({State.RECTIFICATION_REJECTED, State.RECHECKING_IN})
CONSEQUENCES = {
    State.PASSED: outcomes.on_passed,
    State.AWAITING_LAPSE: outcomes.on_awaiting_lapse,
    State.LAPSED: outcomes.on_lapsed,
    State.RECTIFYING: outcomes.on_rectifying,
    State.RECTIFIED: outcomes.on_rectified,
    State.REVOCATION_PROPOSED: outcomes.on_proposed,
    State.REVOKED: outcomes.on_revoked,
    State.NOT_REVOKED: outcomes.on_not_revoked,
    State.CANCELLED: outcomes.on_cancelled,
}


def enter(
    session: Session,
    case: Case,
    *,
    ground: Ground,
    is_restart: bool = False,
    report_days: int | None = None,
    now: datetime,
) -> CaseDeadline | None:
    """Let the state's deadline run and its consequences happen; returns the deadline, if one runs.

    `report_days` goes into the 整改通知书, for which an officer may set a term of his own.
    """
    stop(session, case, reason="state_changed", now=now)
    deadline = _run(session, case, ground=ground, is_restart=is_restart, now=now)
    if State(case.state) in CONSEQUENCES:
        [dossier] = read(session, [case])
        if report_days is not None:
            outcomes.on_rectifying(session, dossier, report_days=report_days, ground=ground, now=now)
            return deadline
        CONSEQUENCES[State(case.state)](session, dossier, ground=ground, now=now)
    return deadline


def enter_as_read(session: Session, dossier: Dossier, *, ground: Ground, now: datetime) -> None:
    """The same for a case that has been read and whose deadline has been halted."""
    _run(session, dossier.case, ground=ground, is_restart=False, now=now)
    consequence = CONSEQUENCES.get(State(dossier.case.state))
    if consequence is not None:
        consequence(session, dossier, ground=ground, now=now)


def _run(
    session: Session, case: Case, *, ground: Ground, is_restart: bool, now: datetime
) -> CaseDeadline | None:
    state = State(case.state)
    if state is State.RECTIFYING:
        case.rectification_served_on = None  # A new notice starts a new clock, by its own service.
    facts = days_of(session, case, ground, is_restart=is_restart, now=now)
    plan = planned(Track(case.track), state, facts, ground)
    if plan is None:
        return None
    deadline = start(session, case, plan[0], plan[1], ground=ground, now=now)
    if state in CAPPED:
        _hold_what_nobody_could_meet(session, case, deadline, ground, now)
    if (case.track, state) == (Track.FIRST, State.REJECTED) and deadline.due_at <= now:
        # Sent in time: the time was the bureau's.
        said = "名单审核期间资质证书有效期已经届满，须由工作人员处理"
        begin(session, case.id, FactKind.HOLD, by="system", reason=said, now=now)
    return deadline


def _hold_what_nobody_could_meet(
    session: Session, case: Case, deadline: CaseDeadline, ground: Ground, now: datetime
) -> None:
    """The three-month cap may fall so early that nobody could keep it: an officer must look (22号令 28).

    With so little left of it, the time was eaten by the bureau, not by the firm.
    """
    if (deadline.last_day - ground.today).days < ground.policy.rectification.hold_below_days:
        said = "审核用时占用了整改期限，剩余时间不足，须由工作人员处理"
        begin(session, case.id, FactKind.HOLD, by="system", reason=said, now=now)


def days_of(
    session: Session, case: Case, ground: Ground, *, is_restart: bool = False, now: datetime
) -> Facts:
    """The days that this case's deadlines count from."""
    first_issued_on, valid_to = ground.today, ground.today
    if case.track == Track.FIRST:  # No deadline of a STOCK case counts from a certificate.
        query = (
            select(func.min(QualificationItem.first_issued_on), func.min(QualificationItem.valid_to))
            .join(CaseItem, CaseItem.item_id == QualificationItem.id)
            .where(CaseItem.case_id == case.id)
        )
        first_issued_on, valid_to = session.execute(query).one()
    return Facts(
        today=ground.today,
        first_issued_on=first_issued_on,
        valid_to=valid_to,
        served_on=None,
        rectification_served_on=case.rectification_served_on,
        report_days=_own_term(session, case),
        days_stood=days_stood(session, case, now=now),
        is_restart=is_restart,
    )


def _own_term(session: Session, case: Case) -> int | None:
    """The days an officer set in the order that was served; None where the policy's months count."""
    if case.rectification_served_on is None:
        return None
    notice = in_force(session, case.id, NoticeKind.RECTIFICATION)
    return notice.context.get("report_days") if notice is not None else None
