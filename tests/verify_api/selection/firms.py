"""Rows of an invented firm that meets 建筑工程施工总承包三级 exactly."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session
from stdnum.cn import uscc

from registry.crypto import Keyring
from registry.enterprises.models import Certificate, Enterprise, Origin, QualificationItem, SafetyPermit
from registry.people.models import Holding, Person, PersonCertificate, RosterEntry
from registry.sync.people import PURPOSE_ID
from verify_api.accounts.actor import Actor, Kind, Role

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 2026-03-02 09:00 in Shanghai
TODAY = date(2026, 3, 2)
FAR = date(2028, 6, 30)
REVIEWER = Actor(Kind.STAFF, 7, "示例审核员", role=Role.REVIEWER)


def code(n: int) -> str:
    """An invented USCC."""
    body = f"91440300MA5F{n:05d}"
    return body + str(uscc.calc_check_digit(body))


def add_person(
    session: Session,
    firm: Enterprise,
    n: int,
    *,
    registered: str | None = None,
    titled: str | None = None,
    valid_to: date = FAR,
    keyring: Keyring | None = None,
    **roster: Any,
) -> Person:
    """A person on the firm's roster with at most one certificate of each kind."""
    number = f"4403001980010{n:05d}"
    person = Person(
        upstream_id=f"P{n:04d}",
        name=f"示例人员{n}",
        id_digest=f"{n:064d}",
        id_cipher=keyring.seal(number.encode(), purpose=PURPOSE_ID) if keyring else b"",
        id_masked="4403**********0000",
        education="本科",
        synced_at=NOW,
    )
    session.add(person)
    session.flush()
    if registered:
        session.add(_registered(person, registered, firm.uscc, valid_to, n))
    if titled:
        session.add(_titled(person, titled, n))
    entry = {"years_in_management": 8, "joined_at": NOW} | roster
    session.add(RosterEntry(enterprise_id=firm.id, person_id=person.id, **entry))
    session.flush()
    return person


def _registered(person: Person, specialty: str, employer: str, valid_to: date, n: int) -> PersonCertificate:
    return PersonCertificate(
        person_id=person.id,
        holding=Holding.REGISTERED,
        title="二级注册建造师",
        level="",
        specialty=specialty,
        number=f"粤244{n:05d}",
        employer_uscc=employer,
        valid_to=valid_to,
        synced_at=NOW,
    )


def _titled(person: Person, specialty: str, n: int) -> PersonCertificate:
    return PersonCertificate(
        person_id=person.id,
        holding=Holding.TITLED,
        title="工程师",
        level="",
        specialty=specialty,
        number=f"T{n:06d}",
        synced_at=NOW,
    )


def add_firm(session: Session, n: int = 1) -> Enterprise:
    """A firm without people."""
    firm = Enterprise(
        uscc=code(n),
        name=f"深圳示例建筑工程有限公司{n}",
        registered_address=f"深圳市福田区示例路{n}号",
        synced_at=NOW,
    )
    session.add(firm)
    session.flush()
    return firm


def add_item(
    session: Session,
    firm: Enterprise,
    lead: Person | None,
    *,
    category: str = "建筑工程",
    sequence: str = "施工总承包",
    grade: str = "三级",
) -> QualificationItem:
    """A 资质项 on a certificate of its own."""
    number = f"D344{firm.id:04d}{category}{grade}"
    paper = Certificate(
        enterprise_id=firm.id,
        number=number,
        licensing_authority="深圳市住房和建设局",
        issued_on=date(2025, 9, 1),
        synced_at=NOW,
    )
    session.add(paper)
    session.flush()
    item = QualificationItem(
        enterprise_id=firm.id,
        certificate_id=paper.id,
        sequence=sequence,
        category=category,
        grade=grade,
        origin=Origin.COMMITMENT,
        first_issued_on=date(2025, 9, 1),
        valid_to=date(2026, 8, 31),
        licensing_authority=paper.licensing_authority,
        technical_lead_id=lead.id if lead else None,
        synced_at=NOW,
    )
    session.add(item)
    session.flush()
    return item


def add_permit(session: Session, firm: Enterprise, *, status: str = "valid", valid_to: date = FAR) -> None:
    """A 安全生产许可证."""
    row = SafetyPermit(
        enterprise_id=firm.id,
        number=f"粤JZ{firm.id}{status}",
        valid_from=date(2025, 1, 1),
        valid_to=valid_to,
        status=status,
        synced_at=NOW,
    )
    session.add(row)
    session.flush()


def staffed_firm(
    session: Session, n: int = 1, *, valid_to: date = FAR, keyring: Keyring | None = None
) -> tuple[Enterprise, QualificationItem, list[Person]]:
    """Five builders (four of 建筑) and six titled people (结构, 给排水, 电气): exactly the standard."""
    firm = add_firm(session, n)
    base = n * 100
    people = [
        add_person(
            session,
            firm,
            base + i,
            registered="建筑" if i < 4 else "机电",
            valid_to=valid_to,
            keyring=keyring,
        )
        for i in range(5)
    ]
    titles = ["结构", "给水排水", "电气", "暖通", "结构", "测量"]
    people += [
        add_person(session, firm, base + 10 + i, titled=name, keyring=keyring)
        for i, name in enumerate(titles)
    ]
    return firm, add_item(session, firm, people[0]), people
