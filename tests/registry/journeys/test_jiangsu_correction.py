"""A Jiangsu correction: firm, city, province, ministry, and the supporting unit that carries it out."""

import pytest

from registry.ledger.service import verify
from tests.registry.journeys.conftest import Journey
from tests.registry.journeys.test_jilin_from_d_to_a import project_body
from tests.registry.store.world import DOCUMENT, at, files, identity, parties, stages


def on_record(journey: Journey, uscc: str) -> None:
    """A contract, gathered and confirmed by the city, then completed."""
    body = {"kind": "supplement", "project": project_body(1, "32")}
    opened = journey.call(uscc, "POST", "/filings", body, status=201)
    claims = {"drawing_passed_on": "2020-06-01", "completed_on": "2022-09-30"}
    request = {"attachments": files("佐证材料"), "claims": claims}
    journey.call(uscc, "PUT", f"/filings/{opened['id']}", request)
    journey.call(uscc, "POST", f"/filings/{opened['id']}/submission")
    journey.approve("city:32", opened["id"])
    journey.approve("province:32", opened["id"], document=DOCUMENT)
    full = {"stages": stages(identity(1, "32")), "parties": parties(uscc), "attachments": files("佐证材料")}
    journey.call(uscc, "PUT", f"/filings/{opened['id']}", full)
    journey.call(uscc, "POST", f"/filings/{opened['id']}/submission")
    journey.approve("city:32", opened["id"])


@pytest.mark.rule("JS-05")
@pytest.mark.rule("JS-02")
def test_a_correction_passes_four_levels_and_keeps_the_difference(journey: Journey) -> None:
    journey.now = at("2025-03-03T09:00")
    firm, _ = journey.firm()
    uscc = firm.uscc
    on_record(journey, uscc)
    (shown,) = journey.call("-", "GET", "/projects")

    body = {"kind": "erratum", "project": project_body(1, "32"), "reason": "面积录入错误"}
    opened = journey.call(uscc, "POST", "/filings", body, status=201)
    corrected = stages(identity(1, "32"), "basic", basic__area_m2=53000.5)
    draft = {"stages": corrected, "attachments": files("佐证材料")}
    journey.call(uscc, "PUT", f"/filings/{opened['id']}", draft)
    journey.call(uscc, "POST", f"/filings/{opened['id']}/submission")
    for level in ("city", "province", "ministry"):
        refused = journey.call(f"{level}:32", "POST", f"/queue/{opened['id']}/decision",
                               {"approve": True, "reason": "同意"}, status=422)  # fmt: skip
        assert refused["reasons"][0]["code"] == "document_missing"
        journey.approve(f"{level}:32", opened["id"], document=DOCUMENT)
        page = journey.call("-", "GET", f"/projects/{shown['id']}")
        assert page["stages"][0]["content"]["area_m2"] == 35000.5, (
            "nothing changes before the ministry agreed"
        )
    journey.approve("support:32", opened["id"])

    page = journey.call("-", "GET", f"/projects/{shown['id']}")
    assert (page["stages"][0]["content"]["area_m2"], page["stages"][0]["version"]) == (53000.5, 2)
    assert page["stages"][0]["grade"] == "B", "a correction does not change the grade"
    decisions = journey.call("city:32", "GET", f"/queue/{opened['id']}")["decisions"]
    wanted = {"stage": "basic", "title": "项目基本信息", "field": "area_m2", "old": 35000.5, "new": 53000.5}
    assert [d["level"] for d in decisions] == ["", "city", "province", "ministry", "support"]
    assert all(d["diff"] == [wanted] for d in decisions[:4])
    with journey.sessions() as session:
        assert verify(session).problems == []


@pytest.mark.rule("JL-22")
def test_nobody_decides_two_steps_of_one_correction(journey: Journey) -> None:
    journey.now = at("2025-03-03T09:00")
    firm, _ = journey.firm()
    on_record(journey, firm.uscc)
    body = {"kind": "erratum", "project": project_body(1, "32")}
    opened = journey.call(firm.uscc, "POST", "/filings", body, status=201)
    draft = {"stages": stages(identity(1, "32"), "basic", basic__area_m2=1), "attachments": files("佐证材料")}
    journey.call(firm.uscc, "PUT", f"/filings/{opened['id']}", draft)
    journey.call(firm.uscc, "POST", f"/filings/{opened['id']}/submission")
    journey.approve("city:32", opened["id"], document=DOCUMENT)
    # The same person, moved to the province meanwhile.
    same = journey.officers["city:32"].account
    journey.officers["province:32:9"] = type(journey.officers["city:32"])(
        same, journey.officers["city:32"].level.PROVINCE, "320000", "省厅"
    )
    refused = journey.call("province:32:9", "POST", f"/queue/{opened['id']}/decision",
                           {"approve": True, "reason": "同意", "document": DOCUMENT}, status=403)  # fmt: skip
    assert refused["code"] == "four_eyes"
