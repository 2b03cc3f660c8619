"""Answers to "what if": the same question with one thing changed. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from verify_api.selection.solver import DEFAULT_PREFERENCES, Infeasible, Plan, Preference, plan
from verify_api.selection.values import (
    AS_REQUIRED,
    PermitState,
    Person,
    Registration,
    SelectionInput,
    Title,
)

EXTRA = "＋1"


class WhatIf(StrEnum):
    """The questions that firms ask."""

    PERMIT = "permit"  # with a valid safety permit / without one
    REGISTERED = "registered"  # with one more registered builder
    TITLED = "titled"  # with one more titled person
    ITEMS = "items"  # each item alone


@dataclass(frozen=True, slots=True)
class Answer:
    """A changed question in words, and its answer."""

    question: WhatIf
    words: str
    found: Plan | Infeasible


def _extra(given: SelectionInput, question: WhatIf) -> Person:
    """One more person who counts toward all of one role's demands in every item."""
    items = given.items
    if question is WhatIf.REGISTERED:
        named = {n for i in items for part in i.registered_specialties for n in part.any_of}
        named |= {n for i in items for n in i.registered_of}
        held = tuple(Registration(name, "一级") for name in sorted(named) or ["建筑工程"])
        return Person(_free_id(given), registered=held)
    named = {n for i in items for part in i.titled_specialties for n in part.any_of}
    named |= {n for i in items for n in i.titled_of}
    return Person(
        _free_id(given), titled=tuple(Title(name, AS_REQUIRED) for name in sorted(named) or ["工程"])
    )


def _free_id(given: SelectionInput) -> str:
    taken = {person.id for person in given.people}
    name = EXTRA
    while name in taken:
        name += "＋"
    return name


def _changed(given: SelectionInput, question: WhatIf) -> Iterator[tuple[str, SelectionInput]]:
    match question:
        case WhatIf.PERMIT if given.is_half:
            yield "若没有有效的安全生产许可证", replace(given, permit=PermitState.NONE)
        case WhatIf.PERMIT:
            yield "若取得有效的安全生产许可证", replace(given, permit=PermitState.VALID)
        case WhatIf.REGISTERED | WhatIf.TITLED:
            who = "注册人员" if question is WhatIf.REGISTERED else "职称技术人员"
            more = (*given.people, _extra(given, question))
            yield f"若增加一名{who}（各项要求的专业齐备）", replace(given, people=more)
        case WhatIf.ITEMS:
            for item in given.items:
                yield f"若只核查 {item.code}", replace(given, items=(item,))


def ask(
    given: SelectionInput,
    questions: Sequence[WhatIf],
    *,
    must: Sequence[str] = (),
    exclude: Sequence[str] = (),
    preferences: Sequence[Preference] = DEFAULT_PREFERENCES,
) -> tuple[Answer, ...]:
    """The answers, in the order asked."""
    return tuple(
        Answer(question, words, plan(changed, must, exclude, preferences))
        for question in questions
        for words, changed in _changed(given, question)
    )
