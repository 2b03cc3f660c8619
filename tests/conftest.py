"""A real PostgreSQL for every test that asks for one; each test is rolled back."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from registry import embedded
from registry.db import Sessions, make_engine, make_sessions
from registry.migrations import migrate


def pytest_configure(config: pytest.Config) -> None:
    """Where everything must run, a missing browser is an error and not a skip."""
    if "CI" in os.environ and shutil.which("chromium") is None:
        raise pytest.UsageError("CI needs Chromium: .ci/run installs it")


@pytest.fixture(scope="session")
def admin_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a server on which tests may make databases of their own."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    folder = Path(__file__).parents[1] / "var" / "test-postgres"
    return embedded.start(folder, "daka_test")


@pytest.fixture(scope="session")
def migrated(admin_url: str, worker_id: str) -> str:
    """Name of this test process's migrated database, to be copied: copying takes a tenth of migrating."""
    name = f"daka_migrated_{worker_id}"
    engine = make_engine(embedded.sibling(admin_url, name, fresh=True))
    migrate(engine)
    engine.dispose()
    return name


@pytest.fixture(scope="session")
def database_url(admin_url: str, migrated: str, worker_id: str) -> str:
    """Address of this test process's own database."""
    return embedded.sibling(admin_url, f"daka_test_{worker_id}", fresh=True, template=migrated)


@pytest.fixture
def own_sessions(admin_url: str, migrated: str, worker_id: str) -> Iterator[Sessions]:
    """Sessions on a database of this test's own, for what needs real commits on several connections."""
    url = embedded.sibling(admin_url, f"daka_own_{worker_id}", fresh=True, template=migrated)
    engine = make_engine(url)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on the test database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose work is rolled back, commits included (they end a savepoint only)."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()
