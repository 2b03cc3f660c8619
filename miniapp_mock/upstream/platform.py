"""Stand-in for the platforms that show projects, and for the gateway of the three registers.

It speaks docs/platform-contract.md, and fails, repeats and loses as it is told to.
"""

import hmac
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

Record = dict[str, Any]


class PlatformFaults(BaseModel):
    """What goes wrong next. `lose_next` does the work and loses the answer."""

    model_config = ConfigDict(extra="forbid")
    fail_next: int = Field(default=0, ge=0)
    lose_next: int = Field(default=0, ge=0)
    status: int = Field(default=503, ge=400, le=599)


class Person(BaseModel):
    """Whom a register is asked about."""

    model_config = ConfigDict(extra="forbid")
    name: str
    id_number: str
    employer_uscc: str


@dataclass(slots=True)
class Shown:
    """What a platform shows, and what it was sent."""

    projects: dict[str, Record] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    repeated: int = 0
    answers: dict[str, Record] = field(default_factory=dict)  # kind/id number → answer of a register
    faults: PlatformFaults = field(default_factory=PlatformFaults)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: Record) -> bool:
        """Show a project as sent; False if that very publication was taken before."""
        with self.lock:
            if body["id"] in self.seen:
                self.repeated += 1
                return False
            self.seen.add(body["id"])
            held = self.projects.setdefault(body["project"]["code"], {"stages": {}})
            held |= {"project": body["project"], "is_false": body["is_false"]}
            held["stages"] |= {stage["stage"]: stage for stage in body["stages"]}
            return True


def create_platform_app(token: str) -> FastAPI:
    """A platform that shows nothing yet."""
    app = FastAPI(title="平台（替身）", docs_url=None, redoc_url=None)
    shown = Shown()
    app.state.shown = shown

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        given = request.headers.get("authorization", "")
        if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return JSONResponse({"code": "unauthenticated"}, 401)
        faults = shown.faults
        if request.url.path.startswith("/api/") and faults.fail_next > 0:
            faults.fail_next -= 1
            return JSONResponse({"code": "fault"}, faults.status)
        answer = await call_next(request)
        if request.url.path.startswith("/api/") and faults.lose_next > 0:
            faults.lose_next -= 1
            return JSONResponse({"code": "lost"}, 503)
        return answer

    @app.post("/api/v1/publications")
    def publish(body: Record) -> JSONResponse:
        if not {"id", "project", "stages", "is_false"} <= set(body):
            return JSONResponse({"code": "incomplete"}, 422)
        return JSONResponse({"id": body["id"]}, 201 if shown.take(body) else 200)

    @app.post("/api/v1/checks/{kind}")
    def check(kind: Literal["education", "title", "insurance"], person: Person) -> Record:
        return shown.answers.get(f"{kind}/{person.id_number}", {"result": "查无"})

    @app.get("/control/projects")
    def projects() -> Record:
        return {"projects": shown.projects, "repeated": shown.repeated}

    @app.put("/control/answers")
    def answers(body: dict[str, Record]) -> Record:
        shown.answers = body
        return {"answers": len(body)}

    @app.patch("/control/faults")
    def arrange(body: PlatformFaults) -> PlatformFaults:
        shown.faults = body
        return body

    return app
