"""The database base: one metadata, one engine factory, PostgreSQL only."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Engine, Identity, MetaData, create_engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Json = dict[str, Any]


class Base(DeclarativeBase):
    """Base of every table. Times are `timestamptz`, mappings are JSONB."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class.
        datetime: DateTime(timezone=True),
        int: BigInteger,
        Json: JSONB,
        list[Any]: JSONB,
        list[str]: JSONB,
        list[int]: JSONB,
    }


def psycopg_url(url: str) -> str:
    """The same address with the driver named, since SQLAlchemy would otherwise look for psycopg2."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """An engine in UTC, so that a date is only ever taken in a zone that the code names."""
    return create_engine(
        psycopg_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # An error's text must not carry names and numbers into a log.
        connect_args={"options": "-c timezone=UTC -c lock_timeout=30s"},
    )


Sessions = sessionmaker[Session]


def make_sessions(engine: Engine) -> Sessions:
    """Sessions whose objects stay readable after the commit at the edge."""
    return sessionmaker(engine, expire_on_commit=False)
