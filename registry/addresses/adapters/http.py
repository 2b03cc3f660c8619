"""Asking a vendor for JSON: one GET, a time-out always, and the key in no error message or log."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from registry.addresses.geocoder import GiveUp, RetryLater

TIMEOUT = httpx.Timeout(5.0, connect=3.0)
_ANSWER_BYTES_MAX = 1_000_000
_QUOTA_RETRY_S = 60


class VendorHttp:
    """A client of one vendor. Safe to share between threads."""

    def __init__(self, base_url: str, *, timeout: httpx.Timeout = TIMEOUT) -> None:
        """Speak to `base_url`; redirects are not followed, so that a key never travels elsewhere."""
        self._client = httpx.Client(base_url=base_url, timeout=timeout, follow_redirects=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object answered with 200. Raises RetryLater or GiveUp."""
        try:
            with self._client.stream("GET", path, params=dict(params)) as answer:
                content = _limited(answer)
        except (httpx.HTTPError, httpx.InvalidURL):
            # `from None`: the exception names the address, and the address holds the key.
            raise RetryLater(code="geocoder_unreachable") from None
        _check_status(answer.status_code)
        return _json_object(content)


def _limited(answer: httpx.Response) -> bytes:
    content = b""
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > _ANSWER_BYTES_MAX:
            raise RetryLater(code="geocoder_broken_answer")
    return content


def _check_status(status: int) -> None:
    if status == 200:
        return
    if status == 429:
        raise RetryLater(code="geocoder_quota", retry_after_s=_QUOTA_RETRY_S)
    # 天地图 answers a wrong kind of key with 403 (and tiles with 418): asking again changes nothing.
    if status in (401, 403, 418):
        raise GiveUp
    raise RetryLater(code="geocoder_unavailable")


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(content)
    except (ValueError, RecursionError):
        raise RetryLater(code="geocoder_broken_answer") from None
    if not isinstance(decoded, dict):
        raise RetryLater(code="geocoder_broken_answer")
    return decoded
