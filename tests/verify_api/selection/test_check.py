"""Every violated condition at once, each with need, have, who counts and what would mend it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from registry.standards import requirement
from verify_api.selection.required import item_of
from verify_api.selection.rules import UnknownPerson, check, share_of
from verify_api.selection.values import (
    AS_REQUIRED,
    AtHalf,
    CheckResult,
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
CODE = "建筑工程施工总承包三级"


def builder(name: str, specialty: str = "建筑工程", **rest: object) -> Person:
    return replace(Person(name, (Registration(specialty, "二级"),)), **rest)


def titled(name: str, specialty: str = "结构", **rest: object) -> Person:
    return replace(Person(name, (), (Title(specialty, "中级"),)), **rest)


def both(name: str) -> Person:
    return Person(name, (Registration("建筑工程", "二级"),), (Title("结构", "中级"),))


def asked(a: int | None, b: int | None, *people: Person, **rest: object) -> SelectionInput:
    lead = people[0].id if people else None
    question = SelectionInput((Item(CODE, a, b, lead),), people, PermitState.VALID, ON, "HERE")
    return replace(question, **rest)


def codes(found: CheckResult) -> list[str]:
    return [reason.code for reason in found.reasons]


@pytest.mark.rule("SZ-21")
@pytest.mark.rule("SZ-18")
@pytest.mark.parametrize(
    ("a", "b", "registered", "titles", "heads"),
    [
        (5, 6, 3, 3, 6),
        (12, 30, 6, 15, 21),
        (3, 5, 2, 3, 4),
        (0, 5, 0, 3, 3),
        (0, 0, 0, 0, 0),
        (1, 1, 1, 1, 1),
    ],
)
@pytest.mark.rule("SZ-18")
def test_half_of_the_required_number_rounds_up_per_number_and_in_total(
    a: int, b: int, registered: int, titles: int, heads: int
) -> None:
    tally = check(asked(a, b, both("p1")), ["p1"]).per_item[CODE]
    assert (tally.registered.need, tally.titled.need, tally.heads.need) == (registered, titles, heads)
    assert share_of(a, 50) == registered
    assert share_of(a, 100) == a


@pytest.mark.rule("SZ-21")
def test_without_a_valid_permit_all_are_required_and_there_is_no_total() -> None:
    tally = check(asked(5, 6, both("p1"), permit=PermitState.NONE), ["p1"]).per_item[CODE]
    assert (tally.registered.need, tally.titled.need, tally.heads.need, tally.share) == (5, 6, None, 100)


@pytest.mark.rule("SZ-19")
@pytest.mark.rule("SZ-22")
@pytest.mark.parametrize("state", [s for s in PermitState if s not in (PermitState.VALID, PermitState.NONE)])
def test_a_permit_that_does_not_count_is_named(state: PermitState) -> None:
    found = check(asked(1, 0, builder("p1"), permit=state), ["p1"])
    assert found.ok
    assert [w.code for w in found.warnings] == ["safety_permit_not_valid"]
    assert state.value in found.warnings[0].message


@pytest.mark.rule("SZ-19")
def test_a_dual_certificate_counts_for_both_numbers_but_is_one_head() -> None:
    question = asked(2, 2, both("p1"), builder("p2"))
    alone = check(question, ["p1"])
    assert codes(alone) == ["heads_short"]
    assert (alone.reasons[0].need, alone.reasons[0].have) == (2, 1)
    assert check(question, ["p1", "p2"]).ok


def test_every_reason_is_given_at_once() -> None:
    people = (
        builder("lead"),
        builder("past", registered=(Registration("建筑工程", "二级", ON - timedelta(days=1)),)),
        builder("away", registered=(Registration("建筑工程", "二级", None, "OTHER"),)),
        builder("gone", on_roster=False),
        builder("bare", files=frozenset()),
        Person("nobody"),
    )
    found = check(asked(5, 6, *people), ["past", "away", "gone", "bare", "nobody", "nobody"])
    assert sorted(codes(found)) == sorted(
        [
            "counted_twice",
            "technical_lead_not_selected",
            "registration_expired",
            "registered_elsewhere",
            "person_dropped",
            "no_counted_certificate",
            "certificate_file_missing",
            "registered_short",
            "titled_short",
            "heads_short",
        ]
    )
    assert all(reason.message and reason.remedy for reason in found.reasons)


def test_a_shortage_says_who_counts_and_who_could_be_added() -> None:
    question = asked(6, 0, builder("p1"), builder("p2"), builder("p3", files=frozenset()), titled("p4"))
    reason = next(r for r in check(question, ["p1", "p4"]).reasons if r.code == "registered_short")
    assert (reason.need, reason.have, reason.people) == (3, 1, ("p1",))
    assert "可选：p2" in reason.remedy
    assert "为 p3 上传证书文件" in reason.remedy


@pytest.mark.rule("SZ-16")
@pytest.mark.parametrize(("days", "ok"), [(-1, False), (0, True), (1, True)])
def test_the_last_day_of_a_registration_still_counts(days: int, ok: bool) -> None:
    held = (Registration("建筑工程", "二级", ON + timedelta(days=days)),)
    assert check(asked(1, 0, builder("p1", registered=held)), ["p1"]).ok is ok


def test_an_expired_registration_elsewhere_says_nothing_about_where_the_person_works() -> None:
    held = (Registration("建筑工程", "二级", ON - timedelta(days=1), "OTHER"),)
    found = check(asked(0, 1, titled("p1", registered=held)), ["p1"])
    assert found.ok
    assert "registration_expired" in [w.code for w in found.warnings]


@pytest.mark.rule("SZ-25")
@pytest.mark.rule("SZ-20")
def test_a_person_counts_only_in_the_role_whose_certificate_is_uploaded() -> None:
    half_filed = replace(both("p1"), files=frozenset({Role.TITLED}))
    found = check(asked(1, 1, half_filed), ["p1"])
    assert codes(found) == ["registered_short"]
    assert [w.code for w in found.warnings] == ["certificate_file_partial"]


@pytest.mark.rule("SZ-20")
def test_a_missing_lead_refuses_and_says_where_to_mend_it() -> None:
    question = asked(1, 0, builder("p1"))
    question = replace(question, items=(replace(question.items[0], technical_lead=None),))
    reason = check(question, ["p1"]).reasons[0]
    assert reason.code == "technical_lead_missing"
    assert "三库一平台" in reason.remedy


@pytest.mark.parametrize(("a", "b", "who"), [(None, 0, "注册人员"), (0, None, "职称技术人员")])
def test_an_unknown_number_blocks_and_never_counts_as_zero(a: int | None, b: int | None, who: str) -> None:
    found = check(asked(a, b, builder("p1")), ["p1"])
    assert codes(found) == ["requirement_unknown"]
    assert who in found.reasons[0].message
    assert "核查部门" in found.reasons[0].remedy


@pytest.mark.rule("SZ-24")
@pytest.mark.parametrize(
    ("permit", "policy", "refused"),
    [
        (PermitState.VALID, AtHalf.WARN, False),
        (PermitState.VALID, AtHalf.BLOCK, True),
        (PermitState.NONE, AtHalf.WARN, True),
    ],
)
@pytest.mark.rule("SZ-24")
def test_a_specialty_shortfall_warns_at_half_and_refuses_at_all(
    permit: PermitState, policy: AtHalf, refused: bool
) -> None:
    question = asked(2, 0, builder("p1", "机电工程"), builder("p2", "机电工程"))
    wanted = (SpecialtyMin(2, ("建筑工程",)),)
    question = replace(
        question,
        items=(replace(question.items[0], registered_specialties=wanted),),
        permit=permit,
        specialties_at_half=policy,
    )
    found = check(question, ["p1", "p2"])
    told = codes(found) if refused else [w.code for w in found.warnings]
    assert "registered_specialty_short" in told
    assert found.ok is not refused


def test_people_beyond_the_need_are_named_because_all_of_them_must_come() -> None:
    question = asked(2, 0, builder("p1"), builder("p2"), builder("p3"))
    found = check(question, ["p1", "p2", "p3"])
    assert found.ok
    extra = next(w for w in found.warnings if w.code == "more_than_needed")
    assert extra.people == ("p2", "p3")


@pytest.mark.rule("SZ-23")
def test_only_as_many_are_named_as_the_list_can_do_without() -> None:
    found = check(asked(4, 0, builder("p1"), builder("p2"), builder("p3")), ["p1", "p2", "p3"])
    assert [w.people for w in found.warnings if w.code == "more_than_needed"] == [("p3",)]


@pytest.mark.rule("SZ-23")
def test_one_person_may_serve_several_items_and_thresholds_hold_per_item() -> None:
    first = asked(2, 0, both("p1"), titled("p2"))
    second = Item("机电工程施工总承包三级", 0, 4, "p1")
    question = replace(first, items=(*first.items, second))
    assert check(question, ["p1", "p2"]).ok
    alone = check(question, ["p1"])
    assert {r.item for r in alone.reasons} == {second.code}


def test_a_stranger_on_the_list_is_an_error_not_a_verdict() -> None:
    with pytest.raises(UnknownPerson):
        check(asked(1, 0, builder("p1")), ["p2"])


@pytest.mark.parametrize(
    ("level", "registered_level", "ok"),
    [
        ("一级", "一级", True),
        ("二级", "一级", False),
        (None, "一级", False),
        (AS_REQUIRED, "一级", True),
        (None, None, True),
    ],
)
def test_an_unknown_level_never_counts_where_a_level_is_asked_for(
    level: str | None, registered_level: str | None, ok: bool
) -> None:
    question = asked(1, 0, builder("p1", registered=(Registration("建筑工程", level),)), builder("p2"))
    item = replace(question.items[0], registered_level=registered_level, registered_required=2)
    found = check(replace(question, items=(item,)), ["p1"])
    assert ("registered_short" not in codes(found)) is ok


@pytest.mark.parametrize(
    ("years", "title", "registration", "told"),
    [
        (5, Title("建筑结构", "中级"), None, None),
        (4, Title("结构", "高级"), None, "technical_lead_condition_unmet"),
        (None, Title("结构", "中级"), None, "technical_lead_condition_unknown"),
        (9, Title("暖通", "高级"), None, "technical_lead_condition_unmet"),
        (9, Title("暖通", "高级"), Registration("建筑", "二级"), None),
        (9, Title("结构", None), None, "technical_lead_condition_unknown"),
    ],
)
def test_the_leads_conditions_are_told_but_never_refuse(
    years: int | None, title: Title, registration: Registration | None, told: str | None
) -> None:
    lead = Person("p1", (registration,) if registration else (), (title,), years=years)
    item = item_of(requirement("建筑工程", "三级", ON), technical_lead="p1")
    found = check(SelectionInput((item,), (lead,), PermitState.VALID, ON), ["p1"])
    codes_told = [w.code for w in found.warnings if w.code.startswith("technical_lead")]
    assert codes_told == ([told] if told else [])
    assert not any(r.code.startswith("technical_lead") for r in found.reasons)
