"""Cross-checks of an enterprise's people: ask, keep the answers, point at moved leads (MO-11, 福州).

The row is written before the question leaves, so that a question whose answer is lost stays 未查询 and can be
asked again. No transaction is open while a register is asked: `prepare`, then `Register.ask`, then `keep`.
"""

from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI, Clock
from registry.crypto import Keyring
from registry.db import Sessions
from registry.enterprises.models import Enterprise, ItemStatus, QualificationItem
from registry.errors import Invalid
from registry.people.models import Holding, Person, RosterEntry
from registry.people.queries import id_number, roster
from verify_api.selection.crosscheck import (
    CheckKind,
    Judged,
    MovedLead,
    Outcome,
    Question,
    Register,
    Sighting,
    judge,
    moved_leads,
)
from verify_api.selection.models import PersonCheck, VerifiedLead


class NoAuthority(Invalid):
    """Nobody is looked up without an authorisation to name (MO-10)."""

    code = "no_authority"
    message = "核查学历、职称、社保须有企业和本人的授权"


@dataclass(frozen=True, slots=True)
class Asked:
    """A written row and the question that goes out for it."""

    row_id: int
    question: Question


def prepare(
    session: Session,
    *,
    enterprise_id: int,
    person_ids: Collection[int] | None,
    kinds: Collection[CheckKind],
    authority: str,
    asked_by: str,
    keyring: Keyring,
    now: datetime,
) -> list[Asked]:
    """Write a row for every question about these people of the roster (None: all), and return the questions.

    Raises:
        NoAuthority: `authority` is empty.
        Unreadable: An ID number is sealed under a key that is not here.
    """
    if not authority.strip():
        raise NoAuthority
    enterprise = session.get_one(Enterprise, enterprise_id)
    asked: list[Asked] = []
    for entry in roster(session, enterprise_id):
        if person_ids is not None and entry.person_id not in person_ids:
            continue
        for kind, claims in _claims(entry, enterprise, kinds, now):
            row = _row(enterprise_id, entry.person_id, kind, authority, asked_by, now)
            session.add(row)
            session.flush()
            asked.append(Asked(row.id, _question(row.id, kind, entry.person, claims, authority, keyring)))
    return asked


def _row(
    enterprise_id: int, person_id: int, kind: CheckKind, authority: str, asked_by: str, now: datetime
) -> PersonCheck:
    return PersonCheck(
        enterprise_id=enterprise_id,
        person_id=person_id,
        kind=kind.value,
        outcome=Outcome.NOT_QUERIED.value,
        flags=[],
        detail={},
        authority=authority.strip(),
        asked_by=asked_by,
        asked_at=now,
    )


def _question(
    row_id: int, kind: CheckKind, person: Person, claims: dict[str, str], authority: str, keyring: Keyring
) -> Question:
    return Question(
        reference=str(row_id),
        kind=kind,
        name=person.name,
        id_type=person.id_type,
        id_number=id_number(person, keyring=keyring),
        authority=authority.strip(),
        claims=tuple(sorted(claims.items())),
    )


def _claims(
    entry: RosterEntry, enterprise: Enterprise, kinds: Collection[CheckKind], now: datetime
) -> Iterator[tuple[CheckKind, dict[str, str]]]:
    """What the registry says that a register can confirm; nothing said, nothing asked."""
    if CheckKind.EDUCATION in kinds and entry.person.education:
        yield CheckKind.EDUCATION, {"education": entry.person.education}
    if CheckKind.TITLE in kinds:
        for one in entry.person.certificates:
            if one.holding == Holding.TITLED:
                said = {
                    "title": one.title,
                    "level": one.level,
                    "specialty": one.specialty,
                    "number": one.number,
                }
                yield CheckKind.TITLE, said
    if CheckKind.INSURANCE in kinds:
        month = _month_before(now.astimezone(SHANGHAI).date())
        yield CheckKind.INSURANCE, {"employer": enterprise.uscc, "month": month}


def _month_before(today: date) -> str:
    """The last whole month: payments of the running one may not be booked yet."""
    year, month = (today.year - 1, 12) if today.month == 1 else (today.year, today.month - 1)
    return f"{year:04d}-{month:02d}"


def keep(session: Session, answers: Mapping[int, Judged], *, now: datetime) -> None:
    """Store answers by row id. An answer that came before stands."""
    rows = session.scalars(
        select(PersonCheck)
        .where(PersonCheck.id.in_(answers), PersonCheck.answered_at.is_(None))
        .order_by(PersonCheck.id)
        .with_for_update()
    )
    for row in rows:
        judged = answers[row.id]
        row.outcome = judged.outcome.value
        row.flags = [flag.value for flag in judged.flags]
        row.detail = judged.detail
        row.answered_at = now
    session.flush()


def run(
    sessions: Sessions,
    register: Register,
    *,
    enterprise_id: int,
    person_ids: Collection[int] | None = None,
    kinds: Collection[CheckKind] = tuple(CheckKind),
    authority: str,
    asked_by: str,
    keyring: Keyring,
    clock: Clock,
) -> dict[Outcome, int]:
    """Ask everything and keep it; one transaction before, one per answer, none while a register is asked.

    An edge: it opens transactions and reads the clock.
    """
    with sessions.begin() as session:
        asked = prepare(
            session,
            enterprise_id=enterprise_id,
            person_ids=person_ids,
            kinds=kinds,
            authority=authority,
            asked_by=asked_by,
            keyring=keyring,
            now=clock(),
        )
    counts: dict[Outcome, int] = {}
    for one in asked:
        judged = judge(one.question, register.ask(one.question))
        with sessions.begin() as session:
            keep(session, {one.row_id: judged}, now=clock())
        counts[judged.outcome] = counts.get(judged.outcome, 0) + 1
    return counts


def record_verified_leads(
    session: Session, *, case_id: int, enterprise_id: int, item_ids: Collection[int], on: date, now: datetime
) -> int:
    """Remember who leads these items on the day their enterprise is verified. Returns how many are new."""
    items = session.scalars(
        select(QualificationItem).where(
            QualificationItem.id.in_(item_ids),
            QualificationItem.enterprise_id == enterprise_id,
            QualificationItem.technical_lead_id.is_not(None),
        )
    )
    rows = [
        {
            "case_id": case_id,
            "enterprise_id": enterprise_id,
            "item_id": item.id,
            "person_id": item.technical_lead_id,
            "verified_on": on,
            "recorded_at": now,
        }
        for item in items
    ]
    if not rows:
        return 0
    stored = insert(VerifiedLead).values(rows).on_conflict_do_nothing().returning(VerifiedLead.id)
    return len(session.scalars(stored).all())


def find_moved_leads(session: Session, *, on: date, months: int) -> list[MovedLead]:
    """技术负责人 of valid items who were verified with another enterprise within `months` before `on`.

    A pointer for the choice of the next batch, never a ground of refusal.
    """
    since = months_before(on, months)
    seen = session.scalars(
        select(VerifiedLead).where(VerifiedLead.verified_on >= since, VerifiedLead.verified_on <= on)
    )
    sightings = [Sighting(r.person_id, r.enterprise_id, r.item_id, r.verified_on) for r in seen]
    items = session.scalars(
        select(QualificationItem)
        .where(
            QualificationItem.technical_lead_id.in_({s.person_id for s in sightings}),
            QualificationItem.status == ItemStatus.VALID,
            QualificationItem.absent_since.is_(None),
        )
        .order_by(QualificationItem.id)
    )
    current = [(i.technical_lead_id, i.enterprise_id, i.id) for i in items if i.technical_lead_id is not None]
    return moved_leads(current, sightings, since=since)


def months_before(day: date, months: int) -> date:
    """The same-numbered day some months earlier, or that month's last day (T-01, T-05 backwards)."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
