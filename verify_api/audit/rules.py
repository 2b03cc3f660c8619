"""The chain: SHA-256 over the link before and the row's digest. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from registry.crypto import canonical

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """A stored link, and the row it speaks of as it is now (None: the row is gone)."""

    id: int
    history: str
    row_id: int
    digest: str
    chain: str
    row: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the chain and the histories disagree."""

    link: int
    history: str
    row_id: int
    why: str  # row_missing | row_altered | chain_altered


def digest_of(row: Mapping[str, Any]) -> str:
    """Digest of a row's columns, times in ISO 8601 UTC, in one spelling."""
    plain = {
        key: value if isinstance(value, str | int | bool | None | dict | list) else str(value)
        for key, value in row.items()
    }
    return hashlib.sha256(canonical(plain)).hexdigest()


def chained(before: str, history: str, row_id: int, digest: str) -> str:
    """The chain value of a link."""
    return hashlib.sha256(f"{before}\0{history}\0{row_id}\0{digest}".encode()).hexdigest()


def first_break(links: Iterable[Link], *, before: str = START) -> tuple[Broken | None, str, int]:
    """(the first break or None, the last chain value, how many links were looked at)."""
    seen = 0
    for link in links:
        seen += 1
        if link.row is None:
            return Broken(link.id, link.history, link.row_id, "row_missing"), before, seen
        if digest_of(link.row) != link.digest:
            return Broken(link.id, link.history, link.row_id, "row_altered"), before, seen
        if chained(before, link.history, link.row_id, link.digest) != link.chain:
            return Broken(link.id, link.history, link.row_id, "chain_altered"), before, seen
        before = link.chain
    return None, before, seen
