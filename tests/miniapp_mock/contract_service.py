"""A service of a hundred lines that answers as the phone's contract says: one person, one case, in memory.

It stands at the edge of the client's world, as a fake: the real service has its own tests and journeys.
"""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

CASE = "DK-2025-0001"
CENTRE = (114.0579, 22.5431)


@dataclass
class Service:
    """What it was asked, and what it is told to answer."""

    bound: bool = True
    consented: bool = True
    prompts: tuple[str, ...] = ("front", "blink", "turn_left")
    verdict: dict[str, Any] = field(
        default_factory=lambda: {"state": "accepted", "reasons": [], "done": 4, "total": 7}
    )
    refuse_place: dict[str, Any] | None = None
    # Statuses to answer first, per path end: {"frames": [503, 503]}. -1 does the work, then breaks.
    faults: dict[str, list[int]] = field(default_factory=dict)
    life_s: float = 90.0
    calls: list[str] = field(default_factory=list)
    keys: dict[str, tuple[int, bytes, bytes]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    attempts: dict[str, dict[str, Any]] = field(default_factory=dict)
    opened: list[dict[str, Any]] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    done_work: list[str] = field(default_factory=list)


def problem(status: int, code: str, detail: str, **more: Any) -> JSONResponse:
    """A refusal in the contract's form."""
    body = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail}
    body |= {"hint": more.get("hint", ""), "reasons": more.get("reasons", [])}
    headers = {"Retry-After": "0"} if status in (429, 503) else None
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def create_app(service: Service) -> FastAPI:
    """The contract's calls over `service`."""
    app = FastAPI()
    root = "/api/v1/miniapp"

    @app.middleware("http")
    async def edge(request: Request, call_next: Any) -> Response:
        end = request.url.path.rsplit("/", 1)[-1]
        service.calls.append(f"{request.method} {request.url.path}")
        waiting = service.faults.get(end, [])
        fault = waiting.pop(0) if waiting else 0
        if fault > 0:
            return problem(fault, "unavailable" if fault == 503 else "fault", "按设定失败")
        needs_token = not request.url.path.startswith(f"{root}/sessions")
        if needs_token and request.headers.get("authorization", "")[7:] not in service.tokens:
            return problem(401, "unauthenticated", "请先登录")
        answer = await _kept(service, request, call_next)
        return problem(503, "lost", "已处理但回执丢失") if fault == -1 else answer

    @app.post(f"{root}/sessions")
    def sessions(body: dict[str, str]) -> Any:
        if body["code"] in service.codes:
            return problem(401, "code_used", "登录凭证已使用")
        service.codes.append(body["code"])
        return _session(service)

    @app.post(f"{root}/sessions/bind/sms")
    def bind_sms(body: dict[str, str]) -> Any:
        return {"name": body["name"], "id_number": body["id_number"]}

    @app.post(f"{root}/sessions/bind")
    def bind(body: dict[str, str]) -> Any:
        if body["sms_code"] != "123456":
            return problem(422, "code_wrong", "验证码不正确", hint="请重新获取")
        service.bound = True
        return _session(service)

    @app.get(f"{root}/notice")
    def notice() -> Any:
        return problem(404, "not_found", "未找到")

    @app.post(f"{root}/consents")
    def consents(body: dict[str, Any]) -> Any:
        service.consented = body["granted"]
        return {"granted": body["granted"]}

    @app.get(f"{root}/tasks")
    def tasks(datum: str) -> Any:
        if not service.consented:
            return problem(403, "consent_required", "需要您的单独同意")
        now = datetime.now(UTC)
        fence = {"kind": "circle", "center": CENTRE, "radius_m": 300, "datum": datum}
        ends = (now + timedelta(days=12)).isoformat()
        return [
            {
                "case": CASE,
                "enterprise": "深圳示例建设有限公司",
                "address": "福田区示例路 1 号",
                "fence": fence,
                "opens_at": now.isoformat(),
                "closes_at": ends,
                "state": "open",
                "done": 3,
                "total": 7,
            }
        ]

    @app.post(f"{root}/attempts", status_code=201)
    def attempts(body: dict[str, Any]) -> Any:
        service.opened.append(body)
        if service.refuse_place:
            return problem(422, **service.refuse_place)
        name = uuid.uuid4().hex
        service.attempts[name] = {"frames": {}, "submitted": False, "polls": 0}
        prompts = [{"n": n, "ask": ask, "say": f"请做 {ask}"} for n, ask in enumerate(service.prompts, 1)]
        return {
            "attempt": name,
            "place": {"verdict": "inside", "edge_distance_m": -120.0, "hint": ""},
            "prompts": prompts,
            "expires_at": (datetime.now(UTC) + timedelta(seconds=service.life_s)).isoformat(),
        }

    @app.post(f"{root}/attempts/{{attempt}}/frames", status_code=201)
    async def frames(attempt: str, request: Request) -> Any:
        async with request.form() as form:
            file = form["file"]
            assert isinstance(file, UploadFile)
            place = (int(str(form["n"])), int(str(form["seq"])))
            service.attempts[attempt]["frames"][place] = await file.read()
        service.done_work.append(f"frame {place}")
        return {"n": place[0], "seq": place[1]}

    @app.post(f"{root}/attempts/{{attempt}}/submit", status_code=202)
    def submit(attempt: str) -> Any:
        service.done_work.append("submit")
        service.attempts[attempt]["submitted"] = True
        return {"attempt": attempt, "state": "verifying", "received_at": datetime.now(UTC).isoformat()}

    @app.get(f"{root}/attempts/{{attempt}}")
    def verdict(attempt: str, wait_s: int = 0) -> Any:
        found = service.attempts[attempt]
        found["polls"] += 1
        verifying = {"state": "verifying", "reasons": [], "done": 3, "total": 7}
        return service.verdict if found["polls"] > 1 else verifying

    return app


def _session(service: Service) -> dict[str, Any]:
    token = uuid.uuid4().hex
    service.tokens.add(token)
    person = {"name": "张*" if service.bound else "", "bound": service.bound}
    return {
        "token": token,
        "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "person": person,
    }


async def _kept(service: Service, request: Request, call_next: Any) -> Response:
    """The first answer under a key; a key that comes back with other bytes is refused."""
    key = request.headers.get("idempotency-key")
    if request.method != "POST" or not key:
        return await call_next(request)
    sent = await request.body()
    if key in service.keys:
        status, body, first = service.keys[key]
        if sent != first:
            return problem(422, "idempotency_key_reused", "同一键已用于内容不同的请求")
        return Response(body, status, media_type="application/json")
    answer = await call_next(request)
    body = b"".join([chunk async for chunk in answer.body_iterator])
    service.keys[key] = (answer.status_code, body, sent)
    return Response(body, answer.status_code, dict(answer.headers))


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """The app on a free loopback port, in a thread, until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
