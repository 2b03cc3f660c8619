"""The stand-in over HTTP: the contract under /api/v1, and /control to arrange what it holds and its faults.

Both ask for the same bearer token. It holds nothing on disk and belongs on loopback only.
"""

import asyncio
import hashlib
import hmac
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from miniapp_mock.upstream.city import City, Record, public

Clock = Callable[[], datetime]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ItemName(_Body):
    """Which 资质项 a change is about."""

    certificate: str
    category: str
    grade: str


class Change(_Body):
    """A verdict that flows back."""

    id: str = Field(min_length=1, max_length=64)
    item: ItemName
    change: Literal["abnormal_set", "abnormal_lifted", "withdrawn", "lapsed", "reinstated"]
    at: datetime
    reason: str = Field(min_length=1)


class FaultsBody(_Body):
    """Faults to arrange; what is left out stays."""

    fail_next: int | None = Field(default=None, ge=0)
    lose_next: int | None = Field(default=None, ge=0)
    status: int | None = Field(default=None, ge=400, le=599)
    delay_s: float | None = Field(default=None, ge=0, le=120)


def system_clock() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


def create_app(token: str | None = None, *, clock: Clock = system_clock) -> FastAPI:
    """A stand-in with an empty city. The token comes from `DAKA_UPSTREAM_TOKEN` if none is given."""
    secret = token if token is not None else os.environ.get("DAKA_UPSTREAM_TOKEN", "")
    app = FastAPI(title="三库一平台（替身）", docs_url=None, redoc_url=None)
    city = City()
    app.state.city = city
    app.middleware("http")(_guard(city, secret))
    _add_contract(app, city, clock)
    _add_control(app, city, clock)
    return app


def _guard(
    city: City, secret: str
) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        given = request.headers.get("authorization", "")
        if not secret or not hmac.compare_digest(given.encode(), f"Bearer {secret}".encode()):
            return _problem(401, "unauthenticated", "令牌缺失或不正确")
        if not request.url.path.startswith("/api/"):
            return await call_next(request)
        faults = city.faults
        if faults.delay_s:
            await asyncio.sleep(faults.delay_s)
        if faults.fail_next > 0:
            faults.fail_next -= 1
            return _problem(faults.status, "fault", "按设定失败")
        if faults.lose_next > 0:
            faults.lose_next -= 1
            await call_next(request)
            return _problem(503, "lost", "已处理但回执丢失")
        return await call_next(request)

    return guard


def _add_contract(app: FastAPI, city: City, clock: Clock) -> None:
    @app.get("/api/v1/enterprises")
    def enterprises(
        updated_since: datetime | None = None,
        cursor: str = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        items, after = city.page(since=updated_since, cursor=cursor, limit=limit)
        return {"items": items, "next": after, "as_of": clock().isoformat()}

    @app.get("/api/v1/enterprises/{uscc}", response_model=None)
    def enterprise(uscc: str) -> Record | JSONResponse:
        return city.enterprises.get(uscc) or _absent()

    @app.get("/api/v1/enterprises/{uscc}/people", response_model=None)
    def people(uscc: str) -> Record | JSONResponse:
        if uscc not in city.people:
            return _absent()
        return {"items": [public(person) for person in city.people[uscc]], "as_of": clock().isoformat()}

    @app.get("/api/v1/people/{person}/photo")
    def photo(person: str, if_none_match: Annotated[str, Header()] = "") -> Response:
        data = city.photo(person)
        if data is None:
            return _absent()
        etag = f'"{hashlib.sha256(data).hexdigest()}"'
        if if_none_match == etag:
            return Response(status_code=304, headers={"ETag": etag})
        kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        return Response(data, media_type=kind, headers={"ETag": etag})

    @app.post("/api/v1/enterprises/{uscc}/changes", response_model=None)
    def report(uscc: str, change: Change) -> JSONResponse:
        if uscc not in city.enterprises:
            return _absent()
        outcome = city.report(uscc, change.model_dump(mode="json"), at=clock())
        if outcome == "unknown_item":
            return _problem(422, "unknown_item", "该企业没有此资质项")
        return JSONResponse({"id": change.id, "outcome": outcome}, 200 if outcome == "repeated" else 201)


def _add_control(app: FastAPI, city: City, clock: Clock) -> None:
    @app.put("/control/city", response_model=None)
    def fill(body: Record) -> Record | JSONResponse:
        given = body.get("enterprises")
        if not isinstance(given, list) or not all(isinstance(e, dict) and "uscc" in e for e in given):
            return _problem(422, "bad_city", "缺少 enterprises")
        city.fill(body, now=clock())
        return {"enterprises": len(city.enterprises), "people": sum(map(len, city.people.values()))}

    @app.patch("/control/enterprises/{uscc}", response_model=None)
    def change_enterprise(uscc: str, fields: Record) -> Record | JSONResponse:
        return city.enterprises[uscc] if city.change_enterprise(uscc, fields, now=clock()) else _absent()

    @app.patch("/control/people/{person}", response_model=None)
    def change_person(person: str, fields: Record) -> Record | JSONResponse:
        return {"id": person} if city.change_person(person, fields) else _absent()

    @app.patch("/control/faults")
    def faults(body: FaultsBody) -> Record:
        for name, value in body.model_dump(exclude_none=True).items():
            setattr(city.faults, name, value)
        return {name: getattr(city.faults, name) for name in ("fail_next", "lose_next", "status", "delay_s")}

    @app.get("/control/changes")
    def changes() -> Record:
        return {"items": list(city.changes.values())}


def _absent() -> JSONResponse:
    return _problem(404, "not_found", "没有该记录")


def _problem(status: int, code: str, detail: str) -> JSONResponse:
    body = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json")
