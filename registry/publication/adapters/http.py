"""The three targets of publication over HTTP (docs/platform-contract.md)."""

from collections.abc import Mapping
from typing import Any

import httpx

from registry.publication.service import PlatformRefused, PlatformUnavailable

TIMEOUT = httpx.Timeout(10.0, connect=3.0)


class HttpPlatform:
    """Client of `POST /api/v1/publications` at each target."""

    def __init__(self, addresses: Mapping[str, str], token: str) -> None:
        """`addresses` maps targets (national, provincial, government) to base addresses."""
        self._addresses = dict(addresses)
        self._client = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def publish(self, target: str, body: dict[str, Any]) -> None:
        """Show a project at a target.

        Raises:
            PlatformUnavailable: No address, no answer, overload, or our credential was refused.
            PlatformRefused: The target understood and refused.
        """
        base = self._addresses.get(target)
        if base is None:
            raise PlatformUnavailable(code="platform_not_configured")
        try:
            answer = self._client.post(f"{base}/api/v1/publications", json=body)
        except httpx.HTTPError:
            raise PlatformUnavailable from None
        status = answer.status_code
        if status < 300:
            return
        if 400 <= status < 500 and status not in {401, 403, 404, 408, 425, 429}:
            raise PlatformRefused(code=f"platform_refused_{status}")
        raise PlatformUnavailable
