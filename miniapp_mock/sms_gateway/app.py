"""The gateway's HTTP side: sending, asking, behaviour, and an inbox to look at. The contract is documented in
docs/sms-gateway.md."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import httpx
from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from miniapp_mock.sms_gateway.carrier import Carrier, receipt
from miniapp_mock.sms_gateway.store import Acceptance, Behaviour, Fate, Sms, Store

HERE = Path(__file__).parent / "pages"
SHANGHAI = ZoneInfo("Asia/Shanghai")
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'"
REFUSALS: dict[Acceptance, tuple[int, str, str]] = {
    Acceptance.THROTTLED: (429, "throttled", "发送过于频繁"),
    Acceptance.BLOCKED: (403, "blocked_number", "号码在黑名单中"),
    Acceptance.NO_BALANCE: (402, "no_balance", "余额不足"),
    Acceptance.DOWN: (503, "down", "网关维护中"),
    Acceptance.TAKEN_BUT_SILENT: (502, "broken_pipe", "连接中断"),
}


class Outgoing(BaseModel):
    """Body of `POST /send`."""

    model_config = ConfigDict(extra="forbid")

    reference: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")
    to: str = Field(pattern=r"^1[0-9]{10}$")
    signature: str = Field(min_length=2, max_length=20)
    text: str = Field(min_length=1, max_length=500)
    template: str = Field(default="", max_length=60)
    sent_at: datetime | None = None


class BehaviourIn(BaseModel):
    """Body of `POST /behaviour`."""

    model_config = ConfigDict(extra="forbid")

    phone: str = Field(pattern=r"^(1[0-9]{10}|\*)$")
    acceptance: Acceptance = Acceptance.OK
    fate: Fate = Fate.DELIVERED
    delay_s: float = Field(default=0.2, ge=0, le=86_400)


class Refused(Exception):
    """The gateway does not take the request."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep the answer."""
        self.status, self.code, self.message = status, code, message
        super().__init__(code)


def create_app(
    *,
    token: str,
    callback_url: str | None = None,
    callback_secret: str = "",
    file: Path | None = None,
    callback_transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The gateway as an app of its own.

    Args:
        token: What a sender has to present; without it anybody on the network could text.
        callback_url: Where receipts are pushed. None: they can only be asked for.
        callback_secret: Key of the receipts' HMAC.
        file: Where messages are kept beyond this process (JSON lines). None: in memory only.
        callback_transport: For tests: what receipts go through instead of the network.
    """
    store = Store(file)
    carrier = Carrier(
        store, callback_url=callback_url, callback_secret=callback_secret, transport=callback_transport
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with carrier.running():
            yield

    app = FastAPI(
        title="短信网关（替身）", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    _add_errors(app)
    _add_api(app, store, carrier, token=token)
    _add_pages(app, store)
    return app


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(_request: Request, error: Refused) -> JSONResponse:
        headers = {"Retry-After": "30"} if error.status in (429, 503) else {}
        return _problem(error.status, error.code, error.message, headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        fields = {str(each["loc"][-1]) for each in error.errors()}
        if "to" in fields:
            return _problem(422, "invalid_number", "手机号码格式错误")
        return _problem(422, "invalid", f"字段有误：{'、'.join(sorted(fields))}")

    @app.exception_handler(HTTPException)
    async def other(_request: Request, error: HTTPException) -> JSONResponse:
        return _problem(error.status_code, "no_such_page", "没有这个地址")


def _problem(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    body = {"code": code, "message": message}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _add_api(app: FastAPI, store: Store, carrier: Carrier, *, token: str) -> None:
    async def authorised(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise Refused(401, "unauthorised", "令牌无效")

    @app.post("/send", dependencies=[Depends(authorised)])
    async def send(body: Outgoing) -> JSONResponse:
        known = store.get(body.reference)
        if known is not None:
            return JSONResponse({"id": known.id}, 200)
        acceptance = store.behaviour(body.to).acceptance
        if acceptance not in (Acceptance.OK, Acceptance.TAKEN_BUT_SILENT):
            raise Refused(*REFUSALS[acceptance])
        sent_at = body.sent_at or datetime.now(UTC)
        if sent_at.tzinfo is None:
            raise Refused(422, "invalid", "sent_at 须带时区")
        sms, _ = store.add(**body.model_dump(exclude={"sent_at"}), sent_at=sent_at)
        carrier.take(sms)
        if acceptance is Acceptance.TAKEN_BUT_SILENT:
            raise Refused(*REFUSALS[acceptance])
        return JSONResponse({"id": sms.id}, 202)

    @app.get("/messages/{reference}", dependencies=[Depends(authorised)])
    async def message(reference: str) -> dict[str, Any]:
        sms = store.get(reference)
        if sms is None:
            raise Refused(404, "not_found", "没有这条短信")
        return receipt(sms)

    @app.post("/behaviour")
    async def behave(body: BehaviourIn) -> dict[str, str]:
        store.behave(body.phone, Behaviour(body.acceptance, body.fate, body.delay_s))
        return {"phone": body.phone}

    @app.get("/inbox.json")
    async def inbox(
        phone: str = "", after: Annotated[int, Query(ge=0)] = 0, q: str = ""
    ) -> dict[str, list[dict[str, Any]]]:
        return {"messages": [_shown(sms) for sms in store.messages(phone=phone, after=after, text=q)]}


def _shown(sms: Sms) -> dict[str, Any]:
    return {
        "id": sms.id,
        "seq": sms.seq,
        "to": sms.to,
        "text": sms.full_text,
        "template": sms.template,
        "sent_at": sms.sent_at,
        "state": sms.state,
        "reported_at": sms.reported_at,
    }


def _add_pages(app: FastAPI, store: Store) -> None:
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=select_autoescape())

    def page(name: str, **values: object) -> Response:
        html = pages.get_template(name).render({"q": ""} | values)
        return Response(html, media_type="text/html", headers={"Content-Security-Policy": POLICY})

    @app.get("/")
    async def phones(q: str = "") -> Response:
        return page("inbox.html", threads=_threads(store, q.strip()), phone="", days=[], q=q.strip())

    @app.get("/phones/{phone}")
    async def conversation(phone: str) -> Response:
        days = [
            (day, list(group))
            for day, group in groupby(
                store.messages(phone=phone), key=lambda sms: _local(sms, "%Y年%-m月%-d日")
            )
        ]
        return page("inbox.html", threads=_threads(store, ""), phone=phone, days=days)

    @app.get("/style.css")
    async def style() -> Response:
        return Response((HERE / "style.css").read_text(encoding="utf-8"), media_type="text/css")

    @app.get("/inbox.js")
    async def script() -> Response:
        return Response((HERE / "inbox.js").read_text(encoding="utf-8"), media_type="text/javascript")

    pages.filters["clock"] = lambda sms: _local(sms, "%H:%M")
    pages.filters["day"] = lambda sms: _local(sms, "%-m月%-d日 %H:%M")


def _local(sms: Sms, form: str) -> str:
    return sms.moment.astimezone(SHANGHAI).strftime(form)


def _threads(store: Store, q: str) -> list[tuple[str, Sms, int]]:
    """Numbers with their last message and how many they have, the latest first."""
    by_phone: dict[str, list[Sms]] = {}
    for sms in store.messages(text=q):
        by_phone.setdefault(sms.to, []).append(sms)
    threads = [(phone, found[-1], len(found)) for phone, found in by_phone.items()]
    return sorted(threads, key=lambda thread: thread[1].seq, reverse=True)
