"""The pages over one rolled-back connection, with a busy autumn behind them."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, sessionmaker

from registry.crypto import Keyring
from registry.enterprises.models import Enterprise, QualificationItem
from registry.people.models import Person
from tests.verify_api.accounts.conftest import SetClock
from tests.verify_api.factories import Firm
from tests.verify_api.pages.world import (
    Bureau,
    a_busy_autumn,
    evidence_in,
    log_in_enterprise,
    log_in_staff,
    post,
)
from verify_api.accounts.actor import Role
from verify_api.app import create_app
from verify_api.cases.models import Case
from verify_api.parts import Parts
from verify_api.settings import Settings


@dataclass
class Site:
    """The pages as a browser meets them."""

    client: TestClient
    bureau: Bureau
    clock: SetClock
    parts: Parts

    def get(self, path: str) -> Response:
        """A page."""
        return self.client.get(path, headers={"Accept": "text/html"}, follow_redirects=False)

    def post(self, path: str, fields: dict[str, object], *, on: str, **more: object) -> Response:
        """A form, posted from the page `on`."""
        answer: Response = post(self.client, path, fields, on=on, **more)
        return answer

    def as_firm(self, name: str) -> None:
        """Become a firm."""
        self.client.cookies.clear()
        log_in_enterprise(self.client, self.bureau, name)

    def as_staff(self, role: Role) -> None:
        """Become a member of staff."""
        self.client.cookies.clear()
        self.clock.forward(seconds=31)  # A token works once.
        log_in_staff(self.client, role, self.clock.now)

    def number(self, name: str) -> str:
        """Public number of a case."""
        return self.bureau.cases[name].number


@dataclass
class Built:
    """The world, built once for a module in a transaction that is never committed."""

    connection: Connection
    bureau: Bureau
    now: datetime

    def reopened(self, session: Session) -> Bureau:
        """The same bureau, its rows read anew by another session."""
        old = self.bureau
        firms = {
            name: Firm(
                session.get_one(Enterprise, firm.enterprise.id),
                [session.get_one(QualificationItem, item.id) for item in firm.items],
                [session.get_one(Person, person.id) for person in firm.people],
            )
            for name, firm in old.firms.items()
        }
        cases = {name: session.get_one(Case, case.id) for name, case in old.cases.items()}
        return Bureau(session, old.keys, old.evidence, old.staff, firms, cases)


@pytest.fixture(scope="module")
def built(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    keys = Keyring({"t": base64.b64decode("A" * 43 + "=")})
    evidence = evidence_in(tmp_path_factory.mktemp("evidence"))
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            bureau = Bureau(session, keys, evidence)
            now = a_busy_autumn(bureau)
            session.commit()
            yield Built(connection, bureau, now)
        outer.rollback()


@pytest.fixture
def site(built: Built, engine: Engine, tmp_path: Path) -> Iterator[Site]:
    nested = built.connection.begin_nested()
    sessions = sessionmaker(
        built.connection, join_transaction_mode="create_savepoint", expire_on_commit=False
    )
    clock = SetClock(built.now)
    with sessions() as session:
        bureau = built.reopened(session)
        parts = Parts(
            settings=Settings(var=tmp_path, secure_cookies=False),
            clock=clock,
            engine=engine,
            sessions=sessions,
            evidence=bureau.evidence,
            keyring=bureau.keys,
        )
        with TestClient(create_app(parts), raise_server_exceptions=False) as client:
            yield Site(client, bureau, clock, parts)
    nested.rollback()
