"""Registry rows as the values of a selection. Pure: the rows are loaded by the caller."""

from collections.abc import Iterable, Mapping, Set
from datetime import date

from registry.enterprises.models import PermitStatus, SafetyPermit
from registry.people.models import Holding, PersonCertificate
from verify_api.selection.values import (
    BOTH_ROLES,
    CONSTRUCTOR,
    PermitState,
    Person,
    Registration,
    Role,
    Title,
)

# Uploaded certificate files of a person: (holding, certificate number).
Files = Set[tuple[str, str]]

_STATES = {
    PermitStatus.SUSPENDED: PermitState.SUSPENDED,
    PermitStatus.REVOKED: PermitState.REVOKED,
    PermitStatus.CANCELLED: PermitState.CANCELLED,
}


def permit_state(permits: Iterable[SafetyPermit], *, on: date) -> PermitState:
    """State of the 安全生产许可证 on the day: a valid one beats all others (SZ-22), then the latest."""
    newest_first = sorted(permits, key=lambda permit: permit.valid_to, reverse=True)
    found = [_permit(permit, on) for permit in newest_first]
    if PermitState.VALID in found:
        return PermitState.VALID
    return found[0] if found else PermitState.NONE


def _permit(permit: SafetyPermit, on: date) -> PermitState:
    if permit.status != PermitStatus.VALID:
        return _STATES.get(PermitStatus(permit.status), PermitState.CANCELLED)
    if permit.valid_to < on:
        return PermitState.EXPIRED
    return PermitState.VALID if permit.valid_from <= on else PermitState.NONE


def registration_level(level: str, title: str) -> str | None:
    """一级 or 二级, from the level or else from the certificate's name; None if neither says."""
    said = level.strip() or title.strip()[:2]
    return said if said in ("一级", "二级") else None


def title_level(level: str, title: str) -> str | None:
    """高级, 中级 or 初级, from the level or else from the title's name; None if neither says.

    副高级 and 正高级 are 高级; a bare 工程师 is 中级, 助理工程师 and 技术员 are 初级.
    """
    said = level.strip() or title.strip()
    if "高" in said:
        return "高级"
    if any(word in said for word in ("初", "助", "员")):
        return "初级"
    return "中级" if "中" in said or said.endswith("工程师") else None


def _registration(one: PersonCertificate) -> Registration:
    return Registration(
        specialty=one.specialty,
        level=registration_level(one.level, one.title),
        valid_to=one.valid_to,
        employer=one.employer_uscc or None,
        kind=CONSTRUCTOR if CONSTRUCTOR in one.title else one.title,
    )


def person_of(
    person_id: int,
    certificates: Iterable[PersonCertificate],
    *,
    files: Files | None,
    on_roster: bool,
    in_open_case: bool,
    years: int | None,
) -> Person:
    """The person with the certificates given. `files` None: files play no part in the question.

    A role counts as filed once the file of any of its certificates is there (SZ-25: at least one).
    """
    held = list(certificates)
    uploaded = {Role(c.holding) for c in held if files is not None and (c.holding, c.number) in files}
    return Person(
        id=str(person_id),
        registered=tuple(_registration(c) for c in held if c.holding == Holding.REGISTERED),
        titled=tuple(
            Title(c.specialty, title_level(c.level, c.title)) for c in held if c.holding == Holding.TITLED
        ),
        files=BOTH_ROLES if files is None else frozenset(uploaded),
        on_roster=on_roster,
        in_open_case=in_open_case,
        years=years,
    )


AllFiles = Mapping[int, Files]
