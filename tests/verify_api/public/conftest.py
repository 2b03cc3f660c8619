"""The same office as for the cases, and a seal."""

import pytest

from tests.verify_api.cases.conftest import keyring, office
from tests.verify_api.factories import at
from verify_api.notices.seal import Seal

__all__ = ["keyring", "office"]


@pytest.fixture(scope="session")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    """The self-made key, made once."""
    return Seal.self_made(tmp_path_factory.mktemp("keys"), office="示例", now=at("2026-01-01 00:00"))
