"""The store behind a real socket: routes, transactions, problem documents, a clock that tests set."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Header
from sqlalchemy.orm import Session

from miniapp_mock.upstream.platform import create_platform_app
from registry.api.deps import Deps
from registry.api.router import PREFIX, make_router
from registry.db import Sessions
from registry.enterprises.models import Enterprise
from registry.projects.models import Level
from registry.publication.adapters.http import HttpPlatform
from registry.publication.service import Delivered, deliver_publications
from registry.workflows.officers import Firm, Officer
from registry.workflows.review import deem_overdue
from tests.registry.store.world import Calendar, acting, add_firm, add_person, officer
from tests.served import served
from verify_api.http.problems import install


@dataclass(slots=True)
class Journey:
    """Firms and officers who speak HTTP, and the jobs the scheduler would run."""

    sessions: Sessions
    now: datetime
    url: str = ""
    platform_url: str = ""
    firms: dict[str, Firm] = field(default_factory=dict)
    officers: dict[str, Officer] = field(default_factory=dict)
    client: httpx.Client | None = None
    platform: HttpPlatform | None = None
    platform_control: httpx.Client | None = None

    def firm(self, n: int = 1, kind: str = "施工", people: int = 0) -> tuple[Enterprise, list[int]]:
        """A firm with people on its roster."""
        with self.sessions.begin() as session:
            made = add_firm(session, n, kind)
            ids = [add_person(session, made, n * 100 + i).id for i in range(people)]
        self.firms[made.uscc] = acting(made)
        return made, ids

    def call(self, who: str, method: str, path: str, body: Any = None, *, status: int | None = None) -> Any:
        """One call as a firm (its USCC), an officer (level:province) or nobody (-)."""
        if ":" in who and who not in self.officers:
            level, province, *rest = who.split(":")
            self.officers[who] = officer(Level(level), province, n=int(rest[0]) if rest else 1)
        assert self.client is not None
        answer = self.client.request(method, PREFIX + path, json=body, headers={"X-Who": who})
        if status is None:
            assert answer.status_code < 300, answer.text
        else:
            assert answer.status_code == status, answer.text
        return answer.json()

    def approve(self, who: str, filing: int, **more: Any) -> Any:
        """Agree to the step of a filing."""
        body = {"approve": True, "reason": "资料齐全一致", "methods": ["实地核查"], **more}
        return self.call(who, "POST", f"/queue/{filing}/decision", body)

    def publish(self) -> Delivered:
        """What the scheduler's job does."""
        assert self.platform is not None
        return deliver_publications(self.sessions, self.platform, self.now)

    def sweep(self) -> list[int]:
        """What the scheduler's job does."""
        return deem_overdue(self.sessions, Calendar(), self.now)


def _deps(journey: Journey) -> Deps:
    def session() -> Iterator[Session]:
        with journey.sessions.begin() as one:
            yield one

    def firm(x_who: Annotated[str, Header()]) -> Firm:
        return journey.firms[x_who]

    def judge(x_who: Annotated[str, Header()]) -> Officer:
        return journey.officers[x_who]

    def viewer(x_who: Annotated[str, Header()]) -> str | None:
        return None if x_who == "-" else "*" if ":" in x_who else x_who

    return Deps(session, lambda: journey.now, Calendar, firm, judge, viewer)


@pytest.fixture
def journey(sessions: Sessions) -> Iterator[Journey]:
    """An empty store on the network, with a platform to publish to."""
    one = Journey(sessions, datetime.fromisoformat("2024-12-02T09:00:00+08:00"))
    app = FastAPI()
    install(app)
    app.include_router(make_router(_deps(one)))
    with (
        served(app) as url,
        served(create_platform_app("secret")) as platform_url,
        httpx.Client(base_url=url, timeout=30) as client,
        httpx.Client(base_url=platform_url, headers={"Authorization": "Bearer secret"}) as control,
    ):
        one.client, one.platform_control = client, control
        one.platform = HttpPlatform(
            dict.fromkeys(("national", "provincial", "government"), platform_url), "secret"
        )
        yield one
        one.platform.close()
