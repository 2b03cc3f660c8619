"""What is common to the adapters: telling a call that never left from one that may have arrived; times."""

from collections.abc import Iterator
from datetime import datetime

from registry.clock import SHANGHAI

# Classes of requests, urllib3 and httpx that are raised before a byte of the request is written. They are
# known by name, because the vendors' SDKs (and with them requests) are extras that may not be installed.
_NEVER_LEFT = frozenset(
    {"NewConnectionError", "ConnectTimeout", "ConnectTimeoutError", "NameResolutionError", "ConnectError"}
)


def may_have_arrived(error: BaseException) -> bool:
    """Whether the provider may have got the request in spite of this error. In doubt, yes."""
    return not any(type(each).__name__ in _NEVER_LEFT for each in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it wraps, and what it was raised from; SDKs hide the real one in several ways."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__, *each.args]
        waiting += [getattr(each, name, None) for name in ("reason", "inner_exception")]


def shanghai_time(text: object) -> datetime | None:
    """`2017-01-01 00:00:00` in Shanghai time, as both vendors write it; None if it is anything else."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def word(value: object, *, limit: int = 64) -> str | None:
    """What a provider calls something, fit to be stored: printable, not endless; None if there is nothing."""
    text = "".join(ch for ch in str(value) if ch.isprintable()) if isinstance(value, str | int) else ""
    return text[:limit] or None
