"""A session for a command of the shell that can do without one."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from registry.db import make_engine
from registry.migrations import migrate
from verify_api.settings import settings


@contextmanager
def configured_session() -> Iterator[Session | None]:
    """A session on the configured server, its schema up to date; None where none is configured.

    Rolled back unless the caller commits.
    """
    url = settings().database_url
    if not url:
        yield None
        return
    engine = make_engine(url, pool_size=1)
    try:
        migrate(engine)
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()
