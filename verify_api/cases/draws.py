"""双随机: drawn under a recorded seed by one officer, approved by another, opened as a batch (SZ-31)."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise, ItemStatus, Origin, QualificationItem
from registry.errors import Conflict, Forbidden, Invalid, NotFound
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.accounts.models import Account
from verify_api.cases import batches
from verify_api.cases.access import require_role
from verify_api.cases.batch_models import CaseBatch, CaseDraw
from verify_api.cases.batchfile import row_of
from verify_api.cases.drawing import Drawn, digest_of, draw
from verify_api.cases.models import Case
from verify_api.cases.openings import StockReason
from verify_api.cases.queries import awaits_withdrawal
from verify_api.cases.states import TERMINAL, Track

DAYS_IN_A_MONTH = 30.4375


class DrawNotFound(NotFound):
    """There is no such draw."""

    code = "draw_not_found"
    message = "没有这次抽取"


class DrawDecided(Conflict):
    """It was approved or refused already."""

    code = "draw_decided"
    message = "这次抽取已经处理"


class SecondOfficerNeeded(Forbidden):
    """Drawing and approving are two officers' work."""

    code = "second_officer_needed"
    message = "须由另一名工作人员批准"


class DrawReasonMissing(Invalid):
    """A draw, or its refusal, needs a reason."""

    code = "reason_missing"
    message = "请填写理由"


@dataclass(frozen=True, slots=True)
class Criteria:
    """Whom to draw from: among active enterprises with an ordinary item and no STOCK case that runs."""

    districts: tuple[str, ...] = ()  # codes of GB/T 2260; empty means all
    categories: tuple[str, ...] = ()
    not_verified_months: int = 0  # without a STOCK case opened in so many months


def population(session: Session, criteria: Criteria, *, now: datetime) -> list[str]:
    """Codes of the enterprises that can be drawn, in ascending order."""
    item = (
        (QualificationItem.enterprise_id == Enterprise.id)
        & (QualificationItem.status == ItemStatus.VALID.value)
        & (QualificationItem.origin == Origin.ORDINARY.value)
        & ~awaits_withdrawal()
    )
    if criteria.categories:
        item &= QualificationItem.category.in_(criteria.categories)
    since = now - timedelta(days=DAYS_IN_A_MONTH * criteria.not_verified_months)
    checked = (
        (Case.enterprise_id == Enterprise.id)
        & (Case.track == Track.STOCK.value)
        & (Case.state.not_in([state.value for state in TERMINAL]) | (Case.opened_at >= since))
    )
    query = select(Enterprise.uscc).where(
        Enterprise.is_active, exists().where(item), ~exists().where(checked)
    )
    if criteria.districts:
        query = query.where(Enterprise.district_code.in_(criteria.districts))
    # "C": everybody who replays it sorts by code points, whatever the server's collation.
    return list(session.scalars(query.order_by(Enterprise.uscc.collate("C"))))


def propose_draw(
    session: Session,
    *,
    size: int,
    criteria: Criteria,
    reason: str,
    public_seed: str = "",
    actor: Actor,
    now: datetime,
) -> CaseDraw:
    """Draw. The population is fixed first, then the seed: a fresh random one, or a public one (a lottery's).

    Nothing is opened before another officer approves; every draw stays on record, refused ones too, so that
    nobody can draw until he likes the outcome.

    Raises:
        RoleMissing, DrawReasonMissing, DrawImpossible: As they say.
    """
    require_role(actor, Role.ADMIN)
    if not reason.strip():
        raise DrawReasonMissing
    codes = population(session, criteria, now=now)
    officers = _officers(session)
    seed = public_seed.strip() or secrets.token_hex(16)
    drawn = draw(seed, codes, size, officers=officers)
    row = CaseDraw(
        reason=reason.strip(),
        criteria=asdict(criteria),
        seed=seed,
        seed_source="public" if public_seed.strip() else "server",
        size=size,
        population=codes,
        population_digest=digest_of(codes),
        officers=list(officers),
        drawn=[asdict(one) for one in drawn],
        proposed_by=actor.label,
        proposed_at=now,
    )
    session.add(row)
    session.flush()
    return row


def decide_draw(
    session: Session, draw_id: int, *, is_agreed: bool, reason: str, actor: Actor, now: datetime
) -> CaseBatch | None:
    """The other officer approves, and the cases are opened as a batch; or refuses, with a reason.

    Raises:
        RoleMissing, SecondOfficerNeeded, DrawDecided, DrawReasonMissing, DrawNotFound: As they say.
    """
    require_role(actor, Role.ADMIN, Role.DECIDER)
    row = session.get(CaseDraw, draw_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise DrawNotFound
    if row.decided_at is not None:
        raise DrawDecided
    if row.proposed_by == actor.label:
        raise SecondOfficerNeeded
    if not is_agreed and not reason.strip():
        raise DrawReasonMissing
    row.decided_by, row.decided_at = actor.label, now
    row.is_approved, row.decision_reason = is_agreed, reason.strip()
    session.flush()
    return _as_batch(session, row, actor=actor, now=now) if is_agreed else None


def draw_of(session: Session, draw_id: int) -> CaseDraw:
    """The draw.

    Raises:
        DrawNotFound: There is none.
    """
    row = session.get(CaseDraw, draw_id)
    if row is None:
        raise DrawNotFound
    return row


def draws(session: Session, *, limit: int = 50) -> list[CaseDraw]:
    """The newest draws."""
    return list(session.scalars(select(CaseDraw).order_by(CaseDraw.id.desc()).limit(limit)))


def record_of(row: CaseDraw, *, with_officers: bool = True) -> dict[str, object]:
    """Everything needed to do the draw again, as `daka draw replay` reads it."""
    drawn = [Drawn(one["uscc"], one["officer"] if with_officers else None) for one in row.drawn]
    return {
        "seed": row.seed,
        "seed_source": row.seed_source,
        "size": row.size,
        "population_digest": row.population_digest,
        "population": row.population,
        "officers": row.officers if with_officers else [],
        "drawn": [asdict(one) for one in drawn],
    }


def _officers(session: Session) -> Sequence[str]:
    """Account names of those who review today, in ascending order."""
    query = select(Account.username).where(
        Account.kind == Kind.STAFF.value,
        Account.role == Role.REVIEWER.value,
        Account.disabled_at.is_(None),
    )
    return sorted(session.scalars(query))


def _as_batch(session: Session, row: CaseDraw, *, actor: Actor, now: datetime) -> CaseBatch:
    note = f"双随机抽查第{row.id}次：{row.reason}"
    rows = [
        row_of(line, uscc=one["uscc"], reasons=[StockReason.RANDOM_DRAW], note=note)
        for line, one in enumerate(row.drawn, start=1)
    ]
    digest = hashlib.sha256(f"draw:{row.id}".encode()).hexdigest()
    return batches.store(
        session,
        name=f"双随机抽查第{row.id}次",
        sha256=digest,
        rows=rows,
        draw_id=row.id,
        actor=actor,
        now=now,
    )
