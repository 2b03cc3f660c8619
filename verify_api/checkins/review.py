"""What officers decide about check-ins of the review band."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Conflict, Invalid, NotFound, Reason
from verify_api.accounts.actor import Actor, Role
from verify_api.cases.access import require_role
from verify_api.cases.models import Case, PersonList
from verify_api.cases.states import Capability
from verify_api.cases.transition import lock, require
from verify_api.checkins import queries
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.verdict import Verdict
from verify_api.checkins.verification import conclude

REFUSED_BY_STAFF = "refused_by_staff"


class AttemptUnknown(NotFound):
    """No such attempt."""

    code = "attempt_not_found"
    message = "打卡记录不存在"


class NotInReview(Conflict):
    """The attempt has been decided, or is not for officers to decide."""

    code = "attempt_not_in_review"
    message = "该打卡记录不在人工复核中"


class ReasonNeeded(Invalid):
    """An officer's decision needs a reason."""

    code = "reason_missing"
    message = "请填写理由"


def decide_review(
    session: Session, *, public_id: str, is_accepted: bool, reason: str, actor: Actor, now: datetime
) -> Attempt:
    """An officer judges a check-in of the review band, having seen both pictures.

    The check-in counts from when it was received, not from when the officer had time.

    Raises:
        NotInReview, ReasonNeeded, AttemptUnknown, RoleMissing: As they say.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    if not reason.strip():
        raise ReasonNeeded
    attempt, case = locked(session, public_id)
    if attempt.state != AttemptState.NEEDS_REVIEW:
        raise NotInReview
    attempt.measures = (attempt.measures or {}) | {
        "staff": {"by": actor.label, "at": now.isoformat(), "accepted": is_accepted, "reason": reason.strip()}
    }
    conclude(
        session,
        case,
        attempt,
        _staff_verdict(session, case, attempt, is_accepted, reason),
        actor=actor,
        now=now,
    )
    return attempt


def _staff_verdict(session: Session, case: Case, attempt: Attempt, is_accepted: bool, reason: str) -> Verdict:
    if not is_accepted:
        said = Reason(REFUSED_BY_STAFF, f"人工复核未通过：{reason.strip()}", "请重新打卡，或到窗口现场核验")
        return Verdict(AttemptState.REJECTED, (said,))
    require(case, Capability.CHECK_IN)
    row = session.get(PersonList, attempt.list_id)
    if row is None or not queries.is_in_force(session, row):
        raise NotInReview("打卡名单已被撤销或更换")
    if queries.standing_checkin(session, row.id, attempt.person_id) is not None:
        return Verdict(AttemptState.REJECTED, (Reason("already_accepted", "您已完成本次打卡，无需重复打卡"),))
    return Verdict(AttemptState.ACCEPTED, ())


def locked(session: Session, public_id: str) -> tuple[Attempt, Case]:
    """The case first, then the attempt, like everybody else: no two can lock each other out."""
    case_id = session.scalar(select(Attempt.case_id).where(Attempt.public_id == public_id))
    if case_id is None:
        raise AttemptUnknown
    case = lock(session, case_id)
    assert case is not None
    attempt = session.scalars(
        select(Attempt)
        .where(Attempt.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return attempt, case
