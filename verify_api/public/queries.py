"""What the public asks: what became of a document's case, and the pass rates with their denominators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import case as choose
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises.models import Enterprise
from verify_api.cases.batch_models import CaseDraw
from verify_api.cases.models import Case
from verify_api.cases.states import State, Track
from verify_api.notices.models import Notice, NoticeKind
from verify_api.notices.publication import PassRate, pass_rate

PASSED = frozenset({State.PASSED, State.RECTIFIED})
FAILED = frozenset({State.AWAITING_LAPSE, State.LAPSED, State.REVOKED, State.NOT_REVOKED})
# What an order to rectify, or an intention to revoke, led to: who has mended, or was heard and keeps what he
# has, must not go on standing there as if he had not.
OUTCOMES = {
    State.RECTIFIED: "已通过整改",
    State.REVOCATION_PROPOSED: "拟撤回",
    State.REVOKED: "已撤回",
    State.NOT_REVOKED: "不予撤回",
    State.CANCELLED: "已取消",
}
# Read differently before its own step is taken.
STILL_OPEN: dict[NoticeKind, dict[str, str]] = {
    NoticeKind.RECTIFICATION: {},
    NoticeKind.PROPOSAL: {State.REVOCATION_PROPOSED.value: "待决定"},
}


@dataclass(frozen=True, slots=True)
class YearRate:
    """合格率 of one track in one year."""

    track: Track
    year: int
    rate: PassRate


def outcomes(session: Session, notice_ids: Sequence[int]) -> dict[int, str]:
    """What each 责令整改通知书 and 撤回告知书 led to so far; other documents speak for themselves."""
    query = (
        select(Notice.id, Notice.kind, Case.state)
        .join(Case, Case.id == Notice.case_id)
        .where(
            Notice.id.in_(notice_ids),
            Notice.kind.in_([kind.value for kind in STILL_OPEN]),
            Notice.rescinded_at.is_(None),
            Notice.replaced_at.is_(None),
        )
    )
    return {
        notice_id: STILL_OPEN[NoticeKind(kind)].get(state) or OUTCOMES.get(State(state), "整改中")
        for notice_id, kind, state in session.execute(query)
    }


def rates(session: Session, *, year: int, today: date) -> list[YearRate]:
    """合格率 of the checks whose outcome came in the year, per track.

    A FIRST case that only waits for its certificate to end has failed; it counts in the year that runs, and
    then in the year of the lapse. Cancelled checks are left out, and running ones of firms that are gone
    (注销, 迁出). An outcome once known stays counted: a firm struck off because it failed must not raise the
    rate, nor one that moves away change the figure of a year that is over.
    """
    begin = datetime.combine(date(year, 1, 1), time.min, SHANGHAI)
    end = datetime.combine(date(year + 1, 1, 1), time.min, SHANGHAI)
    in_year = (Case.closed_at >= begin) & (Case.closed_at < end)
    running = Case.closed_at.is_(None) & (Case.opened_at < end) if year == today.year else None
    wanted = in_year if running is None else in_year | running
    is_gone = choose((Enterprise.is_active | Case.closed_at.is_not(None), False), else_=True)
    query = (
        select(Case.track, Case.state, is_gone, func.count())
        .join(Enterprise, Enterprise.id == Case.enterprise_id)
        .where(wanted)
        .group_by(Case.track, Case.state, is_gone)
    )
    counted = {
        track: dict.fromkeys(("passed", "failed", "running", "cancelled", "gone"), 0) for track in Track
    }
    for track, state, gone, number in session.execute(query):
        counted[Track(track)][_kind(State(state), is_gone=gone)] += number
    return [YearRate(track, year, pass_rate(**counts)) for track, counts in counted.items()]


def _kind(state: State, *, is_gone: bool) -> str:
    if state is State.CANCELLED:
        return "cancelled"
    if is_gone:
        return "gone"
    return "passed" if state in PASSED else "failed" if state in FAILED else "running"


def approved_draws(session: Session, *, limit: int = 50) -> list[CaseDraw]:
    """Draws that a second officer approved, the newest first."""
    query = select(CaseDraw).where(CaseDraw.is_approved.is_(True))
    return list(session.scalars(query.order_by(CaseDraw.id.desc()).limit(limit)))
