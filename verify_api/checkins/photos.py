"""Whose registry photograph is missing or cannot serve: seen before the person waits for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from registry.errors import Reason
from registry.people.models import Person
from verify_api.cases.models import Case, CheckIn, ListedPerson, PersonList
from verify_api.faces.models import PhotoFault

MISSING = Reason("photo_missing", "“三库一平台”没有该人员的照片", "请在“三库一平台”补登照片后同步人员信息")


@dataclass(frozen=True, slots=True)
class Unphotographed:
    """Somebody who has yet to check in and cannot be compared; `found_at` is None where nothing was tried."""

    person: Person
    enterprise: Enterprise
    case: str
    list_id: int
    reasons: tuple[Reason, ...]
    found_at: datetime | None


def without_photograph(
    session: Session, *, list_id: int | None = None, limit: int = 500, offset: int = 0
) -> list[Unphotographed]:
    """People on approved lists of running cases, in order of case and person; of one list, if it is named."""
    query = _listed(Person, Enterprise, Case.number, PersonList.id, PhotoFault)
    if list_id is not None:
        query = query.where(PersonList.id == list_id)
    rows = session.execute(query.order_by(Case.id, Person.id, PhotoFault.id).limit(limit).offset(offset))
    return [_told(*row) for row in rows]


def count_without_photograph(session: Session) -> int:
    """How many lines `without_photograph` has."""
    return session.scalar(select(func.count()).select_from(_listed(Person.id).subquery())) or 0


def _listed(*columns: Any) -> Select[Any]:
    """A fault counts while it speaks of the photograph that the registry holds."""
    there = exists().where(
        CheckIn.list_id == PersonList.id, CheckIn.person_id == Person.id, CheckIn.voided_at.is_(None)
    )
    fault = (PhotoFault.person_id == Person.id) & (PhotoFault.source_sha256 == Person.photo_sha256)
    return (
        select(*columns)
        .select_from(PersonList)
        .join(Case, Case.id == PersonList.case_id)
        .join(Enterprise, Enterprise.id == Case.enterprise_id)
        .join(ListedPerson, ListedPerson.list_id == PersonList.id)
        .join(Person, Person.id == ListedPerson.person_id)
        .outerjoin(PhotoFault, fault)
        .where(PersonList.status == "approved", Case.closed_at.is_(None), ~there)
        .where(Person.photo_sha256.is_(None) | PhotoFault.id.is_not(None))
    )


def _told(
    person: Person, enterprise: Enterprise, number: str, list_id: int, fault: PhotoFault | None
) -> Unphotographed:
    if fault is None:
        return Unphotographed(person, enterprise, number, list_id, (MISSING,), None)
    reasons = tuple(Reason(**reason) for reason in fault.reasons)
    return Unphotographed(person, enterprise, number, list_id, reasons, fault.found_at)
