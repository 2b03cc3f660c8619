"""The stand-in on a loopback port, a photo store in memory, and keys."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

import registry.models  # noqa: F401 - fills the metadata that OWN reads.
from miniapp_mock.upstream.app import create_app
from registry.crypto import Keyring
from registry.db import Base, Sessions, make_sessions
from registry.sync.adapters.http import HttpUpstream
from tests.served import served

TOKEN = "test-token"
# Not the whole metadata: other packages' tables may hold what their migrations put there.
OWN = [m.local_table.name for m in Base.registry.mappers if m.class_.__module__.startswith("registry.")]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the twin of the evidence store answers."""

    sha256: str


@dataclass(slots=True)
class MemoryStore:
    """Photographs by digest."""

    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, data: bytes, *, media_type: str) -> Kept:
        """Keep the bytes."""
        digest = hashlib.sha256(data).hexdigest()
        self.files[digest] = data
        return Kept(digest)


@dataclass(slots=True)
class Standin:
    """The running stand-in and its control calls."""

    url: str
    control: httpx.Client

    def fill(self, *enterprises: dict[str, object]) -> None:
        """Give it a whole city, and no faults."""
        answer = self.control.put("/control/city", json={"enterprises": list(enterprises)})
        answer.raise_for_status()
        self.faults(fail_next=0, lose_next=0, status=503, delay_s=0)

    def faults(self, **faults: float) -> None:
        """Arrange faults."""
        self.control.patch("/control/faults", json=faults).raise_for_status()

    def change(self, uscc: str, **fields: object) -> None:
        """Change an enterprise."""
        self.control.patch(f"/control/enterprises/{uscc}", json=fields).raise_for_status()

    def changes(self) -> list[dict[str, object]]:
        """What was reported to it."""
        items: list[dict[str, object]] = self.control.get("/control/changes").json()["items"]
        return items


@pytest.fixture(scope="session")
def running_standin() -> Iterator[Standin]:
    """The stand-in behind a real socket."""
    with (
        served(create_app(TOKEN)) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as control,
    ):
        yield Standin(url, control)


@pytest.fixture
def standin(running_standin: Standin) -> Standin:
    """The stand-in, emptied."""
    running_standin.fill()
    return running_standin


@pytest.fixture
def upstream(standin: Standin) -> Iterator[HttpUpstream]:
    """The real client, talking to the stand-in."""
    with HttpUpstream(standin.url, TOKEN) as client:
        yield client


@pytest.fixture
def store() -> MemoryStore:
    """An empty photo store."""
    return MemoryStore()


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """A fixed data key."""
    return Keyring({"k1": bytes(range(32))})


@pytest.fixture
def sessions(engine: Engine) -> Iterator[Sessions]:
    """Real transactions, for what opens its own; every table of the store is emptied afterwards."""
    yield make_sessions(engine)
    names = ", ".join(OWN)
    with Session(engine) as session:
        # Replica mode silences the triggers that keep the append-only tables.
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        session.commit()
