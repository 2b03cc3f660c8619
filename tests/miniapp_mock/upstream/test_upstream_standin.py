"""The stand-in speaks the contract and fails when told to."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from miniapp_mock.upstream.app import create_app
from tests.served import served

CHANGE = {
    "id": "c1",
    "item": {"certificate": "D1", "category": "建筑工程", "grade": "三级"},
    "change": "withdrawn",
    "at": "2026-03-02T09:00:00+08:00",
    "reason": "逾期",
}


def firm(uscc: str, **more: Any) -> dict[str, Any]:
    items = [{"category": "建筑工程", "grade": "三级"}]
    return {
        "uscc": uscc,
        "name": uscc,
        "certificates": [{"number": "D1", "items": items}],
        "people": [],
        **more,
    }


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with (
        served(create_app("secret")) as url,
        httpx.Client(base_url=url, headers={"Authorization": "Bearer secret"}) as client,
    ):
        yield client


@pytest.mark.parametrize("token", ["", "Bearer wrong", "secret", "Bearer sécret".encode().decode("latin-1")])
def test_without_the_token_nothing_is_answered(client: httpx.Client, token: str) -> None:
    answer = client.get("/api/v1/enterprises", headers={"Authorization": token.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert (
        client.put("/control/city", json={"enterprises": []}, headers={"Authorization": "x"}).status_code
        == 401
    )


def test_a_standin_without_a_token_refuses_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAKA_UPSTREAM_TOKEN", raising=False)
    with served(create_app()) as url, httpx.Client(base_url=url) as client:
        assert client.get("/api/v1/enterprises", headers={"Authorization": "Bearer"}).status_code == 401


def test_pages_name_every_enterprise_once(client: httpx.Client) -> None:
    client.put("/control/city", json={"enterprises": [firm(f"F{n}") for n in range(5)]})
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get("/api/v1/enterprises", params={"limit": 2, "cursor": cursor}).json()
        seen += [e["uscc"] for e in page["items"]]
        cursor = page["next"]
    assert seen == ["F0", "F1", "F2", "F3", "F4"]


def test_only_what_changed_since_is_listed(client: httpx.Client) -> None:
    client.put("/control/city", json={"enterprises": [firm("F0"), firm("F1")]})
    as_of = client.get("/api/v1/enterprises").json()["as_of"]
    client.patch("/control/enterprises/F1", json={"name": "新名称"})
    page = client.get("/api/v1/enterprises", params={"updated_since": as_of}).json()
    assert [e["name"] for e in page["items"]] == ["新名称"]


def test_a_photograph_has_its_digest_as_etag_and_its_path_stays_inside(
    client: httpx.Client, tmp_path: Path
) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"\xff\xd8\xff...")
    people = [{"id": "P1", "photo": str(file)}, {"id": "P2"}]
    client.put("/control/city", json={"enterprises": [firm("F0", people=people)]})
    shown = client.get("/api/v1/enterprises/F0/people").json()["items"]
    assert shown == [{"id": "P1", "has_photo": True}, {"id": "P2", "has_photo": False}]
    answer = client.get("/api/v1/people/P1/photo")
    assert answer.headers["etag"] == f'"{hashlib.sha256(file.read_bytes()).hexdigest()}"'
    known = client.get("/api/v1/people/P1/photo", headers={"If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert client.get("/api/v1/people/P2/photo").status_code == 404


def test_a_change_is_taken_in_once_and_shows_on_the_item(client: httpx.Client) -> None:
    client.put("/control/city", json={"enterprises": [firm("F0")]})
    path = "/api/v1/enterprises/F0/changes"
    assert [client.post(path, json=CHANGE).status_code for _ in range(2)] == [201, 200]
    assert len(client.get("/control/changes").json()["items"]) == 1
    held = client.get("/api/v1/enterprises/F0").json()["certificates"][0]["items"][0]
    assert held["standing"] == "withdrawn"


@pytest.mark.parametrize(
    "fields",
    [{"change": "吊销"}, {"reason": ""}, {"unknown": 1}, {"item": {**CHANGE["item"], "grade": "特级"}}],  # type: ignore[dict-item]
)
def test_a_change_it_cannot_place_is_refused(client: httpx.Client, fields: dict[str, Any]) -> None:
    client.put("/control/city", json={"enterprises": [firm("F0")]})
    assert client.post("/api/v1/enterprises/F0/changes", json={**CHANGE, **fields}).status_code == 422
    assert client.get("/control/changes").json()["items"] == []


def test_faults_strike_the_contract_as_often_as_arranged_and_never_the_control(client: httpx.Client) -> None:
    client.put("/control/city", json={"enterprises": [firm("F0")]})
    client.patch("/control/faults", json={"fail_next": 2, "status": 500})
    assert [client.get("/api/v1/enterprises/F0").status_code for _ in range(3)] == [500, 500, 200]


def test_a_lost_receipt_still_did_the_work(client: httpx.Client) -> None:
    client.put("/control/city", json={"enterprises": [firm("F0")]})
    client.patch("/control/faults", json={"lose_next": 1})
    answers = [client.post("/api/v1/enterprises/F0/changes", json=CHANGE) for _ in range(2)]
    assert [a.status_code for a in answers] == [503, 200]


def test_a_person_can_be_changed_and_dropped(client: httpx.Client) -> None:
    client.put("/control/city", json={"enterprises": [firm("F0", people=[{"id": "P1"}, {"id": "P2"}])]})
    client.patch("/control/people/P1", json={"phone": "1"})
    client.patch("/control/people/P2", json={"dropped": True})
    assert client.get("/api/v1/enterprises/F0/people").json()["items"] == [
        {"id": "P1", "phone": "1", "has_photo": False}
    ]
    assert client.patch("/control/people/P9", json={}).status_code == 404
