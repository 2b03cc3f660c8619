"""What the public may see: the list of notices, decisions and lapses, one document's standing, the pass rate.

22号令 28 wants an order to rectify announced. Only what identifies the enterprise and the act is shown;
facts, evidence and people stay in the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from verify_api.deadlines.calendar import HolidayCalendar
from verify_api.deadlines.rules import Deadline, working_days_after
from verify_api.notices.models import Notice, NoticeKind
from verify_api.policy.values import Policy

PUBLISHED = (NoticeKind.RECTIFICATION, NoticeKind.PROPOSAL, NoticeKind.REVOCATION, NoticeKind.LAPSE)
PAGE = 50


class Standing(StrEnum):
    """Whether a document holds today; the value is what the public reads."""

    IN_FORCE = "有效"
    REPLACED = "已被替代"
    RESCINDED = "已撤销"


@dataclass(frozen=True, slots=True)
class PublicNotice:
    """One line of the public list, and the answer of the verification page."""

    id: int
    reference: str
    kind: str
    enterprise_name: str
    uscc: str
    items: tuple[str, ...]
    issued_on: date
    standing: Standing
    standing_since: datetime | None
    sha256: str | None
    objections_until: Deadline
    is_open_to_objections: bool


@dataclass(frozen=True, slots=True)
class PassRate:
    """合格率 = passed / due, with its denominator.

    `due` are the checks whose outcome is known. Beside it are shown and not counted: those still running,
    those cancelled, and those whose firm was gone (注销, 迁出) before they had an outcome.
    """

    passed: int
    due: int
    running: int
    cancelled: int
    gone: int

    @property
    def excluded(self) -> int:
        """不计."""
        return self.cancelled + self.gone

    @property
    def percent(self) -> Decimal | None:
        """To one decimal, half up; None while nothing is due."""
        if self.due == 0:
            return None
        share = Decimal(self.passed) * 100 / Decimal(self.due)
        return share.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)

    @property
    def text(self) -> str:
        """85.7%（6/7，进行中 2，不计 3：取消 1、注销或迁出 2）."""
        share = "—" if self.percent is None else f"{self.percent}%"
        left_out = f"不计 {self.excluded}：取消 {self.cancelled}、注销或迁出 {self.gone}"
        return f"{share}（{self.passed}/{self.due}，进行中 {self.running}，{left_out}）"


def pass_rate(*, passed: int, failed: int, running: int, cancelled: int, gone: int) -> PassRate:
    """The rate from counts of cases; negative counts are a caller's error."""
    if min(passed, failed, running, cancelled, gone) < 0:
        raise ValueError("counts cannot be negative")
    return PassRate(passed, passed + failed, running, cancelled, gone)


def published(
    session: Session,
    *,
    policy: Policy,
    calendar: HolidayCalendar,
    now: datetime,
    kinds: Sequence[NoticeKind] = PUBLISHED,
    search: str = "",
    before: int | None = None,
) -> list[PublicNotice]:
    """A page of the public list, newest first; `before` is the last id of the page before.

    `search` matches the enterprise's name or its whole USCC. Documents whose page is not made yet are not
    published.
    """
    query = select(Notice).where(
        Notice.kind.in_([kind.value for kind in kinds if kind in PUBLISHED]), Notice.produced_at.is_not(None)
    )
    if search.strip():
        word = search.strip()
        name = Notice.context["enterprise_name"].astext
        query = query.where(
            name.contains(word, autoescape=True) | (Notice.context["uscc"].astext == word.upper())
        )
    if before is not None:
        query = query.where(Notice.id < before)
    rows = session.scalars(query.order_by(Notice.id.desc()).limit(PAGE))
    return [as_public(row, policy=policy, calendar=calendar, now=now) for row in rows]


def as_public(notice: Notice, *, policy: Policy, calendar: HolidayCalendar, now: datetime) -> PublicNotice:
    """What the public may know of a document. Objections are heard from the day it could be read."""
    read_from = notice.issued_on
    if notice.produced_at is not None:
        read_from = max(read_from, notice.produced_at.astimezone(SHANGHAI).date())
    until = working_days_after(
        read_from,
        policy.publication.objection_working_days,
        calendar=calendar,
        basis="公示异议期",
    )
    standing, since = standing_of(notice)
    return PublicNotice(
        id=notice.id,
        reference=notice.reference,
        kind=notice.kind,
        enterprise_name=notice.context["enterprise_name"],
        uscc=notice.context["uscc"],
        items=tuple(item["name"] for item in notice.context.get("items", ())),
        issued_on=notice.issued_on,
        standing=standing,
        standing_since=since,
        sha256=notice.sha256,
        objections_until=until,
        is_open_to_objections=standing is Standing.IN_FORCE and not until.is_over(now=now),
    )


def standing_of(notice: Notice) -> tuple[Standing, datetime | None]:
    """Whether it holds, and since when it does not."""
    if notice.rescinded_at is not None:
        return Standing.RESCINDED, notice.rescinded_at
    if notice.replaced_at is not None:
        return Standing.REPLACED, notice.replaced_at
    return Standing.IN_FORCE, None
