"""Serves the phone page and passes its calls on, as WeChat's shell does for a mini-program.

A mini-program's `wx.request` knows no same-origin rule; a browser does. So the page talks to its own origin
only, and this app carries `/api/v1/miniapp/…` over to the service unchanged and `wx.login` to WeChat. It
adds nothing to a call and keeps nothing of it.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import httpx
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field

STATIC = Path(__file__).with_name("static")
# The phone's contract caps a picture at 2 MB; the rest is the multipart wrapping.
LARGEST_BODY = 2 * 1024 * 1024 + 16 * 1024
# No dots: `..` must not lead out of the phone's part of the service.
PATH = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
PASSED_ON = frozenset({"authorization", "content-type", "idempotency-key", "accept", "accept-language"})
PASSED_BACK = frozenset({"content-type", "retry-after", "date", "cache-control", "x-server-time"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "media-src 'self' blob: mediastream:; connect-src 'self'; manifest-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Login(BaseModel):
    """`wx.login` of one phone; `device` stands for the WeChat user who holds it."""

    model_config = ConfigDict(extra="forbid")
    device: Annotated[str, Field(min_length=8, max_length=128)]


def create_app(*, api_url: str, identity_url: str, inbox_url: str = "") -> FastAPI:
    """The page at `/`. `inbox_url` is where a demonstration shows its SMS; empty hides the link."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=30.0, trust_env=False) as http:
            app.state.http = http
            yield

    app = FastAPI(title="Phone page", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)

    @app.middleware("http")
    async def strict(request: Request, call_next):  # type: ignore[no-untyped-def]
        answer = await call_next(request)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if request.url.path.startswith("/static/"):
            answer.headers["Cache-Control"] = "no-cache"
        return answer

    @app.get("/")
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-store"})

    @app.get("/settings.json")
    async def page_settings() -> dict[str, str]:
        return {"inbox_url": inbox_url}

    @app.post("/wx/login")
    async def login(body: Login, request: Request) -> JSONResponse:
        http: httpx.AsyncClient = request.app.state.http
        try:
            answer = await http.post(f"{identity_url}/stand-in/login", json={"user": body.device})
            return JSONResponse({"code": answer.raise_for_status().json()["code"]})
        except (httpx.HTTPError, ValueError, KeyError):
            return _unavailable("登录服务暂时不可用，请稍后重试")

    @app.api_route("/api/v1/miniapp/{path:path}", methods=["GET", "POST"])
    async def pass_on(path: str, request: Request) -> Response:
        if not PATH.fullmatch(path):
            raise HTTPException(404)
        return await _pass_on(request, f"{api_url}/api/v1/miniapp/{path}")

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


async def _pass_on(request: Request, url: str) -> Response:
    """The service's answer to this very request; 503 where the service cannot be reached."""
    http: httpx.AsyncClient = request.app.state.http
    body = await _read(request)
    headers = {name: value for name, value in request.headers.items() if name in PASSED_ON}
    try:
        answer = await http.request(
            request.method, url, params=request.query_params, content=body, headers=headers
        )
    except httpx.TransportError:
        return _unavailable("暂时连接不上服务器，您的操作没有丢失，请稍后重试")
    kept = {name: value for name, value in answer.headers.items() if name in PASSED_BACK}
    return Response(answer.content, status_code=answer.status_code, headers=kept)


async def _read(request: Request) -> bytes:
    """The body, unless it is larger than anything the contract allows."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise HTTPException(413, "照片超过 2 MB")
    return bytes(body)


def _unavailable(detail: str) -> JSONResponse:
    problem = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "code": "unavailable",
        "detail": detail,
        "hint": "网络恢复后会自动重试",
        "reasons": [],
    }
    return JSONResponse(
        problem, status_code=503, media_type="application/problem+json", headers={"Retry-After": "2"}
    )
