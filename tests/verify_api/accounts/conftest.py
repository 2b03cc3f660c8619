"""An included enterprise, a member of staff, and the service over one rolled-back connection."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from registry.crypto import Keyring
from registry.enterprises.models import Enterprise
from verify_api.accounts import routes, staff
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.accounts.inclusion import include_enterprise
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.models import Account
from verify_api.accounts.sessions import actor_of
from verify_api.app import create_app
from verify_api.evidence.store import EvidenceStore
from verify_api.messages.models import Message
from verify_api.messages.outbox import BUREAU, unseal
from verify_api.parts import Parts
from verify_api.portal import profile
from verify_api.settings import Settings

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
USCC = "91440300MA5EX00106"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STAFF_PASSWORD = "Kaoyan-2026-ok"
ADMIN = Actor(Kind.STAFF, None, "管理员", role=Role.ADMIN)


@dataclass
class SetClock:
    """A clock that tests move by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """The moment set."""
        return self.now

    def forward(self, **by: float) -> datetime:
        """Move on and return the new moment."""
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def keys() -> Keyring:
    return Keyring({"t": base64.b64decode("A" * 43 + "=")})


@pytest.fixture
def mailing(keys: Keyring) -> Mailing:
    return Mailing(keys, BUREAU)


@pytest.fixture
def enterprise(session: Session) -> Enterprise:
    row = Enterprise(
        uscc=USCC,
        name="深圳示例建设有限公司",
        legal_representative="示例甲",
        registered_address="深圳市福田区示例路1号",
        contact_name="示例乙",
        contact_phone="10000000001",
        synced_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def included(session: Session, enterprise: Enterprise, mailing: Mailing) -> Account:
    include_enterprise(session, enterprise_id=enterprise.id, actor=ADMIN, mailing=mailing, now=NOW)
    return session.scalars(select(Account).where(Account.enterprise_id == enterprise.id)).one()


@pytest.fixture
def actor(included: Account) -> Actor:
    return actor_of(included)


@pytest.fixture
def reviewer(session: Session, keys: Keyring) -> Account:
    staff.add_staff(
        session,
        username="shenhe1",
        name="示例审核员",
        role=Role.REVIEWER,
        keys=keys,
        now=NOW,
        password=STAFF_PASSWORD,
        totp_secret=SEED,
    )
    return session.scalars(select(Account).where(Account.username == "shenhe1")).one()


def token_at(moment: datetime) -> str:
    """The authenticator's token of a moment."""
    return pyotp.TOTP(SEED).at(moment)


def messages(session: Session) -> list[Message]:
    """What was left to be sent, oldest first."""
    return [*session.scalars(select(Message).order_by(Message.id))]


def secret(session: Session, kind: str, keys: Keyring) -> str:
    """The password or code in the newest message of a kind."""
    newest = [message for message in messages(session) if message.kind == kind][-1]
    return next(iter(unseal(newest, keys).values()))


@dataclass
class Web:
    """The service as its users meet it, and what a test looks at behind it."""

    client: TestClient
    session: Session
    clock: SetClock
    keys: Keyring
    parts: Parts
    headers: dict[str, str] = field(default_factory=dict)

    def bearer(self, token: str) -> dict[str, str]:
        """The header of a token."""
        return {"Authorization": f"Bearer {token}"}

    def secret(self, kind: str) -> str:
        """The password or code in the newest message of a kind."""
        self.session.expire_all()
        return secret(self.session, kind, self.keys)

    def log_in(self, password: str) -> dict[str, object]:
        """The answer to a log-in of the enterprise."""
        answer = self.client.post("/api/v1/sessions", json={"account": USCC, "password": password})
        assert answer.status_code == 200, answer.text
        body: dict[str, object] = answer.json()
        return body


@pytest.fixture
def web(
    engine: Engine, session: Session, included: Account, reviewer: Account, keys: Keyring, tmp_path: Path
) -> Iterator[Web]:
    session.commit()
    settings = Settings(var=tmp_path, secure_cookies=False)
    clock = SetClock()
    parts = Parts(
        settings=settings,
        clock=clock,
        engine=engine,
        sessions=sessionmaker(
            session.connection(), join_transaction_mode="create_savepoint", expire_on_commit=False
        ),
        evidence=EvidenceStore.open(str(tmp_path / "evidence")),
        keyring=keys,
    )
    app = create_app(parts)
    for router in (routes.router, profile.router):
        app.include_router(router)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Web(client, session, clock, keys, parts)
