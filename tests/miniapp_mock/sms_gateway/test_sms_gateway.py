"""The stand-in gateway by itself: inbox, receipts, behaviour, memory."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from miniapp_mock.sms_gateway import create_app
from tests.verify_api.messages.serving import serving

TOKEN, SECRET = "t", "callback-secret"
SENT_AT = "2026-03-02T10:00:00+08:00"


class Service:
    """Stands for the service that receipts are pushed to."""

    def __init__(self) -> None:
        self.pushed: list[httpx.Request] = []
        self.answers: list[int] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.pushed.append(request)
        return httpx.Response(self.answers.pop(0) if self.answers else 200)

    @property
    def receipts(self) -> list[dict[str, Any]]:
        return [item for request in self.pushed for item in json.loads(request.content)]


@contextmanager
def gateway(service: Service, file: Path | None = None) -> Iterator[httpx.Client]:
    app = create_app(
        token=TOKEN,
        callback_url="http://service/receipts",
        callback_secret=SECRET,
        file=file,
        callback_transport=httpx.MockTransport(service.handle),
    )
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with serving(app) as url, httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def http(service: Service) -> Iterator[httpx.Client]:
    with gateway(service) as client:
        yield client


def send(http: httpx.Client, reference: str, *, to: str = "10000000001", **other: Any) -> httpx.Response:
    body = {"reference": reference, "to": to, "signature": "深圳市住房和建设局", "text": "您好，示例短信。"}
    return http.post("/send", json=body | {"sent_at": SENT_AT} | other)


def wait_for(condition: Callable[[], object]) -> None:
    until = monotonic() + 5
    while not condition() and monotonic() < until:
        sleep(0.02)
    assert condition()


def test_a_message_lands_in_the_inbox_and_its_receipt_is_pushed_signed(
    http: httpx.Client, service: Service
) -> None:
    taken = send(http, "17-1-ab")
    assert taken.status_code == 202
    wait_for(lambda: service.pushed)
    (request,) = service.pushed
    digest = hmac.new(SECRET.encode(), request.content, hashlib.sha256).hexdigest()
    assert request.headers["x-gateway-signature"] == f"sha256={digest}"
    assert service.receipts == [
        {
            "id": taken.json()["id"],
            "reference": "17-1-ab",
            "to": "10000000001",
            "state": "delivered",
            "code": "delivrd",
            "reported_at": "2026-03-02T10:00:00.200000+08:00",
        }
    ]
    assert http.get("/messages/17-1-ab").json() == service.receipts[0]


def test_the_same_reference_is_the_same_message_and_one_receipt(http: httpx.Client, service: Service) -> None:
    http.post("/behaviour", json={"phone": "*", "delay_s": 0})
    first, second = send(http, "1-1-a"), send(http, "1-1-a", text="别的内容")
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json() == second.json()
    wait_for(lambda: service.pushed)
    assert len(http.get("/inbox.json").json()["messages"]) == 1 and len(service.receipts) == 1


@pytest.mark.parametrize(
    ("fate", "state", "code"),
    [("unreached", "unreached", "phone_off"), ("unreachable", "unreachable", "no_such_number")],
)
def test_a_number_may_be_told_to_fail(
    http: httpx.Client, service: Service, fate: str, state: str, code: str
) -> None:
    http.post("/behaviour", json={"phone": "10000000001", "fate": fate, "delay_s": 0}).raise_for_status()
    send(http, "1-1-a")
    wait_for(lambda: service.pushed)
    assert (service.receipts[0]["state"], service.receipts[0]["code"]) == (state, code)


def test_a_number_may_never_report_or_report_late(http: httpx.Client, service: Service) -> None:
    http.post("/behaviour", json={"phone": "10000000001", "fate": "never"})
    http.post("/behaviour", json={"phone": "10000000002", "delay_s": 0.5})
    http.post("/behaviour", json={"phone": "10000000003", "delay_s": 0})
    for n in (1, 2, 3):
        send(http, f"{n}-1-a", to=f"1000000000{n}")
    wait_for(lambda: len(service.receipts) == 2)
    assert [receipt["to"] for receipt in service.receipts] == ["10000000003", "10000000002"]
    assert http.get("/messages/1-1-a").json()["state"] == "accepted"


def test_a_receipt_that_is_not_taken_is_pushed_again(http: httpx.Client, service: Service) -> None:
    service.answers = [503]
    http.post("/behaviour", json={"phone": "*", "delay_s": 0})
    send(http, "1-1-a")
    wait_for(lambda: len(service.pushed) == 2)
    assert service.pushed[0].content == service.pushed[1].content


def test_the_inbox_can_be_read_by_number_by_text_and_from_where_one_stopped(http: httpx.Client) -> None:
    http.post("/behaviour", json={"phone": "*", "fate": "never"})
    send(http, "1-1-a", text="验证码482913")
    send(http, "2-1-a", to="10000000002")
    send(http, "3-1-a")
    read = lambda **query: [m["seq"] for m in http.get("/inbox.json", params=query).json()["messages"]]  # noqa: E731
    assert read() == [1, 2, 3]
    assert read(phone="10000000001") == [1, 3]
    assert read(phone="10000000001", after=1) == [3]
    assert read(q="482913") == [1]
    assert read(q="0002") == [2]
    assert read(phone="19999999999") == []


def test_what_was_sent_is_there_after_a_restart_and_its_receipt_still_comes(
    service: Service, tmp_path: Path
) -> None:
    file = tmp_path / "gateway" / "sms.jsonl"
    with gateway(service, file) as http:
        http.post("/behaviour", json={"phone": "10000000001", "delay_s": 60})
        first = send(http, "1-1-a").json()
    with file.open("a") as broken:
        broken.write('{"sms": {"id": "G0')
    with gateway(service, file) as http:
        assert send(http, "1-1-a").json() == first
        assert [m["seq"] for m in http.get("/inbox.json").json()["messages"]] == [1]
        http.post("/behaviour", json={"phone": "10000000001", "delay_s": 0})
    assert service.pushed == []
    with gateway(service, file):
        wait_for(lambda: service.pushed)
    assert service.receipts[0]["reference"] == "1-1-a"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": "1000000001"}, "invalid_number"),
        ({"to": "+8613800001111"}, "invalid_number"),
        ({"text": ""}, "invalid"),
        ({"text": "深" * 501}, "invalid"),
        ({"reference": "../etc"}, "invalid"),
        ({"sent_at": "2026-03-02T10:00:00"}, "invalid"),
        ({"sent_at": "gestern"}, "invalid"),
        ({"unknown": 1}, "invalid"),
    ],
)
def test_bad_messages_are_refused_with_a_code_and_a_sentence(
    http: httpx.Client, change: dict[str, Any], code: str
) -> None:
    answer = send(http, "1-1-a", **change) if "reference" not in change else send(http, change["reference"])
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["message"]
    assert http.get("/inbox.json").json()["messages"] == []


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic t", "bearer t"])
def test_sending_and_asking_need_the_token(http: httpx.Client, authorization: str) -> None:
    headers = {"Authorization": authorization}
    assert http.post("/send", json={}, headers=headers).status_code in (401, 422)
    assert http.get("/messages/1-1-a", headers=headers).json()["code"] == "unauthorised"
    body = {"reference": "1-1-a", "to": "10000000001", "signature": "签名", "text": "文"}
    assert http.post("/send", json=body, headers=headers).json()["code"] == "unauthorised"


def test_the_pages_show_numbers_conversations_and_search_results(http: httpx.Client) -> None:
    http.post("/behaviour", json={"phone": "*", "fate": "never"})
    send(http, "1-1-a", text="验证码482913")
    send(http, "2-1-a", to="10000000002", text="<script>alert(1)</script>")
    front = http.get("/")
    assert "10000000001" in front.text and "10000000002" in front.text
    assert "default-src 'none'" in front.headers["content-security-policy"]
    talk = http.get("/phones/10000000001").text
    assert "【深圳市住房和建设局】" in talk and "验证码482913" in talk and "待回执" in talk
    assert "2026年3月2日" in talk and "10:00" in talk
    assert "<script>alert" not in http.get("/phones/10000000002").text
    found = http.get("/", params={"q": "482913"}).text
    assert "10000000001" in found and "10000000002" not in found
    assert "没有找到" in http.get("/", params={"q": "不存在"}).text
    for file in ("/style.css", "/inbox.js"):
        assert http.get(file).status_code == 200
    assert http.get("/nowhere").json()["code"] == "no_such_page"
