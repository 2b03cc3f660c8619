"""What WeChat remembers: log-in codes, access tokens and face verifications.

Follows developers.weixin.qq.com: `sns/jscode2session`, `cgi-bin/token`, `cityservice/face/identify/
getverifyid` and `queryverifyinfo` as documented in 2026. Every answer is HTTP 200; failures are `errcode`.
"""

import base64
import hashlib
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

CODE_LIFE_S = 300.0
TOKEN_LIFE_S = 7200
VERIFY_LIFE_S = 3600
SUCCESS = 10000
CANCELLED = 90002

_SEQ = re.compile(r"[0-9A-Za-z_-]{5,32}")
Json = dict[str, Any]


class WeChatError(Exception):
    """An `errcode` with its `errmsg`."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        """Keep both."""
        self.errcode = errcode
        self.errmsg = errmsg
        super().__init__(f"{errcode} {errmsg}")


@dataclass
class _Code:
    openid: str
    expires: float
    used: bool = False


@dataclass
class _Verification:
    out_seq_no: str
    openid: str
    cert_hash: str
    expires: float
    result: int | None = None


def cert_hash(cert_info: Mapping[str, str]) -> str:
    """The digest both sides compute from `cert_info`: SHA-256 over the base64 of its three fields.

    `{"cert_type":"IDENTITY_CARD","cert_name":"张三","cert_no":"310101199801011234"}` gives
    `3c241f7f…71108b` (the documentation's own example).
    """
    fields = ("cert_type", "cert_name", "cert_no")
    text = "&".join(f"{name}={base64.b64encode(cert_info[name].encode()).decode()}" for name in fields)
    return hashlib.sha256(text.encode()).hexdigest()


class WeChat:
    """The state behind the stand-in. Safe for several threads."""

    def __init__(self, app_id: str, secret: str, *, now: Callable[[], float] = time.monotonic) -> None:
        """Serve one mini-program."""
        self._app_id = app_id
        self._secret = secret
        self._now = now
        self._lock = threading.Lock()
        self._codes: dict[str, _Code] = {}
        self._tokens: dict[str, float] = {}
        self._verifications: dict[str, _Verification] = {}
        self._seen: set[str] = set()
        self._failures: list[int] = []

    # What happens on the phone.

    def login(self, user: str) -> str:
        """`wx.login`: a code for whoever holds the phone. The same user has the same openid here."""
        with self._lock:
            code = "0" + secrets.token_hex(15)
            self._codes[code] = _Code(self._openid(user), self._now() + CODE_LIFE_S)
            return code

    def facial_verify(self, verify_id: str, *, user: str, result: int) -> None:
        """`wx.requestFacialVerify`: the person does (or does not do) the check on the phone."""
        with self._lock:
            found = self._verifications.get(verify_id)
            if found is None or found.expires < self._now() or found.openid != self._openid(user):
                raise WeChatError(40097, "invalid args: verify_id")
            if found.result is not None:
                raise WeChatError(40097, "invalid args: verify_id has been used")
            found.result = result

    # What the service asks.

    def session(self, app_id: str, secret: str, code: str, grant_type: str) -> Json:
        """`GET /sns/jscode2session`: a code is good once, for five minutes."""
        with self._lock:
            self._may_fail()
            self._check_app(app_id, secret)
            if grant_type != "authorization_code":
                raise WeChatError(40002, "invalid grant_type")
            found = self._codes.get(code)
            if found is None or found.expires < self._now():
                raise WeChatError(40029, f"invalid code, rid: {_rid()}")
            if found.used:
                raise WeChatError(40163, f"code been used, rid: {_rid()}")
            found.used = True
            return {
                "openid": found.openid,
                "session_key": base64.b64encode(secrets.token_bytes(16)).decode(),
                "unionid": "u" + found.openid[1:],
            }

    def token(self, app_id: str, secret: str, grant_type: str) -> Json:
        """`GET /cgi-bin/token` and `POST /cgi-bin/stable_token`."""
        with self._lock:
            self._may_fail()
            self._check_app(app_id, secret)
            if grant_type != "client_credential":
                raise WeChatError(40002, "invalid grant_type")
            token = f"99_{secrets.token_urlsafe(48)}"
            self._tokens[token] = self._now() + TOKEN_LIFE_S
            return {"access_token": token, "expires_in": TOKEN_LIFE_S}

    def verify_id(self, access_token: str, body: Mapping[str, Any]) -> Json:
        """`POST /cityservice/face/identify/getverifyid`."""
        with self._lock:
            self._may_fail()
            self._check_token(access_token)
            cert = body.get("cert_info")
            seq, openid = str(body.get("out_seq_no", "")), str(body.get("openid", ""))
            if not isinstance(cert, Mapping) or any(
                not cert.get(name) for name in ("cert_type", "cert_name", "cert_no")
            ):
                raise WeChatError(47001, "data format error")
            if not _SEQ.fullmatch(seq) or seq in self._seen or cert["cert_type"] != "IDENTITY_CARD":
                raise WeChatError(40097, "invalid args")
            if not openid.startswith("o"):
                raise WeChatError(40003, "invalid openid")
            self._seen.add(seq)
            verify_id = secrets.token_urlsafe(32)
            self._verifications[verify_id] = _Verification(
                seq, openid, cert_hash(cert), self._now() + VERIFY_LIFE_S
            )
            return {"errcode": 0, "errmsg": "ok", "verify_id": verify_id, "expires_in": VERIFY_LIFE_S}

    def verify_info(self, access_token: str, body: Mapping[str, Any]) -> Json:
        """`POST /cityservice/face/identify/queryverifyinfo`. Wrong papers are an errcode, not a result."""
        with self._lock:
            self._may_fail()
            self._check_token(access_token)
            found = self._verifications.get(str(body.get("verify_id", "")))
            if found is None or found.out_seq_no != body.get("out_seq_no"):
                raise WeChatError(40097, "invalid args")
            if found.openid != body.get("openid"):
                raise WeChatError(40003, "invalid openid")
            if found.cert_hash != body.get("cert_hash"):
                raise WeChatError(40097, "invalid args: cert_hash")
            result = CANCELLED if found.result is None else found.result
            return {"errcode": 0, "errmsg": "ok", "verify_ret": result}

    # What a test or a demonstration may arrange.

    def fail_next(self, times: int, errcode: int) -> None:
        """Answer the next calls with this errcode (-1: system busy)."""
        with self._lock:
            self._failures = [errcode] * times

    def _may_fail(self) -> None:
        if self._failures:
            errcode = self._failures.pop()
            raise WeChatError(errcode, f"system error, rid: {_rid()}")

    def _check_app(self, app_id: str, secret: str) -> None:
        if app_id != self._app_id:
            raise WeChatError(40013, f"invalid appid, rid: {_rid()}")
        if not secrets.compare_digest(secret, self._secret):
            raise WeChatError(40125, f"invalid appsecret, rid: {_rid()}")

    def _check_token(self, access_token: str) -> None:
        if not access_token:
            raise WeChatError(41001, "access_token missing")
        expires = self._tokens.get(access_token)
        if expires is None:
            raise WeChatError(40001, "invalid credential, access_token is invalid or not latest")
        if expires < self._now():
            raise WeChatError(42001, "access_token expired")

    def _openid(self, user: str) -> str:
        return "o" + hashlib.sha256(f"{self._app_id}\0{user}".encode()).hexdigest()[:27]


def _rid() -> str:
    return "-".join(secrets.token_hex(4) for _ in range(3))
