"""`check` accepts exactly what the rule accepts; `plan` finds the smallest size, with the best ties."""

import random
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.verify_api.selection.brute import accepts, preference_cost, smallest, soft_short
from tests.verify_api.selection.questions import question, questions
from verify_api.selection.rules import check
from verify_api.selection.solver import Infeasible, Plan, plan
from verify_api.selection.values import SelectionInput

SEEDS = range(0, 4000, 500)
shrinking = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def assert_check_agrees(asked: SelectionInput) -> None:
    ids = [p.id for p in asked.people]
    for size in range(len(ids) + 1):
        for chosen in combinations(ids, size):
            found = check(asked, chosen)
            assert found.ok == accepts(asked, chosen, files=True), (chosen, found.reasons)
            assert found.ok == (not found.reasons)


def assert_plan_agrees(asked: SelectionInput, must: tuple[str, ...], exclude: tuple[str, ...]) -> bool:
    best = smallest(asked, must, exclude)
    found = plan(asked, must, exclude)
    if not best:
        assert isinstance(found, Infeasible), found
        assert found.shortages
        return False
    assert isinstance(found, Plan), found
    assert found.count == len(found.people) == len(best[0]) == found.proof.lower_bound
    assert found.people in best
    ranks = {ids: (soft_short(asked, ids), *preference_cost(asked, ids)) for ids in best}
    assert ranks[found.people] == min(ranks.values())
    return True


@shrinking
@given(questions(most=4))
def test_check_accepts_exactly_the_lists_that_the_rule_accepts(asked: SelectionInput) -> None:
    assert_check_agrees(asked)


@pytest.mark.parametrize("start", SEEDS)
def test_check_accepts_what_the_rule_accepts_in_thousands_of_cases(start: int) -> None:
    for seed in range(start, start + 250):
        assert_check_agrees(question(random.Random(seed), most=4))


@shrinking
@given(questions(), st.data())
def test_a_plan_is_as_short_as_the_shortest_list_and_breaks_ties_as_asked(
    asked: SelectionInput, data: st.DataObject
) -> None:
    ids = [p.id for p in asked.people]
    must = tuple(data.draw(st.lists(st.sampled_from(ids), max_size=1)))
    exclude = tuple(i for i in data.draw(st.lists(st.sampled_from(ids), max_size=1)) if i not in must)
    assert_plan_agrees(asked, must, exclude)


@pytest.mark.parametrize("start", SEEDS)
def test_a_plan_is_the_shortest_in_thousands_of_cases(start: int) -> None:
    feasible = sum(
        assert_plan_agrees(question(random.Random(seed)), (), ()) for seed in range(start, start + 500)
    )
    assert feasible > 100  # The cases are not mostly impossible.


@pytest.mark.parametrize("seed", range(60))
def test_the_answer_does_not_depend_on_the_order_of_the_people(seed: int) -> None:
    chance = random.Random(seed)
    asked = question(chance)
    first = plan(asked)
    shuffled = replace(asked, people=tuple(chance.sample(asked.people, len(asked.people))))
    second = plan(shuffled)
    assert isinstance(first, Plan) == isinstance(second, Plan)
    if isinstance(first, Plan) and isinstance(second, Plan):
        assert first.people == second.people
