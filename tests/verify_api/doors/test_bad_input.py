"""What no column can hold and no calendar contains, sent to every door: refused, never a system error."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.verify_api.doors.callers import FIRM, PERSON, Door, Headers, every_door
from tests.verify_api.doors.knocking import Ground
from tests.verify_api.pages.conftest import Site
from verify_api.accounts.actor import Role
from verify_api.http import problems
from verify_api.http.limits import BODY_MAX

NUL, HUGE, LAST_DAY = "a\0b", 10**30, "9999-12-31"
IN_ADDRESS = ("%00", str(HUGE), "%ff")
IN_BODY = (NUL, HUGE, LAST_DAY, float("nan"), "\ud800", [], {})
NOT_JSON = (b"", b"{", b"null", b"[" * 100_000, b"\xff\xfe", b'{"a":' + b"9" * 5000 + b"}")


def caller_for(door: Door) -> str:
    """Somebody who gets far at this door."""
    if "/miniapp" in door.path:
        return PERSON
    return FIRM if "/portal" in door.path or "/store/filings" in door.path else str(Role.ADMIN)


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value in a body."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*at, key)
        yield from leaves(inner, (*at, key))


def changed(body: Any, place: tuple[Any, ...], value: Any) -> bytes:
    """The body with one value changed."""
    copy = json.loads(json.dumps(body))
    at = copy
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return json.dumps(copy).encode()


def addresses(door: Door, behind: Ground) -> Iterator[str]:
    """The door's address with one part of it spoilt."""
    names = [part[1:-1] for part in door.path.split("/") if part.startswith("{")]
    for name in names:
        yield from (behind.address(door.path, **{name: bad}) for bad in IN_ADDRESS)
    for one in behind.operation(door).get("parameters", []):
        if one["in"] == "query":
            plain = behind.address(door.path)
            yield from (f"{plain}?{one['name']}={bad}" for bad in (*IN_ADDRESS, "nan", LAST_DAY))


def bodies(door: Door, behind: Ground) -> Iterator[bytes]:
    """The door's body with one value spoilt, and things that are no body."""
    if (body := behind.body(door)) is not None:
        yield from NOT_JSON
        for place in leaves(body):
            yield from (changed(body, place, bad) for bad in IN_BODY)


def fault(status: int, kind: str, text: str) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if status < 400 or (status == 503 and "not_configured" in text) or "identity_unavailable" in text:
        return ""
    if status >= 500:
        return f"answered {status}"
    if not kind.startswith("application/problem+json"):
        return f"answered {kind}"
    said = json.loads(text)
    is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in said["detail"])
    return "" if said["code"] and is_chinese else "no code or no Chinese sentence"


def test_nothing_that_can_be_sent_to_the_apis_is_a_system_error(
    site: Site, behind: Ground, who: dict[str, Headers]
) -> None:
    faults = set()
    for door, _ in every_door(site.client.app):
        if not door.path.startswith("/api/v1") or door.label == "DELETE /api/v1/sessions":
            continue
        headers = who[caller_for(door)] | {"Content-Type": "application/json"}
        sent = [(address, b"{}") for address in addresses(door, behind)]
        sent += [(behind.address(door.path), body) for body in bodies(door, behind)]
        for address, content in sent:
            answer = site.client.request(door.method, address, headers=headers, content=content)
            wrong = fault(answer.status_code, answer.headers.get("content-type", ""), answer.text)
            if wrong:
                faults.add((door.label, wrong, address[-60:], content[-60:]))
    assert not faults


@pytest.mark.parametrize("size", ["said", "found out"])
def test_a_body_that_is_too_large_is_refused_before_anybody_asks_who_sends_it(site: Site, size: str) -> None:
    block = b"x" * 1024 * 1024
    whole: Any = block * 23 if size == "said" else (block for _ in range(23))
    assert len(block) * 23 > BODY_MAX
    headers = {"Content-Type": "application/json"}
    answer = site.client.post("/api/v1/miniapp/sessions", content=whole, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")


class _Driver(Exception):
    sqlstate = "23505"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("", {}, Exception()), 503),  # gone, too busy, or two that waited for each other
        (IntegrityError("", {}, _Driver()), 409),  # the other request was first
        (IntegrityError("", {}, Exception()), None),  # a rule of ours broken by ourselves: not foreseen
    ],
)
def test_what_the_database_refuses_is_told_as_a_refusal(error: Exception, status: int | None) -> None:
    told = problems.told_by_database(error)
    assert (problems.status_of(told) if told else None) == status


@pytest.mark.parametrize("act", ["appeal-decision", "signature"])
def test_a_form_without_an_answer_decides_nothing(
    site: Site, behind: Ground, who: dict[str, Headers], act: str
) -> None:
    fields = {"reason": "示例", "proposal": behind.ids["proposal_id"]}
    address = behind.address("/console/cases/{number}/acts/{act}", act=act)
    headers = who[str(Role.DECIDER if act == "appeal-decision" else Role.REVIEWER)] | {"Accept": "text/html"}
    answer = site.client.post(address, data=fields, headers=headers, follow_redirects=False)
    assert answer.status_code == 422
    assert "请选择结论" in answer.text
