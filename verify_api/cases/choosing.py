"""The question a list has to answer, put together from the registry, the files and the open cases."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import QualificationItem
from registry.people.models import RosterEntry
from registry.people.queries import roster
from verify_api.cases.ground import Ground
from verify_api.cases.models import Case, CaseItem, CertificateFile, Draft, ListedPerson, PersonList
from verify_api.cases.states import TERMINAL
from verify_api.selection import service as selection
from verify_api.selection import values
from verify_api.selection.cover import bar, counting
from verify_api.selection.values import SelectionInput


def question(session: Session, case: Case, *, ground: Ground) -> SelectionInput:
    """What the list of this case is judged by, today (SZ-18 … SZ-25)."""
    on_roster = {entry.person_id for entry in roster(session, case.enterprise_id)}
    files = files_by_person(session, case.enterprise_id)
    return selection.question(
        session,
        enterprise_id=case.enterprise_id,
        items=items_under(session, case),
        on=ground.today,
        policy=ground.policy,
        case_id=case.id,
        files={person: {(one.holding, one.number) for one in held} for person, held in files.items()},
        in_open_case=_in_other_open_case(session, case, on_roster),
        also=session.scalar(select(Draft.people).where(Draft.case_id == case.id)) or (),
    )


def items_under(session: Session, case: Case) -> list[QualificationItem]:
    """The 资质项 of the case."""
    query = select(QualificationItem).join(CaseItem, CaseItem.item_id == QualificationItem.id)
    return list(session.scalars(query.where(CaseItem.case_id == case.id).order_by(QualificationItem.id)))


@dataclass(frozen=True, slots=True)
class KnownFile:
    """An uploaded certificate file."""

    id: int
    holding: str
    number: str
    sha256: str
    media_type: str


def files_by_person(session: Session, enterprise_id: int) -> dict[int, list[KnownFile]]:
    """The standing certificate files of an enterprise's people (SZ-25)."""
    query = select(CertificateFile).where(
        CertificateFile.enterprise_id == enterprise_id, CertificateFile.removed_at.is_(None)
    )
    found: dict[int, list[KnownFile]] = defaultdict(list)
    for row in session.scalars(query.order_by(CertificateFile.id)):
        file = KnownFile(row.id, row.holding, row.certificate_number, row.sha256, row.media_type)
        found[row.person_id].append(file)
    return found


def _in_other_open_case(session: Session, case: Case, people: set[int]) -> set[int]:
    """People on a standing list of another case that is not over."""
    query = (
        select(ListedPerson.person_id)
        .join(PersonList, PersonList.id == ListedPerson.list_id)
        .join(Case, Case.id == PersonList.case_id)
        .where(
            ListedPerson.person_id.in_(people),
            PersonList.status.in_(["submitted", "approved"]),
            Case.id != case.id,
            Case.state.not_in([state.value for state in TERMINAL]),
        )
    )
    return set(session.scalars(query))


def plain(value: Any) -> Any:
    """Dates, sets and enumerations as JSON can carry them."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(one) for one in value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def candidates(session: Session, case: Case, *, ground: Ground) -> list[dict[str, Any]]:
    """Everybody on the roster: what they hold, their files, why they cannot be ticked (SZ-16, SZ-25)."""
    given = question(session, case, ground=ground)
    known = {person.id: person for person in given.people}
    files = files_by_person(session, case.enterprise_id)
    leads = {item.technical_lead: item.code for item in given.items}
    return [
        _candidate(entry, known[str(entry.person_id)], files.get(entry.person_id, []), given, leads)
        for entry in roster(session, case.enterprise_id)
    ]


WHY_NOT = {
    "person_dropped": "已不在企业的人员名册中",
    "registered_elsewhere": "注册证书注册在其他企业",
    "nothing_counts": "没有与所核查资质相符的有效证书",
    "file_missing": "尚未上传证件，不能勾选",
}


def _candidate(
    entry: RosterEntry,
    known: values.Person,
    files: list[KnownFile],
    given: SelectionInput,
    leads: dict[str | None, str],
) -> dict[str, Any]:
    why = why_not(known, given)
    return {
        "person": entry.person_id,
        "name": entry.person.name,
        "id_masked": entry.person.id_masked,
        "holdings": [
            {
                "holding": one.holding,
                "title": one.title,
                "level": one.level,
                "specialty": one.specialty,
                "number": one.number,
                "valid_to": one.valid_to.isoformat() if one.valid_to else None,
            }
            for one in entry.person.certificates
        ],
        "files": [plain(asdict(file)) for file in files],
        "selectable": why is None,
        "why_not": [] if why is None else [{"code": why, "message": WHY_NOT[why], "hint": ""}],
        "technical_lead_of": [code for lead, code in leads.items() if lead == known.id],
        "in_other_case": known.in_open_case,
        "synced_at": entry.person.synced_at.isoformat(),
    }


def why_not(person: values.Person, given: SelectionInput) -> str | None:
    """Code of what keeps the person from being ticked; None if nothing does."""
    barred = bar(person, given)
    if barred is not None:
        return barred
    if not any(counting(person, given, files_needed=False)):
        return "nothing_counts"
    return None if any(counting(person, given, files_needed=True)) else "file_missing"
