"""What is declared beside filings, over HTTP."""

import pytest

from registry.credit.service import SIGNERS
from tests.registry.journeys.conftest import Journey
from tests.registry.journeys.test_jilin_from_d_to_a import file_project
from tests.registry.store.test_integration import item_of
from tests.registry.store.world import DOCUMENT


@pytest.mark.rule("MO-10")
def test_a_firm_signs_its_commitment_and_the_note_is_gone(journey: Journey) -> None:
    firm, _ = journey.firm()
    question = f"/eligibility?uscc={firm.uscc}&use=national&on=2024-12-02&item=建筑工程:一级"
    assert [n["code"] for n in journey.call(firm.uscc, "GET", question)["notes"]] == ["commitment_due"]
    body = {
        "application": "建筑工程一级", "text_version": "1", "text": "我方承诺", "authorises_checks": True,
        "signers": [{"role": role, "name": "示例"} for role in SIGNERS],
    }  # fmt: skip
    refused = journey.call(
        firm.uscc, "POST", "/commitments", {**body, "signers": body["signers"][1:]}, status=422
    )
    assert [r["code"] for r in refused["reasons"]] == ["signer_missing"]
    journey.call(firm.uscc, "POST", "/commitments", body, status=201)
    assert journey.call(firm.uscc, "GET", question)["notes"] == []


@pytest.mark.rule("MO-02")
def test_the_province_gives_its_opinion_and_the_application_of_that_day_counts_it(journey: Journey) -> None:
    firm, people = journey.firm(people=1)
    filing = file_project(journey, firm.uscc, people)
    journey.approve("county:22", filing)
    (shown,) = journey.call("-", "GET", "/projects")
    path = f"/projects/{shown['id']}/indicator-confirmations"
    body = {"uscc": firm.uscc, "confirmed_on": "2023-12-31", "document": DOCUMENT}
    journey.call("city:22", "GET", "/queue")
    journey.call("city:22", "POST", path, body, status=403)
    journey.call("province:22", "POST", path, body, status=201)
    late = journey.call("province:22", "POST", path, {**body, "confirmed_on": "2024-01-01"}, status=422)
    assert late["reasons"][0]["code"] == "path_closed"


@pytest.mark.rule("GX-15")
def test_an_authoritys_contact_is_public_and_single(journey: Journey) -> None:
    for name in ("示例甲", "示例乙"):
        journey.call("city:45", "PUT", "/contact", {"name": name, "phone": "10000000001"})
    assert journey.call("-", "GET", "/contacts/450100/city")["name"] == "示例乙"
    journey.call("-", "GET", "/contacts/450200/city", status=404)


def test_a_claim_is_about_somebody_on_the_roster(journey: Journey) -> None:
    firm, (person,) = journey.firm(people=1)
    with journey.sessions.begin() as session:
        item = item_of(session, firm).id
    path = f"/items/{item}/lead-claims"
    journey.call("city:44", "POST", path, {"person": person, "project_code": "X-1"}, status=201)
    journey.call("city:44", "POST", path, {"person": person + 1, "project_code": "X-1"}, status=404)
    journey.call(
        "city:44", "POST", "/items/0/lead-claims", {"person": person, "project_code": "X"}, status=404
    )
