"""What a step of a case is decided and written from, read for many cases in as many queries as for one.

The rows are the session's own: what a step changes is seen by what follows it in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer, joinedload

from registry.enterprises.models import Certificate, Enterprise, QualificationItem
from verify_api.accounts.contacts import CurrentContact, contacts_of
from verify_api.cases.models import Case, CaseDeadline, CaseEvent, CaseFact, CaseItem, PersonList
from verify_api.cases.states import Event
from verify_api.notices.models import Notice, NoticeKind

Row = TypeVar("Row", CaseItem, CaseDeadline, CaseFact, PersonList, CaseEvent)

# Entries of the history that a document speaks of: how it was served, and which check-ins were voided
# and which of these count again.
SERVED = (Event.SERVED.value, "notice_served")
TOLD = (Event.CHECKIN_VOIDED.value, Event.CHECKIN_RESTORED.value, *SERVED)


@dataclass(frozen=True, slots=True)
class Dossier:
    """One case with what belongs to it, each list oldest first."""

    case: Case
    enterprise: Enterprise
    contact: CurrentContact
    case_items: Sequence[CaseItem]  # each with its item
    certificates: Mapping[int, str]  # numbers, by the id of the item
    deadlines: Sequence[CaseDeadline]  # replaced and missed ones too
    facts: Sequence[CaseFact]  # those that stood when it was read
    lists: Sequence[PersonList]
    told: Sequence[CaseEvent]
    notices: Sequence[Notice]  # in force

    @property
    def running(self) -> CaseDeadline | None:
        """The deadline that runs now."""
        return next((row for row in self.deadlines if row.ended_at is None), None)

    @property
    def missed(self) -> list[CaseDeadline]:
        """The deadlines that passed without what was due."""
        return [row for row in self.deadlines if row.ended_reason == "missed"]

    def newest(self, kind: NoticeKind) -> Notice | None:
        """The newest document of a kind that is in force."""
        return next((row for row in reversed(self.notices) if row.kind == kind), None)

    @property
    def items(self) -> list[QualificationItem]:
        """The 资质项 under verification, in the order of their ids."""
        return sorted((row.item for row in self.case_items), key=lambda item: item.id)


def read(session: Session, cases: Sequence[Case]) -> list[Dossier]:
    """The dossiers in the order of the cases. Whoever is to act upon a case has locked it before."""
    ids = [case.id for case in cases]
    holders = _enterprises(session, cases)
    contacts = contacts_of(session, list(holders.values()))
    items, deadlines = _by_case(session, _items(ids)), _by_case(session, _deadlines(ids))
    facts, lists = _by_case(session, _facts(ids)), _by_case(session, _lists(ids))
    told, notices = _by_case(session, _told(ids)), _notices(session, ids)
    certificates = _certificates(session, ids)
    return [
        Dossier(
            case=case,
            enterprise=holders[case.enterprise_id],
            contact=contacts[case.enterprise_id],
            case_items=items.get(case.id, ()),
            certificates=certificates,
            deadlines=deadlines.get(case.id, ()),
            facts=facts.get(case.id, ()),
            lists=lists.get(case.id, ()),
            told=told.get(case.id, ()),
            notices=notices.get(case.id, ()),
        )
        for case in cases
    ]


def _enterprises(session: Session, cases: Sequence[Case]) -> dict[int, Enterprise]:
    query = select(Enterprise).where(Enterprise.id.in_({case.enterprise_id for case in cases}))
    return {row.id: row for row in session.scalars(query)}


def _items(ids: Sequence[int]) -> Select[CaseItem]:
    query = select(CaseItem).where(CaseItem.case_id.in_(ids)).order_by(CaseItem.id)
    query = query.options(joinedload(CaseItem.item, innerjoin=True))
    # Rows that the session holds already would otherwise come without what is joined to them.
    return query.execution_options(populate_existing=True)


def _certificates(session: Session, ids: Sequence[int]) -> dict[int, str]:
    query = (
        select(QualificationItem.id, Certificate.number)
        .join(Certificate, Certificate.id == QualificationItem.certificate_id)
        .join(CaseItem, CaseItem.item_id == QualificationItem.id)
        .where(CaseItem.case_id.in_(ids))
    )
    return dict(session.execute(query).all())


def _deadlines(ids: Sequence[int]) -> Select[CaseDeadline]:
    return select(CaseDeadline).where(CaseDeadline.case_id.in_(ids)).order_by(CaseDeadline.id)


def _facts(ids: Sequence[int]) -> Select[CaseFact]:
    standing = select(CaseFact).where(CaseFact.case_id.in_(ids), CaseFact.ended_at.is_(None))
    return standing.order_by(CaseFact.id)


def _lists(ids: Sequence[int]) -> Select[PersonList]:
    return select(PersonList).where(PersonList.case_id.in_(ids)).order_by(PersonList.version)


def _told(ids: Sequence[int]) -> Select[CaseEvent]:
    query = select(CaseEvent).where(CaseEvent.case_id.in_(ids), CaseEvent.event.in_(TOLD))
    return query.order_by(CaseEvent.seq)


def _notices(session: Session, ids: Sequence[int]) -> dict[int | None, list[Notice]]:
    query = select(Notice).where(Notice.case_id.in_(ids), Notice.replaced_at.is_(None))
    query = query.where(Notice.rescinded_at.is_(None)).order_by(Notice.id)
    found: dict[int | None, list[Notice]] = {}
    # What the page says is long, and not asked for here.
    for row in session.scalars(query.options(defer(Notice.document), defer(Notice.context))):
        found.setdefault(row.case_id, []).append(row)
    return found


def _by_case(session: Session, query: Select[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in session.scalars(query):
        found.setdefault(row.case_id, []).append(row)
    return found
