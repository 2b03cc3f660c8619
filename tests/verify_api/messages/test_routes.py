"""Receipts over HTTP: from the gateway itself, from both vendors, and from strangers."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from miniapp_mock.sms_gateway import create_app as create_gateway
from registry.crypto import Keyring
from registry.db import Sessions
from tests.verify_api.messages.fakes import CONTACT, FakeProvider, SettableClock, at
from tests.verify_api.messages.post import Post
from tests.verify_api.messages.serving import serving
from verify_api.app import create_app
from verify_api.messages.adapters.gateway import GatewayProvider
from verify_api.messages.outbox import Recipient
from verify_api.parts import Parts
from verify_api.settings import Settings

SECRET = "callback-secret"
ROOT = "/api/v1/messages/receipts"


@pytest.fixture
def app(parts: Parts) -> FastAPI:
    return create_app(parts)


@pytest.fixture
def http(app: FastAPI) -> Iterator[httpx.Client]:
    with serving(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def sent_by(post: Post, name: str) -> tuple[int, str, str]:
    """A message that a provider of this name has accepted: its id, our reference, the provider's id."""
    post.provider = FakeProvider()
    post.provider.name = name
    message_id = post.leave()
    post.run()
    reference = post.provider.sent[-1].reference
    return message_id, reference, f"F-{reference}"


def aliyun_receipt(reference: str, provider_id: str, **other: Any) -> dict[str, Any]:
    return {
        "phone_number": CONTACT.phone,
        "send_time": "2026-03-02 10:00:00",
        "report_time": "2026-03-02 10:00:00",
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "1",
        "biz_id": provider_id,
        "out_id": reference,
    } | other


def tencent_receipt(provider_id: str, **other: Any) -> dict[str, Any]:
    return {
        "user_receive_time": "2026-03-02 10:00:00",
        "nationcode": "86",
        "mobile": CONTACT.phone,
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": "用户短信送达成功",
        "sid": provider_id,
    } | other


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Gateway-Signature": f"sha256={digest}"}


def test_aliyun_pushes_receipts_and_gets_the_answer_it_wants(post: Post, http: httpx.Client) -> None:
    message_id, reference, provider_id = sent_by(post, "aliyun")
    batch = [aliyun_receipt("9-9-stranger", "other"), aliyun_receipt(reference, provider_id)]
    answer = http.post(f"{ROOT}/aliyun?token={SECRET}", json=batch)
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "接收成功"})
    assert (post.row(message_id).state, post.row(message_id).delivered_at) == (
        "delivered",
        at("2026-03-02 10:00"),
    )


def test_tencent_pushes_receipts_and_gets_the_answer_it_wants(post: Post, http: httpx.Client) -> None:
    message_id, _, provider_id = sent_by(post, "tencent")
    answer = http.post(f"{ROOT}/tencent?token={SECRET}", json=[tencent_receipt(provider_id)])
    assert (answer.status_code, answer.json()) == (200, {"result": 0, "errmsg": "OK"})
    assert post.row(message_id).state == "delivered"


@pytest.mark.parametrize(
    ("code", "state"), [("MK:0001", "failed_permanent"), ("MK:0010", "failed_temporary")]
)
def test_a_failure_is_sorted_into_dead_numbers_and_phones_that_are_off(
    post: Post, http: httpx.Client, code: str, state: str
) -> None:
    message_id, reference, provider_id = sent_by(post, "aliyun")
    failure = aliyun_receipt(reference, provider_id, success=False, err_code=code)
    http.post(f"{ROOT}/aliyun?token={SECRET}", json=[failure])
    assert post.row(message_id).state == state
    message_id, _, provider_id = sent_by(post, "tencent")
    failure = tencent_receipt(provider_id, report_status="FAIL", errmsg=code)
    http.post(f"{ROOT}/tencent?token={SECRET}", json=[failure])
    assert post.row(message_id).state == state


@pytest.mark.rule("SZ-32")
@pytest.mark.parametrize("token", ["", "?token=", "?token=wrong", f"?token={SECRET}x"])
@pytest.mark.parametrize("vendor", ["aliyun", "tencent"])
def test_nobody_without_the_token_can_start_a_deadline(
    post: Post, http: httpx.Client, vendor: str, token: str
) -> None:
    message_id, reference, provider_id = sent_by(post, vendor)
    receipt = aliyun_receipt(reference, provider_id) if vendor == "aliyun" else tencent_receipt(provider_id)
    answer = http.post(f"{ROOT}/{vendor}{token}", json=[receipt])
    assert (answer.status_code, answer.json()["code"]) == (403, "receipt_not_authentic")
    assert post.row(message_id).state == "accepted"


@pytest.mark.parametrize("vendor", ["aliyun", "tencent", "gateway"])
def test_where_no_token_is_set_no_receipt_is_taken(parts: Parts, vendor: str) -> None:
    without = replace(parts, settings=Settings(sms_callback_token=""))
    with serving(create_app(without)) as url:
        answer = httpx.post(f"{url}{ROOT}/{vendor}?token=", content=b"[]", headers=signed(b"[]", ""))
    assert answer.status_code == 403


@pytest.mark.parametrize("secret", ["wrong", ""])
def test_the_gateways_receipts_have_to_be_signed(post: Post, http: httpx.Client, secret: str) -> None:
    message_id, reference, provider_id = sent_by(post, "gateway")
    item = {"reference": reference, "id": provider_id, "to": CONTACT.phone, "state": "delivered"}
    body = json.dumps([item]).encode()
    assert http.post(f"{ROOT}/gateway", content=body, headers=signed(body, secret)).status_code == 403
    assert http.post(f"{ROOT}/gateway", content=body).status_code == 403
    assert http.post(f"{ROOT}/gateway", content=body + b" ", headers=signed(body)).status_code == 403
    assert post.row(message_id).state == "accepted"
    assert http.post(f"{ROOT}/gateway", content=body, headers=signed(body)).json() == {"code": 0}
    assert post.row(message_id).state == "delivered"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"nonsense", b"\xff\xfe", b"[" * 100, b"[" + b"1," * 1001 + b"1]"]
)
def test_a_body_that_is_no_list_of_receipts_is_refused(http: httpx.Client, body: bytes) -> None:
    answer = http.post(f"{ROOT}/aliyun?token={SECRET}", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "receipt_malformed")


def test_a_body_without_end_is_not_read_to_its_end(http: httpx.Client) -> None:
    answer = http.post(f"{ROOT}/aliyun?token={SECRET}", content=b"[" + b" " * 1_100_000 + b"]")
    assert answer.json()["code"] == "receipt_malformed"


def test_one_receipt_that_cannot_be_read_does_not_hold_up_the_others(post: Post, http: httpx.Client) -> None:
    message_id, reference, provider_id = sent_by(post, "aliyun")
    batch = [
        None,
        7,
        {},
        {"success": "perhaps", "out_id": reference},
        {"success": True},
        {"success": True, "out_id": {"a": 1}, "biz_id": ["x"]},
        aliyun_receipt("x\u0000y", "z" * 500, err_code="\u0000", report_time="31/12/99"),
        aliyun_receipt(reference, provider_id, unknown_new_field={"a": [1]}),
    ]
    assert http.post(f"{ROOT}/aliyun?token={SECRET}", json=batch).status_code == 200
    assert post.row(message_id).state == "delivered"


@pytest.mark.rule("SZ-32")
def test_from_the_outbox_to_the_phone_and_back_over_http(
    parts: Parts, shared_sessions: Sessions, keys: Keyring, clock: SettableClock
) -> None:
    app = create_app(replace(parts, sessions=shared_sessions))
    post = Post(shared_sessions, keys, clock)
    with serving(app) as service_url:
        gateway = create_gateway(
            token="t", callback_url=f"{service_url}{ROOT}/gateway", callback_secret=SECRET
        )
        with serving(gateway) as gateway_url:
            httpx.post(f"{gateway_url}/behaviour", json={"phone": "10000000002", "fate": "unreachable"})
            provider = GatewayProvider(gateway_url, "t")
            post.provider = provider  # type: ignore[assignment]
            reached, dead = post.leave(Recipient("10000000001")), post.leave(Recipient("10000000002"))
            post.run()
            until = monotonic() + 10
            while monotonic() < until and "accepted" in (post.row(reached).state, post.row(dead).state):
                sleep(0.05)
            provider.close()
    assert post.row(reached).state == "delivered"
    assert post.row(dead).state == "failed_permanent"
