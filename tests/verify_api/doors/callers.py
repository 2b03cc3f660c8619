"""Who may knock, and at which doors: callers of every kind, and every route the application has."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select

from tests.verify_api.pages.world import Bureau
from verify_api.accounts.actor import Kind, Role
from verify_api.accounts.models import Account
from verify_api.accounts.sessions import start_session

Headers = dict[str, str]

NOBODY, PERSON, STRANGER, FIRM = "nobody", "person", "stranger", "firm"
STAFF = tuple(str(role) for role in Role)
EVERYBODY = (NOBODY, PERSON, STRANGER, FIRM, *STAFF)


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one route."""

    method: str
    path: str

    @property
    def label(self) -> str:
        """As the table below spells it."""
        return f"{self.method} {self.path}"


def every_door(app: FastAPI) -> Iterator[tuple[Door, Any]]:
    """Each route the application answers, with what FastAPI knows of it, routers included in routers too."""
    for route in app.routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for one in contexts() if contexts else [route]:
            for method in sorted(one.methods - {"HEAD"}):
                yield Door(method, one.path_format), one


def callers(bureau: Bureau, *, case: str, now: datetime) -> dict[str, Headers]:
    """Headers of each kind of caller: `firm` owns the case, `stranger` is another firm."""
    accounts: dict[str, Account] = {
        FIRM: bureau.account(bureau.firms[case]),
        STRANGER: bureau.account(next(firm for name, firm in bureau.firms.items() if name != case)),
        PERSON: _person(bureau, case, now),
    }
    for role in Role:
        named = select(Account).where(Account.id == bureau.staff[role].account_id)
        accounts[role] = bureau.session.scalars(named).one()
    tokens = {name: start_session(bureau.session, one, now=now).token for name, one in accounts.items()}
    bureau.session.commit()
    return {NOBODY: {}} | {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}


def _person(bureau: Bureau, case: str, now: datetime) -> Account:
    person = bureau.firms[case].people[0]
    account = Account(
        kind=Kind.PERSON,
        username="openid-of-a-test",
        name=person.name,
        person_id=person.id,
        created_at=now,
        totp_used=[],
    )
    bureau.session.add(account)
    bureau.session.flush()
    return account
