"""Who is required on a day, from which clause; unknown is never zero."""

from datetime import date

import pytest

from registry.standards import Basis, requirement, standards
from registry.standards.report import changes, gaps, items
from registry.standards.rules import UnknownCategory, UnknownGrade
from registry.standards.values import Confidence

NOW = date(2026, 3, 2)
OWN = Basis.OWN_GRADE


def test_the_third_grade_of_building_works_is_five_and_six() -> None:
    found = requirement("建筑工程", "三级", NOW)
    assert (found.code, found.registered_required, found.titled_required) == ("建筑工程施工总承包三级", 5, 6)
    assert found.registered.any_of == ("建筑工程", "机电工程")
    assert [(s.minimum, s.any_of) for s in found.registered_specialties] == [(4, ("建筑工程",))]
    assert [(s.minimum, s.any_of) for s in found.titled_specialties] == [
        (1, ("结构",)),
        (1, ("给排水",)),
        (1, ("电气",)),
    ]
    assert found.technical_lead is not None
    assert found.technical_lead.years == 5
    assert [(a.title, a.registration) for a in found.technical_lead.any_of] == [
        ("中级以上", None),
        (None, "注册建造师"),
    ]
    assert found.blocks == ()


def test_every_value_of_a_requirement_has_clause_source_and_confidence() -> None:
    found = requirement("建筑工程", "三级", NOW)
    assert found.technical_lead is not None
    for cite in (found.registered.cite, found.titled.cite, found.technical_lead.cite):
        assert cite.clause == "建市〔2014〕159号 1. 建筑工程施工总承包三级 企业主要人员"
        assert cite.sources
        assert cite.confidence is Confidence.REPRINT


@pytest.mark.rule("MO-06")
@pytest.mark.parametrize(
    ("grade", "on", "basis", "numbers"),
    [
        # 2014 standard: every grade its own numbers.
        ("一级", date(2016, 10, 31), Basis.LOWEST_GRADE, (12, 30)),
        ("二级", date(2016, 10, 31), OWN, (12, 15)),
        # 226号: only the lowest grade is examined.
        ("一级", date(2016, 11, 1), OWN, (0, 0)),
        ("一级", date(2016, 11, 1), Basis.LOWEST_GRADE, (5, 6)),
        ("一级", date(2023, 9, 14), Basis.LOWEST_GRADE, (5, 6)),
        # 建市规〔2023〕3号: the registered number of 一级 is back.
        ("一级", date(2023, 9, 15), Basis.LOWEST_GRADE, (12, 6)),
        ("一级", date(2023, 9, 15), OWN, (12, 0)),
        ("二级", NOW, Basis.LOWEST_GRADE, (5, 6)),
        ("二级", NOW, OWN, (0, 0)),
        ("三级", NOW, OWN, (5, 6)),
        # Before the standard was in force nothing is known.
        ("三级", date(2014, 12, 31), OWN, (None, None)),
        ("三级", date(2015, 1, 1), OWN, (5, 6)),
    ],
)
def test_the_day_and_the_basis_decide_whose_numbers_bind(
    grade: str, on: date, basis: Basis, numbers: tuple[int | None, int | None]
) -> None:
    found = requirement("建筑工程", grade, on, basis)
    assert (found.registered_required, found.titled_required) == numbers


def test_a_cancelled_number_is_zero_with_the_document_that_cancelled_it() -> None:
    found = requirement("建筑工程", "二级", NOW, OWN).registered
    assert (found.total, found.cite.clause) == (0, "建市〔2016〕226号第一条")


def test_a_restored_number_names_the_document_that_restored_it() -> None:
    found = requirement("建筑工程", "一级", NOW).registered
    assert (found.total, found.cite.note) == (12, "建市规〔2023〕3号恢复考核")


def test_the_lead_is_always_of_the_own_grade() -> None:
    lead = requirement("建筑工程", "二级", NOW).technical_lead
    assert lead is not None
    assert (lead.years, lead.any_of[0].title) == (8, "高级")


def test_a_stand_in_number_names_the_second_hand_rule_it_rests_on() -> None:
    cite = requirement("建筑工程", "二级", NOW).registered.cite
    assert cite.confidence is Confidence.SECOND_HAND
    assert "建筑工程施工总承包三级" in cite.clause
    assert "取最低等级（三级）人数" in cite.note


@pytest.mark.parametrize(
    ("category", "grade", "registered", "titled"),
    [
        ("起重设备安装工程", "三级", 0, 2),  # none required is a zero
        ("铁路工程", "一级", None, 20),  # not found is not
        ("隧道工程", "二级", None, None),  # a category without any row
        ("冶金工程", "二级", None, None),  # whose lowest grade has no row
        ("地基基础工程", "一级", None, 8),  # only remembered
        ("通信工程", "三级", 0, None),  # cancelled by 226号二, titles unknown
        ("特种工程（限特种防雷）", "不分等级", None, None),
        ("消防设施工程", "三级", None, None),  # a grade below the category's lowest
        ("消防设施工程", "不分等级", None, None),
        ("预拌混凝土", "一级", None, None),
        ("建筑工程", "特级", 50, None),
    ],
)
def test_unknown_is_none_and_blocks_while_none_required_is_zero(
    category: str, grade: str, registered: int | None, titled: int | None
) -> None:
    found = requirement(category, grade, NOW)
    assert (found.registered_required, found.titled_required) == (registered, titled)
    assert bool(found.blocks) == (registered is None or titled is None)


def test_a_remembered_number_is_shown_but_not_judged_by() -> None:
    found = requirement("地基基础工程", "一级", NOW)
    assert (found.registered.total, found.registered_required) == (6, None)
    assert found.blocks == ("注册人员：标准人数仅凭记忆（数值 6 待核）",)


def test_a_number_of_an_unverified_level_blocks() -> None:
    found = requirement("通信工程", "二级", date(2016, 1, 1))
    assert found.registered.total == 6
    assert found.registered_required is None
    assert "级别" in found.blocks[0]


@pytest.mark.parametrize(
    "name",
    ["建筑工程", "建筑工程施工总承包", " 建筑工程 ", "特种工程(限结构补强)", "特种工程（结构补强）专业承包"],
)
def test_a_category_is_found_however_certificates_spell_it(name: str) -> None:
    grade = "三级" if "建筑" in name else "不分等级"
    assert requirement(name, grade, NOW).titled_required in (5, 6)


def test_what_the_standard_does_not_have_is_an_error() -> None:
    with pytest.raises(UnknownCategory):
        requirement("火箭工程", "三级", NOW)
    with pytest.raises(UnknownGrade):
        requirement("建筑工程", "四级", NOW)


@pytest.mark.parametrize(("on", "to"), [(date(2021, 6, 30), None), (date(2021, 7, 1), "二级")])
def test_the_third_grade_may_be_exchanged_for_the_second_from_a_day_on(on: date, to: str | None) -> None:
    exchange = requirement("建筑工程", "三级", on).exchange
    assert (exchange.to_grade if exchange else None) == to


@pytest.mark.parametrize(
    ("category", "grade", "on", "total"),
    [
        ("矿山工程", "三级", NOW, 5),  # 4 of one and 1 of another specialty
        ("矿山工程", "一级", NOW, 15),
        ("水利水电工程", "二级", date(2016, 1, 1), 15),  # 6 of them 一级
        ("铁路铺轨架梁工程", "一级", date(2016, 1, 1), 10),
    ],
)
def test_numbers_of_several_specialties_add_up_and_nested_ones_do_not(
    category: str, grade: str, on: date, total: int
) -> None:
    assert requirement(category, grade, on).registered.total == total


def test_every_item_answers_on_every_day_under_every_basis() -> None:
    catalogue = standards()
    for name, grade in items(catalogue):
        for on in (date(2014, 1, 1), date(2016, 1, 1), date(2020, 1, 1), NOW):
            for basis in Basis:
                found = requirement(name, grade, on, basis)
                for number in (found.registered, found.titled):
                    assert number.usable is None or number.usable >= 0
                    assert (number.usable is None) == (number.block is not None)
                    if number.usable:
                        assert number.cite.sources
                        assert number.cite.confidence not in (None, Confidence.RECALL)


def test_the_gaps_are_listed() -> None:
    found = gaps(standards(), on=NOW, basis=Basis.LOWEST_GRADE)
    assert found["entries"] == 79
    assert found["categories"] == 48
    assert found["items"] == found["judged_automatically"] + len(found["blocked"])
    assert len(found["categories_without_data"]) == 17


@pytest.mark.rule("MO-12")
def test_the_change_of_2023_touches_registered_numbers_of_first_grades_only() -> None:
    lowest = Basis.LOWEST_GRADE
    found = changes(standards(), (date(2023, 9, 14), lowest), (date(2023, 9, 15), lowest))
    assert found
    for change in found:
        assert change["item"].endswith("一级")
        assert change["before"]["titled_required"] == change["after"]["titled_required"]
