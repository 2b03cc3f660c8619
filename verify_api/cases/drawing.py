"""双随机 as anybody can do it again: order by SHA-256, take the first. Pure.

The rank of an enterprise is the hexadecimal SHA-256 of `seed`, a line feed and its 统一社会信用代码, in
UTF-8; those with the smallest ranks are drawn, in that order. The officer for a drawn enterprise is the one
with the smallest SHA-256 of seed, code and account name, line feeds between. `sha256sum` and `sort` are
enough to check it::

    while read code; do
      echo "$(printf '%s\\n%s' "$SEED" "$code" | sha256sum | cut -c1-64) $code"
    done < population.txt | sort | head -n "$SIZE"
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from registry.errors import Invalid


class DrawImpossible(Invalid):
    """Nobody to draw from, or more to draw than there are."""

    code = "draw_impossible"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One drawn enterprise with the officer drawn for it; None if no officer was given."""

    uscc: str
    officer: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    """A draw done again beside what was recorded."""

    digest: str
    drawn: tuple[Drawn, ...]
    is_same_population: bool
    is_same_outcome: bool

    @property
    def ok(self) -> bool:
        """Whether the record is what the seed yields."""
        return self.is_same_population and self.is_same_outcome


def digest_of(population: Iterable[str]) -> str:
    """SHA-256 of the codes in ascending order, one a line."""
    return hashlib.sha256("\n".join(sorted(set(population))).encode()).hexdigest()


def draw(seed: str, population: Iterable[str], size: int, *, officers: Sequence[str] = ()) -> list[Drawn]:
    """The first `size` of the population in the order of their ranks.

    Raises:
        DrawImpossible: `size` is not between 1 and the size of the population, or the seed is empty.
    """
    codes = set(population)
    if not seed:
        raise DrawImpossible("须有随机种子")
    if not 1 <= size <= len(codes):
        raise DrawImpossible(f"抽取数量须在 1 到 {len(codes)} 之间：{size}")
    ranked = sorted(codes, key=lambda code: _rank(seed, code))[:size]
    return [Drawn(code, _officer(seed, code, officers)) for code in ranked]


def replay(
    *,
    seed: str,
    population: Sequence[str],
    size: int,
    officers: Sequence[str],
    recorded_digest: str,
    recorded: Sequence[Drawn],
) -> Replay:
    """Do a recorded draw again.

    Raises:
        DrawImpossible: The record cannot be a draw at all.
    """
    digest = digest_of(population)
    drawn = draw(seed, population, size, officers=officers)
    return Replay(digest, tuple(drawn), digest == recorded_digest, drawn == list(recorded))


def _rank(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _officer(seed: str, code: str, officers: Sequence[str]) -> str | None:
    return min(officers, key=lambda name: _rank(seed, code, name), default=None)
