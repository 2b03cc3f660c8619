"""Rules of the check-in scheme, each test named after its rule; over HTTP where it is about access."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.enterprises.models import Origin, PermitStatus, QualificationItem, SafetyPermit
from registry.people.models import Person, PersonCertificate
from tests.verify_api.cases.conftest import Office, moved_to
from tests.verify_api.factories import ADMIN, REVIEWER, Firm, at, deadline_days, make_firm
from verify_api.accounts.models import Onboarding
from verify_api.accounts.rules import Gate
from verify_api.cases import lists, review
from verify_api.cases.models import Case, CaseItem, PersonList
from verify_api.cases.openings import GivenReason, StockReason, open_first_cases, open_stock_case
from verify_api.cases.serving import serve_by_receipt
from verify_api.cases.states import State, Track
from verify_api.messages.models import Message

NOW = at("2026-03-02 10:00")
ISSUED, VALID_TO = date(2026, 1, 5), date(2027, 1, 4)


def first_case(office: Office, **more: Any) -> tuple[Firm, Case]:
    """A firm that is ready, with its FIRST case."""
    firm = office.add_firm("firm", 1, issued=ISSUED, valid_to=VALID_TO, now=NOW, **more)
    [case] = open_first_cases(office.session, enterprise=firm.enterprise, actor=ADMIN, now=NOW)
    return firm, case


def stock_case(session: Session, firm: Firm) -> Case:
    """A STOCK case, served."""
    case, _ = open_stock_case(
        session,
        enterprise=firm.enterprise,
        reasons=[GivenReason(StockReason.DORMANT, "一年无业绩")],
        item_ids=None,
        actor=ADMIN,
        now=NOW,
    )
    serve_by_receipt(session, case, delivered_at=NOW, message_id=1, now=NOW)
    return case


def second_item(session: Session, firm: Firm, *, origin: Origin) -> QualificationItem:
    """Another item on the firm's certificate."""
    old = firm.items[0]
    item = QualificationItem(
        enterprise_id=old.enterprise_id,
        certificate_id=old.certificate_id,
        sequence=old.sequence,
        category="市政公用工程",
        grade=old.grade,
        origin=origin.value,
        first_issued_on=old.first_issued_on,
        valid_to=old.valid_to,
        licensing_authority=old.licensing_authority,
        technical_lead_id=old.technical_lead_id,
        status=old.status,
        synced_at=NOW,
    )
    session.add(item)
    session.flush()
    return item


def messages(session: Session, kind: str) -> int:
    return session.scalar(select(func.count()).where(Message.kind == kind)) or 0


def test_SZ_01_the_track_belongs_to_the_item_and_not_to_the_enterprise(session: Session) -> None:
    firm = make_firm(session, origin=Origin.ORDINARY, issued=ISSUED, valid_to=VALID_TO)
    added = second_item(session, firm, origin=Origin.COMMITMENT)
    [first] = open_first_cases(session, enterprise=firm.enterprise, actor=ADMIN, now=NOW)
    stock = stock_case(session, firm)
    assert (first.track, stock.track) == (Track.FIRST, Track.STOCK)
    items = {one.case_id: one.item_id for one in session.scalars(select(CaseItem))}
    assert items == {first.id: added.id, stock.id: firm.items[0].id}


@pytest.mark.parametrize("gate", [gate for gate in Gate if gate is not Gate.READY])
def test_SZ_06_no_page_of_the_tasks_answers_before_the_gates_are_through(office: Office, gate: Gate) -> None:
    firm, case = first_case(office)
    office.session.get_one(Onboarding, firm.enterprise.id).gate = gate
    for method, path, body in (
        ("GET", f"/portal/cases/{case.number}", None),
        ("GET", f"/portal/cases/{case.number}/candidates", None),
        ("GET", f"/portal/cases/{case.number}/selection/plan", None),
        ("POST", f"/portal/cases/{case.number}/selection/check", {"people": firm.enough}),
        ("POST", f"/portal/cases/{case.number}/submissions", {"people": firm.enough}),
        ("POST", f"/portal/cases/{case.number}/statement", {"reason": "申辩"}),
    ):
        status, _ = office.refused("firm", method, path, **({"json": body} if body else {}))
        assert status in (403, 409), path
    assert case.state == State.OPEN


def test_SZ_09_people_are_asked_to_keep_their_phone_reachable(office: Office) -> None:
    page = office.client.get("/rules", headers={"Accept": "text/html"})
    assert "核查期间请确保手机畅通" in page.text


def test_SZ_12_the_clock_is_shown_before_the_gates_are_through(office: Office) -> None:
    firm, case = first_case(office)
    office.session.get_one(Onboarding, firm.enterprise.id).gate = Gate.INVITED
    [shown] = office.get("firm", "/portal/cases")
    assert (shown["number"], shown["deadline"]["last_day"]) == (case.number, "2026-11-05")


def test_SZ_16_the_list_is_the_synced_roster_and_nothing_can_be_typed_into_it(office: Office) -> None:
    firm, case = first_case(office)
    past = office.session.scalars(
        select(PersonCertificate).where(PersonCertificate.person_id == firm.people[3].id)
    ).one()
    past.valid_to = date(2026, 3, 1)
    path = f"/portal/cases/{case.number}/candidates"
    shown = {one["person"]: one for one in office.get("firm", path)}
    assert sorted(shown) == sorted(firm.everybody)
    for one in shown.values():
        assert one["id_masked"].count("*") >= 8
        assert one["synced_at"]
        [held] = one["holdings"]
        assert held.keys() >= {"title", "specialty", "level", "number", "valid_to"}
    expired = shown[firm.people[3].id]
    assert (expired["selectable"], len(expired["why_not"])) == (False, 1)  # Visible, not selectable.
    assert office.call("firm", "POST", path, json={"name": "自填人员"}).status_code == 405


@pytest.mark.parametrize("other", ["stranger", "without_certificate"])
def test_SZ_19_only_registered_or_titled_people_of_the_firm_can_be_sent(office: Office, other: str) -> None:
    firm, case = first_case(office)
    if other == "stranger":
        extra = make_firm(office.session).people[0].id
    else:
        extra = firm.people[4].id
        held = select(PersonCertificate).where(PersonCertificate.person_id == extra)
        office.session.scalars(held).one().dropped_at = NOW
    body = {"people": [*firm.enough, extra]}
    status, _ = office.refused("firm", "POST", f"/portal/cases/{case.number}/submissions", json=body)
    assert status == 422
    assert case.state == State.OPEN


def test_SZ_20_a_list_without_the_technical_lead_is_refused_whoever_else_is_on_it(office: Office) -> None:
    firm, case = first_case(office)
    body = {"people": firm.everybody[1:]}
    path = f"/portal/cases/{case.number}/submissions"
    answer = office.call("firm", "POST", path, json=body)
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["reasons"]] == ["technical_lead_not_selected"]
    office.post("firm", path, {"people": firm.everybody})


def test_SZ_23_items_of_one_certificate_share_a_case_and_each_must_be_satisfied(office: Office) -> None:
    firm = office.add_firm("firm", 1, issued=ISSUED, valid_to=VALID_TO, now=NOW)
    second_item(office.session, firm, origin=Origin.COMMITMENT)
    [case] = open_first_cases(office.session, enterprise=firm.enterprise, actor=ADMIN, now=NOW)
    path = f"/portal/cases/{case.number}/selection/check"
    found = office.post("firm", path, {"people": firm.enough})
    assert found["per_item"]["建筑工程施工总承包三级"]["registered"]["have"] == 3
    # Builders of 建筑工程 are none of 市政公用工程: enough for one item, short for the other.
    assert {one["item"] for one in found["reasons"] if one["item"]} == {"市政公用工程施工总承包三级"}
    assert found["ok"] is False


def test_SZ_24_specialties_warn_at_half_and_refuse_where_all_must_come(office: Office) -> None:
    firm, case = first_case(office)
    for person in firm.people[5:]:
        held = select(PersonCertificate).where(PersonCertificate.person_id == person.id)
        office.session.scalars(held).one().specialty = "结构"  # 给排水 and 电气 are missing.
    path = f"/portal/cases/{case.number}/selection/check"
    at_half = office.post("firm", path, {"people": firm.enough})
    assert (at_half["ok"], bool(at_half["warnings"])) == (True, True)
    permit = select(SafetyPermit).where(SafetyPermit.enterprise_id == firm.enterprise.id)
    office.session.scalars(permit).one().status = PermitStatus.SUSPENDED
    at_full = office.post("firm", path, {"people": firm.everybody})
    assert at_full["ok"] is False
    assert {one["code"] for one in at_full["reasons"]} == {"titled_specialty_short"}


def test_SZ_25_the_interface_takes_nobody_whose_certificate_file_is_missing(office: Office) -> None:
    firm, case = first_case(office, with_files=False)
    body = {"people": firm.everybody}
    answer = office.call("firm", "POST", f"/portal/cases/{case.number}/submissions", json=body)
    assert answer.status_code == 422
    assert "certificate_file_missing" in {one["code"] for one in answer.json()["reasons"]}


def test_SZ_26_only_the_reviewing_department_decides_and_time_approves_nothing(office: Office) -> None:
    firm, case = first_case(office)
    office.post("firm", f"/portal/cases/{case.number}/submissions", {"people": firm.enough})
    path = f"/console/cases/{case.number}/approval"
    assert office.refused("firm", "POST", path, json={})[0] == 403
    for who in ("decider1", "auditor1"):
        assert office.refused(who, "POST", path, json={}) == (403, "role_missing")
    moved_to(office, "2026-12-30 10:00")
    assert office.get("reviewer1", f"/console/cases/{case.number}")["state"] == State.SUBMITTED
    assert office.post("reviewer1", path)["state"] == State.CHECKING_IN


def test_SZ_27_after_approval_nothing_the_firm_sends_changes_the_list(office: Office) -> None:
    firm, case = first_case(office)
    base = f"/portal/cases/{case.number}"
    office.post("firm", f"{base}/submissions", {"people": firm.enough})
    office.post("reviewer1", f"/console/cases/{case.number}/approval")
    for method, path, body in (
        ("POST", f"{base}/submissions", {"people": firm.everybody}),
        ("POST", f"{base}/withdrawal", {}),
    ):
        assert office.refused("firm", method, path, json=body) == (409, "not_allowed_in_state")
    [row] = office.session.scalars(select(PersonList).where(PersonList.case_id == case.id))
    assert sorted(one["person"] for one in row.people) == sorted(firm.enough)


def test_SZ_28_each_version_and_result_is_told_once_by_sms(office: Office) -> None:
    firm, case = first_case(office)
    for opinion in ("证件不清晰", "缺少页码"):
        office.post("firm", f"/portal/cases/{case.number}/submissions", {"people": firm.enough})
        path = f"/console/cases/{case.number}/rejection"
        office.post("reviewer1", path, {"opinion": opinion})
        assert office.refused("reviewer1", "POST", path, json={"opinion": opinion})[0] == 409
    assert messages(office.session, "review_rejected") == 2
    said = office.session.scalars(select(Message.text).where(Message.kind == "review_rejected")).all()
    assert not any("证件不清晰" in text for text in said)  # The opinion is on the platform only.


def test_SZ_29_the_opinion_is_shown_and_another_version_can_be_sent(office: Office) -> None:
    firm, case = first_case(office)
    base = f"/portal/cases/{case.number}"
    office.post("firm", f"{base}/submissions", {"people": firm.enough})
    path = f"/console/cases/{case.number}/rejection"
    assert office.refused("reviewer1", "POST", path, json={"opinion": " "}) == (422, "opinion_missing")
    office.post("reviewer1", path, {"opinion": "证件不清晰"})
    assert office.get("firm", base)["lists"][0]["opinion"] == "证件不清晰"
    office.post("firm", f"{base}/submissions", {"people": firm.enough})
    assert [one["version"] for one in office.get("firm", base)["lists"]] == [2, 1]


@pytest.mark.parametrize("track", Track)
def test_SZ_38_both_tracks_take_the_same_list_and_give_the_same_month(office: Office, track: Track) -> None:
    origin = Origin.COMMITMENT if track is Track.FIRST else Origin.ORDINARY
    firm = office.add_firm("firm", 1, origin=origin, issued=ISSUED, valid_to=date(2029, 1, 1), now=NOW)
    if track is Track.FIRST:
        [case] = open_first_cases(office.session, enterprise=firm.enterprise, actor=ADMIN, now=NOW)
    else:
        case = stock_case(office.session, firm)
    now = at("2026-03-10 10:00")
    with pytest.raises(lists.ListRefused):
        lists.submit(office.session, case, people=firm.enough[:-1], actor=firm.actor, now=now)
    lists.submit(office.session, case, people=firm.enough, actor=firm.actor, now=now)
    review.approve(office.session, case, opinion="", actor=REVIEWER, now=now)
    assert deadline_days(office.session, case)[-1] == ("check_in", date(2026, 4, 10))


def test_a_firm_sees_and_touches_only_its_own_cases(office: Office) -> None:
    _, case = first_case(office)
    office.add_firm("other", 2)
    for path in ("", "/candidates", "/notices"):
        found = office.refused("other", "GET", f"/portal/cases/{case.number}{path}")
        assert found == (404, "case_not_found")
    assert office.refused("firm", "GET", "/console/cases")[0] == 403
    assert office.session.scalar(select(func.count(Person.id))) == 22
