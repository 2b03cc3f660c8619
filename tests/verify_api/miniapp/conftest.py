"""Somebody with a phone, over HTTP, in the pages' busy autumn."""

import pytest

from tests.verify_api.doors.callers import PERSON, Headers, callers
from tests.verify_api.pages.conftest import Site, built, site

__all__ = ["built", "site"]


@pytest.fixture
def phone(site: Site) -> Headers:
    """Headers of a person who is on a list."""
    return callers(site.bureau, case="rechecking", now=site.clock.now)[PERSON]
