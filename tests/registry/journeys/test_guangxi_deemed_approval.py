"""A Guangxi filing that nobody decided, across the National Day holidays."""

import pytest

from tests.registry.journeys.conftest import Journey
from tests.registry.journeys.test_jilin_from_d_to_a import project_body
from tests.registry.store.world import at, files, identity, parties, stages

PAPERS = ("中标通知书", "中标工程合同", "竣工验收证明")


def submitted(journey: Journey, n: int = 1) -> tuple[str, int]:
    firm, _ = journey.firm(n, "设计")
    body = {"kind": "routine", "project": project_body(n, "45")}
    opened = journey.call(firm.uscc, "POST", "/filings", body, status=201)
    draft = {
        "stages": stages(identity(n, "45")),
        "parties": parties(firm.uscc, "设计"),
        "attachments": files(*PAPERS),
    }
    journey.call(firm.uscc, "PUT", f"/filings/{opened['id']}", draft)
    journey.call(firm.uscc, "POST", f"/filings/{opened['id']}/submission")
    return firm.uscc, int(opened["id"])


@pytest.mark.rule("GX-09")
@pytest.mark.rule("GX-10")
def test_three_working_days_across_the_national_day_end_in_deemed_approval(journey: Journey) -> None:
    journey.now = at("2026-09-29T16:00")  # Tuesday; 30 September, 8 and 9 October are the three days
    uscc, filing = submitted(journey)
    page = journey.call(uscc, "GET", f"/filings/{filing}")
    assert page["due_on"] == "2026-10-09"
    journey.call("city:45", "POST", f"/queue/{filing}/claim")
    journey.now = at("2026-10-09T23:59:59")
    assert journey.sweep() == []
    journey.now = at("2026-10-10T00:00")
    late = journey.call(
        "city:45", "POST", f"/queue/{filing}/decision", {"approve": False, "reason": "迟"}, status=409
    )
    assert late["code"] == "time_is_up"
    assert journey.sweep() == [filing]
    assert journey.sweep() == []
    page = journey.call(uscc, "GET", f"/filings/{filing}")
    assert page["state"] == "deemed"
    assert page["decisions"][-1]["outcome"] == "deemed" and page["decisions"][-1]["level"] == "city"
    (shown,) = journey.call("-", "GET", "/projects")
    assert set(shown["grades"].values()) == {"B"}
    history = journey.call("-", "GET", f"/projects/{shown['id']}/grades")["history"]
    assert {entry["cause"] for entry in history} == {"deemed"}, "distinct from a human approval"


@pytest.mark.rule("GX-09")
def test_a_decision_in_time_is_the_officers_and_a_refusal_needs_its_reason(journey: Journey) -> None:
    journey.now = at("2026-09-29T16:00")
    uscc, filing = submitted(journey)
    journey.now = at("2026-10-09T23:59")
    refused = journey.call("city:45", "POST", f"/queue/{filing}/decision", {"approve": False}, status=422)
    assert refused["reasons"][0]["code"] == "reason_missing"
    journey.call("city:45", "POST", f"/queue/{filing}/decision", {"approve": False, "reason": "合同不清晰"})
    journey.now = at("2026-10-12T00:00")
    assert journey.sweep() == []
    page = journey.call(uscc, "GET", f"/filings/{filing}")
    assert (page["state"], page["decisions"][-1]["reason"]) == ("rejected", "合同不清晰")
    assert "actor" not in page["decisions"][-1], "the firm does not see who the officer was"
