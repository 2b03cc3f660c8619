"""吉建管〔2024〕17号, clause by clause, where a clause can be judged without rows."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from registry.projects.grades import (
    Dated,
    after_withdrawal,
    docked_grade,
    goes_straight_to_city,
    is_public,
    may_be_raised,
    project_grade,
)
from registry.projects.models import Grade, Level, Stage
from registry.workflows.jilin import PROFILE, may_push
from registry.workflows.profile import Kind, PushFacts
from registry.workflows.provinces import NoProfile, profile_for
from tests.registry.samples import code
from tests.registry.store.facts import facts, handing_in, opening
from tests.registry.store.world import at

A, B, C, D = Grade.A, Grade.B, Grade.C, Grade.D


def test_a_filing_that_breaks_nothing_passes() -> None:
    assert opening(PROFILE, facts()) == handing_in(PROFILE, facts()) == set()


@pytest.mark.rule("JL-01")
@pytest.mark.parametrize(
    ("kind", "may"),
    [("勘察", True), ("设计", True), ("施工", True), ("监理", True), ("建设", False), ("图审", False)],
)
def test_four_kinds_of_firm_may_file(kind: str, may: bool) -> None:
    assert ("firm_kind_may_not_file" not in opening(PROFILE, facts(firm_kind=kind))) is may


@pytest.mark.rule("JL-02")
@pytest.mark.parametrize(
    ("completed", "permitted", "may"),
    [
        (date(2022, 9, 30), None, True),
        (None, date(2024, 5, 1), True),
        (None, None, False),
    ],
)
def test_a_project_is_completed_or_at_least_permitted(
    completed: date | None, permitted: date | None, may: bool
) -> None:
    found = handing_in(PROFILE, facts(completed_on=completed, permitted_on=permitted))
    assert ("neither_completed_nor_permitted" not in found) is may


@pytest.mark.rule("JL-02")
@pytest.mark.rule("JL-10")
@pytest.mark.rule("JL-09")
@pytest.mark.parametrize(
    ("kind", "shown", "refusal"),
    [
        (Kind.SUPPLEMENT, False, set()),
        (Kind.SUPPLEMENT, True, {"already_displayed"}),
        (Kind.STAGE_SUPPLEMENT, True, set()),
        (Kind.STAGE_SUPPLEMENT, False, {"not_displayed"}),
    ],
)
def test_what_is_displayed_decides_the_way(kind: Kind, shown: bool, refusal: set[str]) -> None:
    assert opening(PROFILE, facts(kind, is_displayed=shown)) == refusal


@pytest.mark.rule("JL-03")
def test_only_missing_stages_are_added_and_none_is_overwritten() -> None:
    have = frozenset({Stage.BASIC, Stage.PERMIT})
    adding = facts(Kind.STAGE_SUPPLEMENT, is_displayed=True, existing=have, stages=frozenset({Stage.DRAWING}))
    assert handing_in(PROFILE, adding) == set()
    over = replace(adding, stages=frozenset({Stage.DRAWING, Stage.PERMIT}))
    assert handing_in(PROFILE, over) == {"stage_exists"}


@pytest.mark.rule("JL-04")
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"location_code": "220102"}, set()),
        ({"location_code": "230102"}, {"outside_region"}),
        ({"category": "石油化工"}, set()),
        ({"category": "机电"}, set()),
        ({"category": "其他"}, {"category_out_of_scope"}),
    ],
)
def test_works_lie_in_the_province_and_in_a_listed_category(
    changes: dict[str, str], refusal: set[str]
) -> None:
    assert opening(PROFILE, facts(**changes)) == refusal


@pytest.mark.rule("JL-05")
@pytest.mark.parametrize("category", ["公路", "水运", "水利", "通信", "铁路", "民航"])
def test_departmental_categories_wait_for_the_ministry_until_the_rule_is_switched(category: str) -> None:
    assert opening(PROFILE, facts(category=category)) == {"category_awaits_ministry"}
    settings = [("refused_categories", []), ("categories", [category])]
    switched = profile_for("220102", date(2025, 1, 1), settings=settings)
    assert opening(switched, facts(category=category)) == set()


@pytest.mark.rule("JL-07")
@pytest.mark.parametrize(
    ("grades", "lowest"),
    [
        ({Stage.BASIC: A, Stage.PERMIT: A}, A),
        ({Stage.BASIC: A, Stage.PERMIT: C}, C),
        ({Stage.BASIC: A}, None),
    ],
)
def test_a_project_is_as_good_as_its_worst_required_block(
    grades: dict[Stage, Grade], lowest: Grade | None
) -> None:
    assert project_grade(grades, (Stage.BASIC, Stage.PERMIT)) is lowest


def push(**changes: object) -> str | None:
    given = {
        "kind": Kind.SUPPLEMENT,
        "category": "房建",
        "filed_on": date(2024, 12, 1),
        "confirmed_on": date(2024, 12, 31),
        "completed_on": date(2023, 12, 29),
        "permitted_on": date(2022, 1, 1),
        "is_on_national": False,
        "has_permit": True,
    }
    refused = may_push(PushFacts(**{**given, **changes}))  # type: ignore[arg-type]
    return refused.code if refused else None


@pytest.mark.rule("JL-08")
@pytest.mark.parametrize(
    ("completed", "confirmed", "refusal"),
    [
        (date(2023, 12, 29), date(2024, 12, 31), None),
        (date(2023, 12, 29), date(2025, 1, 1), "confirmed_too_late"),
        (date(2023, 12, 30), date(2024, 12, 31), "between_the_dates"),
    ],
)
def test_what_was_completed_in_time_is_pushed_if_confirmed_in_time(
    completed: date, confirmed: date, refusal: str | None
) -> None:
    assert push(completed_on=completed, confirmed_on=confirmed) == refusal


@pytest.mark.rule("JL-09")
@pytest.mark.parametrize(
    ("permitted", "confirmed", "refusal"),
    [
        (date(2024, 9, 1), date(2024, 12, 31), None),
        (date(2024, 9, 1), date(2025, 1, 1), "confirmed_too_late"),
        (date(2024, 9, 2), date(2024, 12, 31), "between_the_dates"),
        (None, date(2024, 12, 31), "between_the_dates"),
    ],
)
def test_what_was_permitted_in_time_is_pushed_and_the_gap_is_local(
    permitted: date | None, confirmed: date, refusal: str | None
) -> None:
    assert push(completed_on=None, permitted_on=permitted, confirmed_on=confirmed) == refusal


@pytest.mark.rule("JL-09")
def test_an_authority_may_let_the_gap_through_with_a_reason() -> None:
    assert push(completed_on=date(2024, 3, 1), override="省厅同意推送") is None


@pytest.mark.rule("JL-13")
@pytest.mark.parametrize(
    ("person", "refusal"),
    [
        ({"employer_uscc": code(1), "role": "项目经理"}, set()),
        ({"employer_uscc": code(2), "role": "项目经理"}, {"not_the_employer"}),
        ({"employer_uscc": code(1), "role": "资料员"}, {"unknown_role"}),
    ],
)
def test_personal_performance_is_filed_by_the_employer_in_a_known_role(
    person: dict[str, str], refusal: set[str]
) -> None:
    assert handing_in(PROFILE, facts(people=[person])) == refusal


@pytest.mark.rule("JL-13")
def test_personal_performance_comes_with_the_indicators() -> None:
    person = {"employer_uscc": code(1), "role": "项目经理"}
    without = facts(people=[person], stages=frozenset({Stage.BASIC, Stage.PERSONAL}))
    assert handing_in(PROFILE, without) == {"indicators_missing"}
    assert handing_in(PROFILE, replace(without, stages=without.stages | {Stage.INDICATORS})) == set()


@pytest.mark.rule("JL-14")
@pytest.mark.parametrize(("grade", "shown"), [(A, True), (B, True), (C, True), (D, False), (None, False)])
def test_what_nobody_confirmed_is_not_displayed(grade: Grade | None, shown: bool) -> None:
    assert is_public(grade) is shown


@pytest.mark.rule("JL-15")
@pytest.mark.parametrize(
    ("level", "grade"),
    [(Level.PROVINCE, A), (Level.CITY, B), (Level.COUNTY, C), (Level.MINISTRY, None), (Level.SUPPORT, None)],
)
def test_the_grade_is_the_confirming_authoritys(level: Level, grade: Grade | None) -> None:
    assert PROFILE.grade_for(level) is grade


@pytest.mark.rule("JL-16")
@pytest.mark.parametrize(
    ("grade", "to", "codes"),
    [
        (C, Level.CITY, []),
        (B, Level.PROVINCE, []),
        (C, Level.PROVINCE, ["step_skipped"]),
        (D, Level.CITY, ["step_skipped"]),
        (D, Level.PROVINCE, ["step_skipped"]),
        (B, Level.CITY, ["step_skipped"]),
    ],
)
def test_no_step_is_skipped(grade: Grade, to: Level, codes: list[str]) -> None:
    assert [clause.code for clause in may_be_raised(grade, to, is_shown_on_both=True)] == codes


@pytest.mark.rule("JL-16")
@pytest.mark.parametrize(
    ("grade", "code_"), [(A, "already_highest"), (D, "step_skipped"), (None, "nothing_to_raise")]
)
def test_only_c_and_b_can_be_raised(grade: Grade | None, code_: str) -> None:
    given_ = facts(Kind.UPGRADE, grade=grade, stages=frozenset({Stage.BASIC}))
    assert handing_in(PROFILE, given_) == {code_}


@pytest.mark.rule("JL-17")
@pytest.mark.parametrize(
    ("category", "work_type", "specialty", "straight"),
    [
        ("石油化工", "总承包", "", True),
        ("冶金", "总承包", "", True),
        ("矿山", "总承包", "", True),
        ("电力", "总承包", "", True),
        ("机电", "总承包", "", True),
        ("房建", "专业承包", "钢结构", True),
        ("市政", "专业承包", "桥梁", True),
        ("市政", "专业分包", "隧道", True),
        ("电力", "专业承包", "输变电", True),
        ("其他", "专业承包", "核工程", True),
        ("其他", "专业承包", "海洋石油", True),
        ("房建", "总承包", "", False),
        ("房建", "总承包", "钢结构", False),
        ("市政", "专业承包", "道路照明", False),
        ("机电", "专业承包", "消防", False),
    ],
)
def test_eleven_types_go_straight_to_the_city(
    category: str, work_type: str, specialty: str, straight: bool
) -> None:
    assert goes_straight_to_city(category, work_type, specialty) is straight
    plan = PROFILE.plan(facts(category=category, work_type=work_type, specialty=specialty))
    assert plan[1]["who"] == ("city" if straight else "county")


@pytest.mark.rule("JL-18")
def test_data_nobody_confirmed_are_d_and_their_owners_alone() -> None:
    assert docked_grade(None) == (D, False)
    assert not is_public(D)


@pytest.mark.rule("JL-19")
@pytest.mark.parametrize(
    ("level", "result"),
    [
        (Level.COUNTY, (C, False)),
        (Level.CITY, (B, False)),
        (Level.PROVINCE, (B, True)),
        (Level.DEPARTMENT, (B, True)),
        (None, (D, False)),
    ],
)
def test_docked_data_get_the_approvers_grade_and_never_a(
    level: Level | None, result: tuple[Grade, bool]
) -> None:
    assert docked_grade(level) == result


@pytest.mark.rule("JL-21")
@pytest.mark.parametrize(("shown", "codes"), [(True, []), (False, ["not_shown_on_both"])])
def test_a_is_for_what_both_platforms_show_as_b(shown: bool, codes: list[str]) -> None:
    assert [clause.code for clause in may_be_raised(B, Level.PROVINCE, is_shown_on_both=shown)] == codes


@pytest.mark.rule("JL-23")
@pytest.mark.parametrize(
    ("completed", "reason", "refusal"),
    [
        (date(2024, 11, 24), "", set()),
        (date(2024, 11, 25), "", {"new_completion_no_erratum"}),
        (date(2024, 11, 25), "录入系统故障所致", set()),
    ],
)
def test_new_completions_are_not_corrected_unless_a_reason_is_argued(
    completed: date, reason: str, refusal: set[str]
) -> None:
    asked = facts(Kind.ERRATUM, completed_on=completed, reason=reason, existing=frozenset(Stage))
    assert handing_in(PROFILE, asked) == refusal


@pytest.mark.rule("JL-22")
def test_only_what_is_on_record_can_be_corrected_and_every_level_gives_its_document() -> None:
    asked = facts(
        Kind.ERRATUM, existing=frozenset({Stage.BASIC}), stages=frozenset({Stage.BASIC, Stage.DRAWING})
    )
    assert handing_in(PROFILE, asked) == {"nothing_to_correct"}
    plan = PROFILE.plan(asked)
    assert [(s["who"], s["needs_document"]) for s in plan] == [
        ("firm", False),
        ("county", True),
        ("city", True),
        ("province", True),
        ("support", False),
    ]


@pytest.mark.rule("JL-29")
def test_the_newest_rules_that_hold_on_the_day_prevail() -> None:
    later = replace(PROFILE, effective_on=date(2026, 1, 1), basis="示例新文")
    both = (PROFILE, later)
    assert profile_for("220102", date(2025, 12, 31), profiles=both).basis == PROFILE.basis
    assert profile_for("220102", date(2026, 1, 1), profiles=both).basis == "示例新文"
    with pytest.raises(NoProfile):
        profile_for("220102", date(2024, 11, 24), profiles=both)


def entry(hours: int, grade: Grade, cause: str, level: Level | None) -> Dated:
    return Dated(at("2024-12-01") + timedelta(hours=hours), grade, cause, level)


LADDER = [
    entry(0, C, "confirmed", Level.COUNTY),
    entry(1, B, "confirmed", Level.CITY),
    entry(2, A, "confirmed", Level.PROVINCE),
]


@pytest.mark.parametrize(("level", "falls_to"), [(Level.PROVINCE, B), (Level.CITY, C), (Level.COUNTY, D)])
def test_a_withdrawn_confirmation_falls_to_the_best_one_below_it(level: Level, falls_to: Grade) -> None:
    assert after_withdrawal(LADDER, level) is falls_to


def test_a_confirmation_given_again_after_a_withdrawal_counts() -> None:
    again = [*LADDER, entry(3, B, "withdrawn", Level.PROVINCE), entry(4, A, "confirmed", Level.PROVINCE)]
    assert after_withdrawal(again, Level.PROVINCE) is B
    twice = [*LADDER, entry(3, C, "withdrawn", Level.CITY)]
    assert after_withdrawal(twice, Level.PROVINCE) is C, "what lay above the city's word fell with it"


def test_falsity_leaves_no_confirmation_standing() -> None:
    assert after_withdrawal([*LADDER, entry(3, D, "falsity", None)], Level.PROVINCE) is D
