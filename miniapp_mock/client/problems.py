"""What can go wrong on the line, as the client sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Reason:
    """One of the reasons of a refusal."""

    code: str
    message: str
    hint: str = ""

    @classmethod
    def read(cls, mapping: Mapping[str, Any]) -> Self:
        """From the contract's JSON; a missing hint is an empty one."""
        return cls(str(mapping["code"]), str(mapping.get("message", "")), str(mapping.get("hint") or ""))


class Problem(Exception):
    """The service answered with a refusal (`application/problem+json`)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        hint: str = "",
        reasons: tuple[Reason, ...] = (),
    ) -> None:
        """Keep what the person and the program need."""
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.reasons = reasons
        super().__init__(f"{status} {code}: {detail}{' ' + hint if hint else ''}")

    def says(self, code: str) -> bool:
        """Is this the refusal's code, or one of its reasons?"""
        return code == self.code or any(code == reason.code for reason in self.reasons)

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code the refusal carries, the leading one first."""
        return (self.code, *(reason.code for reason in self.reasons if reason.code != self.code))

    @classmethod
    def read(cls, status: int, mapping: Mapping[str, Any]) -> "Problem":
        """From the contract's JSON. A 401 becomes `SignedOut`."""
        kind = SignedOut if status == 401 else cls
        return kind(
            status,
            str(mapping["code"]),
            str(mapping.get("detail") or ""),
            str(mapping.get("hint") or ""),
            tuple(Reason.read(reason) for reason in mapping.get("reasons") or ()),
        )


class SignedOut(Problem):
    """Nobody is logged in on this line, or the session has ended (401)."""


class NoAnswer(Exception):
    """The service could not be reached, or did not answer in time, however often it was asked."""


class Garbled(Exception):
    """The answer is not what the contract says."""
