"""Who may ask over HTTP, and that a refusal is a problem document naming the field."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from registry.errors import Unauthenticated
from tests.verify_api.selection.firms import NOW, REVIEWER, staffed_firm
from tests.verify_api.selection.test_cli import EXAMPLE, with_item
from verify_api.accounts.actor import Actor, Kind
from verify_api.accounts.deps import current_actor
from verify_api.http import problems
from verify_api.http.deps import get_now, get_session
from verify_api.selection.routes import router
from verify_api.selection.service import refresh_lights


@dataclass
class Caller:
    """Who calls next; nobody at first."""

    actor: Actor | None = None


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.fixture
def client(session: Session, caller: Caller) -> Iterator[TestClient]:
    """The routes on the test's own session, with the log-in replaced at its dependency."""
    app = FastAPI()
    problems.install(app)
    app.include_router(router)

    def who() -> Actor:
        if caller.actor is None:
            raise Unauthenticated
        return caller.actor

    app.dependency_overrides = {
        current_actor: who,
        get_session: lambda: session,
        get_now: lambda: NOW,
    }
    with TestClient(app) as made:
        yield made


def firm_actor(enterprise_id: int) -> Actor:
    return Actor(Kind.ENTERPRISE, 1, "示例企业", enterprise_id=enterprise_id)


PERSON = Actor(Kind.PERSON, 3, "示例人员", person_id=1)


def test_a_firm_sees_its_own_lights_and_no_others(
    client: TestClient, session: Session, caller: Caller
) -> None:
    first, item, _ = staffed_firm(session, 1)
    staffed_firm(session, 2)
    refresh_lights(session, enterprise_ids=None, now=NOW)
    caller.actor = firm_actor(first.id)
    found = client.get("/api/v1/portal/lights").json()
    assert [(one["item"], one["colour"]) for one in found] == [(item.id, "green")]


def test_staff_page_through_the_lights_of_a_colour(
    client: TestClient, session: Session, caller: Caller
) -> None:
    for n in (1, 2, 3):
        staffed_firm(session, n)
    refresh_lights(session, enterprise_ids=None, now=NOW)
    caller.actor = REVIEWER
    first = client.get("/api/v1/console/lights", params={"colour": "green", "limit": 2}).json()
    rest = client.get(
        "/api/v1/console/lights", params={"colour": "green", "limit": 2, "after": first["next"]}
    ).json()
    assert (len(first["lights"]), len(rest["lights"]), rest["next"]) == (2, 1, None)
    assert first["counts"] == {"green": 3}
    assert client.get("/api/v1/console/lights").json()["lights"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/portal/lights"),
        ("GET", "/api/v1/console/lights"),
        ("POST", "/api/v1/selection/check"),
        ("POST", "/api/v1/selection/plan"),
    ],
)
def test_strangers_and_check_in_persons_are_refused(
    client: TestClient, caller: Caller, method: str, path: str
) -> None:
    body = {} if method == "GET" else {"json": EXAMPLE}
    assert client.request(method, path, **body).status_code == 401
    caller.actor = PERSON
    assert client.request(method, path, **body).status_code == 403


def test_a_firm_is_no_staff_and_staff_is_no_firm(client: TestClient, caller: Caller) -> None:
    caller.actor = firm_actor(1)
    assert client.get("/api/v1/console/lights").status_code == 403
    caller.actor = REVIEWER
    assert client.get("/api/v1/portal/lights").status_code == 403


def test_questions_are_answered_as_on_the_command_line(client: TestClient, caller: Caller) -> None:
    caller.actor = firm_actor(1)
    planned = client.post("/api/v1/selection/plan", json=EXAMPLE | {"must": ["p5"]}).json()
    assert "p5" in planned["people"]
    checked = client.post("/api/v1/selection/check", json=EXAMPLE | {"list": ["p1"]}).json()
    assert not checked["ok"]
    assert client.post("/api/v1/selection/plan", json=EXAMPLE | {"safety_permit": False}).json()["shortages"]


@pytest.mark.parametrize(
    ("path", "content", "field"),
    [
        ("check", EXAMPLE, "list"),
        ("check", EXAMPLE | {"list": "p1"}, "list"),
        ("check", EXAMPLE | {"list": ["p99"]}, "p99"),
        ("plan", EXAMPLE | {"must": [1]}, "must"),
        ("plan", EXAMPLE | {"must": ["p99"]}, "p99"),
        ("plan", with_item(titled_required=-1), "items[0].titled_required"),
        ("plan", EXAMPLE | {"colour": "red"}, "colour"),
        ("plan", EXAMPLE | {"people": [{"id": f"p{n}"} for n in range(3001)]}, "3000"),
    ],
)
def test_bad_input_is_a_problem_document_that_names_the_field(
    client: TestClient, caller: Caller, path: str, content: dict[str, Any], field: str
) -> None:
    caller.actor = REVIEWER
    answer = client.post(f"/api/v1/selection/{path}", json=content)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in answer.json()["detail"]
