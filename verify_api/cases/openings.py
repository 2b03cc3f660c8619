"""How a case begins: FIRST on inclusion, STOCK for a reason of SZ-31."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise, ItemStatus, Origin, QualificationItem
from registry.errors import Conflict, Invalid
from verify_api.accounts.actor import Actor, Role
from verify_api.cases.access import require_role
from verify_api.cases.facts import FactKind, begin
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.models import Case, CaseItem, CaseReason, CaseSeries
from verify_api.cases.outcomes import tell_inspection_started
from verify_api.cases.queries import awaits_withdrawal
from verify_api.cases.states import INITIAL, TERMINAL, Track
from verify_api.cases.timing import Facts, planned, restart
from verify_api.cases.transition import begin as begin_history
from verify_api.cases.transition import note


class StockReason(StrEnum):
    """The seven reasons of SZ-31, and the random draw that needs approval."""

    ACCIDENT = "accident"
    WAGE_ARREARS = "wage_arrears"
    SUBCONTRACTING = "subcontracting"
    ILLEGAL_SUBCONTRACTING = "illegal_subcontracting"
    AFFILIATION = "affiliation"
    DORMANT = "dormant"
    COMPLAINT = "complaint"
    RANDOM_DRAW = "random_draw"


REASON_LABELS = {
    StockReason.ACCIDENT: "发生施工生产安全事故",
    StockReason.WAGE_ARREARS: "拖欠工人工资",
    StockReason.SUBCONTRACTING: "转包",
    StockReason.ILLEGAL_SUBCONTRACTING: "违法分包",
    StockReason.AFFILIATION: "资质挂靠",
    StockReason.DORMANT: "取得资质证书后长期无正常经营",
    StockReason.COMPLAINT: "被投诉举报",
    StockReason.RANDOM_DRAW: "双随机抽查",
}


@dataclass(frozen=True, slots=True)
class GivenReason:
    """A reason with the note or evidence it needs."""

    code: StockReason
    note: str


class ReasonMissing(Invalid):
    """A STOCK case needs at least one reason with a note."""

    code = "reason_missing"
    message = "发起日常核查须选择至少一项核查原因并填写说明"


class NothingToVerify(Invalid):
    """The enterprise holds no valid item of the kind."""

    code = "no_items"
    message = "该企业没有可核查的有效资质项"


class DrawNeeded(Invalid):
    """双随机 is a draw that a second officer approves, not a reason an officer may simply give (SZ-31)."""

    code = "draw_needed"
    message = "双随机抽查须通过抽取并经另一名工作人员批准后发起"


class CaseRuns(Conflict):
    """The item is already under verification."""

    code = "case_already_open"
    message = "所选资质项已有进行中的核查任务"


def open_first_cases(session: Session, *, enterprise: Enterprise, actor: Actor, now: datetime) -> list[Case]:
    """Open the FIRST cases of an enterprise: items of one certificate and issue date share one (§0)."""
    require_role(actor, Role.ADMIN)
    items = [item for item in _valid_items(session, enterprise.id) if item.origin == Origin.COMMITMENT]
    taken = _under_verification(session, items) | _verified_first(session, items)
    groups: dict[tuple[int, object, object], list[QualificationItem]] = {}
    for item in items:
        if item.id not in taken:
            key = (item.certificate_id, item.first_issued_on, item.valid_to)
            groups.setdefault(key, []).append(item)
    ground = ground_on(session, now=now)
    return [
        _open(session, Track.FIRST, enterprise, group, (), ground, actor, now) for group in groups.values()
    ]


def open_stock_case(
    session: Session,
    *,
    enterprise: Enterprise,
    reasons: Sequence[GivenReason],
    item_ids: Sequence[int] | None,
    actor: Actor,
    is_drawn: bool = False,
    now: datetime,
) -> tuple[Case, bool]:
    """Open a STOCK case, or attach the reasons to the one that runs; the flag says whether it is new (SZ-31).

    `is_drawn`: an approved draw stands behind it.

    Raises:
        ReasonMissing: No reason, or one without a note.
        DrawNeeded: 双随机 without an approved draw.
        NothingToVerify: No valid item, or an item that is not this enterprise's.
    """
    require_role(actor, Role.ADMIN)
    if not reasons or any(not reason.note.strip() for reason in reasons):
        raise ReasonMissing
    if not is_drawn and any(reason.code is StockReason.RANDOM_DRAW for reason in reasons):
        raise DrawNeeded
    ground = ground_on(session, now=now)
    running = running_stock(session, enterprise.id)
    if running is not None:
        if item_ids is not None:
            _chosen(session, enterprise.id, item_ids)  # A slip must not look as if it had been taken.
        _attach(session, running, reasons, actor, now)
        note(session, running, "reason_added", ground=ground, actor=actor, facts=_told(reasons), now=now)
        return running, False
    items = _chosen(session, enterprise.id, item_ids)
    if _under_verification(session, items):
        raise CaseRuns
    case = _open(session, Track.STOCK, enterprise, items, reasons, ground, actor, now)
    tell_inspection_started(session, case, now=now)
    return case, True


def _chosen(session: Session, enterprise_id: int, item_ids: Sequence[int] | None) -> list[QualificationItem]:
    items = [item for item in _valid_items(session, enterprise_id) if item.origin != Origin.COMMITMENT]
    if item_ids is not None:
        items = [item for item in items if item.id in set(item_ids)]
        if len(items) != len(set(item_ids)):
            raise NothingToVerify(
                "所选资质项不属于该企业、已失效，或不适用日常核查", code="item_not_verifiable"
            )
    if not items:
        raise NothingToVerify
    return items


def _open(
    session: Session,
    track: Track,
    enterprise: Enterprise,
    items: Sequence[QualificationItem],
    reasons: Sequence[GivenReason],
    ground: Ground,
    actor: Actor,
    now: datetime,
) -> Case:
    case = Case(
        number=_next_number(session, track, ground.today.year),
        enterprise_id=enterprise.id,
        track=track.value,
        state=INITIAL[track].value,
        opened_at=now,
        opened_by=actor.label,
        version=0,
    )
    session.add(case)
    session.flush()
    session.add_all([CaseItem(case_id=case.id, item_id=item.id, title=item.title) for item in items])
    _attach(session, case, reasons, actor, now)
    facts = {"items": [item.title for item in items]} | _told(reasons)
    begin_history(session, case, ground=ground, actor=actor, facts=facts, now=now)
    days = Facts(ground.today, items[0].first_issued_on, min(item.valid_to for item in items))
    restart(session, case, planned(track, INITIAL[track], days, ground), ground=ground, now=now)
    if track is Track.FIRST and case.due_at is not None and case.due_at <= now:
        # Included only after its ten months were over: nobody may be caught by a clock he was never shown.
        said = "纳入核查时首次申报期限已过，须由工作人员确认后处理"
        begin(session, case.id, FactKind.HOLD, by="system", reason=said, now=now)
    return case


def _attach(
    session: Session, case: Case, reasons: Sequence[GivenReason], actor: Actor, now: datetime
) -> None:
    for reason in reasons:
        row = CaseReason(
            case_id=case.id, code=reason.code.value, note=reason.note, added_by=actor.label, added_at=now
        )
        session.add(row)
    session.flush()


def _told(reasons: Sequence[GivenReason]) -> dict[str, list[str]]:
    return {"reasons": [reason.code.value for reason in reasons]} if reasons else {}


def _valid_items(session: Session, enterprise_id: int) -> list[QualificationItem]:
    query = select(QualificationItem).where(
        QualificationItem.enterprise_id == enterprise_id,
        QualificationItem.status == ItemStatus.VALID.value,
        ~awaits_withdrawal(),
    )
    return list(session.scalars(query.order_by(QualificationItem.id)))


def running_stock(session: Session, enterprise_id: int) -> Case | None:
    """The 日常核查 that runs for this enterprise, locked: there is one at most."""
    query = select(Case).where(
        Case.enterprise_id == enterprise_id,
        Case.track == Track.STOCK.value,
        Case.state.not_in([state.value for state in TERMINAL]),
    )
    return session.scalar(query.order_by(Case.id).limit(1).with_for_update())


def _under_verification(session: Session, items: Sequence[QualificationItem]) -> set[int]:
    query = (
        select(CaseItem.item_id)
        .join(Case, Case.id == CaseItem.case_id)
        .where(
            CaseItem.item_id.in_([item.id for item in items]),
            Case.state.not_in([state.value for state in TERMINAL]),
        )
    )
    return set(session.scalars(query))


def _verified_first(session: Session, items: Sequence[QualificationItem]) -> set[int]:
    """Items whose first verification has already ended."""
    query = (
        select(CaseItem.item_id)
        .join(Case, Case.id == CaseItem.case_id)
        .where(
            CaseItem.item_id.in_([item.id for item in items]),
            Case.track == Track.FIRST.value,
            Case.state.in_(["PASSED", "LAPSED"]),
        )
    )
    return set(session.scalars(query))


def _next_number(session: Session, track: Track, year: int) -> str:
    """The next public number of the year, e.g. HC2025-000012; the counter row is locked until commit."""
    row = insert(CaseSeries).values(year=year, last=1)
    row = row.on_conflict_do_update(index_elements=["year"], set_={"last": CaseSeries.last + 1})
    last = session.scalar(row.returning(CaseSeries.last))
    prefix = "SC" if track is Track.FIRST else "RC"  # 首次核查, 日常核查
    return f"{prefix}{year}-{last:06d}"
