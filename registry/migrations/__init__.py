"""Schema versions. `migrate` brings a database to the newest one; starting any process does so."""

import importlib
import importlib.util
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

LOCK = 4_031_911  # Any number of ours: one process migrates, the others wait and find nothing to do.


def load_models() -> None:
    """Import the tables of the store, and those of the service where it is installed.

    The service lies above the store, so it is named by string: the store alone must stay usable.
    """
    for name in ("registry.models", "verify_api.models"):
        if importlib.util.find_spec(name.split(".")[0]) is not None:
            importlib.import_module(name)


def config() -> Config:
    """Alembic's configuration without a file."""
    cfg = Config()
    cfg.set_main_option("script_location", str(Path(__file__).parent))
    return cfg


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version. Safe to call from several processes at once."""
    cfg = config()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        cfg.attributes["connection"] = connection
        command.upgrade(cfg, "heads")
