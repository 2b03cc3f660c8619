"""文书登记簿: every document with where it stands, and how far the making of a night's pages has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from registry.enterprises.models import Enterprise
from verify_api.notices.models import Notice, NoticeKind

PAGE = 50
# A page takes some hundredths of a second and is made at once: after this long something is wrong with it.
STUCK = timedelta(minutes=15)
PACE = timedelta(minutes=1)  # over which the speed is taken


class Stage(StrEnum):
    """Where a document stands."""

    PENDING = "pending"  # numbered, its page not made
    UNPROVEN = "unproven"  # made, no proof of service yet
    PROVEN = "proven"
    VOID = "void"  # replaced or rescinded


@dataclass(frozen=True, slots=True)
class Progress:
    """The documents issued since `since`. `a_minute` is how many pages the last minute brought."""

    since: datetime
    issued: int
    made: int
    a_minute: int
    stuck: int

    @property
    def pending(self) -> int:
        """Pages still to be made."""
        return self.issued - self.made

    @property
    def minutes_left(self) -> int | None:
        """At the present pace, rounded up; None while nothing moves."""
        return -(-self.pending // self.a_minute) if self.a_minute else None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of the register."""

    rows: Sequence[Notice]
    total: int


def progress(session: Session, *, since: datetime, now: datetime) -> Progress:
    """How many documents were issued since then and how many of them have their page."""
    made = func.count().filter(Notice.produced_at.is_not(None))
    lately = func.count().filter(Notice.produced_at > now - PACE)
    query = select(func.count(), made, lately).where(Notice.issued_at >= since)
    issued, done, pace = session.execute(query).one()
    stuck = select(func.count()).where(Notice.produced_at.is_(None), Notice.issued_at < now - STUCK)
    return Progress(since, issued, done, pace, session.scalar(stuck) or 0)


def find(session: Session, *, stage: Stage | None = None, text: str = "", page: int = 1) -> Found:
    """Documents by stage and part of a number, USCC or name; the newest first, unmade ones the oldest."""
    wanted = [_IN_STAGE[stage]] if stage else []
    if text.strip():
        like = f"%{text.strip()}%"
        wanted.append(
            or_(Notice.reference.ilike(like), Enterprise.name.ilike(like), Enterprise.uscc.ilike(like))
        )
    base = select(Notice).join(Enterprise, Enterprise.id == Notice.enterprise_id).where(*wanted)
    total = session.scalar(select(func.count()).select_from(base.subquery())) or 0
    order = Notice.id if stage is Stage.PENDING else Notice.id.desc()
    query = base.options(joinedload(Notice.enterprise)).order_by(order)
    return Found(session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)).all(), total)


def stage_of(notice: Notice) -> Stage:
    """The stage of one document; what no longer holds is void, however far it had come."""
    if not notice.is_in_force:
        return Stage.VOID
    if notice.produced_at is None:
        return Stage.PENDING
    return Stage.PROVEN if _needs_no_proof(notice) or notice.proven_at is not None else Stage.UNPROVEN


def _needs_no_proof(notice: Notice) -> bool:
    return notice.kind == NoticeKind.SERVICE_RECEIPT


_holds = Notice.replaced_at.is_(None) & Notice.rescinded_at.is_(None)
_made = Notice.produced_at.is_not(None)
_proven = or_(
    Notice.kind == NoticeKind.SERVICE_RECEIPT.value,
    Notice.delivered_at.is_not(None),
    Notice.served_at.is_not(None),
)
_IN_STAGE: dict[Stage, ColumnElement[bool]] = {
    Stage.PENDING: _holds & ~_made,
    Stage.UNPROVEN: _holds & _made & ~_proven,
    Stage.PROVEN: _holds & _made & _proven,
    Stage.VOID: ~_holds,
}
