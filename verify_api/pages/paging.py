"""Pages of a long list, with addresses that keep the filters."""

from dataclasses import dataclass, field
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Paging:
    """Where in a list one is."""

    page: int
    total: int
    size: int
    path: str
    query: dict[str, str] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """Number of pages, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def near(self) -> list[int]:
        """Page numbers around this one."""
        return [n for n in range(self.page - 2, self.page + 3) if 1 <= n <= self.last]

    def href(self, page: int) -> str:
        """Address of a page."""
        kept = {name: value for name, value in self.query.items() if value}
        return f"{self.path}?{urlencode(kept | {'page': str(page)})}"
