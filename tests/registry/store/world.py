"""A small world for the store: firms, officers, people, a settable clock and stage data that pass."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from registry.people.models import Person, RosterEntry
from registry.projects.models import Level
from registry.projects.service import Identity
from registry.workflows.officers import Firm, Officer
from registry.workflows.service import Draft
from tests.registry.samples import code

SHANGHAI = ZoneInfo("Asia/Shanghai")
SHA = "ab" * 32
DOCUMENT = {"number": "示建函〔2024〕1号", "sha256": SHA}
BUILDER = code(900)


def at(text: str) -> datetime:
    """A moment in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


class Calendar:
    """The published days off, as far as they are known."""

    def is_day_off(self, day: date, /) -> bool | None:
        """As the package knows it; None beyond its years."""
        try:
            return bool(chinese_calendar.is_holiday(day))
        except NotImplementedError:
            return None


class Unknown:
    """A calendar whose year nobody has loaded."""

    def is_day_off(self, _day: date, /) -> bool | None:
        """Nobody knows."""
        return None


def add_firm(session: Session, n: int = 1, kind: str = "施工", *, now: datetime | None = None) -> Enterprise:
    """An invented firm."""
    firm = Enterprise(
        uscc=code(n), name=f"示例企业{n}", kind=kind, registered_address="示例路1号", district_code="440304",
        synced_at=now or at("2024-01-01"),
    )  # fmt: skip
    session.add(firm)
    session.flush()
    return firm


def add_person(session: Session, firm: Enterprise, n: int) -> Person:
    """An invented person on a firm's roster."""
    when = at("2024-01-01")
    person = Person(
        upstream_id=f"S{n}",
        name=f"示例人员{n}",
        id_digest=f"{n:064d}",
        id_cipher=b"",
        id_masked="*",
        synced_at=when,
    )
    session.add(person)
    session.flush()
    session.add(RosterEntry(enterprise_id=firm.id, person_id=person.id, joined_at=when))
    session.flush()
    return person


def acting(firm: Enterprise, *, key: bool = True) -> Firm:
    """The firm, logged in."""
    return Firm(firm.id, f"enterprise:{firm.id}", "192.0.2.1", key)


_REGION = {"22": "220102", "32": "320102", "45": "450102", "44": "440304"}


def officer(level: Level, province: str = "22", *businesses: str, n: int = 1) -> Officer:
    """An officer of the level whose place covers the sample project."""
    place = _REGION[province]
    region = {
        Level.COUNTY: place,
        Level.CITY: place[:4] + "00",
        Level.MINISTRY: "000000",
    }.get(level, province + "0000")
    return Officer(
        f"staff:{level}:{n}", level, region, f"示例{level}主管部门", frozenset(businesses), "192.0.2.9"
    )


def identity(n: int = 1, province: str = "22", **changes: str) -> Identity:
    """A project of that province."""
    given = {
        "code": f"2401-{_REGION[province]}-04-01-{n:06d}",
        "name": f"示例住宅工程{n}",
        "location_code": _REGION[province],
        "category": "房建",
        "work_type": "总承包",
    }
    return Identity(**{**given, **changes})


def basic(project: Identity, **changes: Any) -> dict[str, Any]:
    """项目基本信息."""
    given = {
        "approval_code": project.code, "approval_name": project.name,
        "approval_document": "示发改〔2020〕1号",
        "address": "示例市示例路1号", "builder_name": "示例建设单位", "builder_uscc": BUILDER,
        "investment_wan": 12000, "area_m2": 35000.5, "length_m": 1200,
    }  # fmt: skip
    return {**given, **changes}


def stages(project: Identity, *names: str, **changes: Any) -> dict[str, dict[str, Any]]:
    """The named stages (all but 个人业绩 if none), each with every red star."""
    whole = {
        "basic": basic(project),
        "tender": {"method": "公开招标", "awarded_on": "2020-05-01", "winner_uscc": code(1),
                   "price_wan": 9000, "notice_number": "ZB-1"},
        "drawing_review": {"number": "STS-1", "institution": "示例审图中心", "passed_on": "2020-06-01"},
        "contract": {"number": "HT-1", "kind": "施工", "signed_on": "2020-06-10",
                     "contractor_uscc": code(1), "price_wan": 9000},
        "permit": {"kind": "施工许可证", "number": "220102202007010101", "issued_on": "2020-07-01"},
        "completion": {"number": "JG-1", "completed_on": "2022-09-30", "result": "合格"},
        "indicators": {"items": [{"name": "建筑面积", "value": 35000.5, "unit": "平方米"}]},
    }  # fmt: skip
    chosen = {name: whole[name] for name in (names or whole)}
    for key, value in changes.items():
        stage, _, field_name = key.partition("__")
        chosen[stage] = {**chosen[stage], field_name: value}
    return chosen


def parties(uscc: str, role: str = "施工") -> list[dict[str, str]]:
    """Builder and one firm."""
    return [
        {"role": "建设", "uscc": BUILDER, "name": "示例建设单位"},
        {"role": role, "uscc": uscc, "name": "示例企业"},
    ]


def files(*kinds: str) -> list[dict[str, str]]:
    """Attachments of those kinds."""
    return [{"kind": kind, "sha256": SHA, "name": f"{kind}.pdf"} for kind in kinds]


@dataclass(slots=True)
class Told:
    """A platform in memory."""

    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def publish(self, target: str, body: dict[str, Any]) -> None:
        """Keep it."""
        self.bodies.append((target, body))


def draft(project: Identity, uscc: str, *names: str, role: str = "施工", **more: Any) -> Draft:
    """A whole draft of those stages."""
    return Draft(stages=stages(project, *names), parties=parties(uscc, role), **more)
