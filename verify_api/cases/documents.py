"""What a case hands to the documents: facts in sentences, evidence, legal items."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises.models import Certificate, Enterprise, QualificationItem
from registry.errors import Conflict
from verify_api.cases.ground import Ground
from verify_api.cases.models import (
    Case,
    CaseDeadline,
    CaseEvent,
    CheckIn,
    ListedPerson,
    PersonList,
)
from verify_api.cases.states import Event, Track
from verify_api.cases.timing import KIND_LABELS, DeadlineKind
from verify_api.deadlines.rules import working_days_after
from verify_api.notices import service as notices
from verify_api.notices.document import Office
from verify_api.notices.models import Notice, NoticeKind, ServiceMethod
from verify_api.settings import settings


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
    session: Session, case: Case, items: Sequence[QualificationItem], *, ground: Ground, now: datetime
) -> Notice:
    """责令整改通知书 (SZ-33). A later one of the same case replaces the earlier one."""
    rule = ground.policy.rectification
    context = _findings(session, case, items, ground) | {
        "report_months": rule.report_months,
        "checkin_months": rule.checkin_months,
        "cap_months": rule.cap_months,
    }
    return _issue(session, case, NoticeKind.RECTIFICATION, context, ground, now)


def lapse(
    session: Session, case: Case, items: Sequence[QualificationItem], *, ground: Ground, now: datetime
) -> Notice:
    """资质到期失效告知书 (SZ-30d)."""
    context = _findings(session, case, items, ground) | {"expires_on": min(item.valid_to for item in items)}
    return _issue(session, case, NoticeKind.LAPSE, context, ground, now)


def proposal(
    session: Session, case: Case, items: Sequence[QualificationItem], *, ground: Ground, now: datetime
) -> tuple[Notice, date]:
    """撤回告知书, and the last day for 陈述申辩."""
    days = ground.policy.revocation.defence_working_days
    context = _findings(session, case, items, ground) | _after_rectification(session, case, ground)
    notice = _issue(session, case, NoticeKind.PROPOSAL, context | {"defence_working_days": days}, ground, now)
    last = working_days_after(ground.today, days, calendar=ground.calendar, basis="陈述申辩").last_day
    return notice, last


def revocation(
    session: Session, case: Case, items: Sequence[QualificationItem], *, ground: Ground, now: datetime
) -> Notice:
    """撤回决定书 with its remedies (SZ-37)."""
    context = _findings(session, case, items, ground) | _after_rectification(session, case, ground)
    earlier = newest(session, case, NoticeKind.PROPOSAL)
    if earlier is not None:
        context["proposal_reference"] = earlier.reference
    return _issue(session, case, NoticeKind.REVOCATION, context, ground, now)


def recommendation(
    session: Session,
    case: Case,
    items: Sequence[QualificationItem],
    authority: str,
    *,
    ground: Ground,
    now: datetime,
) -> Notice:
    """建议书 to the authority that granted the items, where that is another one (SZ-37)."""
    after = _after_rectification(session, case, ground)
    after.pop("rectification_served_on")
    context = _findings(session, case, items, ground) | after | {"authority_name": authority}
    return _issue(session, case, NoticeKind.RECOMMENDATION, context, ground, now)


def serve(
    session: Session, case: Case, *, served_on: date, facts: dict[str, Any], actor: str, now: datetime
) -> Notice:
    """Record on the newest 责令整改通知书 that it was served, and how."""
    notice = newest_rectification(session, case)
    if facts.get("method") == "carrier_receipt":
        receipt = f"message:{facts['message']}"
        notices.mark_delivered(session, notice.id, at=facts["delivered_at"], receipt=receipt, now=now)
    else:
        end_of_day = datetime.combine(served_on, time.max, SHANGHAI)
        notices.mark_served(
            session,
            notice.id,
            method=ServiceMethod(facts["method"]),
            at=min(end_of_day, now),
            proof_sha256=facts["proof_sha256"],
            note=facts["proof"],
            actor=actor,
            now=now,
        )
    return notice


def newest(session: Session, case: Case, *kinds: NoticeKind) -> Notice | None:
    """The newest document of the kinds that is in force."""
    query = select(Notice).where(
        Notice.case_id == case.id,
        Notice.kind.in_([kind.value for kind in kinds]),
        Notice.rescinded_at.is_(None),
        Notice.replaced_at.is_(None),
    )
    return session.scalar(query.order_by(Notice.id.desc()).limit(1))


def newest_rectification(session: Session, case: Case) -> Notice:
    """The 责令整改通知书 in force.

    Raises:
        NoNotice: There is none.
    """
    notice = newest(session, case, NoticeKind.RECTIFICATION)
    if notice is None:
        raise NoNotice
    return notice


def rescind_newest(
    session: Session, case: Case, *, reason: str, proposed_by: str, by: str, now: datetime
) -> Notice:
    """Rescind the document behind the present state, by two officers."""
    ending = (NoticeKind.REVOCATION, NoticeKind.LAPSE, NoticeKind.RECOMMENDATION)
    notice = newest(session, case, *ending) or newest(session, case, NoticeKind.RECTIFICATION)
    if notice is None:
        raise NoNotice
    notices.rescind(session, notice.id, reason=reason, proposed_by=proposed_by, confirmed_by=by, now=now)
    return notice


def _issue(
    session: Session, case: Case, kind: NoticeKind, context: dict[str, Any], ground: Ground, now: datetime
) -> Notice:
    replaces = newest(session, case, kind) if kind is NoticeKind.RECTIFICATION else None
    return notices.issue(
        session,
        kind=kind,
        case_id=case.id,
        enterprise_id=case.enterprise_id,
        context=context,
        office=office(),
        policy=ground.policy,
        policy_version=ground.version,
        replaces=replaces.id if replaces else None,
        now=now,
    )


def _findings(
    session: Session, case: Case, items: Sequence[QualificationItem], ground: Ground
) -> dict[str, Any]:
    enterprise = session.get_one(Enterprise, case.enterprise_id)
    sent = select(PersonList).where(PersonList.case_id == case.id).order_by(PersonList.version)
    lists, events = list(session.scalars(sent)), _told(session, case)
    numbers = dict(
        session.execute(
            select(Certificate.id, Certificate.number).where(
                Certificate.id.in_([item.certificate_id for item in items])
            )
        ).all()
    )
    return {
        "enterprise_name": enterprise.name,
        "uscc": enterprise.uscc,
        "registered_address": enterprise.registered_address,
        "items": [{"name": item.title, "certificate_number": numbers[item.certificate_id]} for item in items],
        "case_reference": case.number,
        "facts": _facts(session, case, lists, events),
        "evidence": _evidence(lists, events),
    }


def _told(session: Session, case: Case) -> list[CaseEvent]:
    """The entries of the history that a document speaks of, oldest first."""
    spoken_of = [Event.CHECKIN_VOIDED.value, *SERVED]
    query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.event.in_(spoken_of))
    return list(session.scalars(query.order_by(CaseEvent.seq)))


def _facts(
    session: Session, case: Case, lists: Sequence[PersonList], events: Sequence[CaseEvent]
) -> list[str]:
    """What happened, in the order it happened, in sentences."""
    track = "首次申请资质核查" if case.track == Track.FIRST else "存量资质日常核查"
    said = [f"本局于{_day(case.opened_at)}对你单位开展{track}（任务编号 {case.number}）。"]
    said += [_deadline_fact(row) for row in _missed(session, case)]
    approved = [row for row in lists if row.status == "approved"]
    if approved:
        said.append(_progress_fact(session, approved[-1]))
    elif case.first_submitted_at is None:
        said.append("期限届满时，你单位未提交打卡人员名单。")
    voided = [event for event in events if event.event == Event.CHECKIN_VOIDED.value]
    said += [f"经核查，{_day(event.at)}认定一名人员打卡不合格：{event.reason}。" for event in voided]
    return said


def _missed(session: Session, case: Case) -> list[CaseDeadline]:
    query = select(CaseDeadline).where(CaseDeadline.case_id == case.id, CaseDeadline.ended_reason == "missed")
    return list(session.scalars(query.order_by(CaseDeadline.id)))


def _deadline_fact(row: CaseDeadline) -> str:
    what = KIND_LABELS[DeadlineKind(row.kind)]
    rolled = f"（{_on(row.rolled_from)}为休息日，顺延）" if row.rolled_from else ""
    return f"你单位应于{_on(row.last_day)}24时前{what}{rolled}，逾期未完成。"


def _progress_fact(session: Session, row: PersonList) -> str:
    total = session.scalar(select(func.count()).where(ListedPerson.list_id == row.id)) or 0
    done = session.scalar(select(func.count()).where(CheckIn.list_id == row.id, CheckIn.voided_at.is_(None)))
    return f"经审核通过的打卡人员共 {total} 人，其中 {done or 0} 人在规定期限内完成打卡。"


def _evidence(lists: Sequence[PersonList], events: Sequence[CaseEvent]) -> list[dict[str, Any]]:
    listed = [
        {
            "label": f"打卡人员名单第 {row.version} 版",
            "detail": f"提交 {len(row.people)} 人，{REVIEW_WORDS[row.status]}",
            "at": row.submitted_at,
        }
        for row in lists
    ]
    served = [event for event in events if event.event in SERVED]
    return listed + [
        {"label": "送达记录", "detail": f"于 {event.facts['served_on']} 送达", "at": event.at}
        for event in served
    ]


SERVED = (Event.SERVED.value, "notice_served")
REVIEW_WORDS = {
    "submitted": "待审核",
    "withdrawn": "已由企业撤回",
    "rejected": "审核不通过",
    "approved": "审核通过",
    "voided": "审核通过后被撤销",
}


def _after_rectification(session: Session, case: Case, ground: Ground) -> dict[str, Any]:
    missed = _missed(session, case)
    return {
        "rectification_reference": newest_rectification(session, case).reference,
        "rectification_served_on": case.rectification_served_on or ground.today,
        "rectification_ended_on": missed[-1].last_day if missed else ground.today,
    }


def _day(at: datetime) -> str:
    return _on(at.astimezone(SHANGHAI).date())


def _on(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
