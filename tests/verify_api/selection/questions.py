"""Small random questions, dense in the cases that matter; from a seed or, to shrink, from hypothesis."""

from datetime import date, timedelta
from random import Random

from hypothesis import strategies as st

from verify_api.selection.values import (
    AtHalf,
    Item,
    PermitState,
    Person,
    Registration,
    Role,
    SelectionInput,
    SpecialtyMin,
    Title,
)

ON = date(2026, 3, 2)
HERE, ELSEWHERE = "HERE", "ELSEWHERE"
REGISTERED = ["建筑工程", "机电工程", "市政公用工程"]
TITLED = ["结构", "给排水", "电气"]
DAYS_LEFT = [None, -400, -1, 0, 60, 90, 91, 180, 181, 900]
FILES = [
    frozenset(Role),
    frozenset(Role),
    frozenset({Role.TITLED}),
    frozenset({Role.REGISTERED}),
    frozenset(),
]


def some(chance: Random, names: list[str], least: int = 0) -> tuple[str, ...]:
    """Up to two different names."""
    return tuple(sorted(chance.sample(names, chance.randint(least, 2))))


def registration(chance: Random, specialty: str, *, plain: bool) -> Registration:
    if plain:
        return Registration(specialty, "一级")
    days = chance.choice(DAYS_LEFT)
    return Registration(
        specialty,
        chance.choice(["一级", "一级", "二级", None]),
        None if days is None else ON + timedelta(days=days),
        chance.choice([None, None, HERE, HERE, HERE, ELSEWHERE]),
    )


def person(chance: Random, number: int, *, plain: bool) -> Person:
    registered = tuple(registration(chance, s, plain=plain) for s in some(chance, REGISTERED))
    levels = ["中级"] if plain else ["高级", "中级", "中级", "初级", None]
    least = 0 if registered or not plain else 1
    titled = tuple(Title(s, chance.choice(levels)) for s in some(chance, TITLED, least))
    return Person(
        id=f"p{number}",
        registered=registered,
        titled=titled,
        files=frozenset(Role) if plain else chance.choice(FILES),
        on_roster=plain or chance.random() < 0.85,
        in_open_case=not plain and chance.random() < 0.5,
    )


def item(chance: Random, number: int, ids: list[str], *, plain: bool) -> Item:
    a, b = chance.randint(0, 4), chance.randint(0, 5)
    registered, titled = [], []
    if a and chance.random() < 0.5:
        level = None if plain else chance.choice([None, "一级"])
        registered.append(SpecialtyMin(chance.randint(1, a), some(chance, REGISTERED, 1), level))
    if b and chance.random() < 0.6:
        titled += [SpecialtyMin(chance.randint(1, max(1, b // 2)), some(chance, TITLED, 1)) for _ in range(2)]
    return Item(
        code=f"item{number}",
        registered_required=a,
        titled_required=b,
        technical_lead=chance.choice(ids),
        registered_specialties=tuple(registered),
        titled_specialties=tuple(titled[: chance.randint(0, 2)]),
        registered_of=() if plain else some(chance, REGISTERED),
        registered_level=None if plain else chance.choice([None, "一级"]),
        titled_of=() if plain else some(chance, TITLED),
        titled_level=None if plain else chance.choice([None, "中级以上"]),
    )


def question(chance: Random, most: int = 7) -> SelectionInput:
    """A question; two in three have only fit people, so that lists exist."""
    plain = chance.random() < 0.66
    people = [person(chance, n, plain=plain) for n in range(chance.randint(1, most))]
    ids = [p.id for p in people]
    return SelectionInput(
        items=tuple(item(chance, n, ids, plain=plain) for n in range(chance.randint(1, 3))),
        people=tuple(people),
        permit=chance.choice([PermitState.VALID, PermitState.VALID, PermitState.NONE]),
        on=ON,
        enterprise=HERE,
        specialties_at_half=chance.choice(list(AtHalf)),
        dual_certificate=chance.random() < 0.8,
    )


def questions(most: int = 7) -> st.SearchStrategy[SelectionInput]:
    """The same for hypothesis."""
    return st.randoms(use_true_random=False).map(lambda chance: question(chance, most))
