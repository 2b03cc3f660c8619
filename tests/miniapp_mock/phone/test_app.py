"""The page's own server passes calls on and adds nothing."""

import httpx
import pytest

from miniapp_mock.phone import create_app
from miniapp_mock.phone.app import LARGEST_BODY
from tests.miniapp_mock.contract_service import CASE, Service, serve


def test_a_call_arrives_unchanged_and_its_answer_comes_back(
    service: Service, service_url: str, identity_url: str
) -> None:
    with (
        serve(create_app(api_url=service_url, identity_url=identity_url)) as url,
        httpx.Client(base_url=url) as http,
    ):
        code = http.post("/wx/login", json={"device": "device-1234"}).json()["code"]
        opened = http.post("/api/v1/miniapp/sessions", json={"code": code}, headers={"Idempotency-Key": "k1"})
        token = {"Authorization": f"Bearer {opened.json()['token']}"}
        assert (
            http.get("/api/v1/miniapp/tasks?datum=bd09", headers=token).json()[0]["fence"]["datum"] == "bd09"
        )
        refused = http.get("/api/v1/miniapp/tasks?datum=bd09")
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
        assert refused.headers["content-type"] == "application/problem+json"
        assert "k1" in service.keys


def test_it_says_so_when_the_service_is_away(identity_url: str) -> None:
    with serve(create_app(api_url="http://127.0.0.1:9", identity_url=identity_url)) as url:
        answer = httpx.get(f"{url}/api/v1/miniapp/tasks")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
        503,
        "unavailable",
        "2",
    )


def test_it_says_so_when_wechat_is_away(service_url: str) -> None:
    with serve(create_app(api_url=service_url, identity_url="http://127.0.0.1:9")) as url:
        answer = httpx.post(f"{url}/wx/login", json={"device": "device-1234"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


@pytest.mark.parametrize(
    "path", ["/api/v1/portal/profile", "/api/v1/console/cases", "/control/city", "/docs"]
)
def test_it_passes_on_the_phones_calls_only(service_url: str, identity_url: str, path: str) -> None:
    with serve(create_app(api_url=service_url, identity_url=identity_url)) as url:
        assert httpx.get(url + path).status_code == 404


@pytest.mark.parametrize("way", ["../portal/profile", "%2e%2e/portal/profile", "..%2fportal/profile"])
def test_no_way_leads_out_of_the_phones_part(
    service: Service, service_url: str, identity_url: str, way: str
) -> None:
    with serve(create_app(api_url=service_url, identity_url=identity_url)) as url:
        assert httpx.get(f"{url}/api/v1/miniapp/{way}").status_code == 404
    assert service.calls == []


@pytest.mark.parametrize(("size", "status"), [(LARGEST_BODY, 401), (LARGEST_BODY + 1, 413)])
def test_more_than_a_picture_is_not_taken(
    service_url: str, identity_url: str, size: int, status: int
) -> None:
    with serve(create_app(api_url=service_url, identity_url=identity_url)) as url:
        answer = httpx.post(f"{url}/api/v1/miniapp/attempts/a/frames", content=b"x" * size)
    assert answer.status_code == status


def test_the_policy_is_strict_on_every_answer(service_url: str, identity_url: str) -> None:
    with serve(create_app(api_url=service_url, identity_url=identity_url)) as url:
        for path in ("/", "/static/main.js", "/healthz", f"/api/v1/miniapp/attempts/{CASE}"):
            policy = httpx.get(url + path).headers["content-security-policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy
