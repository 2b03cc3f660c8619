"""A plan's words: what is missing when there is none, what breaks ties, what "what if" answers."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from ortools.sat.python import cp_model

from verify_api.selection.rules import UnknownPerson, check
from verify_api.selection.solver import (
    EXACT_INTEGERS,
    TRIES,
    ContradictoryPlan,
    Infeasible,
    Plan,
    PlanUndecided,
    Preference,
    _solved,
    _weights,
    plan,
)
from verify_api.selection.values import (
    Item,
    PermitState,
    Person,
    Registration,
    Role,
    SelectionInput,
    SpecialtyMin,
    Title,
)
from verify_api.selection.whatif import EXTRA, WhatIf, ask

ON = date(2026, 3, 2)


def builder(name: str, valid_to: date | None = None, employer: str | None = None) -> Person:
    return Person(name, (Registration("建筑工程", "二级", valid_to, employer),))


def titled(name: str) -> Person:
    return Person(name, (), (Title("结构", "中级"),))


def asked(a: int, b: int, *people: Person, permit: PermitState = PermitState.VALID) -> SelectionInput:
    return SelectionInput((Item("甲", a, b, people[0].id),), people, permit, ON, "HERE")


def shortages(found: Plan | Infeasible) -> list[tuple[str, int | None, int | None]]:
    assert isinstance(found, Infeasible)
    return [(s.code, s.need, s.have) for s in found.shortages]


def test_heads_that_the_missing_people_bring_along_are_not_listed_again() -> None:
    question = asked(6, 6, builder("p1"), titled("p2"), titled("p3"))
    assert shortages(plan(question)) == [("registered_short", 3, 1), ("titled_short", 3, 2)]


def test_heads_alone_are_short_where_too_many_hold_both() -> None:
    both = [Person(f"p{n}", builder("x").registered, titled("x").titled) for n in range(3)]
    assert shortages(plan(asked(6, 6, *both))) == [("heads_short", 6, 3)]


def test_a_shortage_names_those_who_would_count_but_for_one_thing() -> None:
    people = (
        builder("p1"),
        builder("old", ON - timedelta(days=1)),
        builder("away", None, "OTHER"),
        replace(builder("gone"), on_roster=False),
    )
    found = plan(asked(4, 0, *people))
    assert isinstance(found, Infeasible)
    remedy = found.shortages[0].remedy
    assert "old（注册已过期）" in remedy
    assert "away（注册在其他单位）" in remedy
    assert "gone（不在名册）" in remedy


def test_excluded_people_are_named_as_a_way_out() -> None:
    found = plan(asked(4, 0, builder("p1"), builder("p2")), exclude=["p2"])
    assert isinstance(found, Infeasible)
    assert "p2（已被排除）" in found.shortages[0].remedy


@pytest.mark.parametrize("gone", ["person_dropped", "registered_elsewhere"])
def test_a_lead_who_may_not_come_makes_a_plan_impossible(gone: str) -> None:
    lead = builder("p1", None, "OTHER" if gone == "registered_elsewhere" else None)
    lead = replace(lead, on_roster=gone != "person_dropped")
    assert gone in [code for code, _, _ in shortages(plan(asked(1, 0, lead, builder("p2"))))]


def test_a_must_who_may_not_come_is_told() -> None:
    found = plan(asked(1, 0, builder("p1"), builder("away", None, "OTHER")), must=["away"])
    assert [code for code, _, _ in shortages(found)] == ["registered_elsewhere"]


def test_unknown_and_contradictory_wishes_are_errors() -> None:
    question = asked(1, 0, builder("p1"), builder("p2"))
    with pytest.raises(UnknownPerson):
        plan(question, must=["p9"])
    with pytest.raises(UnknownPerson):
        plan(question, exclude=["p9"])
    with pytest.raises(ContradictoryPlan):
        plan(question, must=["p2"], exclude=["p2"])


def test_a_plan_may_name_people_whose_files_are_still_to_come_and_says_so() -> None:
    question = asked(4, 0, builder("p1"), replace(builder("p2"), files=frozenset()))
    found = plan(question)
    assert isinstance(found, Plan)
    assert [w.people for w in found.warnings if w.code == "certificate_file_missing"] == [("p2",)]
    assert [r.code for r in check(question, found.people).reasons] == [
        "certificate_file_missing",
        "registered_short",
        "heads_short",
    ]


@pytest.mark.parametrize(
    ("preferences", "chosen"),
    [
        ((Preference.FILES, Preference.OPEN_CASE, Preference.EXPIRY), "ending"),
        ((Preference.FILES, Preference.EXPIRY, Preference.OPEN_CASE), "busy"),
        ((Preference.EXPIRY, Preference.FILES), "busy"),
        ((Preference.EXPIRY, Preference.OPEN_CASE), "bare"),
        ((Preference.OPEN_CASE, Preference.EXPIRY, Preference.FILES), "bare"),
    ],
)
def test_ties_are_broken_in_the_order_given(preferences: tuple[Preference, ...], chosen: str) -> None:
    people = (
        builder("lead"),
        replace(builder("bare"), files=frozenset({Role.TITLED})),
        replace(builder("busy"), in_open_case=True),
        builder("ending", ON + timedelta(days=30)),
    )
    found = plan(asked(4, 0, *people), preferences=preferences)
    assert isinstance(found, Plan)
    assert found.people == tuple(sorted(("lead", chosen)))


def test_fewer_specialty_shortfalls_win_before_preferences() -> None:
    people = (
        builder("lead"),
        Person("a", (Registration("机电工程", "二级"),)),
        replace(builder("b"), in_open_case=True),
    )
    question = asked(4, 0, *people)
    item = replace(question.items[0], registered_specialties=(SpecialtyMin(4, ("建筑工程",)),))
    found = plan(replace(question, items=(item,)))
    assert isinstance(found, Plan)
    assert found.people == ("b", "lead")


def test_if_nothing_is_asked_for_the_lead_alone_comes() -> None:
    found = plan(asked(0, 0, builder("p1"), builder("p2")))
    assert isinstance(found, Plan)
    assert (found.people, found.proof.lower_bound) == (("p1",), 1)


def test_weights_are_lexicographic_and_leave_out_what_a_double_cannot_hold() -> None:
    count, soft, first, second = _weights(10, 3, [1, 2])
    assert second == 1
    assert first > 10 * 2 * second
    assert soft > 10 * first + 10 * 2 * second
    assert count > 3 * soft + 10 * first + 20 * second
    huge = _weights(200_000, 200_000, [1, 2, 2])
    assert huge[0] * 200_000 < EXACT_INTEGERS
    assert huge[-1] == 0


def steiner_27() -> cp_model.CpModel:
    """The covering problem of the Steiner triple system of order 27 (Fulkerson et al. 1974): optimum 18."""
    triples = [(0, 1, 2)]
    for _ in range(2):  # Each doubling of the dimension triples the points.
        size = 1 + max(max(t) for t in triples)
        blocks = [(0, 1, 2)]
        tripled = [tuple(3 * x + j for x in t) for t in triples for j in range(3)]
        tripled += [
            tuple(3 * x + j for x, j in zip(t, p, strict=True))
            for t in triples
            for b in blocks
            for p in permutations(b)
        ]
        triples = tripled + [tuple(3 * i + j for j in b) for i in range(size) for b in blocks]
    model = cp_model.CpModel()
    taken = [model.new_int_var(0, 1, "") for _ in range(27)]
    for triple in triples:
        model.add(sum(taken[i] for i in triple) >= 1)
    model.minimize(sum(taken))
    return model


@pytest.mark.parametrize("tries", [TRIES, ((False, 1e-6), (True, 10.0))])
def test_a_hard_covering_problem_is_still_proven(tries: tuple[tuple[bool, float], ...]) -> None:
    assert _solved(steiner_27(), tries).best_objective_bound == 18


def test_without_a_proof_there_is_no_plan() -> None:
    with pytest.raises(PlanUndecided):
        _solved(steiner_27(), ((False, 1e-6),))


def test_what_if_answers_one_change_each() -> None:
    people = [builder("p1"), builder("p2"), titled("p3"), titled("p4"), titled("p5")]
    question = asked(4, 6, *people)
    question = replace(question, items=(*question.items, Item("乙", 0, 2, "p3")))
    answers = {(a.question, a.words): a.found for a in ask(question, list(WhatIf))}
    found = {words: f for (_, words), f in answers.items()}
    assert isinstance(found["若没有有效的安全生产许可证"], Infeasible)
    more = found["若增加一名注册人员（各项要求的专业齐备）"]
    assert isinstance(more, Plan)
    assert more.count == 5
    alone = found["若只核查 乙"]
    assert isinstance(alone, Plan)
    assert alone.people == ("p3",)
    assert isinstance(found["若只核查 甲"], Plan)


def test_one_more_builder_can_make_the_impossible_possible() -> None:
    question = asked(4, 0, builder("p1"))
    (answer,) = ask(question, [WhatIf.REGISTERED])
    assert isinstance(plan(question), Infeasible)
    assert isinstance(answer.found, Plan)
    assert answer.found.people == ("p1", EXTRA)


def test_with_a_permit_fewer_must_come() -> None:
    question = asked(2, 0, builder("p1"), builder("p2"), permit=PermitState.SUSPENDED)
    (answer,) = ask(question, [WhatIf.PERMIT])
    assert isinstance(answer.found, Plan)
    assert (plan(question).count, answer.found.count) == (2, 1)  # type: ignore[union-attr]
