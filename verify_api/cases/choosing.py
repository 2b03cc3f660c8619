"""The question a list has to answer, put together from the registry, the files and the open cases."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise, PermitStatus, QualificationItem, SafetyPermit
from registry.people.models import Holding, Person, PersonCertificate, RosterEntry
from registry.people.queries import roster
from registry.standards import Basis, requirement
from registry.standards.rules import UnknownCategory, UnknownGrade
from verify_api.cases.ground import Ground
from verify_api.cases.models import Case, CaseItem, CertificateFile, ListedPerson, PersonList
from verify_api.cases.states import TERMINAL
from verify_api.selection import values
from verify_api.selection.cover import bar, counting
from verify_api.selection.required import item_of
from verify_api.selection.values import AtHalf, PermitState, Registration, Role, SelectionInput, Title

PERMIT_STATES = {
    PermitStatus.SUSPENDED: PermitState.SUSPENDED,
    PermitStatus.REVOKED: PermitState.REVOKED,
    PermitStatus.CANCELLED: PermitState.CANCELLED,
}


def question(session: Session, case: Case, *, ground: Ground) -> SelectionInput:
    """What the list of this case is judged by, today (SZ-18 … SZ-25)."""
    enterprise = session.get_one(Enterprise, case.enterprise_id)
    items = items_under(session, case)
    on = ground.today
    return SelectionInput(
        items=tuple(_item(item, ground) for item in items),
        people=tuple(_people(session, case, items)),
        permit=permit_state(session, case.enterprise_id, on=on),
        on=on,
        enterprise=enterprise.uscc,
        specialties_at_half=AtHalf(ground.policy.selection.specialties_at_half.value),
    )


def items_under(session: Session, case: Case) -> list[QualificationItem]:
    """The 资质项 of the case."""
    query = select(QualificationItem).join(CaseItem, CaseItem.item_id == QualificationItem.id)
    return list(session.scalars(query.where(CaseItem.case_id == case.id).order_by(QualificationItem.id)))


def permit_state(session: Session, enterprise_id: int, *, on: date) -> PermitState:
    """State of the 安全生产许可证; a valid one beats every other (SZ-22)."""
    query = select(SafetyPermit).where(SafetyPermit.enterprise_id == enterprise_id)
    found = [
        _state_of(permit, on) for permit in session.scalars(query.order_by(SafetyPermit.valid_to.desc()))
    ]
    if PermitState.VALID in found:
        return PermitState.VALID
    return found[0] if found else PermitState.NONE


def _state_of(permit: SafetyPermit, on: date) -> PermitState:
    if permit.status != PermitStatus.VALID:
        return PERMIT_STATES.get(PermitStatus(permit.status), PermitState.CANCELLED)
    return PermitState.VALID if permit.valid_from <= on <= permit.valid_to else PermitState.EXPIRED


def _item(item: QualificationItem, ground: Ground) -> values.Item:
    """The item with the standard's numbers; a name the standard does not know blocks the judgement."""
    lead = str(item.technical_lead_id) if item.technical_lead_id is not None else None
    basis = Basis(ground.policy.selection.personnel_basis.value)
    try:
        found = requirement(item.category, item.grade, ground.today, basis)
    except (UnknownCategory, UnknownGrade) as error:
        return values.Item(item.title, None, None, lead, blocks=(error.message,))
    return item_of(found, technical_lead=lead, code=item.title)


def _people(session: Session, case: Case, items: list[QualificationItem]) -> Iterable[values.Person]:
    on_roster = {entry.person_id: entry for entry in roster(session, case.enterprise_id)}
    files = files_by_person(session, case.enterprise_id)
    elsewhere = _in_other_open_case(session, case, set(on_roster))
    people = {person_id: entry.person for person_id, entry in on_roster.items()}
    for item in items:  # A lead the last sync dropped is still named, so that the reason can be told.
        if item.technical_lead_id is not None and item.technical_lead_id not in people:
            people[item.technical_lead_id] = session.get_one(Person, item.technical_lead_id)
    for person_id, person in people.items():
        entry = on_roster.get(person_id)
        yield _person(session, person, entry, files, is_elsewhere=person_id in elsewhere)


def _person(
    session: Session,
    person: Person,
    entry: RosterEntry | None,
    files: dict[int, list["KnownFile"]],
    *,
    is_elsewhere: bool,
) -> values.Person:
    held = list(person.certificates) if entry is not None else certificates_of(session, person.id)
    numbers = {(file.holding, file.number) for file in files.get(person.id, [])}
    return values.Person(
        id=str(person.id),
        registered=tuple(_registration(one) for one in held if one.holding == Holding.REGISTERED),
        titled=tuple(
            Title(one.specialty, one.level or None) for one in held if one.holding == Holding.TITLED
        ),
        files=frozenset(Role(one.holding) for one in held if (one.holding, one.number) in numbers),
        on_roster=entry is not None,
        in_open_case=is_elsewhere,
        years=entry.years_in_management if entry is not None else None,
    )


def _registration(one: PersonCertificate) -> Registration:
    kind = values.CONSTRUCTOR if "建造师" in one.title else one.title
    return Registration(
        specialty=one.specialty,
        level=one.level or None,
        valid_to=one.valid_to,
        employer=one.employer_uscc or None,
        kind=kind,
    )


def certificates_of(session: Session, person_id: int) -> list[PersonCertificate]:
    """A person's certificates the upstream still lists."""
    query = select(PersonCertificate).where(
        PersonCertificate.person_id == person_id, PersonCertificate.dropped_at.is_(None)
    )
    return list(session.scalars(query.order_by(PersonCertificate.id)))


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
