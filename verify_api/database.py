"""A session for a command of the shell that can also answer without a database."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from registry.db import make_engine
from registry.migrations import migrate
from verify_api.settings import settings


@contextmanager
def configured_session() -> Iterator[Session | None]:
    """A session on the configured server, or on the embedded one where it was ever started; else None.

    The schema is brought up to date. Rolled back unless the caller commits.

    Raises:
        click.ClickException: The server does not answer.
    """
    configured = settings()
    if not configured.database_url and not (configured.var / "postgres").exists():
        yield None
        return
    from verify_api.parts import database_url  # Loads the embedded server, which most commands never need.

    engine = make_engine(database_url(configured), pool_size=1)
    try:
        migrate(engine)
        with Session(engine) as session:
            yield session
    except OperationalError as error:
        raise click.ClickException(f"数据库无法连接：{error.orig}") from None
    finally:
        engine.dispose()
