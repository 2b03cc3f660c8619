"""Alembic's entry. The address comes from the caller; nothing is read from a file."""

from alembic import context
from sqlalchemy import Connection

from registry.db import Base, make_engine
from registry.migrations import load_models

load_models()


def include_object(_object: object, name: str | None, kind: str, _reflected: bool, _compare: object) -> bool:
    """The queue brings its own tables and migrates them itself."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def run(connection: Connection) -> None:
    """Bring one connection to the asked revision."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        include_object=include_object,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with make_engine(context.config.get_main_option("sqlalchemy.url") or "").begin() as own:
        run(own)
