"""The offline twin: a gateway on our own network that speaks plain JSON (docs/sms-gateway.md).

Its reference makes sending idempotent, and what it does not know it has never seen.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from verify_api.messages.adapters.base import (
    Accepted,
    Answer,
    CannotTell,
    Fault,
    GiveUp,
    Inquiry,
    NotSeen,
    Outcome,
    Outgoing,
    Receipt,
    RetryLater,
    Seen,
)
from verify_api.messages.adapters.transport import may_have_arrived, word

NAME = "gateway"
NUMBER_CODES = frozenset({"invalid_number", "blocked_number"})
TOP_UP = timedelta(hours=1)


class GatewayProvider:
    """Client of the gateway. One instance may be shared by threads."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        reaches_people: bool = False,
        timeout_s: float = 8.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Speak to the gateway at `url`; say `reaches_people` if real phones hang behind it."""
        self._reaches_people = reaches_people
        self._http = httpx.Client(
            base_url=url,
            timeout=httpx.Timeout(timeout_s, connect=3.0),
            headers={"Authorization": f"Bearer {token}"},
            transport=transport,
            trust_env=False,
        )

    @property
    def name(self) -> str:
        """`gateway`."""
        return NAME

    @property
    def reaches_people(self) -> bool:
        """False for the stand-in, which only shows an inbox."""
        return self._reaches_people

    def close(self) -> None:
        """Give back the connections."""
        self._http.close()

    def send(self, outgoing: Outgoing, *, now: datetime) -> Outcome:
        """`POST /send`."""
        body = {
            "reference": outgoing.reference,
            "to": outgoing.phone,
            "signature": outgoing.signature,
            "text": outgoing.text,
            "template": outgoing.template,
            "sent_at": now.isoformat(),
        }
        try:
            response = self._http.post("/send", json=body)
        except httpx.HTTPError as error:
            return RetryLater("gateway_unreachable", is_uncertain=may_have_arrived(error))
        said = _object(response)
        if response.is_success and isinstance(said.get("id"), str):
            return Accepted(said["id"])
        return _refused(response, _code(said))

    def query(self, inquiry: Inquiry) -> Answer:
        """`GET /messages/{reference}`."""
        try:
            response = self._http.get(f"/messages/{inquiry.reference}")
        except httpx.HTTPError:
            return CannotTell("gateway_unreachable")
        said = _object(response)
        if response.status_code == 404 and said.get("code") == "not_found":
            return NotSeen()
        if not response.is_success or not isinstance(said.get("id"), str):
            return CannotTell(_code(said))
        return Seen(said["id"], _receipt(said))


def _refused(response: httpx.Response, code: str) -> Outcome:
    status = response.status_code
    if status == 429:
        return RetryLater(code, after=_retry_after(response))
    if status == 402:
        return RetryLater(code, after=TOP_UP)
    if status >= 500 or response.is_success:
        return RetryLater(code, is_uncertain=True)
    return GiveUp(code, Fault.NUMBER if code in NUMBER_CODES else Fault.TECHNICAL)


def _retry_after(response: httpx.Response) -> timedelta | None:
    seconds = response.headers.get("retry-after", "")
    return timedelta(seconds=min(int(seconds), 86_400)) if re.fullmatch(r"\d{1,6}", seconds) else None


def _object(response: httpx.Response) -> Mapping[str, Any]:
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _code(said: Mapping[str, Any]) -> str:
    code = said.get("code")
    return code if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,40}", code) else "gateway_error"


def is_signed(body: bytes, signature: str, *, secret: str) -> bool:
    """Whether `X-Gateway-Signature: sha256=…` is the HMAC-SHA256 of the body under the shared secret."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), signature.encode())


def parse_receipt(item: Mapping[str, Any]) -> Receipt | None:
    """One receipt as the gateway pushes it; None if it is none."""
    return _receipt(item) if word(item.get("reference")) else None


def _receipt(said: Mapping[str, Any]) -> Receipt | None:
    state = said.get("state")
    if state not in ("delivered", "unreached", "unreachable"):
        return None
    return Receipt(
        provider=NAME,
        is_delivered=state == "delivered",
        code=_code(said),
        reference=word(said.get("reference")),
        provider_id=word(said.get("id")),
        phone=word(said.get("to"), limit=20),
        reported_at=_time(said.get("reported_at")),
        is_final_failure=state == "unreachable",
    )


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
