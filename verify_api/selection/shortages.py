"""What a roster lacks when no list of it is enough. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from verify_api.selection.cover import Cover, Demand, Measure, bar, cover, is_expired
from verify_api.selection.rules import shortage
from verify_api.selection.values import Person, Reason, SelectionInput
from verify_api.selection.words import short_remedy

_OWN = {
    Measure.REGISTERED: Measure.REGISTERED_SPECIALTY,
    Measure.TITLED: Measure.TITLED_SPECIALTY,
}


def missing(given: SelectionInput, ready: Cover, everyone: tuple[str, ...]) -> tuple[Reason, ...]:
    """The hard demands that everyone together fails, without those that filling the others fills too."""
    short: dict[int, int] = {}
    for index, demand in enumerate(ready.demands):
        lacking = demand.need - len(ready.people(index, everyone))
        if demand.is_hard and lacking > 0:
            short[index] = lacking
    kept = [i for i in short if not _is_implied(ready.demands, short, i)]
    if not kept:
        return ()
    mended = cover(_mended(given), files_needed=False)
    return tuple(_reason(given, ready, mended, index, short[index], everyone) for index in kept)


def _filled(demands: tuple[Demand, ...], short: dict[int, int], item: str, measure: Measure) -> int:
    """New people that filling the item's other demands of the kind brings at least."""
    return max(
        (n for i, n in short.items() if demands[i].item == item and demands[i].measure is measure), default=0
    )


def _is_implied(demands: tuple[Demand, ...], short: dict[int, int], index: int) -> bool:
    """A number is filled by the new people its specialties bring; the heads by those of both roles."""
    demand = demands[index]
    if demand.measure in _OWN:
        return short[index] <= _filled(demands, short, demand.item, _OWN[demand.measure])
    if demand.measure is Measure.HEADS:
        brought = sum(
            max(_filled(demands, short, demand.item, role), _filled(demands, short, demand.item, part))
            for role, part in _OWN.items()
        )
        return short[index] <= brought
    return False


def _mended(given: SelectionInput) -> SelectionInput:
    """The same roster as if registrations were renewed and moved here and nobody had been dropped."""
    people = tuple(
        replace(
            person,
            on_roster=True,
            registered=tuple(replace(r, valid_to=None, employer=None) for r in person.registered),
        )
        for person in given.people
    )
    return replace(given, people=people)


def _why(person: Person, given: SelectionInput) -> str:
    code = bar(person, given)
    if code is None:
        return "注册已过期" if any(is_expired(r, given) for r in person.registered) else "已被排除"
    return {"person_dropped": "不在名册", "registered_elsewhere": "注册在其他单位"}[code]


def _near_misses(given: SelectionInput, people: tuple[str, ...]) -> Iterator[str]:
    known = {person.id: person for person in given.people}
    for name in people:
        yield f"{name}（{_why(known[name], given)}）"


def _reason(
    given: SelectionInput, ready: Cover, mended: Cover, index: int, short: int, everyone: tuple[str, ...]
) -> Reason:
    demand = ready.demands[index]
    have = ready.people(index, everyone)
    near = tuple(sorted(set(mended.people(index, mended.masks)) - set(have)))
    remedy = short_remedy(demand, short, (), ())
    if near:
        remedy += f"；或先解决：{'、'.join(_near_misses(given, near[:5]))}"
    return shortage(given, demand, have, remedy)
