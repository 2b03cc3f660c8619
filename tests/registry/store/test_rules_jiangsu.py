"""勘察设计业绩入库相关问题解答, clause by clause."""

from dataclasses import replace
from datetime import date

import pytest

from registry.projects.grades import derived_basic_source
from registry.projects.models import Grade, Stage
from registry.publication.models import Target
from registry.workflows.jiangsu import (
    CERTIFICATE,
    DRAWINGS,
    EVIDENCE,
    EXPERTS,
    PROFILE,
    QUALITY,
    SCREENSHOT,
    may_push,
)
from registry.workflows.profile import Kind, PushFacts
from tests.registry.store.facts import facts, handing_in, opening, requesting

FULL = frozenset({Stage.BASIC, Stage.CONTRACT, Stage.DRAWING, Stage.COMPLETION})


def way(kind: Kind) -> list[tuple[str, str]]:
    return [(step["action"], step["who"]) for step in PROFILE.plan(facts(kind, "32"))]


@pytest.mark.rule("JS-01")
@pytest.mark.parametrize(("has_permit", "code"), [(False, "permit_awaited"), (True, None)])
def test_a_contract_is_gathered_after_signing_but_pushed_with_the_permit(
    has_permit: bool, code: str | None
) -> None:
    gathered = facts(Kind.CONTRACT, "32", stages=frozenset({Stage.BASIC, Stage.CONTRACT}), permitted_on=None)
    assert opening(PROFILE, gathered) == handing_in(PROFILE, gathered) == set()
    push = PushFacts(Kind.CONTRACT, "房建", date(2025, 1, 1), date(2025, 1, 2), None, None, False, has_permit)
    refused = may_push(push)
    assert (refused.code if refused else None) == code


@pytest.mark.rule("JS-02")
def test_a_supplement_goes_firm_city_province_firm_city() -> None:
    assert way(Kind.SUPPLEMENT) == [
        ("file", "firm"),
        ("review", "city"),
        ("open_port", "province"),
        ("file", "firm"),
        ("review", "city"),
    ]


@pytest.mark.rule("JS-02")
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, set()),
        ({"is_displayed": True}, {"already_on_platform"}),
        ({"on_national": frozenset({Stage.BASIC})}, {"already_on_platform"}),
        ({"drawing_passed_on": None}, {"drawing_review_missing"}),
        ({"completed_on": None}, {"not_completed"}),
        ({"attachments": frozenset()}, {"attachment_missing"}),
    ],
)
def test_a_supplement_is_for_completed_reviewed_works_that_no_platform_knows(
    changes: dict[str, object], refusal: set[str]
) -> None:
    asked = facts(Kind.SUPPLEMENT, "32", stages=FULL, attachments=frozenset({EVIDENCE}))
    assert handing_in(PROFILE, replace(asked, **changes)) == refusal  # type: ignore[arg-type]


@pytest.mark.rule("JS-02")
def test_nothing_is_filled_in_before_the_port_is_open() -> None:
    early = facts(Kind.SUPPLEMENT, "32", stages=FULL, attachments=frozenset({EVIDENCE}))
    assert requesting(PROFILE, early) == {"port_closed"}
    assert requesting(PROFILE, replace(early, stages=frozenset())) == set()


@pytest.mark.rule("JS-03")
@pytest.mark.parametrize(("shown", "refusal"), [(True, set()), (False, {"not_on_provincial"})])
def test_what_the_province_has_and_the_nation_lacks_is_completed_by_the_city(
    shown: bool, refusal: set[str]
) -> None:
    asked = facts(Kind.COMPLETION, "32", is_displayed=shown, stages=frozenset({Stage.DRAWING}))
    assert opening(PROFILE, asked) == refusal
    assert way(Kind.COMPLETION) == [("file", "firm"), ("review", "city")]


@pytest.mark.rule("JS-04")
@pytest.mark.parametrize(
    ("kind", "stage", "refusal"),
    [
        (Kind.COMPLETION, Stage.DRAWING, set()),
        (Kind.COMPLETION, Stage.CONTRACT, set()),
        (Kind.COMPLETION, Stage.INDICATORS, {"stage_of_another_way"}),
        (Kind.INDICATOR_LIBRARY, Stage.INDICATORS, set()),
        (Kind.INDICATOR_LIBRARY, Stage.DRAWING, {"stage_of_another_way"}),
    ],
)
def test_each_missing_stage_has_its_module(kind: Kind, stage: Stage, refusal: set[str]) -> None:
    asked = facts(
        kind, "32", is_displayed=True, on_national=frozenset({Stage.BASIC}), stages=frozenset({stage})
    )
    assert handing_in(PROFILE, asked) == refusal


@pytest.mark.rule("JS-05")
def test_a_correction_goes_through_four_levels_with_a_document_at_each() -> None:
    assert way(Kind.ERRATUM) == [
        ("file", "firm"),
        ("review", "city"),
        ("review", "province"),
        ("review", "ministry"),
        ("execute", "support"),
    ]
    asked = facts(Kind.ERRATUM, "32", existing=frozenset(Stage), attachments=frozenset({EVIDENCE}))
    assert handing_in(PROFILE, asked) == set()
    assert handing_in(PROFILE, replace(asked, completed_on=None)) == {"not_completed"}


@pytest.mark.rule("JS-06")
@pytest.mark.parametrize(
    ("kind", "category", "firm_kind", "refusal"),
    [
        (Kind.OUTSIDE_TRADE, "电力", "设计", set()),
        (Kind.OUTSIDE_TRADE, "房建", "勘察", set()),
        (Kind.OUTSIDE_TRADE, "房建", "设计", {"not_outside_trade"}),
        (Kind.SUPPLEMENT, "电力", "设计", {"outside_trade"}),
    ],
)
def test_survey_and_other_trades_have_their_own_module(
    kind: Kind, category: str, firm_kind: str, refusal: set[str]
) -> None:
    assert opening(PROFILE, facts(kind, "32", category=category, firm_kind=firm_kind)) == refusal


@pytest.mark.rule("JS-07")
@pytest.mark.parametrize(
    ("papers", "refusal"),
    [
        ({SCREENSHOT, DRAWINGS}, set()),
        ({SCREENSHOT}, {"attachment_missing"}),
        ({DRAWINGS}, {"attachment_missing"}),
    ],
)
def test_an_upgrade_shows_screenshots_and_drawings_and_goes_city_then_province(
    papers: set[str], refusal: set[str]
) -> None:
    asked = facts(
        Kind.UPGRADE,
        "32",
        grade=Grade.B,
        stages=frozenset({Stage.DRAWING}),
        is_displayed=True,
        on_national=frozenset({Stage.BASIC}),
        attachments=frozenset(papers),
    )
    assert handing_in(PROFILE, asked) == refusal
    assert way(Kind.UPGRADE) == [("file", "firm"), ("review", "city"), ("review", "province")]


@pytest.mark.rule("JS-08")
@pytest.mark.parametrize(
    ("passed", "signed", "papers", "refusal"),
    [
        (date(2015, 12, 31), None, {SCREENSHOT, DRAWINGS}, {"attachment_missing"}),
        (date(2015, 12, 31), None, {SCREENSHOT, DRAWINGS, CERTIFICATE}, set()),
        (date(2016, 1, 1), date(2015, 1, 1), {SCREENSHOT, DRAWINGS}, set()),
        (None, date(2015, 6, 1), {SCREENSHOT, DRAWINGS}, {"attachment_missing"}),
    ],
)
def test_a_project_before_2016_needs_its_drawing_certificate(
    passed: date | None, signed: date | None, papers: set[str], refusal: set[str]
) -> None:
    asked = facts(
        Kind.UPGRADE,
        "32",
        grade=Grade.C,
        stages=frozenset({Stage.DRAWING}),
        drawing_passed_on=passed,
        contract_signed_on=signed,
        attachments=frozenset(papers),
    )
    assert handing_in(PROFILE, asked) == refusal


@pytest.mark.rule("JS-09")
@pytest.mark.parametrize(
    ("category", "follows"),
    [
        ("房建", Stage.DRAWING),
        ("市政", Stage.DRAWING),
        ("电力", Stage.INDICATORS),
        ("勘察", Stage.INDICATORS),
    ],
)
def test_the_basic_grade_follows_another_stage_and_is_not_raised_itself(
    category: str, follows: Stage
) -> None:
    assert derived_basic_source(category) is follows
    asked = facts(Kind.UPGRADE, "32", grade=Grade.C, category=category, stages=frozenset({Stage.BASIC}))
    assert "basic_is_derived" in handing_in(PROFILE, asked)


@pytest.mark.rule("JS-10")
@pytest.mark.rule("JS-12")
def test_only_the_indicator_library_leads_to_the_government_network() -> None:
    leading = {kind for kind, w in PROFILE.workflows.items() if Target.GOVERNMENT in w.targets}
    assert leading == {Kind.INDICATOR_LIBRARY}


@pytest.mark.rule("JS-11")
@pytest.mark.parametrize(
    ("papers", "refusal"), [(set(), {"survey_proof_missing"}), ({EXPERTS}, set()), ({QUALITY}, set())]
)
def test_either_paper_replaces_the_drawing_review_of_a_survey(papers: set[str], refusal: set[str]) -> None:
    asked = facts(
        Kind.OUTSIDE_TRADE,
        "32",
        firm_kind="勘察",
        category="勘察",
        drawing_passed_on=None,
        stages=frozenset({Stage.BASIC, Stage.INDICATORS}),
        attachments=frozenset(papers),
    )
    assert handing_in(PROFILE, asked) == refusal
