"""The pages' busy autumn, with one case whose doors are knocked at."""

import pytest

from tests.verify_api.doors.callers import Headers, callers
from tests.verify_api.doors.knocking import Ground, ground
from tests.verify_api.pages.conftest import Site, built, site

__all__ = ["built", "site"]

CASE = "rechecking"


@pytest.fixture
def who(site: Site) -> dict[str, Headers]:
    """Headers of every kind of caller."""
    return callers(site.bureau, case=CASE, now=site.clock.now)


@pytest.fixture
def behind(site: Site) -> Ground:
    """What stands behind the doors."""
    spec = site.client.get("/api/openapi.json").json()
    return ground(site.bureau, spec, case=CASE, now=site.clock.now)
