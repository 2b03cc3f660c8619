"""From a plan to records: firms, certificates, permits, people with their papers and portraits."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any

from miniapp_mock.city.datums import from_wgs84
from miniapp_mock.city.identifiers import make_id_number, make_uscc, simulated_phone
from miniapp_mock.city.plan import SHENZHEN, FirmPlan
from miniapp_mock.city.standards import Standard

AUTHORITY = "深圳市住房和建设局"
# District, its code (GB/T 2260), an invented street, and a point in it (WGS-84, degrees).
SITES = (
    ("罗湖区", "440303", "示例桂园街", 114.1165, 22.5460),
    ("福田区", "440304", "示例莲花街", 114.0529, 22.5401),
    ("南山区", "440305", "示例粤海街", 113.9420, 22.5350),
    ("宝安区", "440306", "示例西乡街", 113.8690, 22.5780),
    ("龙岗区", "440307", "示例龙城街", 114.2420, 22.7190),
    ("盐田区", "440308", "示例海山街", 114.2400, 22.5570),
    ("龙华区", "440309", "示例民治街", 114.0370, 22.6190),
    ("坪山区", "440310", "示例坪山街", 114.3500, 22.6900),
    ("光明区", "440311", "示例公明街", 113.9090, 22.7690),
)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
REGISTRATION_LIMIT = date(2027, 12, 31)


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of the roster as the stories need them. `portrait` is a folder, None for who never comes."""

    id: str
    name: str
    id_number: str
    phone: str
    portrait: Path | None
    is_chosen: bool
    is_lead: bool


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm as the stories need it, with its record for the upstream. `point` is WGS-84."""

    key: str
    name: str
    uscc: str
    contact_phone: str
    point: tuple[float, float]
    staff: tuple[Staff, ...]
    record: dict[str, Any] = field(repr=False)

    @property
    def going(self) -> tuple[Staff, ...]:
        """Those it will choose to check in."""
        return tuple(person for person in self.staff if person.is_chosen)


@dataclass(frozen=True, slots=True)
class City:
    """All firms."""

    firms: tuple[Firm, ...]

    def firm(self, key: str) -> Firm:
        """The firm a story is about."""
        return next(firm for firm in self.firms if firm.key == key)

    def to_mapping(self) -> dict[str, Any]:
        """The body of the upstream stand-in's `PUT /control/city`."""
        return {"enterprises": [firm.record for firm in self.firms]}


def build_city(portraits: Sequence[Path], *, plans: Sequence[FirmPlan] = SHENZHEN, seed: int = 2025) -> City:
    """The city of the plan. People who will come get a portrait folder each, in order.

    Where there are fewer portraits than people, firms share them: nobody meets his double in his own firm,
    but the service will see one face under two names in two firms, and say so to staff.

    Raises:
        ValueError: There are not even enough portraits for the largest firm.
    """
    rng = random.Random(seed)  # noqa: S311 - the same city every time.
    if len(portraits) < max(_coming(plan) for plan in plans):
        raise ValueError("there are fewer portraits than people of one firm who will come")
    faces = cycle(portraits)
    people = _Names(rng)
    return City(tuple(_firm(rng, people, faces, plan, n) for n, plan in enumerate(plans)))


def people_coming(plans: Sequence[FirmPlan] = SHENZHEN) -> int:
    """How many portraits it takes for everybody who comes to have one of their own."""
    return sum(_coming(plan) for plan in plans)


def _coming(plan: FirmPlan) -> int:
    """How many of a firm stand before a camera."""
    chosen = sum(place.goes for place in _places(plan))
    return chosen if plan.attends is None else min(chosen, plan.attends)


class _Names:
    """Invented people, no two alike: a surname with a pair of the sixty-year cycle."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._next = 0

    def take(self) -> tuple[int, str, str]:
        """(running number, name, ID number)."""
        n, self._next = self._next, self._next + 1
        name = f"{SURNAMES[(n // 60 + n) % len(SURNAMES)]}{STEMS[n % 10]}{BRANCHES[n % 12]}"
        return n, name, make_id_number(self._rng, year=1968 + n % 28)


def _firm(rng: random.Random, names: _Names, faces: Iterator[Path], plan: FirmPlan, n: int) -> Firm:
    district, code, street, lng, lat = SITES[n % len(SITES)]
    point = (round(lng + rng.uniform(-0.012, 0.012), 6), round(lat + rng.uniform(-0.008, 0.008), 6))
    uscc = make_uscc(rng, code)
    staff, records = _roster(names, faces, plan, uscc)
    boss = names.take()[1]
    phone = simulated_phone(n + 1)
    shown = from_wgs84(*point, plan.datum)
    record = {
        "uscc": uscc,
        "name": f"深圳{plan.name}有限公司",
        "kind": "施工",
        "legal_representative": boss,
        "registered_address": f"深圳市{district}{street}{n + 1}号",
        "district_code": code,
        "contact": {"name": names.take()[1], "phone": phone},
        "point": {"lng": round(shown[0], 7), "lat": round(shown[1], 7), "datum": plan.datum},
        "active": True,
        "version": "1",
        "certificates": _certificates(plan, n, staff[0].id),
        "safety_permits": [_permit(n)] if plan.has_permit else [],
        "people": records,
    }
    return Firm(plan.key, str(record["name"]), uscc, phone, point, staff, record)


def _certificates(plan: FirmPlan, n: int, lead: str) -> list[dict[str, Any]]:
    """One certificate for all items of one way and day of issue."""
    grouped: dict[tuple[str, date], list[dict[str, Any]]] = {}
    for item in plan.items:
        grouped.setdefault((item.origin, item.first_issued_on), []).append(
            {
                "sequence": item.standard.sequence,
                "category": item.standard.category,
                "grade": item.standard.grade,
                "origin": item.origin,
                "first_issued_on": item.first_issued_on.isoformat(),
                "valid_to": item.valid_to.isoformat(),
                "technical_lead": lead,
            }
        )
    return [
        {
            "number": f"D344{n + 1:03d}{k}99",
            "licensing_authority": AUTHORITY,
            "issued_on": issued.isoformat(),
            "items": items,
        }
        for k, ((_, issued), items) in enumerate(grouped.items())
    ]


def _permit(n: int) -> dict[str, str]:
    return {
        "number": f"(粤)JZ安许证字〔2024〕9{n + 1:05d}",
        "valid_from": "2024-06-01",
        "valid_to": "2027-05-31",
        "status": "valid",
    }


@dataclass(slots=True)
class _Place:
    """One place on a roster: the papers it asks for, and whether whoever fills it will go."""

    papers: list[tuple[str, str]]  # (registered | titled, specialty)
    goes: bool


def _places(plan: FirmPlan) -> list[_Place]:
    """The whole standard of every item, filled by as few people as sharing allows; the lead comes first."""
    registered: list[str] = []
    titled: list[str] = []
    goes_registered = goes_titled = 0
    for item in plan.items:
        registered += _missing(registered, _specialties(item.standard, "registered"))
        titled += _missing(titled, _specialties(item.standard, "titled"))
        half = 2 if plan.has_permit else 1
        goes_registered = max(goes_registered, -(-item.standard.registered // half))
        goes_titled = max(goes_titled, -(-item.standard.titled // half))
    places = [_Place([("titled", name)], n < goes_titled) for n, name in enumerate(titled)]
    alone = registered[: len(registered) - plan.dual]
    for n, name in enumerate(registered[len(alone) :]):
        # Someone with both papers saves a head among those who stay at home, never among those who go:
        # the total of SZ-18 counts heads.
        places[-1 - n].papers.append(("registered", name))
    places += [_Place([("registered", name)], n < goes_registered) for n, name in enumerate(alone)]
    places += [_Place([("titled", titled[0])], True) for _ in range(plan.spare)]
    return places


def _specialties(standard: Standard, holding: str) -> list[str]:
    count = standard.registered if holding == "registered" else standard.titled
    names = standard.registered_specialties if holding == "registered" else standard.titled_specialties
    return [names[n % len(names)] for n in range(count)]


def _missing(have: list[str], want: list[str]) -> list[str]:
    """What is wanted and not there yet: one person may serve several items (SZ-23)."""
    left = list(have)
    missing = []
    for name in want:
        if name in left:
            left.remove(name)
        else:
            missing.append(name)
    return missing


def _roster(
    names: _Names, faces: Iterator[Path], plan: FirmPlan, uscc: str
) -> tuple[tuple[Staff, ...], list[dict[str, Any]]]:
    staff, records = [], []
    coming = _coming(plan)
    for k, place in enumerate(_places(plan)):
        n, name, id_number = names.take()
        comes = place.goes and coming > 0
        coming -= comes
        portrait = next(faces) if comes else None
        phone = simulated_phone(1000 + n)
        person = Staff(f"P{n + 1:05d}", name, id_number, phone, portrait, place.goes, k == 0)
        staff.append(person)
        records.append(_person(person, place, uscc, n))
    return tuple(staff), records


def _person(person: Staff, place: _Place, uscc: str, n: int) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "id_type": "居民身份证",
        "id_number": person.id_number,
        "phone": person.phone,
        "education": "本科",
        "has_photo": person.portrait is not None,
        "photo": str(person.portrait / "reference.jpg") if person.portrait is not None else "",
        "years_in_management": 16 if person.is_lead else 6 + n % 9,
        "certificates": [
            _paper(holding, specialty, uscc, n, is_lead=person.is_lead) for holding, specialty in place.papers
        ],
    }


def _paper(holding: str, specialty: str, uscc: str, n: int, *, is_lead: bool) -> dict[str, Any]:
    if holding == "registered":
        return {
            "holding": holding,
            "title": "二级注册建造师",
            "level": "二级",
            "specialty": specialty,
            "number": f"粤2442024{n + 1:09d}",
            "employer_uscc": uscc,
            "valid_to": REGISTRATION_LIMIT.isoformat(),
        }
    return {
        "holding": holding,
        "title": "高级工程师" if is_lead else "工程师",
        "level": "高级" if is_lead else "中级",
        "specialty": specialty,
        "number": f"示例职证{n + 1:06d}",
        "employer_uscc": "",
        "valid_to": None,
    }
