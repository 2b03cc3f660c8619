"""One line to a service: JSON and single-file uploads over HTTP, patient and safe to repeat.

A call is repeated after a time-out, a broken connection, 429 and 502–504. Every POST carries an
`Idempotency-Key` that stays the same over the repeats, so the service does the thing once.
"""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from miniapp_mock.client.problems import Garbled, NoAnswer, Problem, SignedOut

RETRIED = frozenset({429, 502, 503, 504})
# The first sending of this very call is still at work: its answer is what we wait for.
STILL_RUNNING = "request_in_progress"
# (file name, bytes, media type), the form httpx takes.
Upload = tuple[str, bytes, str]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client waits and how often it asks again."""

    timeout_s: float = 15.0
    tries: int = 4
    pause_s: float = 0.25
    longest_pause_s: float = 5.0

    def pause_before(self, repeat: int, retry_after: str | None) -> float | None:
        """Seconds to wait before the given repeat (1, 2, …): what the service asked for, else doubling.

        None where it asks for more patience than there is: then the refusal is the answer.
        """
        if retry_after is not None and retry_after.isdigit():
            asked = max(float(retry_after), self.pause_s)
            return asked if asked <= self.longest_pause_s else None
        return min(self.longest_pause_s, self.pause_s * float(2 ** (repeat - 1)))


@cache
def shared_http() -> httpx.Client:
    """One connection pool for all lines of this process (a pool of its own costs each line 30 ms)."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
    return httpx.Client(limits=limits, trust_env=False)


class Line:
    """Calls to one service on behalf of one user."""

    def __init__(
        self,
        base_url: str,
        *,
        http: httpx.Client | None = None,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`sign_in` may be set later; it is called once when an answer says that nobody is logged in."""
        self._base = base_url.rstrip("/")
        self._http = http or shared_http()
        self._patience = patience or Patience()
        self._sleep = sleep
        self.token: str | None = None
        self.sign_in: Callable[[], None] | None = None
        self._renewal = threading.Lock()
        self._renewer: int | None = None

    def get(self, path: str, **params: str | int | float | None) -> Any:
        """JSON of a GET."""
        wanted = {name: value for name, value in params.items() if value is not None}
        return _json(self._call("GET", path, params=wanted))

    def fetch(self, path: str) -> bytes:
        """Bytes of a GET, e.g. a PDF."""
        return self._call("GET", path).content

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Any:
        """JSON of a POST; pass `key` to repeat an earlier call knowingly."""
        return _json(self._call("POST", path, json=dict(body), headers=_keyed(key)))

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """JSON of a PUT."""
        return _json(self._call("PUT", path, json=dict(body)))

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """JSON of a PATCH."""
        return _json(self._call("PATCH", path, json=dict(body)))

    def delete(self, path: str) -> None:
        """A DELETE; its answer has no content."""
        self._call("DELETE", path)

    def upload(
        self,
        path: str,
        file: Upload,
        fields: Mapping[str, str | int] | None = None,
        *,
        key: str | None = None,
    ) -> Any:
        """Multipart with exactly one file and string fields, as `wx.uploadFile` does it."""
        data = {name: str(value) for name, value in (fields or {}).items()}
        headers = _keyed(key)
        # A repeat must be the same bytes, or the key would stand for two different requests.
        headers["Content-Type"] = f"multipart/form-data; boundary={headers['Idempotency-Key']}"
        return _json(self._call("POST", path, files={"file": file}, data=data, headers=headers))

    def _call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """One call, with a fresh log-in if the session has ended.

        Raises:
            Problem: The service refused.
            NoAnswer: It did not answer.
        """
        used = self.token
        try:
            return self._repeat(method, path, **kwargs)
        except SignedOut:
            if self.sign_in is None or self._renewer == threading.get_ident():
                raise  # Nobody to ask, or this very call is the log-in.
            self._renew(used)
            return self._repeat(method, path, **kwargs)

    def _renew(self, used: str | None) -> None:
        """Log in again, once for all who share this line."""
        with self._renewal:
            if self.token != used or self.sign_in is None:
                return  # Somebody else has done it meanwhile.
            self._renewer = threading.get_ident()
            try:
                self.sign_in()
            finally:
                self._renewer = None

    def _repeat(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        for attempt in range(1, self._patience.tries + 1):
            last = attempt == self._patience.tries
            try:
                answer = self._send(method, path, **kwargs)
            except httpx.TransportError as error:
                if last:
                    raise NoAnswer(f"{method} {path}: {type(error).__name__}") from error
                self._sleep(self._patience.pause_before(attempt, None) or 0.0)
                continue
            pause = self._patience.pause_before(attempt, answer.headers.get("Retry-After"))
            if _may_pass(answer) and not last and pause is not None:
                self._sleep(pause)
                continue
            if answer.is_success:
                return answer
            raise _problem(answer)
        raise AssertionError("the last try returns or raises")

    def _send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = dict(kwargs.pop("headers", {}))
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        return self._http.request(
            method, self._base + path, headers=headers, timeout=self._patience.timeout_s, **kwargs
        )


def _may_pass(answer: httpx.Response) -> bool:
    """Is this a refusal that waiting may cure?"""
    if answer.status_code == 409:
        return STILL_RUNNING in answer.text
    return answer.status_code in RETRIED


def _keyed(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key or uuid.uuid4().hex}


def _json(answer: httpx.Response) -> Any:
    if answer.status_code == 204 or not answer.content:
        return None
    try:
        return answer.json()
    except ValueError as error:
        raise Garbled(f"{answer.request.method} {answer.request.url.path}: not JSON") from error


def _problem(answer: httpx.Response) -> Problem:
    """The refusal in an answer; one without a problem document keeps its status as its code."""
    try:
        body = answer.json()
        return Problem.read(answer.status_code, body)
    except (ValueError, KeyError, TypeError):
        kind = SignedOut if answer.status_code == 401 else Problem
        return kind(answer.status_code, f"http_{answer.status_code}", answer.text[:200])
