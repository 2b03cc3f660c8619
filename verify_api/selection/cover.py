"""Which people count toward which demand. Pure; both `check` and `plan` stand on it.

A demand is "at least `need` of these people". All demands only ever grow with a longer list, so a roster that
fails them as a whole has no list that meets them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from registry.standards.specialties import registered_specialty, title_specialty
from verify_api.selection.values import (
    AS_REQUIRED,
    BOTH_ROLES,
    CONSTRUCTOR,
    AtHalf,
    Item,
    Person,
    Registration,
    Role,
    SelectionInput,
    SpecialtyMin,
    Title,
)

TITLE_RANKS = {"初级": 0, "中级": 1, "高级": 2}


class Measure(StrEnum):
    """What a demand counts."""

    REGISTERED = "registered"
    TITLED = "titled"
    HEADS = "heads"
    REGISTERED_SPECIALTY = "registered_specialty"
    TITLED_SPECIALTY = "titled_specialty"


@dataclass(frozen=True, slots=True)
class Demand:
    """At least `need` of the people who count; a soft one (`is_hard` False) only warns. `full`: at 100 %."""

    measure: Measure
    item: str
    need: int
    full: int
    is_hard: bool
    specialties: tuple[str, ...] = ()
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """Demands, and for each selectable person a bit mask of the demands the person counts toward."""

    demands: tuple[Demand, ...]
    masks: dict[str, int]

    def people(self, index: int, among: Iterable[str]) -> tuple[str, ...]:
        """Those of `among` who count toward the demand."""
        return tuple(p for p in among if self.masks.get(p, 0) >> index & 1)


def share_of(required: int, percent: int) -> int:
    """SZ-18 / SZ-21: the share of the required number, rounded up, in integers."""
    return -(-required * percent // 100)


def bar(person: Person, given: SelectionInput) -> str | None:
    """Code of what keeps the person off every list, whatever certificates they hold."""
    if not person.on_roster:
        return "person_dropped"
    if any(_is_elsewhere(r, given) for r in person.registered):
        return "registered_elsewhere"
    return None


def _is_elsewhere(registration: Registration, given: SelectionInput) -> bool:
    """A valid registration with another firm says that the person works there: one may serve one only."""
    other = registration.employer is not None and registration.employer != given.enterprise
    return other and not is_expired(registration, given)


def is_expired(registration: Registration, given: SelectionInput) -> bool:
    """The day of 有效期至 is still valid."""
    return registration.valid_to is not None and registration.valid_to < given.on


def valid_registrations(person: Person, given: SelectionInput) -> tuple[Registration, ...]:
    """Registrations that have not expired."""
    return tuple(r for r in person.registered if not is_expired(r, given))


@cache
def _registered_names(any_of: tuple[str, ...]) -> frozenset[str]:
    return frozenset(registered_specialty(name) for name in any_of)


@cache
def _titled_names(any_of: tuple[str, ...]) -> frozenset[str]:
    return frozenset(title_specialty(name) for name in any_of)


_canonical_registered = cache(registered_specialty)
_canonical_titled = cache(title_specialty)


def has_registration_level(held: str | None, wanted: str | None) -> bool:
    """一级 asks for 一级; 不限 takes any."""
    return wanted in (None, "不限") or held in (wanted, AS_REQUIRED)


def has_title_level(held: str | None, wanted: str | None) -> bool:
    """中级以上 takes 中级 and 高级; an unknown level reaches nothing."""
    if wanted is None or held == AS_REQUIRED:
        return True
    return TITLE_RANKS.get(held or "", -1) >= TITLE_RANKS[wanted.removesuffix("以上")]


def is_registered_for(held: Registration, any_of: tuple[str, ...], level: str | None) -> bool:
    """Whether the registration is a 注册建造师's in one of `any_of` and of the level."""
    if held.kind != CONSTRUCTOR or not has_registration_level(held.level, level):
        return False
    return not any_of or _canonical_registered(held.specialty) in _registered_names(any_of)


def is_titled_for(held: Title, any_of: tuple[str, ...], level: str | None) -> bool:
    """Whether the title is in one of `any_of` and of the level."""
    if not has_title_level(held.level, level):
        return False
    return not any_of or _canonical_titled(held.specialty) in _titled_names(any_of)


def _specialties(
    measure: Measure, item: str, minimums: tuple[SpecialtyMin, ...], given: SelectionInput
) -> Iterator[Demand]:
    policy = given.specialties_at_half if given.is_half else given.specialties_at_full
    for part in minimums:
        need = share_of(part.minimum, given.percent)
        yield Demand(measure, item, need, part.minimum, policy is AtHalf.BLOCK, part.any_of, part.level)


def demands_of(item: Item, given: SelectionInput) -> Iterator[Demand]:
    """The item's demands under the rule that applies; none for a number that is unknown (that blocks)."""
    a, b = item.registered_required, item.titled_required
    if a is not None:
        need = share_of(a, given.percent)
        yield Demand(Measure.REGISTERED, item.code, need, a, True, item.registered_of, item.registered_level)
    if b is not None:
        need = share_of(b, given.percent)
        yield Demand(Measure.TITLED, item.code, need, b, True, item.titled_of, item.titled_level)
    if a is not None and b is not None and (given.is_half or not given.dual_certificate):
        yield Demand(Measure.HEADS, item.code, _heads(a, b, given), a + b, True)
    yield from _specialties(Measure.REGISTERED_SPECIALTY, item.code, item.registered_specialties, given)
    yield from _specialties(Measure.TITLED_SPECIALTY, item.code, item.titled_specialties, given)


def _heads(a: int, b: int, given: SelectionInput) -> int:
    """Distinct heads in all (SZ-18).

    Where a person may count in one role only, people can be told off to the roles exactly if both numbers are
    there and together they are as many as both numbers: Hall's condition for two sets.
    """
    if given.dual_certificate:
        return share_of(a + b, given.percent)
    return share_of(a, given.percent) + share_of(b, given.percent)


Held = tuple[tuple[Registration, ...], tuple[Title, ...]]
Numbered = tuple[tuple[Item, tuple[tuple[int, Demand], ...]], ...]


def _registration_mask(held: Registration, items: Numbered) -> int:
    """Bits of the demands that one registration counts toward.

    A specialty minimum lies inside the number ("其中"), so the certificate must count toward that as well.
    """
    mask = 0
    for item, demands in items:
        if not is_registered_for(held, item.registered_of, item.registered_level):
            continue
        for index, demand in demands:
            if demand.measure is Measure.HEADS or (
                demand.measure in (Measure.REGISTERED, Measure.REGISTERED_SPECIALTY)
                and is_registered_for(held, demand.specialties, demand.level)
            ):
                mask |= 1 << index
    return mask


def _title_mask(held: Title, items: Numbered) -> int:
    """The same for one title."""
    mask = 0
    for item, demands in items:
        if not is_titled_for(held, item.titled_of, item.titled_level):
            continue
        for index, demand in demands:
            if demand.measure is Measure.HEADS or (
                demand.measure in (Measure.TITLED, Measure.TITLED_SPECIALTY)
                and is_titled_for(held, demand.specialties, demand.level)
            ):
                mask |= 1 << index
    return mask


@dataclass(slots=True)
class _Masks:
    """Masks per certificate. Many people hold like certificates, so each kind is judged once."""

    items: Numbered
    known: dict[tuple[str, ...], int] = field(default_factory=dict)

    def of(self, held: Held) -> int:
        """A person counts toward whatever one of the certificates counts toward."""
        mask = 0
        for registration in held[0]:
            key = (registration.kind, registration.specialty, registration.level or "")
            if key not in self.known:
                self.known[key] = _registration_mask(registration, self.items)
            mask |= self.known[key]
        for title in held[1]:
            short = (title.specialty, title.level or "")
            if short not in self.known:
                self.known[short] = _title_mask(title, self.items)
            mask |= self.known[short]
        return mask


def counting(person: Person, given: SelectionInput, *, files_needed: bool) -> Held:
    """The certificates that may count: valid, and with a file in their role if `files_needed` (SZ-25)."""
    registrations = valid_registrations(person, given)
    if not files_needed:
        return registrations, person.titled
    return (
        registrations if Role.REGISTERED in person.files else (),
        person.titled if Role.TITLED in person.files else (),
    )


def cover(given: SelectionInput, *, files_needed: bool) -> Cover:
    """Demands of all items and who counts toward each; people who are barred have no mask."""
    demands: list[Demand] = []
    items: list[tuple[Item, tuple[tuple[int, Demand], ...]]] = []
    for item in given.items:
        numbered = tuple(enumerate(demands_of(item, given), start=len(demands)))
        demands.extend(demand for _, demand in numbered)
        items.append((item, numbered))
    masks = _Masks(tuple(items))
    people = {
        person.id: masks.of(counting(person, given, files_needed=files_needed))
        for person in given.people
        if bar(person, given) is None
    }
    return Cover(tuple(demands), people)


@dataclass(frozen=True, slots=True)
class Covers:
    """The same demands twice: with every certificate (`ready`), and with those that have a file (`filed`)."""

    ready: Cover
    filed: Cover


def covers(given: SelectionInput) -> Covers:
    """Both covers; one and the same where no file is missing."""
    ready = cover(given, files_needed=False)
    if all(person.files == BOTH_ROLES for person in given.people):
        return Covers(ready, ready)
    return Covers(ready, cover(given, files_needed=True))
