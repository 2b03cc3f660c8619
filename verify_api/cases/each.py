"""One transaction for each item of a job: what fails for one is logged, kept for staff, harms no other."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from sqlalchemy.orm import Session

from registry.db import Sessions

log = logging.getLogger(__name__)
Result = TypeVar("Result")


def each(
    sessions: Sessions,
    ids: Iterable[int],
    act: Callable[[Session, int], Result],
    *,
    what: str,
    failed: Callable[[Session, int], None] | None = None,
) -> list[Result]:
    """The results of `act` for every id for which it did not raise; `failed` then runs in its place."""
    results = []
    for one in ids:
        try:
            with sessions.begin() as session:
                results.append(act(session, one))
        except Exception:
            log.exception("%s failed for case %s", what, one)
            if failed is not None:
                with sessions.begin() as session:
                    failed(session, one)
    return results
