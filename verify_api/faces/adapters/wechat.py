"""微信人脸核身 (`wx.requestFacialVerify`): the server's side.

The service asks for a session (`getVerifyId`) in the name of a person, the phone runs it, and the service
itself asks how it ended (`queryVerifyInfo`). What the phone says about the result proves nothing and is
never read. Open to government bodies; mainland resident identity cards only, so everybody else needs the
window.
"""

import base64
import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from registry.clock import Clock
from registry.errors import Invalid, Unavailable

TIMEOUT_S = 10.0
TOKEN_SLACK = timedelta(minutes=5)
TOKEN_EXPIRED = (40001, 40014, 42001)
BUSY = (-1, 45009, 45011)  # system busy, daily quota, too frequent
PASSED = 10000
CANCELLED = frozenset({90002, 90003, 90004, 90005, 90006, 90024})
NO_PERMISSION = frozenset({90008, 90009, 90010})

_REFERENCE = re.compile(r"[0-9A-Za-z_-]{5,32}")


class CertifiedFaceUnavailable(Unavailable):
    """The provider does not answer, or answers nonsense: try again later, there is no result."""

    code = "certified_face_unavailable"
    message = "微信人脸核身暂时无法使用"
    hint = "请稍后重试，或到窗口核验"


class CertifiedFaceRefused(Invalid):
    """The provider does not accept the question: trying again does not help."""

    code = "certified_face_refused"
    message = "微信人脸核身未受理"
    hint = "请核对姓名和身份证号，或到窗口核验"


@dataclass(frozen=True, slots=True)
class Claim:
    """Whom the session is for. `reference` is our own row's id, unique per app: 5–32 of 0-9 A-Z a-z _ -."""

    reference: str
    openid: str
    name: str = field(repr=False)
    id_number: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _REFERENCE.fullmatch(self.reference):
            raise ValueError("the reference needs 5 to 32 letters, digits, _ or -")

    def certificate(self) -> dict[str, str]:
        """`cert_info` as the interface wants it."""
        return {"cert_type": "IDENTITY_CARD", "cert_name": self.name, "cert_no": self.id_number}

    def certificate_hash(self) -> str:
        """SHA-256 over the three fields, each in base64, in this order (the interface's note 4)."""
        parts = (
            f"{key}={base64.b64encode(value.encode()).decode()}" for key, value in self.certificate().items()
        )
        return hashlib.sha256("&".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Begun:
    """A session the phone may run until `expires_at`."""

    verify_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """How the session ended, as the provider told the server. `ret` is its own number, kept as evidence."""

    passed: bool
    code: str
    ret: int


class WeChatFace:
    """Both calls with an access token that is fetched once and renewed when it ends. Safe to share."""

    def __init__(self, *, url: str, app_id: str, secret: str, clock: Clock) -> None:
        """`url` is the vendor's address (`https://api.weixin.qq.com`); nothing is called yet."""
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_S)
        self._app = {"grant_type": "client_credential", "appid": app_id, "secret": secret}
        self._clock = clock
        self._token: tuple[str, datetime] | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def begin(self, claim: Claim) -> Begun:
        """A session for the phone.

        Raises:
            CertifiedFaceRefused: Name, number or openid are not accepted.
            CertifiedFaceUnavailable: No usable answer.
        """
        asked_at = self._clock()
        answer = self._call(
            "getverifyid",
            {"out_seq_no": claim.reference, "cert_info": claim.certificate(), "openid": claim.openid},
        )
        verify_id, seconds = answer.get("verify_id"), answer.get("expires_in", 3600)
        if not isinstance(verify_id, str) or not verify_id or not isinstance(seconds, int):
            raise CertifiedFaceUnavailable
        return Begun(verify_id, asked_at + timedelta(seconds=seconds))

    def result(self, claim: Claim, verify_id: str) -> Result:
        """How the session ended. Only `errcode` 0 together with `verify_ret` 10000 is a pass.

        Raises:
            CertifiedFaceRefused: Session, person or openid do not belong together.
            CertifiedFaceUnavailable: No usable answer; there is no result then.
        """
        answer = self._call(
            "queryverifyinfo",
            {
                "verify_id": verify_id,
                "out_seq_no": claim.reference,
                "cert_hash": claim.certificate_hash(),
                "openid": claim.openid,
            },
        )
        ret = answer.get("verify_ret")
        if not isinstance(ret, int) or isinstance(ret, bool):
            raise CertifiedFaceUnavailable
        return Result(ret == PASSED, _code(ret), ret)

    def _call(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        token = self._access_token()
        answer = self._post(f"/cityservice/face/identify/{name}", body, access_token=token)
        if answer["errcode"] in TOKEN_EXPIRED:  # Another server may have renewed it: fetch it once more.
            self._forget(token)
            answer = self._post(f"/cityservice/face/identify/{name}", body, access_token=self._access_token())
        if answer["errcode"] in (*BUSY, *TOKEN_EXPIRED):
            raise CertifiedFaceUnavailable
        if answer["errcode"] != 0:
            raise CertifiedFaceRefused
        return answer

    def _access_token(self) -> str:
        with self._lock:
            now = self._clock()
            if self._token is None or self._token[1] <= now:
                answer = self._post("/cgi-bin/stable_token", self._app)
                token, seconds = answer.get("access_token"), answer.get("expires_in")
                if not isinstance(token, str) or not isinstance(seconds, int):
                    raise CertifiedFaceUnavailable
                self._token = token, now + timedelta(seconds=seconds) - TOKEN_SLACK
            return self._token[0]

    def _forget(self, token: str) -> None:
        with self._lock:
            if self._token is not None and self._token[0] == token:
                self._token = None

    def _post(self, path: str, body: Mapping[str, Any], **query: str) -> dict[str, Any]:
        """The answer with an integer `errcode`; the body may hold personal data and is never logged."""
        try:
            response = self._http.post(path, json=dict(body), params=query)
            response.raise_for_status()
            answer = response.json()
        except (httpx.HTTPError, ValueError):
            # Not chained: the address in the message carries the access token.
            raise CertifiedFaceUnavailable from None
        if not isinstance(answer, dict):
            raise CertifiedFaceUnavailable
        code = answer.setdefault("errcode", 0)
        if not isinstance(code, int) or isinstance(code, bool):
            raise CertifiedFaceUnavailable
        return answer


def _code(ret: int) -> str:
    if ret == PASSED:
        return "passed"
    if ret in CANCELLED:
        return "cancelled"
    return "no_permission" if ret in NO_PERMISSION else "failed"
