"""What a case hands to the documents: facts in sentences, evidence, legal items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises.models import QualificationItem
from registry.errors import Conflict
from verify_api.cases.dossier import Dossier, read
from verify_api.cases.findings import defence, findings, quoted
from verify_api.cases.ground import Ground
from verify_api.cases.models import Case
from verify_api.cases.recipients import of_case
from verify_api.cases.states import RECTIFICATION, State
from verify_api.messages import kinds
from verify_api.notices import service as notices
from verify_api.notices.document import Office
from verify_api.notices.models import Notice, NoticeKind, ServiceMethod
from verify_api.settings import settings

# Which document has to reach the enterprise in which state.
AWAITED: dict[State, tuple[NoticeKind, ...]] = {
    **dict.fromkeys(RECTIFICATION, (NoticeKind.RECTIFICATION,)),
    State.REVOCATION_PROPOSED: (NoticeKind.PROPOSAL,),
    State.REVOKED: (NoticeKind.REVOCATION,),
    State.LAPSED: (NoticeKind.LAPSE,),
}
ORDER = (NoticeKind.RECTIFICATION,)
# With the 告知 before it and the 建议书 beside it: none may go on standing in the public list.
DECISION = (NoticeKind.PROPOSAL, NoticeKind.REVOCATION, NoticeKind.LAPSE, NoticeKind.RECOMMENDATION)


@dataclass(frozen=True, slots=True)
class Service:
    """How something reached the enterprise. `delivered_at` and `message_id` are a carrier's."""

    served_on: date
    method: ServiceMethod
    place: str
    recipient: str
    servers: tuple[str, ...]
    note: str = ""
    proof_sha256: str | None = None
    delivered_at: datetime | None = None
    message_id: int | None = None

    def at(self, *, now: datetime) -> datetime:
        """The carrier's time, or the end of the day an officer entered: service is told by days."""
        end_of_day = datetime.combine(self.served_on, time.max, SHANGHAI)
        return self.delivered_at or min(end_of_day, now)


class NoNotice(Conflict):
    """There is no document of this kind to act upon."""

    code = "no_notice"
    message = "该任务没有可以处理的文书"


def is_ours(authority: str) -> bool:
    """Whether this office granted the item and so may withdraw it (SZ-37)."""
    return authority == settings().licensing_authority


def office() -> Office:
    """Who issues, from the settings; a simulation says on every page that it is one."""
    own = settings()
    return Office(
        name=own.bureau_name,
        phone=own.help_phone,
        public_url=own.public_url,
        is_demonstration=own.simulation_clock is not None,
    )


def rectification(
    session: Session,
    dossier: Dossier,
    items: Sequence[QualificationItem],
    *,
    report_days: int | None = None,
    ground: Ground,
    now: datetime,
) -> Notice:
    """责令整改通知书 (SZ-33). A later one of the same case replaces the earlier one."""
    rule = ground.policy.rectification
    context = findings(session, dossier, items) | {
        "report_months": rule.report_months,
        "checkin_months": rule.checkin_months,
        "cap_months": rule.cap_months,
    }
    if report_days is not None:
        context["report_days"] = report_days
    return _issue(session, dossier, NoticeKind.RECTIFICATION, context, ground, now)


def lapse(
    session: Session, dossier: Dossier, items: Sequence[QualificationItem], *, ground: Ground, now: datetime
) -> Notice:
    """资质到期失效告知书 (SZ-30d)."""
    context = findings(session, dossier, items) | {"expires_on": min(item.valid_to for item in items)}
    return _issue(session, dossier, NoticeKind.LAPSE, context, ground, now)


def proposal(
    session: Session, dossier: Dossier, items: Sequence[QualificationItem], *, ground: Ground, now: datetime
) -> Notice:
    """撤回告知书. The days for 陈述申辩 run from its service."""
    days = ground.policy.revocation.defence_working_days
    context = findings(session, dossier, items) | _after_rectification(dossier, ground)
    return _issue(
        session, dossier, NoticeKind.PROPOSAL, context | {"defence_working_days": days}, ground, now
    )


def revocation(
    session: Session, dossier: Dossier, items: Sequence[QualificationItem], *, ground: Ground, now: datetime
) -> Notice:
    """撤回决定书 with its remedies (SZ-37)."""
    context = findings(session, dossier, items) | _after_rectification(dossier, ground)
    earlier = dossier.newest(NoticeKind.PROPOSAL)
    if earlier is not None:
        context["proposal_reference"] = earlier.reference
    context["defence"] = defence(session, dossier.case)
    return _issue(session, dossier, NoticeKind.REVOCATION, context, ground, now)


def recommendation(
    session: Session,
    dossier: Dossier,
    items: Sequence[QualificationItem],
    authority: str,
    *,
    ground: Ground,
    now: datetime,
) -> Notice:
    """建议书 to the authority that granted the items, where that is another one (SZ-37)."""
    after = _after_rectification(dossier, ground)
    after.pop("rectification_served_on")
    context = findings(session, dossier, items) | after | {"authority_name": authority}
    return _issue(session, dossier, NoticeKind.RECOMMENDATION, context, ground, now)


def unserved(session: Session, case: Case) -> Notice | None:
    """The document of the present state that nobody has proved to have arrived."""
    awaited = AWAITED.get(State(case.state))
    notice = newest(session, case, *awaited) if awaited else None
    return notice if notice is not None and notice.proven_at is None else None


def serve(session: Session, notice: Notice, *, service: Service, actor: str, now: datetime) -> None:
    """Record on the document that it was served, and how."""
    if service.delivered_at is not None:
        receipt = f"message:{service.message_id}"
        notices.mark_delivered(session, notice.id, at=service.delivered_at, receipt=receipt, now=now)
        return
    notices.mark_served(
        session,
        notice.id,
        method=service.method,
        at=service.at(now=now),
        proof_sha256=service.proof_sha256 or "",
        note=service.note,
        actor=actor,
        now=now,
    )


def service_receipt(
    session: Session, case: Case, served: Notice | None, *, service: Service, ground: Ground, now: datetime
) -> Notice:
    """送达回证 of a document, or (None) of the 核查通知 that began the case."""
    [dossier] = read(session, [case])
    enterprise = dossier.enterprise
    context = {
        "enterprise_name": enterprise.name,
        "uscc": enterprise.uscc,
        "served_title": served.kind if served else "建筑业企业资质动态核查通知",
        "served_reference": served.reference if served else case.number,
        "method": service.method,
        "place": service.place,
        "served_at": service.at(now=now),
        "has_time": service.delivered_at is not None,
        "servers": service.servers,
        "recipient": service.recipient,
        "note": quoted(service.note) or None,
        "proof_sha256": service.proof_sha256,
    }
    return _issue(session, dossier, NoticeKind.SERVICE_RECEIPT, context, ground, now)


def newest(session: Session, case: Case, *wanted: NoticeKind) -> Notice | None:
    """The newest document of the kinds that is in force."""
    return session.scalar(_in_force(case, wanted).order_by(Notice.id.desc()).limit(1))


def newest_rectification(session: Session, case: Case) -> Notice:
    """The 责令整改通知书 in force.

    Raises:
        NoNotice: There is none.
    """
    notice = newest(session, case, NoticeKind.RECTIFICATION)
    if notice is None:
        raise NoNotice
    return notice


def rescind(
    session: Session, case: Case, *wanted: NoticeKind, reason: str, proposed_by: str, by: str, now: datetime
) -> None:
    """Rescind every document of the kinds that is in force, by two officers, and tell the firm.

    Raises:
        NoNotice: There is none.
    """
    found = session.scalars(_in_force(case, wanted).order_by(Notice.id)).all()
    if not found:
        raise NoNotice
    for notice in found:
        notices.rescind(session, notice.id, reason=reason, proposed_by=proposed_by, confirmed_by=by, now=now)
        _tell_rescinded(session, case, notice, now=now)


def _tell_rescinded(session: Session, case: Case, notice: Notice, *, now: datetime) -> None:
    """Word to the firm; of a lapse it learns by the case that begins anew."""
    to = of_case(session, case, now=now)
    key = f"notice:{notice.code}:rescinded"
    if notice.kind == NoticeKind.REVOCATION:
        kinds.revocation_rescinded(session, **to, key=key, number=notice.reference)
    elif notice.kind == NoticeKind.RECTIFICATION:
        kinds.notice_rescinded(
            session,
            to=to["to"],
            enterprise=to["enterprise"],
            number=notice.reference,
            key=key,
            now=now,
            sender=to["sender"],
        )


def _in_force(case: Case, wanted: Sequence[NoticeKind]) -> Select[Notice]:
    return select(Notice).where(
        Notice.case_id == case.id,
        Notice.kind.in_([kind.value for kind in wanted]),
        Notice.rescinded_at.is_(None),
        Notice.replaced_at.is_(None),
    )


def _issue(
    session: Session,
    dossier: Dossier,
    kind: NoticeKind,
    context: dict[str, Any],
    ground: Ground,
    now: datetime,
) -> Notice:
    replaces = dossier.newest(kind) if kind is NoticeKind.RECTIFICATION else None
    return notices.issue(
        session,
        kind=kind,
        case_id=dossier.case.id,
        enterprise_id=dossier.case.enterprise_id,
        context=context,
        office=office(),
        policy=ground.policy,
        policy_version=ground.version,
        replaces=replaces.id if replaces else None,
        now=now,
    )


def _after_rectification(dossier: Dossier, ground: Ground) -> dict[str, Any]:
    case, missed = dossier.case, dossier.missed
    order = dossier.newest(NoticeKind.RECTIFICATION)
    if order is None:
        raise NoNotice
    return {
        "rectification_reference": order.reference,
        "rectification_served_on": case.rectification_served_on or ground.today,
        "rectification_ended_on": missed[-1].last_day if missed else ground.today,
    }
