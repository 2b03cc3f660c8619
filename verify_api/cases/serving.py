"""送达: what starts a clock is proof of delivery, never the act of sending (SZ-32, §0 guard d)."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.errors import Conflict, Invalid
from verify_api.accounts.actor import SYSTEM, Actor, Role
from verify_api.cases import documents, outcomes
from verify_api.cases.access import require_role
from verify_api.cases.facts import FactKind, begin, end, standing
from verify_api.cases.ground import ground_on
from verify_api.cases.models import Case
from verify_api.cases.states import Capability, Event, State, Track
from verify_api.cases.steps import days_of
from verify_api.cases.timing import planned, restart
from verify_api.cases.transition import move, note, require
from verify_api.notices.models import ServiceMethod


class ServiceDayWrong(Invalid):
    """A day of service before the document existed, or in the future."""

    code = "service_day_wrong"
    message = "送达日期不能早于文书发出之日，也不能晚于今天"


class ProofMissing(Invalid):
    """Service by other means needs a method and a proof."""

    code = "proof_missing"
    message = "以其他方式送达须填写说明并上传送达凭证"


class NothingToServe(Conflict):
    """No document of this case waits for service."""

    code = "nothing_to_serve"
    message = "当前没有待送达的文书"


def serve_otherwise(
    session: Session,
    case: Case,
    *,
    served_on: date,
    method: ServiceMethod,
    proof: str,
    proof_sha256: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Staff enter a service by other means, with proof; the clock counts from that day.

    Raises:
        ProofMissing, ServiceDayWrong, NothingToServe: As they say.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    require(case, Capability.SERVE)
    if not proof.strip() or not proof_sha256:
        raise ProofMissing
    sent = _sent_on(session, case)
    if not sent <= served_on <= now.astimezone(SHANGHAI).date():
        raise ServiceDayWrong
    facts: dict[str, Any] = {"method": method.value, "proof": proof.strip(), "proof_sha256": proof_sha256}
    _served(session, case, served_on=served_on, facts=facts, actor=actor, now=now)


def serve_by_receipt(
    session: Session, case: Case, *, delivered_at: datetime, message_id: int, now: datetime
) -> bool:
    """The carrier's receipt proves delivery; the first one counts. False if nothing waits for it any more."""
    waits = State(case.state) is State.NOTIFYING or _awaits_notice(case)
    if not waits:
        return False
    served_on = max(delivered_at.astimezone(SHANGHAI).date(), _sent_on(session, case))
    facts = {"method": "carrier_receipt", "message": message_id, "delivered_at": delivered_at}
    _served(session, case, served_on=served_on, facts=facts, actor=SYSTEM, now=now)
    return True


def service_failed(session: Session, case: Case, *, reason: str, now: datetime) -> None:
    """Put the case on the staff list 送达失败, once."""
    if not standing(session, case.id, FactKind.SERVICE_FAILED):
        begin(session, case.id, FactKind.SERVICE_FAILED, by="system", reason=reason, now=now)


def _awaits_notice(case: Case) -> bool:
    return State(case.state) is State.RECTIFYING and case.rectification_served_on is None


def _served(
    session: Session, case: Case, *, served_on: date, facts: dict[str, Any], actor: Actor, now: datetime
) -> None:
    ground = ground_on(session, now=now)
    told = {key: str(value) for key, value in facts.items()} | {"served_on": served_on.isoformat()}
    for fact in standing(session, case.id, FactKind.SERVICE_FAILED):
        end(session, fact, by=actor.label, reason="已送达", now=now)
    if State(case.state) is State.NOTIFYING:
        move(session, case, Event.SERVED, ground=ground, actor=actor, facts=told, now=now)
        days = days_of(session, case, ground, now=now)
        plan = planned(Track.STOCK, State.OPEN, replace(days, served_on=served_on), ground)
        restart(session, case, plan, ground=ground, now=now)
        return
    if not _awaits_notice(case):
        raise NothingToServe
    notice = documents.serve(session, case, served_on=served_on, facts=facts, actor=actor.label, now=now)
    case.rectification_served_on = served_on
    told["notice"] = notice.reference
    note(session, case, "notice_served", ground=ground, actor=actor, facts=told, now=now)
    plan = planned(Track.STOCK, State.RECTIFYING, days_of(session, case, ground, now=now), ground)
    restart(session, case, plan, ground=ground, now=now)
    outcomes.on_rectification_served(session, case, reference=notice.reference, now=now)


def _sent_on(session: Session, case: Case) -> date:
    """The day on which what is to be served came into being."""
    if State(case.state) is State.NOTIFYING:
        return case.opened_at.astimezone(SHANGHAI).date()
    return documents.newest_rectification(session, case).issued_on
