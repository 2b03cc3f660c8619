"""A data file with any fault is refused whole, naming the place."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from registry.standards.catalogue import DATA, StandardsInvalid, build, read
from registry.standards.specialties import (
    REGISTRATION_SPELLINGS,
    TITLE_SPELLINGS,
    registered_specialty,
    title_specialty,
)

CONTENT = read(DATA)


def first_entry(content: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = next(e for e in content["entries"] if e["grade"] == "三级")
    return entry


def test_the_files_of_this_version_are_whole() -> None:
    assert len(build(CONTENT).entries) == 79


Fault = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda c: c["entries"].append(c["entries"][1]), "entry given twice"),
        (lambda c: c["categories"].append(c["categories"][0]), "category given twice"),
        (lambda c: c["documents"].append(c["documents"][0]), "document given twice"),
        (lambda c: c["entries"][0].update(category="火箭"), "unknown category"),
        (lambda c: c["entries"][0].update(document="无"), "unknown document"),
        (lambda c: c["overlays"][0].update(document="无"), "unknown document"),
        (lambda c: c["basis"].pop("own_grade"), "basis without a citation"),
        (lambda c: first_entry(c)["registered"].update(total=-1), "greater than or equal to 0"),
        (lambda c: first_entry(c)["registered"].update(total=True), "valid integer"),
        (lambda c: first_entry(c)["registered"].update(total=3), "above the total"),
        (lambda c: first_entry(c)["registered"].update(of=["机电工程"]), "are not among"),
        (lambda c: first_entry(c)["registered"].update(of=["火箭"], subtotals=[]), "no such registered"),
        (lambda c: first_entry(c)["registered"].pop("confidence"), "needs a confidence"),
        (lambda c: first_entry(c)["registered"].pop("level"), "needs a level"),
        (lambda c: first_entry(c).update(sources=[]), "needs a source"),
        (lambda c: first_entry(c).update(colour="red"), "Extra inputs"),
        (lambda c: first_entry(c)["technical_lead"]["any_of"][0].update(registration="x"), "not both"),
        (lambda c: c.pop("overlays"), "Field required"),
    ],
)
def test_a_fault_is_refused_and_named(fault: Fault, said: str) -> None:
    content = copy.deepcopy(CONTENT)
    fault(content)
    with pytest.raises(StandardsInvalid, match=said):
        build(content)


@pytest.mark.parametrize(
    ("held", "same"),
    [
        ("建筑结构", "结构"),
        ("给水排水", "给排水"),
        (" 给排水 专业", "给排水"),
        ("电气工程", "电气"),
        ("测绘", "测量"),
        ("会计", "会计"),
    ],
)
def test_titles_match_by_meaning_not_by_spelling(held: str, same: str) -> None:
    assert title_specialty(held) == title_specialty(same)


@pytest.mark.parametrize(
    ("held", "same"), [("建筑", "建筑工程"), ("市政", "市政公用工程"), ("机电工程", "机电工程")]
)
def test_registrations_match_by_meaning(held: str, same: str) -> None:
    assert registered_specialty(held) == same


@pytest.mark.parametrize("table", [TITLE_SPELLINGS, REGISTRATION_SPELLINGS])
def test_no_spelling_stands_for_two_specialties(table: dict[str, tuple[str, ...]]) -> None:
    spellings = [name for others in table.values() for name in others] + list(table)
    assert len(spellings) == len(set(spellings))
