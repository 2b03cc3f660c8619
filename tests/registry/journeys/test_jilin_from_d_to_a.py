"""A Jilin project from the firm's own word to the province's, and into a national application."""

from datetime import timedelta
from typing import Any

import pytest

from registry.ledger.service import verify
from tests.registry.journeys.conftest import Journey
from tests.registry.store.world import identity, parties, stages


def project_body(n: int = 1, province: str = "22", **changes: str) -> dict[str, str]:
    given = identity(n, province, **changes)
    return {slot: getattr(given, slot) for slot in given.__slots__}


def file_project(journey: Journey, uscc: str, people: list[int]) -> int:
    opened = journey.call(
        uscc, "POST", "/filings", {"kind": "supplement", "project": project_body()}, status=201
    )
    named = [
        {"person": person, "name": f"示例人员{100 + i}", "role": "项目经理", "employer_uscc": uscc}
        for i, person in enumerate(people)
    ]
    filled = {**stages(identity()), "personal": {"note": "随企业业绩填报"}}
    body = {"stages": filled, "parties": parties(uscc), "people": named}
    journey.call(uscc, "PUT", f"/filings/{opened['id']}", body)
    assert journey.call(uscc, "GET", f"/filings/{opened['id']}/faults") == []
    journey.call(uscc, "POST", f"/filings/{opened['id']}/submission")
    return int(opened["id"])


def raise_grade(journey: Journey, uscc: str, names: list[str]) -> int:
    opened = journey.call(
        uscc, "POST", "/filings", {"kind": "upgrade", "project": project_body()}, status=201
    )
    journey.call(uscc, "PUT", f"/filings/{opened['id']}", {"stages": {name: {} for name in names}})
    journey.call(uscc, "POST", f"/filings/{opened['id']}/submission")
    return int(opened["id"])


@pytest.mark.rule("JL-15")
@pytest.mark.rule("JL-16")
@pytest.mark.rule("JL-21")
@pytest.mark.rule("JL-07")
@pytest.mark.rule("JL-14")
def test_from_d_to_a_step_by_step_and_into_a_national_application(journey: Journey) -> None:
    firm, people = journey.firm(people=1)
    uscc = firm.uscc
    question = f"/eligibility?uscc={uscc}&use=national&on=2024-12-20"
    filing = file_project(journey, uscc, people)
    assert journey.call("-", "GET", "/projects") == [], "unconfirmed data are not displayed"

    (waiting,) = journey.call("county:22", "GET", "/queue")
    assert waiting["id"] == filing
    journey.call("city:22", "POST", f"/queue/{filing}/claim", status=403)
    journey.approve("county:22", filing)
    (shown,) = journey.call("-", "GET", "/projects")
    assert set(shown["grades"].values()) == {"C"}
    no = journey.call(uscc, "GET", question)
    assert not no["eligible"] and no["projects"][0]["shortest_way"][0].startswith("市级确认为B级")

    blocks = [*stages(identity()), "personal"]
    to_b = raise_grade(journey, uscc, blocks)
    journey.call("province:22", "POST", f"/queue/{to_b}/claim", status=403)
    journey.approve("city:22", to_b)

    # Still unknown to the national platform, so the province may not be asked yet (JL-21).
    opened = journey.call(
        uscc, "POST", "/filings", {"kind": "upgrade", "project": project_body()}, status=201
    )
    journey.call(uscc, "PUT", f"/filings/{opened['id']}", {"stages": {name: {} for name in blocks}})
    refused = journey.call(uscc, "POST", f"/filings/{opened['id']}/submission", status=422)
    assert [r["code"] for r in refused["reasons"]] == ["not_shown_on_both"]
    assert journey.publish().sent == 4, "two confirmations, two targets each"
    journey.call(uscc, "POST", f"/filings/{opened['id']}/submission")
    journey.now += timedelta(days=1)
    journey.approve("province:22", opened["id"])
    journey.publish()

    yes = journey.call(uscc, "GET", question)
    assert yes["eligible"] and yes["projects"][0]["for_firm"]
    assert [p["projects"] for p in yes["people"]] == [[identity().code]]
    page = journey.call("-", "GET", f"/projects/{shown['id']}")
    assert (page["targets"]["national"], page["people"]) == ("shown", []), "the public sees no people"

    # The day before the province spoke, the answer was no: grades are dated.
    assert not journey.call(uscc, "GET", question.replace("2024-12-20", "2024-12-02"))["eligible"]
    _history_and_chain(journey, shown["id"])


def _history_and_chain(journey: Journey, project: int) -> None:
    history: list[dict[str, Any]] = journey.call("-", "GET", f"/projects/{project}/grades")["history"]
    basic = [entry["grade"] for entry in history if entry["stage"] == "basic"]
    assert basic == ["C", "B", "A"]
    with journey.sessions() as session:
        found = verify(session)
    assert found.is_whole, found.problems
