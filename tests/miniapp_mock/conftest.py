"""Servers for the client's tests."""

from collections.abc import Iterator

import pytest

from miniapp_mock.identity import WeChat
from miniapp_mock.identity import create_app as identity_app
from tests.miniapp_mock.contract_service import Service, create_app, serve


@pytest.fixture
def service() -> Service:
    """What the fake service remembers and is told to do."""
    return Service()


@pytest.fixture
def service_url(service: Service) -> Iterator[str]:
    """The fake service, listening."""
    with serve(create_app(service)) as url:
        yield url


@pytest.fixture(scope="session")
def identity_url() -> Iterator[str]:
    """WeChat's stand-in, listening."""
    with serve(identity_app(WeChat("wxtest", "test-secret"))) as url:
        yield url
