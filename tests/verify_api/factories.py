"""Rows for tests: one invented enterprise with what a case needs. Plain inserts, no service under test."""

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises.models import (
    Certificate,
    Enterprise,
    ItemStatus,
    Origin,
    PermitStatus,
    QualificationItem,
    RegisteredPoint,
    SafetyPermit,
)
from registry.people.models import Person, PersonCertificate, RosterEntry
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.cases.models import Case, CertificateFile
from verify_api.policy import service as policies

NUMBERS = count(1)
ADMIN = Actor(Kind.STAFF, 901, "管理员甲", Role.ADMIN)
REVIEWER = Actor(Kind.STAFF, 902, "审核员乙", Role.REVIEWER)
SECOND = Actor(Kind.STAFF, 903, "管理员丙", Role.ADMIN)
DECIDER = Actor(Kind.STAFF, 904, "决定人丁", Role.DECIDER)
AUDITOR = Actor(Kind.STAFF, 905, "审计员戊", Role.AUDITOR)
SPECIALTIES = ("结构", "给排水", "电气", "结构", "给排水", "电气")


def at(text: str) -> datetime:
    """A time in Shanghai, e.g. `2025-03-01 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@dataclass
class Firm:
    """An enterprise with a 建筑工程施工总承包三级 item, five registered and six titled people."""

    enterprise: Enterprise
    items: list[QualificationItem]
    people: list[Person] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        """The enterprise as an actor."""
        return Actor(Kind.ENTERPRISE, 1, self.enterprise.name, enterprise_id=self.enterprise.id)

    @property
    def enough(self) -> list[int]:
        """A list that satisfies the 50 % rule: three registered (the lead among them) and three titled."""
        return [person.id for person in (*self.people[:3], *self.people[5:8])]

    @property
    def everybody(self) -> list[int]:
        """All eleven."""
        return [person.id for person in self.people]


def make_firm(
    session: Session,
    *,
    origin: Origin = Origin.COMMITMENT,
    issued: date = date(2025, 1, 6),
    valid_to: date = date(2026, 1, 5),
    permit_to: date | None = date(2028, 1, 1),
    authority: str = "深圳市住房和建设局",
    phone: str = "10000000001",
    with_files: bool = True,
    now: datetime | None = None,
) -> Firm:
    """Insert a firm that could pass."""
    n = next(NUMBERS)
    now = now or at("2025-01-06 09:00")
    enterprise = Enterprise(
        uscc=f"T{n:017d}",
        name=f"示例建设{n}有限公司",
        registered_address="深圳市福田区示例路 1 号",
        contact_name="联系人",
        contact_phone=phone,
        synced_at=now,
    )
    session.add(enterprise)
    session.flush()
    firm = Firm(enterprise, [])
    firm.people = [_person(session, enterprise, index, now, with_files=with_files) for index in range(11)]
    certificate = Certificate(
        enterprise_id=enterprise.id,
        number=f"D344{n:06d}",
        licensing_authority=authority,
        issued_on=issued,
        synced_at=now,
    )
    session.add(certificate)
    session.flush()
    item = QualificationItem(
        enterprise_id=enterprise.id,
        certificate_id=certificate.id,
        sequence="施工总承包",
        category="建筑工程",
        grade="三级",
        origin=origin.value,
        first_issued_on=issued,
        valid_to=valid_to,
        licensing_authority=authority,
        technical_lead_id=firm.people[0].id,
        status=ItemStatus.VALID.value,
        synced_at=now,
    )
    session.add(item)
    firm.items = [item]
    if permit_to is not None:
        session.add(
            SafetyPermit(
                enterprise_id=enterprise.id,
                number=f"(粤)JZ安许证字〔2025〕{n:06d}",
                valid_from=date(2020, 1, 1),
                valid_to=permit_to,
                status=PermitStatus.VALID.value,
                synced_at=now,
            )
        )
    session.add(
        RegisteredPoint(
            enterprise_id=enterprise.id,
            address=enterprise.registered_address,
            lng=114.0579,
            lat=22.5431,
            datum="wgs84",
            source="staff",
            created_at=now,
            confirmed_by=REVIEWER.label,
            confirmed_at=now,
        )
    )
    session.flush()
    return firm


def _person(
    session: Session, enterprise: Enterprise, index: int, now: datetime, *, with_files: bool
) -> Person:
    n = next(NUMBERS)
    person = Person(
        upstream_id=f"p{n}",
        name=f"人员{n}",
        id_digest=f"{n:064x}",
        id_cipher=b"x",
        id_masked="4403************00",
        phone=f"1000{n:07d}",
        synced_at=now,
    )
    session.add(person)
    session.flush()
    session.add(
        RosterEntry(
            enterprise_id=enterprise.id,
            person_id=person.id,
            upstream_ref=f"p{n}",
            years_in_management=12,
            joined_at=now,
        )
    )
    registered = index < 5
    certificate = PersonCertificate(
        person_id=person.id,
        holding="registered" if registered else "titled",
        title="二级注册建造师" if registered else "工程师",
        level="二级" if registered else "中级",
        specialty="建筑工程" if registered else SPECIALTIES[index - 5],
        number=f"粤{n:010d}",
        employer_uscc=enterprise.uscc if registered else "",
        valid_to=date(2030, 1, 1) if registered else None,
        synced_at=now,
    )
    session.add(certificate)
    if with_files:
        session.add(
            CertificateFile(
                enterprise_id=enterprise.id,
                person_id=person.id,
                holding=certificate.holding,
                certificate_number=certificate.number,
                sha256=f"{n:064x}",
                media_type="image/jpeg",
                size=1,
                uploaded_at=now,
                uploaded_by="enterprise:1",
            )
        )
    session.flush()
    return person


def deadline_days(session: Session, case: Case) -> list[tuple[str, date]]:
    """(kind, last day) of every deadline the case had, oldest first."""
    from verify_api.cases.queries import deadlines

    return [(row.kind, row.last_day) for row in reversed(deadlines(session, case.id))]


def set_policy(session: Session, changes: dict[str, Any]) -> None:
    """In force from 2025-01-02 on."""
    drafted = policies.draft(
        session,
        changes=changes,
        effective_from=date(2025, 1, 2),
        reason="试行",
        basis="内部规程",
        actor="staff:1",
        now=at("2025-01-01 09:00"),
    )
    policies.preview(session, drafted.version, actor="staff:1", now=at("2025-01-01 09:00"))
    policies.activate(session, drafted.version, actor="staff:2", now=at("2025-01-01 09:00"))
