"""What a document says happened: facts in sentences, the evidence, and what the firm said in its defence."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises.models import QualificationItem
from verify_api.cases.dossier import SERVED, Dossier
from verify_api.cases.facts import FactKind
from verify_api.cases.models import (
    Case,
    CaseDeadline,
    CaseEvent,
    CaseFact,
    CheckIn,
    ListedPerson,
    PersonList,
)
from verify_api.cases.states import Event, Track
from verify_api.cases.timing import KIND_LABELS, DeadlineKind
from verify_api.notices.models import ServiceMethod
from verify_api.notices.wording import METHODS

# What a person wrote may be long; the page quotes its beginning and the file keeps the whole.
QUOTED = 600
UNKNOWN = "未登记"
REVIEW_WORDS = {
    "submitted": "待审核",
    "withdrawn": "已由企业撤回",
    "rejected": "审核不通过",
    "approved": "审核通过",
    "voided": "审核通过后被撤销",
}


def findings(session: Session, dossier: Dossier, items: Sequence[QualificationItem]) -> dict[str, Any]:
    """Whom it concerns, what was found, on which evidence."""
    enterprise = dossier.enterprise
    return {
        "enterprise_name": enterprise.name,
        "uscc": enterprise.uscc,
        "registered_address": enterprise.registered_address.strip() or UNKNOWN,
        "items": [
            {"name": item.title, "certificate_number": dossier.certificates[item.id].strip() or UNKNOWN}
            for item in items
        ],
        "case_reference": dossier.case.number,
        "facts": _facts(session, dossier),
        "evidence": _evidence(session, dossier),
    }


def _facts(session: Session, dossier: Dossier) -> list[str]:
    """What happened, in the order it happened, in sentences."""
    case = dossier.case
    track = "首次申请资质核查" if case.track == Track.FIRST else "存量资质日常核查"
    said = [f"本局于{_day(case.opened_at)}对你单位开展{track}（任务编号 {case.number}）。"]
    said += [_deadline_fact(row) for row in dossier.missed]
    approved = [row for row in dossier.lists if row.status == "approved"]
    if approved:
        said.append(_progress_fact(session, approved[-1]))
    elif case.first_submitted_at is None:
        said.append("期限届满时，你单位未提交打卡人员名单。")
    voided = _voided(dossier.told)
    said += [f"经核查，{_day(event.at)}认定一名人员打卡不合格：{quoted(event.reason)}。" for event in voided]
    return said


def _voided(told: Sequence[CaseEvent]) -> list[CaseEvent]:
    """打卡不合格, unless two officers have taken it back since: what counts again is held against nobody."""
    found: list[tuple[CaseEvent, set[int]]] = []
    for event in told:
        about = set(event.facts.get("checkins", ()))
        if event.event == Event.CHECKIN_VOIDED:
            found.append((event, about or {0}))
        elif event.event == Event.CHECKIN_RESTORED:
            found = [(one, left) for one, was in found if (left := was - about)]
    return [event for event, _ in found]


def _deadline_fact(row: CaseDeadline) -> str:
    what = KIND_LABELS[DeadlineKind(row.kind)]
    rolled = f"（{_on(row.rolled_from)}为休息日，顺延）" if row.rolled_from else ""
    return f"你单位应于{_on(row.last_day)}24时前{what}{rolled}，逾期未完成。"


def _progress_fact(session: Session, row: PersonList) -> str:
    total = session.scalar(select(func.count()).where(ListedPerson.list_id == row.id)) or 0
    done = session.scalar(select(func.count()).where(CheckIn.list_id == row.id, CheckIn.voided_at.is_(None)))
    return f"经审核通过的打卡人员共 {total} 人，其中 {done or 0} 人在规定期限内完成打卡。"


def _evidence(session: Session, dossier: Dossier) -> list[dict[str, Any]]:
    """What proves the facts, in the order it came into being."""
    found = [_served(event) for event in dossier.told if event.event in SERVED]
    for row in dossier.lists:
        found += [_list(row), *_checkins(session, row)]
    found += [_deadline(row) for row in dossier.missed]
    return sorted(found, key=lambda each: each["at"])


def _served(event: CaseEvent) -> dict[str, Any]:
    facts = event.facts
    how = METHODS[ServiceMethod(facts["method"])]
    what = f"《{facts['title']}》（{facts['notice']}）" if "notice" in facts else "核查通知"
    message = f"，短信编号 {facts['message']}" if "message" in facts else ""
    detail = f"{what}于{_on(date.fromisoformat(facts['served_on']))}送达，{how}{message}"
    return {"label": "送达记录", "detail": detail, "at": event.at, "sha256": facts.get("proof_sha256")}


def _list(row: PersonList) -> dict[str, Any]:
    detail = f"提交 {len(row.people)} 人，{REVIEW_WORDS[row.status]}"
    return {"label": f"打卡人员名单第 {row.version} 版", "detail": detail, "at": row.submitted_at}


def _checkins(session: Session, row: PersonList) -> list[dict[str, Any]]:
    """The check-ins that stand, as one line, and each that does not, without the person's name."""
    if row.status not in ("approved", "voided"):
        return []  # Nobody can have checked in for it.
    query = select(CheckIn).where(CheckIn.list_id == row.id).order_by(CheckIn.received_at)
    come = list(session.scalars(query))
    stands = [one for one in come if one.voided_at is None]
    lines = [
        {"label": f"打卡记录 {one.id}", "detail": f"认定不合格：{quoted(one.voided_reason or '')}", "at": at}
        for one in come
        if (at := one.voided_at) is not None
    ]
    if stands:
        detail = f"名单第 {row.version} 版：有效打卡 {len(stands)} 人，最后一次见左列时间"
        lines.append({"label": "打卡记录", "detail": detail, "at": stands[-1].received_at})
    return lines


def _deadline(row: CaseDeadline) -> dict[str, Any]:
    what = KIND_LABELS[DeadlineKind(row.kind)]
    detail = f"{what}：自{_on(row.start_day)}起算，至{_on(row.last_day)}24时。依据：{row.basis}"
    return {"label": "期限记录", "detail": detail, "at": row.due_at}


def defence(session: Session, case: Case) -> str:
    """What the firm put forward since the order to rectify and how it was judged (C.3)."""
    query = select(CaseFact).where(CaseFact.case_id == case.id, CaseFact.kind == FactKind.APPEAL.value)
    if case.rectification_served_on is not None:
        query = query.where(
            CaseFact.since >= datetime.combine(case.rectification_served_on, time.min, SHANGHAI)
        )
    # The latest ones, so that the page never grows beyond what it may hold.
    heard = list(session.scalars(query.order_by(CaseFact.id.desc()).limit(3)))[::-1]
    if not heard:
        return "你单位在规定期限内未提出陈述、申辩。"
    return "\n".join(_answered(one) for one in heard)


def _answered(fact: CaseFact) -> str:
    answer = quoted(fact.ended_reason or "尚未答复")
    return f"你单位于{_day(fact.since)}提出：{quoted(fact.reason)}。经复核：{answer}。"


def quoted(text: str) -> str:
    """Free words, shortened, without the full stop that the sentence around them brings."""
    said = text.strip().rstrip("。")
    return said if len(said) <= QUOTED else f"{said[:QUOTED]}……（全文见案卷）"


def _day(at: datetime) -> str:
    return _on(at.astimezone(SHANGHAI).date())


def _on(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
