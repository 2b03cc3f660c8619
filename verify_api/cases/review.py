"""The bureau's review of a list (SZ-26 … SZ-30b). There is no deemed approval here."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import RegisteredPoint
from registry.errors import Conflict, Invalid
from verify_api.accounts.actor import Actor, Role
from verify_api.cases import outcomes
from verify_api.cases.access import require_role
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.lists import current_list
from verify_api.cases.models import Case, PersonList
from verify_api.cases.states import Capability, Event
from verify_api.cases.steps import enter
from verify_api.cases.transition import move, note, require


class OpinionMissing(Invalid):
    """A rejection without an opinion cannot be acted on (SZ-29)."""

    code = "opinion_missing"
    message = "审核不通过须填写审核意见"


class PointUnconfirmed(Conflict):
    """Nobody has confirmed where the registered address is (SZ-30a)."""

    code = "point_unconfirmed"
    message = "注册地址的坐标尚未由工作人员确认，不能审核通过"
    hint = "请先在地图上核对并确认打卡地点"


class ClaimedByAnother(Conflict):
    """Another officer is reviewing this list."""

    code = "claimed_by_another"
    message = "该名单正由其他审核人员审核"


def claim(session: Session, case: Case, *, actor: Actor, now: datetime) -> PersonList:
    """Take a list for review; from here the enterprise cannot withdraw it. The case must be locked."""
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    require(case, Capability.REVIEW)
    row = current_list(session, case)
    if row.claimed_by not in (None, actor.label):
        raise ClaimedByAnother
    if row.claimed_by is None:
        row.claimed_by, row.claimed_at = actor.label, now
        ground = ground_on(session, now=now)
        note(session, case, "claimed", ground=ground, actor=actor, facts={"version": row.version}, now=now)
    return row


def approve(session: Session, case: Case, *, opinion: str, actor: Actor, now: datetime) -> PersonList:
    """Approve the list: it is frozen with the fence, and the month of check-in begins today (SZ-30b).

    Raises:
        PointUnconfirmed: The registered point has not been confirmed by staff.
        ClaimedByAnother, NotAllowedNow, RoleMissing: As they say.
    """
    row = claim(session, case, actor=actor, now=now)
    ground = ground_on(session, now=now)
    point = _confirmed_point(session, case)
    row.fence = fence_of(point, ground)
    row.point_id = point.id
    _decide(row, "approved", opinion, actor, now)
    facts = {"version": row.version, "point": point.id}
    move(session, case, Event.APPROVED, ground=ground, actor=actor, reason=opinion, facts=facts, now=now)
    deadline = enter(session, case, ground=ground, now=now)
    assert deadline is not None
    row.window_closes_at = deadline.due_at
    outcomes.tell_approved(session, case, row, deadline, now=now)
    return row


def reject(session: Session, case: Case, *, opinion: str, actor: Actor, now: datetime) -> PersonList:
    """Reject the list with an opinion; a new version may follow (SZ-29).

    Raises:
        OpinionMissing: No opinion was given.
    """
    if not opinion.strip():
        raise OpinionMissing
    row = claim(session, case, actor=actor, now=now)
    ground = ground_on(session, now=now)
    _decide(row, "rejected", opinion, actor, now)
    facts = {"version": row.version}
    move(session, case, Event.REJECTED, ground=ground, actor=actor, reason=opinion, facts=facts, now=now)
    deadline = enter(session, case, ground=ground, now=now)
    assert deadline is not None
    outcomes.tell_rejected(session, case, row, deadline, now=now)
    return row


def fence_of(point: RegisteredPoint, ground: Ground) -> dict[str, object]:
    """The fence a point gives: the polygon drawn by staff, else a circle of the policy's radius."""
    if point.fence is not None:
        return dict(point.fence)
    return {
        "kind": "circle",
        "center": [point.lng, point.lat],
        "radius_m": ground.policy.fence.radius_m,
        "datum": point.datum,
    }


def _decide(row: PersonList, status: str, opinion: str, actor: Actor, now: datetime) -> None:
    row.status = status
    row.opinion = opinion.strip()
    row.reviewed_by, row.reviewed_at = actor.label, now


def _confirmed_point(session: Session, case: Case) -> RegisteredPoint:
    query = select(RegisteredPoint).where(
        RegisteredPoint.enterprise_id == case.enterprise_id, RegisteredPoint.confirmed_at.is_not(None)
    )
    point = session.scalar(query.order_by(RegisteredPoint.id.desc()).limit(1))
    if point is None:
        raise PointUnconfirmed
    return point
