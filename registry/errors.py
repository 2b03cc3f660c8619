"""The kinds of refusal. A concrete error is declared beside the function that raises it.

Each carries a stable `code` for programs, a Chinese sentence for the person, perhaps a hint on what to do
next, and the single reasons where there are several. The HTTP edge turns the kind into a status.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason among several, in the form the phone's contract gives it."""

    code: str
    message: str
    hint: str = ""

    def to_mapping(self) -> dict[str, str]:
        """JSON form."""
        return {"code": self.code, "message": self.message, "hint": self.hint}


class DakaError(Exception):
    """A refusal with a stable code and a Chinese sentence."""

    code = "error"
    message = "请求未能完成"
    hint = ""

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        hint: str | None = None,
        reasons: Sequence[Reason] = (),
        retry_after_s: int | None = None,
    ) -> None:
        """Keep the class's defaults where nothing else is given."""
        self.message = message if message is not None else self.message
        self.code = code if code is not None else self.code
        self.hint = hint if hint is not None else self.hint
        self.reasons = tuple(reasons)
        self.retry_after_s = retry_after_s
        super().__init__(f"{self.code}: {self.message}")


class Invalid(DakaError):
    """The content breaks a rule (422)."""

    code = "invalid"


class Unauthenticated(DakaError):
    """Nobody is logged in, or the session has ended (401)."""

    code = "unauthenticated"
    message = "请先登录"


class Forbidden(DakaError):
    """The actor may not do this (403)."""

    code = "forbidden"
    message = "您没有权限进行此操作"


class NotFound(DakaError):
    """Absent, or not the actor's: both answer alike (404)."""

    code = "not_found"
    message = "未找到，或无权查看"


class Conflict(DakaError):
    """The thing is not in a state that allows this (409)."""

    code = "conflict"


class TooMany(DakaError):
    """A limit is used up (429, with Retry-After)."""

    code = "too_many"


class Unavailable(DakaError):
    """An outside part does not answer; try later (503, with Retry-After)."""

    code = "unavailable"
    message = "服务暂时不可用，请稍后重试"
