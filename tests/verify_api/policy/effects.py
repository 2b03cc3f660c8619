"""Which policy values some test has changed to see what follows."""

from collections.abc import Callable
from typing import Any

from verify_api.policy.rules import changed
from verify_api.policy.values import Policy

SHOWN: set[str] = set()
Test = Callable[..., None]


def shows(*paths: str) -> Callable[[Test], Test]:
    """Say which values the test changes."""
    SHOWN.update(paths)
    return lambda test: test


def policy(changes: dict[str, Any]) -> Policy:
    """The built-in policy with these values."""
    return changed(Policy(), changes)
