"""Whether performance carries an application: the rules alone."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.eligibility.rules import (
    MINISTRY_ITEMS,
    Asked,
    FirmFacts,
    PersonnelFact,
    PersonPart,
    ProjectFacts,
    Use,
    judge,
    judge_project,
    shortest_way,
)
from registry.projects.grades import NATIONAL_BLOCKS, PROVINCIAL_BLOCKS
from registry.projects.models import Grade, Stage

A, B, C, D = Grade.A, Grade.B, Grade.C, Grade.D
NATIONAL = Asked(Use.NATIONAL, date(2024, 6, 1))
PROVINCIAL = Asked(Use.PROVINCIAL, date(2024, 6, 1))


def project(grade: Grade = A, **changes: Any) -> ProjectFacts:
    given: dict[str, Any] = {
        "id": 1,
        "code": "X",
        "name": "示例",
        "location_code": "220102",
        "category": "房建",
        "grades": dict.fromkeys(NATIONAL_BLOCKS, grade),
        "roles": frozenset({"施工"}),
        "people": (PersonPart(7, "示例人员", "项目经理"),),
        "is_on_national": True,
    }
    return ProjectFacts(**{**given, **changes})


def firm_codes(asked: Asked, one: ProjectFacts) -> set[str]:
    return {clause.code for clause in judge_project(asked, one).for_firm}


def person_codes(asked: Asked, one: ProjectFacts) -> set[str]:
    return {clause.code for clause in judge_project(asked, one).for_people}


@pytest.mark.rule("MO-01")
@pytest.mark.rule("JL-07")
@pytest.mark.parametrize(("grade", "firm", "people"), [(A, True, True), (B, False, True), (C, False, False)])
def test_a_firm_needs_a_and_a_person_a_or_b(grade: Grade, firm: bool, people: bool) -> None:
    verdict = judge_project(NATIONAL, project(grade))
    assert (verdict.serves_firm, verdict.serves_people) == (firm, people)


@pytest.mark.rule("JL-07")
@pytest.mark.parametrize("block", NATIONAL_BLOCKS)
def test_each_of_the_five_blocks_counts(block: Stage) -> None:
    whole = dict.fromkeys(NATIONAL_BLOCKS, A)
    assert firm_codes(NATIONAL, project(grades={k: v for k, v in whole.items() if k != block})) == {
        "block_missing"
    }
    assert firm_codes(NATIONAL, project(grades={**whole, block: B})) == {"grade_too_low"}


@pytest.mark.rule("JL-06")
@pytest.mark.parametrize("block", PROVINCIAL_BLOCKS)
def test_three_blocks_of_c_serve_a_contractor_for_provincial_approval(block: Stage) -> None:
    three = project(grades=dict.fromkeys(PROVINCIAL_BLOCKS, C), is_on_national=False)
    assert firm_codes(PROVINCIAL, three) == person_codes(PROVINCIAL, three) == set()
    assert firm_codes(PROVINCIAL, replace(three, grades={**three.grades, block: D})) == {"grade_too_low"}
    without = {k: v for k, v in three.grades.items() if k != block}
    assert firm_codes(PROVINCIAL, replace(three, grades=without)) == {"block_missing"}


@pytest.mark.rule("JL-06")
@pytest.mark.parametrize(
    ("roles", "role", "firm", "people"),
    [
        ({"施工"}, "项目经理", True, True),
        ({"施工"}, "技术负责人", True, True),
        ({"设计"}, "项目经理", False, True),
        ({"施工"}, "主要设计人", True, False),
    ],
)
def test_c_serves_contractors_managers_and_leads_only(
    roles: set[str], role: str, firm: bool, people: bool
) -> None:
    one = project(C, roles=frozenset(roles), people=(PersonPart(7, "示例", role),))
    verdict = judge_project(PROVINCIAL, one)
    assert (verdict.serves_firm, verdict.serves_people) == (firm, people)
    answer = judge(PROVINCIAL, FirmFacts(), [one], [7])
    assert bool(answer.people[0].projects) is people


@pytest.mark.rule("JL-07")
def test_the_national_standard_serves_provincial_approval_too() -> None:
    designer = project(A, roles=frozenset({"设计"}), people=(PersonPart(7, "示例", "主要设计人"),))
    assert judge_project(PROVINCIAL, designer).serves_firm
    assert judge(PROVINCIAL, FirmFacts(), [designer], [7]).people[0].projects == ("X",)


@pytest.mark.rule("JL-12")
def test_missing_indicators_warn_for_provincial_and_refuse_for_national_use() -> None:
    without = project(grades=dict.fromkeys(set(NATIONAL_BLOCKS) - {Stage.INDICATORS}, A))
    assert [w.code for w in judge_project(PROVINCIAL, without).warnings] == ["indicators_advised"]
    assert judge_project(PROVINCIAL, without).serves_firm
    assert firm_codes(NATIONAL, without) == {"block_missing"}


@pytest.mark.rule("MO-02")
@pytest.mark.rule("MO-03")
@pytest.mark.parametrize(
    ("on", "confirmed", "codes"),
    [
        (date(2023, 12, 31), True, set()),
        (date(2023, 12, 31), False, {"no_indicator_confirmation"}),
        (date(2024, 1, 1), True, {"not_on_platform"}),
        (date(2024, 1, 1), False, {"not_on_platform"}),
    ],
)
def test_the_way_around_the_platform_ends_with_2023(on: date, confirmed: bool, codes: set[str]) -> None:
    off = project(is_on_national=False, has_indicator_confirmation=confirmed)
    assert firm_codes(replace(NATIONAL, on=on), off) == codes


@pytest.mark.rule("GX-01")
@pytest.mark.parametrize(
    ("item", "on", "code"),
    [
        ("建筑行业甲级", date(2018, 1, 1), "not_on_platform"),
        ("市政行业甲级", date(2018, 1, 1), "not_on_platform"),
        ("建筑行业（人防工程）甲级", date(2018, 1, 1), "no_indicator_confirmation"),
        ("建筑行业乙级", date(2018, 1, 1), "no_indicator_confirmation"),
        ("建筑行业甲级", date(2017, 12, 31), "no_indicator_confirmation"),
    ],
)
def test_first_grade_design_counts_the_platform_only_since_2018(item: str, on: date, code: str) -> None:
    off = project(is_on_national=False)
    assert firm_codes(Asked(Use.NATIONAL, on, "设计", (item,)), off) == {code}


@pytest.mark.rule("GX-13")
@pytest.mark.parametrize(("grade", "codes"), [(C, set()), (D, {"grade_too_low", "not_passed_on_platform"})])
def test_what_did_not_pass_on_the_regional_platform_is_not_recognised(grade: Grade, codes: set[str]) -> None:
    assert (
        firm_codes(PROVINCIAL, project(grade, location_code="450102", is_on_national=False))
        - {"not_on_platform"}
        == codes
    )


@pytest.mark.rule("JS-10")
@pytest.mark.parametrize(("shown", "codes"), [(True, set()), (False, {"not_on_government"})])
def test_provincial_approval_in_jiangsu_looks_at_the_government_network(shown: bool, codes: set[str]) -> None:
    one = project(B, location_code="320102", is_on_government=shown)
    assert firm_codes(PROVINCIAL, one) == codes


@pytest.mark.rule("MO-04")
def test_the_lists_are_data_and_add_up_to_what_they_name() -> None:
    assert {kind: len(items) for kind, items in MINISTRY_ITEMS.items()} == {
        "施工": 7,
        "设计": 16,
        "勘察": 6,
        "监理": 8,
    }


@pytest.mark.rule("MO-05")
@pytest.mark.parametrize(("confirmed", "codes"), [(True, set()), (False, {"department_confirms"})])
def test_departments_confirm_their_own_trades(confirmed: bool, codes: set[str]) -> None:
    road = project(C, category="公路", is_confirmed_by_department=confirmed)
    assert firm_codes(NATIONAL, road) == codes


@pytest.mark.rule("MO-06")
@pytest.mark.parametrize(
    ("grade", "need", "have", "codes"),
    [
        ("一级", 9, 9, set()),
        ("一级", 9, 8, {"too_few_registered"}),
        ("一级", None, 50, {"standard_unknown"}),
        ("二级", 9, 0, set()),
    ],
)
def test_first_grade_needs_its_registered_people(
    grade: str, need: int | None, have: int, codes: set[str]
) -> None:
    firm = FirmFacts(personnel=(PersonnelFact("建筑工程", grade, need, have),))
    assert {clause.code for clause in judge(NATIONAL, firm, [project()], []).blocking} == codes


@pytest.mark.rule("MO-12")
@pytest.mark.parametrize(("on", "blocks"), [(date(2023, 9, 14), False), (date(2023, 9, 15), True)])
def test_the_rules_about_the_firm_hold_from_the_day_they_came_into_force(on: date, blocks: bool) -> None:
    confirmed = project(has_indicator_confirmation=True)
    firm = FirmFacts(abnormal=("责令整改",), personnel=(PersonnelFact("建筑工程", "一级", 9, 0),))
    found = {clause.rule for clause in judge(replace(NATIONAL, on=on), firm, [confirmed], []).blocking}
    assert found == ({"MO-06", "MO-13"} if blocks else set())


@pytest.mark.rule("MO-13")
def test_a_mark_blocks_whatever_the_projects_are_and_says_why() -> None:
    answer = judge(NATIONAL, FirmFacts(abnormal=("责令整改",)), [project()], [7])
    assert not answer.is_eligible and answer.projects[0].serves_firm
    (clause,) = answer.blocking
    assert (clause.rule, clause.code) == ("MO-13", "marked_abnormal") and "责令整改" in clause.message


@pytest.mark.rule("MO-10")
def test_a_commitment_that_is_due_is_said_and_does_not_refuse() -> None:
    answer = judge(NATIONAL, FirmFacts(has_commitment=False), [project()], [])
    assert answer.is_eligible and [note.rule for note in answer.notes] == ["MO-10"]


@pytest.mark.rule("JL-26")
@pytest.mark.parametrize("asked", [NATIONAL, PROVINCIAL])
def test_what_was_found_false_serves_nobody_and_has_no_way_back(asked: Asked) -> None:
    verdict = judge_project(asked, project(is_false=True))
    assert not verdict.serves_firm and not verdict.serves_people and verdict.way == ()


def test_a_firm_that_built_nothing_is_not_eligible_by_its_peoples_projects() -> None:
    elsewhere = project(roles=frozenset())
    answer = judge(NATIONAL, FirmFacts(), [elsewhere], [7])
    assert not answer.is_eligible and answer.projects == ()
    assert answer.people[0].projects == ("X",), (
        "a person's performance with an earlier employer counts for them"
    )


@pytest.mark.parametrize(
    ("one", "way"),
    [
        (project(A), ()),
        (project(B), ("省级确认为A级：",)),
        (project(C), ("市级确认为B级：", "省级确认为A级：")),
        (project(C, is_on_national=False), ("市级确认为B级：", "推送全国平台", "省级确认为A级：")),
        (
            project(grades={Stage.BASIC: C}, is_on_national=False),
            ("补录并确认为C级：", "市级确认为B级：", "推送全国平台", "省级确认为A级："),
        ),
        (project(grades={}, goes_straight_to_city=True), ("补录并确认为B级：", "省级确认为A级：")),
    ],
)
def test_the_shortest_way_names_the_steps_that_are_left(one: ProjectFacts, way: tuple[str, ...]) -> None:
    found = shortest_way(NATIONAL, one)
    assert len(found) == len(way)
    assert all(step.startswith(begins) for step, begins in zip(found, way, strict=True))


def test_where_the_basic_grade_is_derived_nobody_is_told_to_raise_it() -> None:
    (step,) = shortest_way(NATIONAL, project(B, derives_basic=True))
    assert "项目基本信息" not in step and "施工图审查" in step


grades_of_blocks = st.dictionaries(st.sampled_from(list(Stage)), st.sampled_from(list(Grade)))


@given(grades_of_blocks, st.booleans(), st.sampled_from([NATIONAL, PROVINCIAL]))
def test_raising_a_grade_never_takes_eligibility_away(
    grades: dict[Stage, Grade], on: bool, asked: Asked
) -> None:
    before = judge_project(asked, project(grades=grades, is_on_national=on))
    better = judge_project(asked, project(grades=dict.fromkeys(Stage, A), is_on_national=True))
    assert better.serves_firm and better.serves_people
    for stage in grades:
        raised = judge_project(asked, project(grades={**grades, stage: A}, is_on_national=on))
        assert raised.serves_firm >= before.serves_firm and raised.serves_people >= before.serves_people
