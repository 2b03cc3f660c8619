"""Every step that takes two officers, whichever layer it lies in."""

from datetime import datetime

from sqlalchemy.orm import Session

from registry.errors import Invalid
from verify_api.accounts.actor import Actor
from verify_api.cases import handwork
from verify_api.cases.models import Case, Proposal
from verify_api.checkins.restoring import RESTORE, STEPS, propose_restore
from verify_api.console.bodies import Step


class PersonMissing(Invalid):
    """The step concerns one person's check-in."""

    code = "person_missing"
    message = "请选择被认定打卡不合格的人员"


def propose_step(session: Session, case: Case, given: Step, *, actor: Actor, now: datetime) -> Proposal:
    """First signature.

    Raises:
        PersonMissing: The step concerns somebody's check-in, and nobody is named.
    """
    if given.action != RESTORE:
        return handwork.propose(session, case, action=given.action, reason=given.reason, actor=actor, now=now)
    if given.person is None:
        raise PersonMissing
    return propose_restore(session, case, person_id=given.person, reason=given.reason, actor=actor, now=now)


def confirm_step(
    session: Session,
    case: Case,
    proposal: Proposal,
    *,
    is_agreed: bool,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Second signature."""
    handwork.confirm(
        session, case, proposal, is_agreed=is_agreed, reason=reason, steps=STEPS, actor=actor, now=now
    )
