"""Sessions for services that open their own transactions, and people to write to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from registry.crypto import Keyring
from registry.db import Sessions
from tests.verify_api.messages.fakes import SettableClock, at
from tests.verify_api.messages.post import Post
from verify_api.evidence.store import EvidenceStore
from verify_api.parts import Parts
from verify_api.settings import Settings


@pytest.fixture
def sessions(engine: Engine) -> Iterator[Sessions]:
    """A session maker on one connection; all of it is rolled back."""
    with engine.connect() as connection:
        outer = connection.begin()
        yield sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        outer.rollback()


@pytest.fixture
def shared_sessions(engine: Engine) -> Iterator[Sessions]:
    """A session maker for several threads: really committed, and emptied afterwards."""
    yield sessionmaker(engine, class_=Session, expire_on_commit=False)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE messages, message_attempts, message_receipts"))


@pytest.fixture
def parts(sessions: Sessions, engine: Engine, keys: Keyring, clock: SettableClock, tmp_path: Path) -> Parts:
    """A process that takes receipts under `callback-secret`."""
    settings = Settings(sms_callback_token="callback-secret")
    return Parts(settings, clock, engine, sessions, EvidenceStore.open(str(tmp_path)), keys)


@pytest.fixture
def keys() -> Keyring:
    return Keyring({"k1": bytes(range(32))})


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(at("2026-03-02 10:00"))


@pytest.fixture
def post(sessions: Sessions, keys: Keyring, clock: SettableClock) -> Post:
    return Post(sessions, keys, clock)
