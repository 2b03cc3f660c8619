"""Logging in through pages, and what an attacker tries there."""

import pyotp
import pytest
from sqlalchemy import select

from tests.verify_api.pages.conftest import Site
from tests.verify_api.pages.world import PASSWORD, SEED, token_on
from verify_api.accounts.actor import Kind, Role
from verify_api.accounts.pages import safe_next
from verify_api.messages.outbox import unseal

HTML = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("asked", "kind", "goes"),
    [
        ("/portal/cases/X1", Kind.ENTERPRISE, "/portal/cases/X1"),
        ("/console/cases?q=a", Kind.STAFF, "/console/cases?q=a"),
        ("", Kind.ENTERPRISE, "/portal"),
        ("https://evil.example/portal", Kind.ENTERPRISE, "/portal"),
        ("//evil.example/portal", Kind.ENTERPRISE, "/portal"),
        ("/\\evil.example", Kind.ENTERPRISE, "/portal"),
        ("/portal//evil.example", Kind.ENTERPRISE, "/portal"),
        ("/portal\r\nSet-Cookie: a=b", Kind.ENTERPRISE, "/portal"),
        ("javascript:alert(1)", Kind.ENTERPRISE, "/portal"),
        ("/console", Kind.ENTERPRISE, "/portal"),
        ("/console/login", Kind.STAFF, "/console"),
        ("http:/portal", Kind.ENTERPRISE, "/portal"),
    ],
)
def test_after_logging_in_one_lands_on_ones_own_side_of_this_house(asked: str, kind: Kind, goes: str) -> None:
    assert safe_next(asked, kind) == goes


def test_a_page_that_needs_a_log_in_comes_back_after_it(site: Site) -> None:
    asked = f"/portal/cases/{site.number('open')}"
    door = site.get(asked)
    assert door.status_code == 303
    page = site.get(door.headers["location"])
    fields = {
        "account": site.bureau.firms["open"].enterprise.uscc,
        "password": PASSWORD,
        "next": asked,
        "csrf": token_on(page.text),
    }
    answer = site.client.post("/login", data=fields, headers=HTML, follow_redirects=False)
    assert answer.headers["location"] == asked


def test_the_session_cookie_is_for_the_server_alone(site: Site) -> None:
    site.as_firm("open")
    fields = {"account": site.bureau.firms["open"].enterprise.uscc, "password": PASSWORD, "next": ""}
    site.client.cookies.clear()
    answer = site.post("/login", fields, on="/login")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("daka="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert PASSWORD not in cookie


def test_logging_in_gives_a_new_session_and_ends_the_one_the_browser_brought(site: Site) -> None:
    site.as_firm("open")
    before = site.client.cookies["daka"]
    fields = {"account": "admin1", "password": PASSWORD, "next": ""}
    fields["totp"] = pyotp.TOTP(SEED).at(site.clock.forward(seconds=31))
    answer = site.post("/console/login", fields, on="/console/login")
    assert answer.headers["location"] == "/console"
    after = site.client.cookies["daka"]
    assert after != before
    site.client.cookies.set("daka", before)
    assert site.get("/portal").status_code == 303


@pytest.mark.parametrize("door", ["/login", "/console/login"])
def test_a_refused_log_in_says_the_same_for_everybody(site: Site, door: str) -> None:
    told = set()
    known = site.bureau.firms["open"].enterprise.uscc if door == "/login" else "admin1"
    for account in (known, "nobody-here"):
        site.client.cookies.clear()
        fields = {"account": account, "password": "Wrong-2026-pw", "totp": "123456", "next": ""}
        answer = site.post(door, fields, on=door)
        assert answer.status_code == 422
        told.add(answer.text.split('role="alert"')[1].split("</div>")[0])
    assert len(told) == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
    ids=["without token", "cross site", "same site, other origin"],
)
def test_a_form_from_elsewhere_does_nothing(site: Site, headers: dict[str, str]) -> None:
    site.as_firm("submitted")
    path = f"/portal/cases/{site.number('submitted')}/withdrawal"
    fields = {"csrf": token_on(site.get("/portal").text)} if headers else {}
    answer = site.client.post(path, data=fields, headers=HTML | headers, follow_redirects=False)
    assert answer.status_code == 403
    site.bureau.session.expire_all()
    assert site.bureau.cases["submitted"].state == "SUBMITTED"


def test_the_token_of_one_session_is_no_use_in_another(site: Site) -> None:
    site.as_firm("open")
    theirs = token_on(site.get("/portal").text)
    site.as_firm("submitted")
    path = f"/portal/cases/{site.number('submitted')}/withdrawal"
    answer = site.client.post(path, data={"csrf": theirs}, headers=HTML, follow_redirects=False)
    assert answer.status_code == 403


def test_the_api_takes_the_page_session_only_with_its_token(site: Site) -> None:
    site.as_firm("submitted")
    path = f"/api/v1/portal/cases/{site.number('submitted')}/withdrawal"
    assert site.client.post(path, json={}).json()["code"] == "csrf_failed"
    token = token_on(site.get("/portal").text)
    assert site.client.post(path, json={}, headers={"X-CSRF-Token": token}).status_code == 200


def test_a_bad_bearer_token_is_not_made_good_by_a_cookie(site: Site) -> None:
    site.as_firm("open")
    answer = site.client.get("/api/v1/portal/profile", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401


def test_logging_out_ends_the_session_on_the_server(site: Site) -> None:
    site.as_firm("open")
    kept = site.client.cookies["daka"]
    assert site.post("/logout", {}, on="/portal").headers["location"].startswith("/login")
    site.client.cookies.set("daka", kept)
    assert site.get("/portal").status_code == 303


def test_the_first_log_in_leads_to_the_new_password_and_nowhere_else(site: Site) -> None:
    account = site.bureau.account(site.bureau.firms["open"])
    account.must_change = True
    site.bureau.session.commit()
    site.as_firm("open")
    assert site.get("/portal").headers["location"] == "/password"
    short = site.post("/password", {"old": PASSWORD, "new": "short", "again": "short"}, on="/password")
    assert (short.status_code, "密码至少10位" in short.text) == (422, True)
    differ = site.post(
        "/password", {"old": PASSWORD, "new": "Xin-mima-2026", "again": "other"}, on="/password"
    )
    assert "两次输入的新密码不一致" in differ.text
    changed = {"old": PASSWORD, "new": "Xin-mima-2026", "again": "Xin-mima-2026"}
    assert site.post("/password", changed, on="/password").headers["location"].startswith("/portal")
    assert site.get("/portal").status_code == 200


def test_a_forgotten_password_is_reset_on_pages(site: Site) -> None:
    from verify_api.messages.models import Message

    account = site.bureau.firms["open"].enterprise.uscc
    sent = site.post("/forgot/code", {"account": account}, on="/forgot")
    assert "如果该账号存在" in sent.text
    session = site.bureau.session
    session.expire_all()
    newest = session.scalars(select(Message).where(Message.kind == "reset_code")).one()
    code = unseal(newest, site.bureau.keys)["code"]
    fields = {"account": account, "code": code, "new": "Chongzhi-2026", "again": "Chongzhi-2026"}
    assert site.post("/forgot", fields, on="/forgot").headers["location"].startswith("/login")


def test_what_was_typed_is_escaped_when_it_is_shown_again(site: Site) -> None:
    evil = '"><script>alert(1)</script>'
    fields = {"account": evil, "password": "x", "next": evil}
    answer = site.post("/login", fields, on="/login")
    assert "<script>alert" not in answer.text
    shown = site.get('/forgot?account="><script>x</script>&done=<script>')
    assert "<script>x" not in shown.text


def test_an_idle_session_leads_back_to_its_door(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    site.clock.forward(minutes=31)
    assert site.get("/console").headers["location"].startswith("/console/login")
    answer = site.client.post("/console/cases/x/claim", headers=HTML, follow_redirects=False)
    assert "expired=1" in answer.headers["location"]
