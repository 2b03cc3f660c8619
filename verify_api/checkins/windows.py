"""Window verification: two officers sign for a person who comes in person (人脸办法 10)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from registry.errors import Conflict, Forbidden
from verify_api.accounts.actor import Actor, Role
from verify_api.cases.access import require_role
from verify_api.cases.ground import ground_on
from verify_api.cases.models import Case, PersonList, Proposal
from verify_api.cases.states import Capability
from verify_api.cases.transition import note, require
from verify_api.checkins import queries
from verify_api.checkins.queries import WINDOW
from verify_api.checkins.review import AttemptUnknown, NotInReview
from verify_api.checkins.verification import accept


class SecondOfficerNeeded(Forbidden):
    """Window verification is signed by two officers (§0)."""

    code = "second_officer_needed"
    message = "窗口核验须由两名工作人员分别确认"


def propose_window(
    session: Session, case: Case, *, person_id: int, record: Mapping[str, Any], actor: Actor, now: datetime
) -> Proposal:
    """First signature under a window verification; the case must be locked (人脸办法 10).

    `record`: document type and how identity was established, without photographs.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    require(case, Capability.CHECK_IN)
    row = _open_list(session, case, person_id, now)
    _not_yet_in(session, row.id, person_id)
    detail = {"person": person_id, "list": row.id, "record": dict(record), "at": now.isoformat()}
    proposal = Proposal(
        case_id=case.id,
        action=WINDOW,
        reason="窗口现场核验",
        detail=detail,
        proposed_by=actor.label,
        proposed_at=now,
    )
    session.add(proposal)
    session.flush()
    return proposal


def confirm_window(
    session: Session,
    case: Case,
    proposal: Proposal,
    *,
    is_agreed: bool,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """Second signature, by another officer; equal in effect to a check-in by face.

    The first signature is the moment that counts: the second officer's lunch costs nobody his check-in, and
    until it is given or refused no adverse step is taken (guard a).

    Raises:
        SecondOfficerNeeded: The same officer. NotInReview: Signed already, or the list fell meanwhile.
        Conflict: The person has checked in by face meanwhile.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    if proposal.outcome is not None or proposal.action != WINDOW:
        raise NotInReview("该事项已处理")
    if proposal.proposed_by == actor.label:
        raise SecondOfficerNeeded
    proposal.decided_by, proposal.decided_at = actor.label, now
    proposal.outcome = "confirmed" if is_agreed else "refused"
    if not is_agreed:
        facts = {"action": WINDOW, "person": proposal.detail["person"]}
        ground = ground_on(session, now=now)
        note(session, case, "step_refused", ground=ground, actor=actor, reason=reason, facts=facts, now=now)
        return
    require(case, Capability.CHECK_IN)
    row = session.get_one(PersonList, proposal.detail["list"])
    if not queries.is_in_force(session, row):
        raise NotInReview("打卡名单已被撤销或更换")
    _not_yet_in(session, row.id, proposal.detail["person"])
    accept(
        session,
        case,
        list_id=row.id,
        person_id=proposal.detail["person"],
        attempt_id=None,
        method="window",
        received_at=proposal.proposed_at,
        actor=actor,
        now=now,
    )


def _not_yet_in(session: Session, list_id: int, person_id: int) -> None:
    if queries.standing_checkin(session, list_id, person_id) is not None:
        raise Conflict("该人员已完成打卡", code="already_accepted")


def _open_list(session: Session, case: Case, person_id: int, now: datetime) -> PersonList:
    row = queries.approved_list(session, case.id)
    if row is None or not queries.is_listed(session, row.id, person_id):
        raise AttemptUnknown("该人员不在打卡名单中", code="not_selected")
    closes = queries.closes_at(session, row, now=now)
    if closes is None or now >= closes:
        raise Conflict("打卡时间已经结束", code="window_closed")
    return row
