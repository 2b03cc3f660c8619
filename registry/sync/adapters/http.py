"""The upstream library over HTTP."""

from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from urllib.parse import quote

import httpx

from registry.sync.upstream import Absent, GiveUp, Raw, RetryLater

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
PAGE = 200
PHOTO_BYTES_MAX = 10 * 1024 * 1024


class HttpUpstream:
    """Client of the contract in docs/upstream-contract.md. One per process; safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        page_size: int = PAGE,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Speak to `base_url` with a bearer token. A transport stands in for the network in tests."""
        self._page_size = page_size
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            transport=transport,
        )

    def __enter__(self) -> "HttpUpstream":
        """Use as a context to close the connections afterwards."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def enterprises(self, *, updated_since: datetime | None = None) -> Iterator[list[Raw]]:
        """Pages of enterprise records; a cursor that comes back twice ends the reading with an error."""
        params: dict[str, str] = {"limit": str(self._page_size)}
        if updated_since is not None:
            params["updated_since"] = updated_since.isoformat()
        seen: set[str] = set()
        while True:
            page = self._mapping("GET", "/api/v1/enterprises", params=params)
            yield _items(page)
            cursor = page.get("next")
            if cursor is None:
                return
            if not isinstance(cursor, str) or cursor in seen:
                raise RetryLater(code="upstream_broken_paging")
            seen.add(cursor)
            params["cursor"] = cursor

    def enterprise(self, uscc: str) -> Raw:
        """One enterprise record."""
        return self._mapping("GET", f"/api/v1/enterprises/{quote(uscc, safe='')}")

    def people(self, uscc: str) -> list[Raw]:
        """The person records on one enterprise's roster."""
        return _items(self._mapping("GET", f"/api/v1/enterprises/{quote(uscc, safe='')}/people"))

    def photo(self, person: str, *, known_sha256: str | None) -> bytes | None:
        """The reference photograph, None if the upstream says it is the known one (304)."""
        headers = {"If-None-Match": f'"{known_sha256}"'} if known_sha256 else {}
        answer = self._call("GET", f"/api/v1/people/{quote(person, safe='')}/photo", headers=headers)
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return None
        if len(answer.content) > PHOTO_BYTES_MAX:
            raise GiveUp(code="upstream_photo_too_large")
        return answer.content

    def send_change(self, uscc: str, body: Raw) -> None:
        """Report a change."""
        self._call("POST", f"/api/v1/enterprises/{quote(uscc, safe='')}/changes", json=body)

    def _mapping(self, method: str, path: str, *, params: dict[str, str] | None = None) -> Raw:
        answer = self._call(method, path, params=params)
        try:
            value = answer.json()
        except ValueError:
            raise RetryLater(code="upstream_unreadable") from None
        if not isinstance(value, dict):
            raise RetryLater(code="upstream_unreadable")
        return value

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        json: Raw | None = None,
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, path, params=params, headers=headers, json=json)
        except httpx.HTTPError:
            # The text of a transport error may name hosts and queries; the kind is enough for the log.
            raise RetryLater from None
        _sort(answer.status_code)
        return answer


def _sort(status: int) -> None:
    """Who must act: nobody (2xx, 304), time or an operator (RetryLater), or nobody ever again (GiveUp)."""
    if status < 300 or status == httpx.codes.NOT_MODIFIED:
        return
    if status == httpx.codes.NOT_FOUND:
        raise Absent
    if status in {401, 403}:
        # Our credential, not this record: giving up would lose changes that a new token will carry.
        raise RetryLater(code="upstream_credential_refused")
    if 400 <= status < 500 and status not in {408, 425, 429}:
        raise GiveUp(code=f"upstream_refused_{status}")
    raise RetryLater


def _items(page: Raw) -> list[Raw]:
    items = page.get("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise RetryLater(code="upstream_unreadable")
    return items
