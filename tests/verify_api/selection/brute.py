"""The rule read straight from SZ-18…SZ-25 and tried on every subset. Shares no code with the service."""

from datetime import date
from itertools import combinations

from verify_api.selection.values import AtHalf, Item, PermitState, Person, Role, SelectionInput

Held = dict[str, list[tuple[str, str | None]]]


def _works_here(person: Person, given: SelectionInput) -> bool:
    elsewhere = [
        r
        for r in person.registered
        if r.employer not in (None, given.enterprise) and not _past(r.valid_to, given.on)
    ]
    return person.on_roster and not elsewhere


def _past(day: date | None, on: date) -> bool:
    return day is not None and day < on


def _registered(
    person: Person, item: Item, given: SelectionInput, files: bool
) -> list[tuple[str, str | None]]:
    if files and Role.REGISTERED not in person.files:
        return []
    found = []
    for r in person.registered:
        right = not item.registered_of or r.specialty in item.registered_of
        level = item.registered_level != "一级" or r.level == "一级"
        if right and level and not _past(r.valid_to, given.on):
            found.append((r.specialty, r.level))
    return found


def _titled(person: Person, item: Item, files: bool) -> list[tuple[str, str | None]]:
    if files and Role.TITLED not in person.files:
        return []
    return [
        (t.specialty, t.level)
        for t in person.titled
        if (not item.titled_of or t.specialty in item.titled_of)
        and (item.titled_level is None or t.level in ("中级", "高级"))
    ]


def shortfalls(given: SelectionInput, item: Item, chosen: list[Person], *, files: bool) -> tuple[bool, int]:
    """(enough heads, number of specialty heads short) for one item."""
    registered = {p.id: _registered(p, item, given, files) for p in chosen}
    titled = {p.id: _titled(p, item, files) for p in chosen}
    a, b = item.registered_required, item.titled_required
    assert a is not None and b is not None
    half = given.permit is PermitState.VALID
    need_a, need_b = ((a + 1) // 2, (b + 1) // 2) if half else (a, b)
    enough = sum(map(bool, registered.values())) >= need_a and sum(map(bool, titled.values())) >= need_b
    if half:
        enough &= len([p for p in chosen if registered[p.id] or titled[p.id]]) >= (a + b + 1) // 2
    if not given.dual_certificate:
        enough &= _can_be_told_off(registered, titled, need_a, need_b)
    short = 0
    for minimums, held in ((item.registered_specialties, registered), (item.titled_specialties, titled)):
        for m in minimums:
            need = (m.minimum + 1) // 2 if half else m.minimum
            have = sum(
                any(s in m.any_of and (m.level is None or m.level == level) for s, level in certificates)
                for certificates in held.values()
            )
            short += max(0, need - have)
    return enough, short


def _can_be_told_off(registered: Held, titled: Held, need_a: int, need_b: int) -> bool:
    """Whether everybody can be given one role so that both numbers are there."""
    either = [p for p in registered if registered[p] and titled[p]]
    only_registered = sum(1 for p in registered if registered[p] and not titled[p])
    only_titled = sum(1 for p in titled if titled[p] and not registered[p])
    return any(
        only_registered + k >= need_a and only_titled + len(either) - k >= need_b
        for k in range(len(either) + 1)
    )


def accepts(given: SelectionInput, ids: tuple[str, ...], *, files: bool) -> bool:
    """Whether the list is enough; `files`: certificate files are demanded (SZ-25)."""
    people = {p.id: p for p in given.people}
    chosen = [people[i] for i in ids]
    leads = [item.technical_lead for item in given.items]
    if any(lead is None or lead not in ids for lead in leads):
        return False
    for person in chosen:
        valid = [r for r in person.registered if not _past(r.valid_to, given.on)]
        counts_files = (
            not files
            or (Role.REGISTERED in person.files and valid)
            or (Role.TITLED in person.files and person.titled)
        )
        if not _works_here(person, given) or not (valid or person.titled) or not counts_files:
            return False
        relevant = any(_registered(person, i, given, False) or _titled(person, i, False) for i in given.items)
        if not relevant and person.id not in leads:
            return False
    hard = given.permit is not PermitState.VALID or given.specialties_at_half is AtHalf.BLOCK
    found = [shortfalls(given, item, chosen, files=files) for item in given.items]
    return all(enough and not (hard and short) for enough, short in found)


def smallest(given: SelectionInput, must: tuple[str, ...], exclude: tuple[str, ...]) -> list[tuple[str, ...]]:
    """All lists of the smallest size; empty if there is none."""
    ids = sorted(p.id for p in given.people)
    for size in range(len(ids) + 1):
        found = [
            subset
            for subset in combinations(ids, size)
            if set(must) <= set(subset)
            and not set(exclude) & set(subset)
            and accepts(given, subset, files=False)
        ]
        if found:
            return found
    return []


def soft_short(given: SelectionInput, ids: tuple[str, ...]) -> int:
    """Specialty heads short over all items."""
    people = {p.id: p for p in given.people}
    return sum(shortfalls(given, item, [people[i] for i in ids], files=False)[1] for item in given.items)


def preference_cost(given: SelectionInput, ids: tuple[str, ...]) -> tuple[int, int, int]:
    """(people with a missing file, people in an open case, closeness to expiry)."""
    people = {p.id: p for p in given.people}
    files = cases = expiry = 0
    for person in (people[i] for i in ids):
        valid = [r for r in person.registered if not _past(r.valid_to, given.on)]
        missing = (valid and Role.REGISTERED not in person.files) or (
            person.titled and Role.TITLED not in person.files
        )
        files += bool(missing)
        cases += person.in_open_case
        ends = [(r.valid_to - given.on).days for r in valid if r.valid_to]
        expiry += sum(bool(ends) and min(ends) <= limit for limit in (90, 180))
    return files, cases, expiry
