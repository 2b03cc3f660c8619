"""Numbers that staff enter reach the case's own judgement; a verified firm's leads are remembered."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.people.models import RosterEntry
from tests.verify_api.factories import ADMIN, AUDITOR, REVIEWER, Firm, at, make_firm
from verify_api.accounts.deps import current_actor
from verify_api.cases import lists, review
from verify_api.cases.models import Case
from verify_api.cases.openings import open_first_cases
from verify_api.cases.states import State
from verify_api.checkins.verification import accept
from verify_api.console.requirements import router
from verify_api.http import problems
from verify_api.http.deps import get_now, get_session
from verify_api.selection.models import VerifiedLead

NOW = at("2025-03-01 10:00")


@pytest.fixture
def firm(session: Session) -> Firm:
    return make_firm(session)


@pytest.fixture
def case(session: Session, firm: Firm) -> Case:
    [made] = open_first_cases(session, enterprise=firm.enterprise, actor=ADMIN, now=NOW)
    return made


class Caller:
    """Who calls; the reviewer unless told otherwise."""

    actor = REVIEWER


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.fixture
def client(session: Session, caller: Caller) -> Iterator[TestClient]:
    app = FastAPI()
    problems.install(app)
    app.include_router(router)
    app.dependency_overrides = {
        current_actor: lambda: caller.actor,
        get_session: lambda: session,
        get_now: lambda: NOW,
    }
    with TestClient(app) as made:
        yield made


def test_an_entered_number_changes_what_the_case_asks_for(
    session: Session, firm: Firm, case: Case, client: TestClient
) -> None:
    path = f"/api/v1/console/cases/{case.number}/requirements"
    assert lists.check_people(session, case, people=firm.enough, now=NOW).ok
    body = {"item": firm.items[0].id, "registered": 8, "titled": None, "reason": "按部文复核"}
    entered = client.post(path, json=body)
    assert (entered.status_code, entered.json()["version"]) == (201, 1)
    found = lists.check_people(session, case, people=firm.enough, now=NOW)
    assert [(r.code, r.need, r.have) for r in found.reasons] == [
        ("registered_short", 4, 3),
        ("heads_short", 7, 6),
    ]
    shown = client.get(path).json()
    assert shown["items"][0]["standard"]["registered"]["required"] == 5
    assert shown["items"][0]["standard"]["registered"]["clause"].startswith("建市〔2014〕159号")
    assert [(e["registered"], e["entered_by"]) for e in shown["entered"]] == [(8, REVIEWER.label)]


def test_an_item_of_another_firm_is_not_found(session: Session, case: Case, client: TestClient) -> None:
    other = make_firm(session)
    body = {"item": other.items[0].id, "registered": 1, "titled": 1, "reason": "复核"}
    answer = client.post(f"/api/v1/console/cases/{case.number}/requirements", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "item_not_found")


@pytest.mark.parametrize(
    "change", [{"registered": True}, {"registered": "5"}, {"registered": -1}, {"reason": " "}, {"colour": 1}]
)
def test_bad_numbers_are_refused(
    firm: Firm, case: Case, client: TestClient, change: dict[str, object]
) -> None:
    body = {"item": firm.items[0].id, "registered": 1, "titled": 1, "reason": "复核"} | change
    answer = client.post(f"/api/v1/console/cases/{case.number}/requirements", json=body)
    assert answer.status_code == 422


@pytest.mark.rule("SZ-17")
def test_an_auditor_looks_but_does_not_enter(
    firm: Firm, case: Case, client: TestClient, caller: Caller
) -> None:
    caller.actor = AUDITOR
    path = f"/api/v1/console/cases/{case.number}/requirements"
    body = {"item": firm.items[0].id, "registered": 1, "titled": 1, "reason": "复核"}
    assert client.post(path, json=body).status_code == 403
    assert client.get(path).status_code == 200


def test_a_person_whom_the_sync_dropped_from_a_draft_is_named(
    session: Session, firm: Firm, case: Case
) -> None:
    gone = firm.people[1]
    lists.save_draft(session, case, people=firm.enough, now=NOW)
    session.scalars(select(RosterEntry).where(RosterEntry.person_id == gone.id)).one().dropped_at = NOW
    session.flush()
    found = lists.check_people(session, case, people=firm.enough, now=NOW)
    assert ("person_dropped", (str(gone.id),)) in [(r.code, r.people) for r in found.reasons]


def test_the_leads_of_a_firm_that_passed_are_remembered(session: Session, firm: Firm, case: Case) -> None:
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=NOW)
    row = review.approve(session, case, opinion="", actor=REVIEWER, now=NOW)
    for person in firm.enough:
        accept(
            session,
            case,
            list_id=row.id,
            person_id=person,
            attempt_id=None,
            method="window",
            received_at=NOW,
            actor=REVIEWER,
            now=NOW,
        )
    assert case.state == State.PASSED
    seen = session.scalars(select(VerifiedLead).where(VerifiedLead.case_id == case.id)).one()
    assert (seen.person_id, seen.enterprise_id, seen.verified_on) == (
        firm.people[0].id,
        firm.enterprise.id,
        NOW.date(),
    )
