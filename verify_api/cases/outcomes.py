"""Consequences of law when a case enters a state: registry, documents, messages. Same transaction.

Every message has a key of its own, so that a step repeated after a crash leaves no second one.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises import service as qualifications
from registry.enterprises.models import Enterprise, ItemStatus, QualificationItem
from verify_api.cases import documents
from verify_api.cases.dossier import Dossier
from verify_api.cases.facts import FactKind, begin, end, standing
from verify_api.cases.ground import Ground
from verify_api.cases.models import Case, CaseDeadline, CaseFact, CaseItem, PersonList
from verify_api.cases.recipients import of_case, of_dossier
from verify_api.cases.states import Track
from verify_api.cases.timing import KIND_LABELS, DeadlineKind
from verify_api.messages import kinds
from verify_api.notices.models import Notice
from verify_api.policy.service import rules_at
from verify_api.selection.checking import record_verified_leads


def items_of(session: Session, case: Case) -> list[QualificationItem]:
    """The 资质项 under verification."""
    query = select(QualificationItem).join(CaseItem, CaseItem.item_id == QualificationItem.id)
    return list(session.scalars(query.where(CaseItem.case_id == case.id).order_by(QualificationItem.id)))


def tell_inspection_started(session: Session, case: Case, *, now: datetime) -> None:
    """(5) 核查短信. Without a phone number the case goes straight to 送达失败."""
    to = of_case(session, case, now=now)
    if not to["to"].phone:
        said = "企业联系人没有可用的手机号码，须以其他方式送达"
        begin(session, case.id, FactKind.SERVICE_FAILED, by="system", reason=said, now=now)
        return
    kinds.stock_inspection_started(session, **to, key=f"case:{case.id}:started")


def tell_approved(
    session: Session, case: Case, row: PersonList, deadline: CaseDeadline, *, now: datetime
) -> None:
    """(4) 审核通过 (SZ-28)."""
    to = of_case(session, case, now=now)
    key = f"case:{case.id}:list:{row.version}:approved"
    kinds.review_approved(session, **to, key=key, people=len(row.people), last_day=deadline.last_day)


def tell_rejected(
    session: Session, case: Case, row: PersonList, deadline: CaseDeadline, *, now: datetime
) -> None:
    """(4) 审核不通过; the opinion is on the platform (SZ-28)."""
    to = of_case(session, case, now=now)
    key = f"case:{case.id}:list:{row.version}:rejected"
    kinds.review_rejected(session, **to, key=key, last_day=deadline.last_day)


def tell_extended(session: Session, case: Case, deadline: CaseDeadline, *, now: datetime) -> None:
    """A deadline was extended by an officer."""
    to = of_case(session, case, now=now)
    what = KIND_LABELS[DeadlineKind(deadline.kind)]
    key = f"case:{case.id}:deadline:{deadline.id}:extended"
    kinds.deadline_extended(session, **to, key=key, what=what, last_day=deadline.last_day)


def tell_voided(session: Session, case: Case, *, now: datetime) -> None:
    """打卡不合格 (SZ-33)."""
    kinds.checkin_voided(session, **of_case(session, case, now=now), key=_key(case, "checkin-voided"))


def tell_restored(session: Session, case: Case, *, now: datetime) -> None:
    """A check-in that was voided counts again (§0)."""
    kinds.checkin_restored(session, **of_case(session, case, now=now), key=_key(case, "checkin-restored"))


def tell_approval_voided(session: Session, case: Case, *, now: datetime) -> None:
    """The approval was voided by the authority (SZ-27)."""
    kinds.approval_voided(session, **of_case(session, case, now=now), key=_key(case, "approval-voided"))


def tell_paused(session: Session, case: Case, fact: CaseFact) -> None:
    """中止计时: the firm need not hurry."""
    since, now = fact.since.astimezone(SHANGHAI).date(), fact.since
    kinds.clock_paused(session, **of_case(session, case, now=now), key=f"fact:{fact.id}:paused", since=since)


def tell_resumed(
    session: Session, case: Case, fact: CaseFact, deadline: CaseDeadline, *, now: datetime
) -> None:
    """恢复计时, and until when."""
    to = of_case(session, case, now=now)
    what = KIND_LABELS[DeadlineKind(deadline.kind)]
    key = f"fact:{fact.id}:resumed"
    kinds.clock_resumed(session, **to, key=key, what=what, last_day=deadline.last_day)


def tell_reopened(session: Session, case: Case, deadline: CaseDeadline, *, now: datetime) -> None:
    """The authority reopened the case."""
    to = of_case(session, case, now=now)
    what = KIND_LABELS[DeadlineKind(deadline.kind)]
    kinds.case_reopened(session, **to, key=_key(case, "reopened"), what=what, last_day=deadline.last_day)


def on_passed(session: Session, dossier: Dossier, *, ground: Ground, now: datetime) -> None:
    """通过核查 (SZ-30c): the pass goes into the credit file with the items."""
    reason = f"通过资质动态核查（{dossier.case.number}）"
    qualifications.record_pass(session, item_ids=_ids(dossier.items), reason=reason, now=now)
    _remember_leads(session, dossier, ground=ground, now=now)
    kinds.passed(session, **of_dossier(dossier, now=now), key=_key(dossier.case, "passed"))


def _remember_leads(session: Session, dossier: Dossier, *, ground: Ground, now: datetime) -> None:
    """Who led the items when they were verified: a lead who moves on soon is pointed at elsewhere."""
    item_ids = _ids(dossier.items)
    record_verified_leads(
        session,
        case_id=dossier.case.id,
        enterprise_id=dossier.case.enterprise_id,
        item_ids=item_ids,
        on=ground.today,
        now=now,
    )


def on_awaiting_lapse(session: Session, dossier: Dossier, *, ground: Ground, now: datetime) -> None:
    """FIRST: missed; the certificate lapses on its own date (SZ-30d)."""
    items = dossier.items
    missed = "全部完成打卡" if dossier.case.first_submitted_at else "发起人员打卡"
    kinds.awaiting_lapse(
        session,
        **of_dossier(dossier, now=now),
        key=_key(dossier.case, "awaiting-lapse"),
        missed=missed,
        expires_on=min(item.valid_to for item in items),
    )


def on_lapsed(session: Session, dossier: Dossier, *, ground: Ground, now: datetime) -> None:
    """到期自动失效 (SZ-30d): no 撤回 and none of its remedies."""
    items = dossier.items
    reason = f"首次核查未在规定期限完成，资质证书到期自动失效（{dossier.case.number}）"
    qualifications.lapse(session, item_ids=_standing(items), reason=reason, now=now)
    notice = documents.lapse(session, dossier, items, ground=ground, now=now)
    expires_on = min(item.valid_to for item in items)
    to = of_dossier(dossier, now=now)
    kinds.lapsed(session, **to, key=notice_key(notice, "lapsed"), expires_on=expires_on)


def on_rectifying(
    session: Session, dossier: Dossier, *, report_days: int | None = None, ground: Ground, now: datetime
) -> None:
    """责令整改: the notice goes out; its proven service starts the clock and sets 资质异常.

    `report_days`: the term that the officer who signs has set in place of the policy's months.
    """
    for draft in dossier.facts:
        if draft.kind == FactKind.NOTICE_DRAFT and draft.ended_at is None:
            end(session, draft, by="system", reason="已发出整改通知书", now=now)
    notice = documents.rectification(
        session, dossier, dossier.items, report_days=report_days, ground=ground, now=now
    )
    to = of_dossier(dossier, now=now)
    if not to["to"].phone:
        said = "企业联系人没有可用的手机号码，整改通知书须以其他方式送达"
        begin(session, dossier.case.id, FactKind.SERVICE_FAILED, by="system", reason=said, now=now)
        return
    kinds.notice_issued(session, **to, key=notice_key(notice, "issued"), number=notice.reference)


def on_rectification_served(session: Session, case: Case, *, reference: str, now: datetime) -> None:
    """资质异常 is set when the notice is served (§0), if the office marks at all."""
    if not rules_at(session, now).publication.mark_abnormal:
        return
    cause = f"责令整改（{reference}）"
    qualifications.set_abnormal(session, item_ids=_standing(items_of(session, case)), cause=cause, now=now)


def mark_again(session: Session, case: Case, *, now: datetime) -> None:
    """整改 counted as passed and does not any more: the order that was served stands unmet again (MO-13)."""
    if case.rectification_served_on is not None:
        reference = documents.newest_rectification(session, case).reference
        on_rectification_served(session, case, reference=reference, now=now)


def on_rectified(session: Session, dossier: Dossier, *, ground: Ground, now: datetime) -> None:
    """通过整改: 资质异常 is lifted, a tracking period begins (SZ-36)."""
    reason = f"通过整改（{dossier.case.number}）"
    qualifications.lift_abnormal(session, item_ids=_ids(dossier.items), reason=reason, now=now)
    qualifications.record_pass(session, item_ids=_ids(dossier.items), reason=reason, now=now)
    begin(
        session,
        dossier.case.id,
        FactKind.TRACKING,
        by="system",
        reason=f"整改通过后跟踪 {ground.policy.rectification.tracking_months} 个月",
        now=now,
    )
    _remember_leads(session, dossier, ground=ground, now=now)
    kinds.rectified(session, **of_dossier(dossier, now=now), key=_key(dossier.case, "rectified"))


def on_proposed(session: Session, dossier: Dossier, *, ground: Ground, now: datetime) -> None:
    """拟撤回告知 with the right to be heard (revocation.mode = decision)."""
    notice = documents.proposal(session, dossier, dossier.items, ground=ground, now=now)
    to, days = of_dossier(dossier, now=now), ground.policy.revocation.defence_working_days
    key = notice_key(notice, "proposed")
    kinds.revocation_proposed(session, **to, key=key, number=notice.reference, days=days)


def on_revoked(session: Session, dossier: Dossier, *, ground: Ground, now: datetime) -> None:
    """撤回相应资质 (SZ-37): the decision on ours goes out; for another's a 建议书 goes to that authority.

    Ours stay valid, and marked, until the decision is served: only then does it bind its addressee.
    """
    items = [item for item in dossier.items if item.status == ItemStatus.VALID]
    ours = [item for item in items if documents.is_ours(item.licensing_authority)]
    others = [item for item in items if item not in ours]
    if ours:
        notice = documents.revocation(session, dossier, ours, ground=ground, now=now)
        to = of_dossier(dossier, now=now)
        kinds.revoked(session, **to, key=notice_key(notice, "revoked"), number=notice.reference)
    for authority in sorted({item.licensing_authority for item in others}):
        theirs = [item for item in others if item.licensing_authority == authority]
        documents.recommendation(session, dossier, theirs, authority, ground=ground, now=now)


def on_revocation_served(session: Session, case: Case, notice: Notice, *, now: datetime) -> None:
    """撤回 takes effect, from the moment of the service."""
    ours = [item for item in items_of(session, case) if documents.is_ours(item.licensing_authority)]
    reason = f"逾期未通过整改，依法撤回（{notice.reference}）"
    qualifications.withdraw(
        session, item_ids=_standing(ours), reason=reason, actor="system", since=notice.proven_at, now=now
    )


def on_not_revoked(session: Session, dossier: Dossier, *, ground: Ground, now: datetime) -> None:
    """Having heard the enterprise the bureau does not revoke; the mark is lifted."""
    reason = f"经陈述申辩不予撤回（{dossier.case.number}）"
    qualifications.lift_abnormal(session, item_ids=_ids(dossier.items), reason=reason, now=now)
    kinds.not_revoked(session, **of_dossier(dossier, now=now), key=_key(dossier.case, "not-revoked"))


def on_cancelled(session: Session, dossier: Dossier, *, ground: Ground, now: datetime) -> None:
    """取消任务: what this case set is lifted, and every open fact ends."""
    if dossier.case.rectification_served_on is not None:
        reason = f"核查任务取消（{dossier.case.number}）"
        ids = _ids(dossier.items)
        qualifications.lift_abnormal(session, item_ids=ids, reason=reason, now=now)
    for fact in standing(session, dossier.case.id):
        end(session, fact, by="system", reason="核查任务取消", now=now)
    kinds.case_cancelled(session, **of_dossier(dossier, now=now), key=_key(dossier.case, "cancelled"))


def lift_marks(session: Session, case: Case, *, reason: str, now: datetime) -> None:
    """Lift 资质异常 because the notice behind it was rescinded, or gives way to a new one."""
    qualifications.lift_abnormal(session, item_ids=_ids(items_of(session, case)), reason=reason, now=now)


def reinstate(session: Session, case: Case, *, reason: str, actor: str, now: datetime) -> None:
    """Give back what a rescinded decision had taken."""
    ended = {Track.FIRST: ItemStatus.LAPSED, Track.STOCK: ItemStatus.WITHDRAWN}[Track(case.track)]
    ids = [item.id for item in items_of(session, case) if item.status == ended]
    if ids:
        qualifications.reinstate(session, item_ids=ids, reason=reason, actor=actor, now=now)


def enterprise_of(session: Session, case: Case) -> Enterprise:
    """The enterprise of a case."""
    return session.get_one(Enterprise, case.enterprise_id)


def notice_key(notice: Notice, what: str) -> str:
    """The key of the message that carries a document: its receipt proves service of that one and no other."""
    return f"notice:{notice.code}:{what}"


def code_of(key: str) -> str | None:
    """The code of the document that a message with this key carries."""
    kind, code, *_ = f"{key}:".split(":")
    return code if kind == "notice" else None


def _key(case: Case, what: str) -> str:
    """A message key per entry into the state; the version makes a second, lawful entry its own message."""
    return f"case:{case.id}:{case.version}:{what}"


def _ids(items: Sequence[QualificationItem]) -> list[int]:
    return [item.id for item in items]


def _standing(items: Sequence[QualificationItem]) -> list[int]:
    """Items that have not ended in another way meanwhile."""
    return [item.id for item in items if item.status == ItemStatus.VALID]
