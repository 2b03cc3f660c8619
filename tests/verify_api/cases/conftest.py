"""The service over one rolled-back connection, with two administrators and a reviewer who are logged in."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session, sessionmaker
from stdnum.cn import uscc

from registry.crypto import Keyring
from registry.people.models import PersonCertificate
from tests.verify_api.accounts.conftest import SetClock
from tests.verify_api.factories import Firm, at, make_firm
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.models import Account, Onboarding
from verify_api.accounts.rules import Gate
from verify_api.accounts.sessions import actor_of, start_session
from verify_api.app import create_app
from verify_api.evidence.store import EvidenceStore
from verify_api.messages.outbox import BUREAU
from verify_api.parts import Parts
from verify_api.settings import Settings

STAFF = {
    "admin1": Role.ADMIN,
    "admin2": Role.ADMIN,
    "reviewer1": Role.REVIEWER,
    "decider1": Role.DECIDER,
    "auditor1": Role.AUDITOR,
}


def valid_uscc(n: int) -> str:
    """An invented code with a right check digit."""
    body = f"91440300MA5EX{n:04d}"
    return body + str(uscc.calc_check_digit(body))


@dataclass
class Office:
    """The service as its users meet it, over HTTP and JSON."""

    client: TestClient
    session: Session
    clock: SetClock
    parts: Parts
    accounts: dict[str, Account] = field(default_factory=dict)

    @property
    def mailing(self) -> Mailing:
        """What services need that send passwords."""
        return Mailing(self.parts.keyring, BUREAU)

    def actor(self, who: str) -> Actor:
        """A member of staff, or a firm, as an actor."""
        return actor_of(self.accounts[who])

    def add_firm(self, name: str, n: int, **more: Any) -> Firm:
        """A firm that is through all gates."""
        firm = make_firm(self.session, **more)
        employed = PersonCertificate.employer_uscc == firm.enterprise.uscc
        firm.enterprise.uscc = valid_uscc(n)
        self.session.execute(update(PersonCertificate).where(employed).values(employer_uscc=valid_uscc(n)))
        now = self.clock.now
        account = Account(
            kind=Kind.ENTERPRISE.value,
            username=firm.enterprise.uscc,
            name=firm.enterprise.name,
            enterprise_id=firm.enterprise.id,
            created_at=now,
        )
        gates = Onboarding(enterprise_id=firm.enterprise.id, gate=Gate.READY, invited_at=now)
        self.session.add_all([account, gates])
        self.session.flush()
        self.accounts[name] = account
        return firm

    def call(self, who: str | None, method: str, path: str, **more: Any) -> Response:
        """A request of somebody, or of nobody."""
        headers = dict(more.pop("headers", {}))
        if who is not None:
            token = start_session(self.session, self.accounts[who], now=self.clock.now).token
            headers["Authorization"] = f"Bearer {token}"
        self.session.commit()
        answer = self.client.request(method, f"/api/v1{path}", headers=headers, **more)
        self.session.expire_all()
        return answer

    def get(self, who: str | None, path: str, **more: Any) -> Any:
        """What a GET answers."""
        answer = self.call(who, "GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, who: str, path: str, body: Any = None, **more: Any) -> Any:
        """What a POST answers."""
        answer = self.call(
            who, "POST", path, **({"json": body or {}} | more if "files" not in more else more)
        )
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def refused(self, who: str | None, method: str, path: str, **more: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = self.call(who, method, path, **more)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["code"]


@pytest.fixture
def keyring() -> Keyring:
    """Keys for what is sealed."""
    return Keyring({"t": base64.b64decode("A" * 43 + "=")})


@pytest.fixture
def office(engine: Engine, session: Session, keyring: Keyring, tmp_path: Path) -> Iterator[Office]:
    """Opened on 2026-03-02 at ten."""
    clock = SetClock(at("2026-03-02 10:00"))
    parts = Parts(
        settings=Settings(var=tmp_path, secure_cookies=False),
        clock=clock,
        engine=engine,
        sessions=sessionmaker(
            session.connection(), join_transaction_mode="create_savepoint", expire_on_commit=False
        ),
        evidence=EvidenceStore.open(str(tmp_path / "evidence")),
        keyring=keyring,
    )
    for username, role in STAFF.items():
        session.add(
            Account(
                kind=Kind.STAFF.value,
                username=username,
                name=username,
                role=role.value,
                created_at=clock.now,
                password_set_at=clock.now,
            )
        )
    session.flush()
    found = {row.username: row for row in session.scalars(select(Account).where(Account.kind == "staff"))}
    with TestClient(create_app(parts), raise_server_exceptions=False) as client:
        yield Office(client, session, clock, parts, found)


def moved_to(office: Office, moment: str) -> datetime:
    """Set the clock."""
    office.clock.now = at(moment)
    return office.clock.now
