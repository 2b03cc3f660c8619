"""Stand-ins of both vendors' APIs on a local port: they check signatures by themselves and answer like them.

Written from the vendors' published signature rules (阿里云 V3: ACS3-HMAC-SHA256; 腾讯云 v3: TC3-HMAC-SHA256),
not from their SDKs.
"""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

KEY_ID, KEY_SECRET = "LTAI-example", "example-secret"


class Vendor:
    """What the server shares with the test: calls it took, answers it is to give."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.delay_s = 0.0
        self.hang_up = False
        self.port = 0

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    vendor: Vendor

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault, call = self.read(body)
        vendor = self.vendor
        if fault is None:
            vendor.calls.append(call)
        if vendor.hang_up:
            self.close_connection = True
            return
        time.sleep(vendor.delay_s)
        status, answer = fault or (vendor.answers.pop(0) if vendor.answers else self.usual(call))
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            return  # The caller has given up waiting.

    def read(self, body: bytes) -> tuple[tuple[int, dict[str, Any]] | None, dict[str, Any]]:
        raise NotImplementedError

    def usual(self, call: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        raise NotImplementedError

    def log_message(self, *_args: object) -> None:
        return


class AliyunHandler(_Handler):
    def read(self, body: bytes) -> tuple[tuple[int, dict[str, Any]] | None, dict[str, Any]]:
        parts = urlsplit(self.path)
        query = parse_qsl(parts.query, keep_blank_values=True)
        call = {"Action": self.headers["x-acs-action"], "Version": self.headers["x-acs-version"]} | dict(
            query
        )
        fault = self._signature_fault(parts.path, query, body)
        return ((400, {"Code": fault, "Message": "x", "RequestId": "r"}) if fault else None), call

    def _signature_fault(self, path: str, query: list[tuple[str, str]], body: bytes) -> str | None:
        scheme, _, rest = self.headers["authorization"].partition(" ")
        told = dict(part.split("=", 1) for part in rest.split(","))
        if scheme != "ACS3-HMAC-SHA256" or told["Credential"] != KEY_ID:
            return "InvalidAccessKeyId.NotFound"
        if abs(time.time() - _utc(self.headers["x-acs-date"])) > 900:
            return "InvalidTimeStamp.Expired"
        payload = hashlib.sha256(body).hexdigest()
        if self.headers["x-acs-content-sha256"] != payload:
            return "SignatureDoesNotMatch"
        names = told["SignedHeaders"].split(";")
        needed = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"}
        if not needed <= set(names):
            return "IncompleteSignature"
        canonical_query = "&".join(f"{_encode(k)}={_encode(v)}" for k, v in sorted(query))
        headers = "".join(f"{name}:{self.headers[name].strip()}\n" for name in sorted(names))
        request = f"POST\n{path}\n{canonical_query}\n{headers}\n{';'.join(sorted(names))}\n{payload}"
        to_sign = f"{scheme}\n{hashlib.sha256(request.encode()).hexdigest()}"
        right = hmac.new(KEY_SECRET.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
        return None if hmac.compare_digest(right, told["Signature"]) else "SignatureDoesNotMatch"

    def usual(self, call: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if call["Action"] == "SendSms":
            return 200, {"Code": "OK", "Message": "OK", "BizId": "9006197469364984^0", "RequestId": "r"}
        return 200, {"Code": "OK", "Message": "OK", "TotalCount": "0", "RequestId": "r"}


class TencentHandler(_Handler):
    def read(self, body: bytes) -> tuple[tuple[int, dict[str, Any]] | None, dict[str, Any]]:
        call = {"Action": self.headers["x-tc-action"], "Version": self.headers["x-tc-version"]}
        fault = self._signature_fault(body)
        error = {"Response": {"Error": {"Code": fault, "Message": "x"}, "RequestId": "r"}}
        return ((200, error) if fault else None), call | json.loads(body)

    def _signature_fault(self, body: bytes) -> str | None:
        scheme, _, rest = self.headers["authorization"].partition(" ")
        told = dict(part.strip().split("=", 1) for part in rest.split(","))
        stamp = self.headers["x-tc-timestamp"]
        date = datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d")
        if scheme != "TC3-HMAC-SHA256" or told["Credential"] != f"{KEY_ID}/{date}/sms/tc3_request":
            return "AuthFailure.SecretIdNotFound"
        if abs(time.time() - int(stamp)) > 300:
            return "AuthFailure.SignatureExpire"
        names = told["SignedHeaders"].split(";")
        headers = "".join(f"{name}:{self.headers[name].strip()}\n" for name in sorted(names))
        digest = hashlib.sha256(body).hexdigest()
        request = f"POST\n/\n\n{headers}\n{';'.join(sorted(names))}\n{digest}"
        scope = f"{date}/sms/tc3_request"
        to_sign = f"{scheme}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = f"TC3{KEY_SECRET}".encode()
        for part in (date, "sms", "tc3_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        right = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        return None if hmac.compare_digest(right, told["Signature"]) else "AuthFailure.SignatureFailure"

    def usual(self, call: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if call["Action"] == "SendSms":
            return 200, sent_by_tencent(call, "Ok")
        return 200, {"Response": {"PullSmsSendStatusSet": [], "RequestId": "r"}}


def sent_by_tencent(call: dict[str, Any], code: str) -> dict[str, Any]:
    """SendSms's answer for one number."""
    status = {
        "SerialNo": "5000:1045710669157053657849499619" if code == "Ok" else "",
        "PhoneNumber": call["PhoneNumberSet"][0],
        "Fee": 1 if code == "Ok" else 0,
        "SessionContext": call.get("SessionContext", ""),
        "Code": code,
        "Message": "send success" if code == "Ok" else "x",
        "IsoCode": "CN",
    }
    return {"Response": {"SendStatusSet": [status], "RequestId": "r"}}


def _encode(text: str) -> str:
    return quote(text, safe="~")


def _utc(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()


@contextmanager
def serving(handler: type[_Handler]) -> Iterator[Vendor]:
    """Run one of the vendors on a free port."""
    vendor = Vendor()
    bound = type("Bound", (handler,), {"vendor": vendor})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    server.daemon_threads = True
    vendor.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield vendor
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
