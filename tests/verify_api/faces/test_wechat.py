"""The certified provider's adapter against a local server that behaves like the vendor."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from verify_api.faces.adapters.wechat import (
    CertifiedFaceRefused,
    CertifiedFaceUnavailable,
    Claim,
    WeChatFace,
)

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CLAIM = Claim("attempt-00017", "openid-1", "张三", "310101199801011234")


class Vendor(ThreadingHTTPServer):
    """Knows its sessions, checks token, digest and openid, ends sessions as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tokens = 0
        self.valid_token = ""
        self.sessions: dict[str, dict[str, Any]] = {}
        self.verify_ret: Any = 10000
        self.broken: bytes | None = None
        self.status = 200

    def answer(self, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> dict[str, Any]:
        """What the vendor says."""
        if path == "/cgi-bin/stable_token":
            if body["secret"] != "right":
                return {"errcode": 40125, "errmsg": "invalid appsecret"}
            self.tokens += 1
            self.valid_token = f"token-{self.tokens}"
            return {"access_token": self.valid_token, "expires_in": 7200}
        if query.get("access_token") != [self.valid_token]:
            return {"errcode": 40001, "errmsg": "invalid credential"}
        if path.endswith("/getverifyid"):
            return self._begin(body)
        return self._result(body)

    def _begin(self, body: dict[str, Any]) -> dict[str, Any]:
        if any(session["out_seq_no"] == body["out_seq_no"] for session in self.sessions.values()):
            return {"errcode": 84004, "errmsg": "out_seq_no repeated"}
        if body["cert_info"]["cert_type"] != "IDENTITY_CARD" or not body["cert_info"]["cert_name"]:
            return {"errcode": 84001, "errmsg": "invalid cert_info"}
        verify_id = f"verify-{len(self.sessions)}"
        self.sessions[verify_id] = body
        return {"errcode": 0, "errmsg": "ok", "verify_id": verify_id, "expires_in": 3600}

    def _result(self, body: dict[str, Any]) -> dict[str, Any]:
        session = self.sessions.get(body["verify_id"])
        # The digest in the vendor's own documentation for 张三 310101199801011234.
        digest = "3c241f7ff324977aeb91f173bb2a7b06569e6fd784d5573db34a636d8671108b"
        same = session is not None and all(session[key] == body[key] for key in ("out_seq_no", "openid"))
        if not same or body["cert_hash"] != digest:
            return {"errcode": 84002, "errmsg": "cert or openid mismatch"}
        return {"errcode": 0, "errmsg": "ok", "verify_ret": self.verify_ret}


class _Handler(BaseHTTPRequestHandler):
    server: Vendor

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = self.server.answer(address.path, parse_qs(address.query), body)
        raw = json.dumps(answer).encode()
        if self.server.broken is not None and "token" not in address.path:
            raw = self.server.broken
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """The vendor on a loopback port."""
    server = Vendor()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Clock:
    """A clock the test moves."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Nine o'clock."""
    return Clock()


@pytest.fixture
def face(vendor: Vendor, clock: Clock) -> Iterator[WeChatFace]:
    """The adapter with the right secret."""
    url = f"http://127.0.0.1:{vendor.server_address[1]}"
    adapter = WeChatFace(url=url, app_id="wx1", secret="right", clock=clock)
    yield adapter
    adapter.close()


def test_a_session_is_opened_and_its_end_is_asked_from_the_server(face: WeChatFace, vendor: Vendor) -> None:
    begun = face.begin(CLAIM)
    assert begun.expires_at == NOW + timedelta(hours=1)
    result = face.result(CLAIM, begun.verify_id)
    assert result.passed and result.code == "passed" and result.ret == 10000
    assert vendor.tokens == 1


@pytest.mark.parametrize(
    ("ret", "code"),
    [(90002, "cancelled"), (90006, "cancelled"), (90008, "no_permission"), (90010, "no_permission"),
     (10003, "failed"), (90017, "failed"), (0, "failed"), (9999, "failed"), (10001, "failed")],
)  # fmt: skip
def test_every_other_end_is_no_pass(face: WeChatFace, vendor: Vendor, ret: int, code: str) -> None:
    begun = face.begin(CLAIM)
    vendor.verify_ret = ret
    result = face.result(CLAIM, begun.verify_id)
    assert not result.passed and result.code == code and result.ret == ret


@pytest.mark.parametrize("ret", [None, "10000", True, 10000.0, [10000]])
def test_an_answer_of_another_type_is_no_result(face: WeChatFace, vendor: Vendor, ret: object) -> None:
    begun = face.begin(CLAIM)
    vendor.verify_ret = ret
    with pytest.raises(CertifiedFaceUnavailable):
        face.result(CLAIM, begun.verify_id)


@pytest.mark.parametrize(
    "other",
    [
        Claim("attempt-00018", "openid-1", "张三", "310101199801011234"),
        Claim("attempt-00017", "openid-2", "张三", "310101199801011234"),
        Claim("attempt-00017", "openid-1", "李四", "310101199801011234"),
    ],
    ids=["another attempt", "another phone", "another person"],
)
def test_a_session_of_somebody_else_is_refused(face: WeChatFace, other: Claim) -> None:
    begun = face.begin(CLAIM)
    with pytest.raises(CertifiedFaceRefused):
        face.result(other, begun.verify_id)


def test_one_reference_opens_one_session(face: WeChatFace) -> None:
    face.begin(CLAIM)
    with pytest.raises(CertifiedFaceRefused):
        face.begin(CLAIM)


def test_the_token_is_renewed_before_it_ends_and_when_it_was_revoked(
    face: WeChatFace, vendor: Vendor, clock: Clock
) -> None:
    begun = face.begin(CLAIM)
    clock.now = NOW + timedelta(seconds=7200 - 301)
    face.result(CLAIM, begun.verify_id)
    assert vendor.tokens == 1
    clock.now = NOW + timedelta(seconds=7200 - 300)
    face.result(CLAIM, begun.verify_id)
    assert vendor.tokens == 2
    vendor.valid_token = "renewed elsewhere"
    assert face.result(CLAIM, begun.verify_id).passed
    assert vendor.tokens == 3


@pytest.mark.parametrize(
    "broken", [b"", b"<html>", b"[]", b'{"errcode":"0","verify_ret":10000}', b'{"errcode":-1}']
)
def test_nonsense_and_a_busy_vendor_leave_no_result(face: WeChatFace, vendor: Vendor, broken: bytes) -> None:
    begun = face.begin(CLAIM)
    vendor.broken = broken
    with pytest.raises(CertifiedFaceUnavailable):
        face.result(CLAIM, begun.verify_id)


def test_an_http_error_and_a_silent_vendor_leave_no_result(
    face: WeChatFace, vendor: Vendor, clock: Clock
) -> None:
    begun = face.begin(CLAIM)
    vendor.status = 502
    with pytest.raises(CertifiedFaceUnavailable) as caught:
        face.result(CLAIM, begun.verify_id)
    assert caught.value.__cause__ is None and "token" not in str(caught.value)
    nobody = WeChatFace(url="http://127.0.0.1:9", app_id="wx1", secret="right", clock=clock)
    with pytest.raises(CertifiedFaceUnavailable):
        nobody.begin(CLAIM)
    nobody.close()


def test_a_wrong_secret_leaves_no_result(vendor: Vendor, clock: Clock) -> None:
    wrong = WeChatFace(
        url=f"http://127.0.0.1:{vendor.server_address[1]}", app_id="wx1", secret="wrong", clock=clock
    )
    with pytest.raises(CertifiedFaceUnavailable):
        wrong.begin(CLAIM)
    wrong.close()


@pytest.mark.parametrize("reference", ["1234", "x" * 33, "a b c d e", "编号00001"])
def test_a_reference_the_vendor_would_refuse_cannot_be_made(reference: str) -> None:
    with pytest.raises(ValueError, match="reference"):
        Claim(reference, "o", "张三", "310101199801011234")


def test_a_claim_does_not_show_whose_it_is() -> None:
    assert "张三" not in repr(CLAIM) and "310101" not in repr(CLAIM)
