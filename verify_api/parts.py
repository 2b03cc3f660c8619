"""The parts of a running process, put together once by the composition root and handed to the edges."""

from dataclasses import dataclass

from sqlalchemy import Engine

from registry.clock import Clock
from registry.crypto import Keyring, load_keyring
from registry.db import Sessions, make_engine, make_sessions
from registry.embedded import start
from registry.migrations import migrate
from verify_api.clock import make_clock
from verify_api.evidence.store import EvidenceStore
from verify_api.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """What edges need: settings, clock, database, files, keys."""

    settings: Settings
    clock: Clock
    engine: Engine
    sessions: Sessions
    evidence: EvidenceStore
    keyring: Keyring

    @property
    def database_url(self) -> str:
        """The address the engine uses, with its password, for the queue's own connections."""
        return self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def database_url(settings: Settings) -> str:
    """The server that was named, else the embedded one under `var`."""
    return settings.database_url or start(settings.var / "postgres")


def make_parts(settings: Settings, *, migrated: bool = True, pool_size: int = 10) -> Parts:
    """Open everything; bring the schema up to date unless told otherwise."""
    engine = make_engine(database_url(settings), pool_size=pool_size)
    if migrated:
        migrate(engine)
    return Parts(
        settings=settings,
        clock=make_clock(settings.simulation_clock),
        engine=engine,
        sessions=make_sessions(engine),
        evidence=EvidenceStore.open(settings.evidence),
        keyring=load_keyring(settings.data_keys.get_secret_value(), settings.var / "keys"),
    )
