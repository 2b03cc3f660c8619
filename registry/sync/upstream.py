"""What the store needs from the upstream library, and how it fails (docs/upstream-contract.md)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from registry.errors import DakaError, NotFound, Unavailable

Raw = dict[str, Any]


class UpstreamError(DakaError):
    """The upstream library did not do what was asked. Nothing here has changed."""

    code = "upstream_error"
    message = "“三库一平台”未能完成请求"


class RetryLater(UpstreamError, Unavailable):
    """Time-out, overload, a broken answer or a refused credential: the same call may succeed later."""

    code = "upstream_unavailable"
    message = "“三库一平台”暂时无法访问，已保留原有数据"


class GiveUp(UpstreamError):
    """The upstream understood and refused: repeating the call cannot help."""

    code = "upstream_refused"
    message = "“三库一平台”拒绝了该请求"


class Absent(UpstreamError, NotFound):
    """The upstream has no such record."""

    code = "upstream_absent"
    message = "“三库一平台”中没有该记录，已保留原有数据"


class Upstream(Protocol):
    """The upstream library. Every method raises `RetryLater`, `GiveUp` or `Absent`."""

    def enterprises(self, *, updated_since: datetime | None = None) -> Iterator[list[Raw]]:
        """Pages of enterprise records."""
        ...

    def enterprise(self, uscc: str) -> Raw:
        """One enterprise record."""
        ...

    def people(self, uscc: str) -> list[Raw]:
        """The person records on one enterprise's roster."""
        ...

    def photo(self, person: str, *, known_sha256: str | None) -> bytes | None:
        """The reference photograph; None if it is the one already known."""
        ...

    def send_change(self, uscc: str, body: Raw) -> None:
        """Report a change; the same `id` twice is one change."""
        ...
