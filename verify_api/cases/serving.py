"""送达: what starts a clock is proof of delivery, never the act of sending (SZ-32, §0 guard d)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

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
from verify_api.messages.models import Message
from verify_api.notices.models import Notice, NoticeKind, ServiceMethod

# Whose clock begins with the service; in the states after 整改 was reported a clock of its own runs already.
STARTED_BY_SERVICE = frozenset({State.OPEN, State.RECTIFYING, State.REVOCATION_PROPOSED})
IN_PROOF = "见送达凭证"


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
    place: str = "",
    recipient: str = "",
    servers: Sequence[str] = (),
    actor: Actor,
    now: datetime,
) -> None:
    """Staff enter a service by other means, with proof; the clock counts from that day.

    `servers` are those who served; without any it is the officer who enters it.

    Raises:
        ProofMissing, ServiceDayWrong, NothingToServe: As they say.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    require(case, Capability.SERVE)
    if not proof.strip() or not proof_sha256:
        raise ProofMissing
    notice = documents.unserved(session, case)
    if not _sent_on(case, notice) <= served_on <= now.astimezone(SHANGHAI).date():
        raise ServiceDayWrong
    service = documents.Service(
        served_on=served_on,
        method=method,
        place=place.strip() or IN_PROOF,
        recipient=recipient.strip() or IN_PROOF,
        servers=tuple(name.strip() for name in servers if name.strip()) or (actor.name,),
        note=proof.strip(),
        proof_sha256=proof_sha256,
    )
    _served(session, case, notice, service=service, actor=actor, now=now)


def serve_by_receipt(
    session: Session,
    case: Case,
    *,
    delivered_at: datetime,
    message_id: int,
    notice_code: str | None = None,
    now: datetime,
) -> bool:
    """The carrier's receipt proves delivery; the first one counts. False if nothing waits for it any more.

    `notice_code` names the document that the message carried. A late receipt of one that was replaced or
    rescinded proves nothing of the document that waits now.
    """
    notice = documents.unserved(session, case)
    if notice_code is not None and (notice is None or notice.code != notice_code):
        return False
    if notice is None and State(case.state) is not State.NOTIFYING:
        return False
    message = session.get(Message, message_id)
    service = documents.Service(
        served_on=max(delivered_at.astimezone(SHANGHAI).date(), _sent_on(case, notice)),
        method=ServiceMethod.SMS_RECEIPT,
        place=f"企业联系人手机 {_masked(message.to_phone)}" if message else "企业联系人手机",
        recipient="企业联系人（运营商回执：已送达）",
        servers=(f"{documents.office().name}（系统发送）",),
        note=f"短信编号 {message_id}，运营商回执留存于案卷",
        delivered_at=delivered_at,
        message_id=message_id,
    )
    _served(session, case, notice, service=service, actor=SYSTEM, now=now)
    return True


def service_failed(session: Session, case: Case, *, reason: str, now: datetime) -> None:
    """Put the case on the staff list 送达失败, once."""
    if not standing(session, case.id, FactKind.SERVICE_FAILED):
        begin(session, case.id, FactKind.SERVICE_FAILED, by="system", reason=reason, now=now)


def _served(
    session: Session,
    case: Case,
    notice: Notice | None,
    *,
    service: documents.Service,
    actor: Actor,
    now: datetime,
) -> None:
    """Record the service of the document, or (None) of the 核查通知, and let run what it starts."""
    ground = ground_on(session, now=now)
    for fact in standing(session, case.id, FactKind.SERVICE_FAILED):
        end(session, fact, by=actor.label, reason="已送达", now=now)
    told = _told(service)
    if notice is None:
        move(session, case, Event.SERVED, ground=ground, actor=actor, facts=told, now=now)
    else:
        documents.serve(session, notice, service=service, actor=actor.label, now=now)
        told |= {"notice": notice.reference, "title": notice.kind}
        note(session, case, "notice_served", ground=ground, actor=actor, facts=told, now=now)
    if notice is not None or service.delivered_at is None:
        documents.service_receipt(session, case, notice, service=service, ground=ground, now=now)
    if notice is not None and notice.kind == NoticeKind.RECTIFICATION:
        case.rectification_served_on = service.served_on
        outcomes.on_rectification_served(session, case, reference=notice.reference, now=now)
    if notice is not None and notice.kind == NoticeKind.REVOCATION:
        outcomes.on_revocation_served(session, case, notice, now=now)
    if State(case.state) in STARTED_BY_SERVICE:
        days = replace(days_of(session, case, ground, now=now), served_on=service.served_on)
        plan = planned(Track(case.track), State(case.state), days, ground)
        restart(session, case, plan, ground=ground, now=now)
        if case.due_at is not None and case.due_at <= now:
            # The firm was never shown this clock, and the day may be a slip of the pen: an officer looks.
            said = "登记送达时期限已经届满，须由工作人员确认后处理"
            begin(session, case.id, FactKind.HOLD, by="system", reason=said, now=now)


def _told(service: documents.Service) -> dict[str, str]:
    """What the history keeps of a service."""
    told = {"method": service.method.value, "served_on": service.served_on.isoformat()}
    if service.delivered_at is not None:
        return told | {"message": str(service.message_id), "delivered_at": str(service.delivered_at)}
    return told | {"proof": service.note, "proof_sha256": service.proof_sha256 or ""}


def _sent_on(case: Case, notice: Notice | None) -> date:
    """The day on which what is to be served came into being.

    Raises:
        NothingToServe: All of it has arrived.
    """
    if notice is not None:
        return notice.issued_on
    if State(case.state) is not State.NOTIFYING:
        raise NothingToServe
    return case.opened_at.astimezone(SHANGHAI).date()


def _masked(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"
