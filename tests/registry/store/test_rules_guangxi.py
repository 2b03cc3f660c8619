"""桂建设〔2017〕29号, clause by clause."""

from dataclasses import replace
from datetime import date

import pytest

from registry.projects.models import Stage
from registry.workflows import guangdong, jiangsu, jilin
from registry.workflows.guangxi import (
    ACCEPTANCE,
    AWARD,
    CONTRACT_PAPER,
    PROFILE,
    WRITTEN_APPLICATION,
    may_push,
)
from registry.workflows.profile import FilingFacts, Kind, PushFacts
from registry.workflows.workdays import last_workday
from tests.registry.store.facts import facts, handing_in, opening
from tests.registry.store.world import Calendar, Unknown

PAPERS = frozenset({AWARD, CONTRACT_PAPER, ACCEPTANCE})


def history(**changes: object) -> FilingFacts:
    given = facts(
        Kind.SUPPLEMENT,
        "45",
        firm_kind="设计",
        today=date(2017, 12, 1),
        completed_on=date(2016, 5, 1),
        permitted_on=date(2015, 1, 1),
        attachments=PAPERS,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def test_a_filing_that_breaks_nothing_passes() -> None:
    assert opening(PROFILE, history()) == handing_in(PROFILE, history()) == set()


@pytest.mark.rule("GX-02")
@pytest.mark.parametrize(
    ("filed", "code"),
    [
        (date(2017, 12, 25), None),
        (date(2017, 12, 26), "after_national_cutoff"),
        (date(2018, 6, 30), "after_national_cutoff"),
    ],
)
def test_history_filed_after_the_cutoff_stays_in_the_region(filed: date, code: str | None) -> None:
    refused = may_push(PushFacts(Kind.SUPPLEMENT, "房建", filed, filed, date(2016, 5, 1), None, False, True))
    assert (refused.code if refused else None) == code


@pytest.mark.rule("GX-03")
@pytest.mark.parametrize(
    ("today", "refusal"), [(date(2018, 6, 30), set()), (date(2018, 7, 1), {"port_closed"})]
)
def test_the_port_for_history_closes_after_the_last_day(today: date, refusal: set[str]) -> None:
    assert opening(PROFILE, history(today=today)) == refusal
    assert handing_in(PROFILE, history(today=today)) == refusal, "what was begun before is refused too"


@pytest.mark.rule("GX-04")
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"completed_on": date(2017, 11, 19)}, set()),
        ({"completed_on": date(2017, 11, 20)}, {"not_history"}),
        ({"completed_on": None}, {"not_history"}),
    ],
)
def test_history_was_accepted_before_the_notice(changes: dict[str, object], refusal: set[str]) -> None:
    assert handing_in(PROFILE, history(**changes)) == refusal


@pytest.mark.rule("GX-04")
@pytest.mark.parametrize(
    ("location", "refusal"),
    [("450102", set()), ("440304", {"outside_region"}), ("990000", {"abroad", "outside_region"})],
)
def test_works_elsewhere_and_abroad_are_not_taken_in(location: str, refusal: set[str]) -> None:
    assert opening(PROFILE, history(location_code=location)) == refusal


@pytest.mark.rule("GX-05")
@pytest.mark.parametrize(
    "stage", [Stage.BASIC, Stage.DRAWING, Stage.TENDER, Stage.CONTRACT, Stage.PERMIT, Stage.COMPLETION]
)
def test_the_whole_process_is_told_at_once(stage: Stage) -> None:
    assert handing_in(PROFILE, history(stages=history().stages - {stage})) == {"stage_missing"}


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize(
    ("papers", "direct", "refusal"),
    [
        (PAPERS, False, set()),
        (PAPERS - {AWARD}, False, {"attachment_missing"}),
        (PAPERS - {AWARD}, True, set()),
        (PAPERS - {CONTRACT_PAPER}, True, {"attachment_missing"}),
        (PAPERS - {ACCEPTANCE}, False, {"attachment_missing"}),
    ],
)
def test_three_papers_are_due_and_a_direct_award_has_no_notice_of_award(
    papers: frozenset[str], direct: bool, refusal: set[str]
) -> None:
    assert handing_in(PROFILE, history(attachments=papers, is_direct_award=direct)) == refusal


@pytest.mark.rule("GX-07")
def test_the_city_of_the_works_reviews() -> None:
    assert [step["who"] for step in PROFILE.plan(history())] == ["firm", "city"]


@pytest.mark.rule("GX-09")
@pytest.mark.parametrize(
    ("handed_in", "last"),
    [
        (date(2017, 11, 20), date(2017, 11, 23)),  # Monday
        (date(2017, 11, 23), date(2017, 11, 28)),  # Thursday, over a weekend
        (date(2026, 9, 29), date(2026, 10, 9)),  # over the National Day
        (date(2026, 2, 13), date(2026, 2, 25)),  # over the Spring Festival; 14 February is worked
    ],
)
def test_three_working_days_count_from_the_next_day(handed_in: date, last: date) -> None:
    assert PROFILE.review_workdays == 3
    assert last_workday(handed_in, 3, Calendar()) == last


@pytest.mark.rule("GX-10")
def test_an_unknown_calendar_lets_no_time_run_out() -> None:
    assert last_workday(date(2027, 1, 1), 3, Unknown()) is None


@pytest.mark.rule("GX-10")
def test_deemed_approval_is_guangxis_alone() -> None:
    others = (jilin.PROFILE, jiangsu.PROFILE, guangdong.PROFILE)
    assert PROFILE.is_deemed_approved and not any(profile.is_deemed_approved for profile in others)


@pytest.mark.rule("GX-11")
@pytest.mark.parametrize(
    ("reason", "papers", "refusal"),
    [
        ("建设单位已注销", {WRITTEN_APPLICATION, CONTRACT_PAPER, ACCEPTANCE}, set()),
        ("", {WRITTEN_APPLICATION, CONTRACT_PAPER, ACCEPTANCE}, {"reason_missing"}),
        ("建设单位已注销", {CONTRACT_PAPER, ACCEPTANCE}, {"attachment_missing"}),
    ],
)
def test_the_region_reviews_directly_on_a_written_application(
    reason: str, papers: set[str], refusal: set[str]
) -> None:
    asked = replace(history(reason=reason, attachments=frozenset(papers)), kind=Kind.DIRECT_REVIEW)
    assert handing_in(PROFILE, asked) == refusal
    assert [step["who"] for step in PROFILE.plan(asked)] == ["firm", "province"]
    assert not PROFILE.workflows[Kind.DIRECT_REVIEW].has_time_limit, "no deemed approval by the department"


@pytest.mark.rule("GX-12")
def test_a_firm_files_with_its_device_key_only() -> None:
    assert opening(PROFILE, history(has_device_key=False)) == {"device_key_missing"}


@pytest.mark.rule("GX-14")
@pytest.mark.parametrize(
    ("kind", "today", "refusal"),
    [
        ("设计", date(2017, 11, 20), set()),
        ("设计", date(2017, 11, 19), {"not_open_yet"}),
        ("勘察", date(2017, 11, 21), {"not_open_yet"}),
        ("勘察", date(2017, 11, 22), set()),
        ("施工", date(2017, 12, 1), {"firm_kind_may_not_file"}),
    ],
)
def test_design_opens_two_days_before_survey(kind: str, today: date, refusal: set[str]) -> None:
    assert opening(PROFILE, history(firm_kind=kind, today=today)) == refusal
