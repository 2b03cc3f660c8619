"""Refusals as pages for people, as problem+json for programs."""

import json
from collections.abc import Awaitable, Callable
from typing import cast
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from registry.errors import DakaError, Invalid, NotFound, TooMany, Unauthenticated, Unavailable
from verify_api.accounts.deps import PasswordChangeRequired
from verify_api.accounts.rules import GateClosed
from verify_api.http import problems
from verify_api.pages.render import Frame

Handler = Callable[[Request, Exception], Awaitable[Response]]


# Where the next step of an enterprise's onboarding is done.
GATE_PAGES = {
    "info_not_confirmed": "/portal/profile",
    "licence_missing": "/portal/licence",
    "video_missing": "/portal/video",
}


class BadAddress(Invalid):
    """A form or an address has parts that cannot be right."""

    code = "malformed_request"
    message = "提交的内容格式有误，请返回检查后重试"


def wants_page(request: Request) -> bool:
    """Whether a person with a browser is asking."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def install(app: FastAPI) -> None:
    """Show pages to people. Goes over the handlers of `problems`, which stay in force for programs."""
    for kind in (DakaError, RequestValidationError, HTTPException, SQLAlchemyError, Exception):
        app.add_exception_handler(kind, _or_page(cast(Handler, app.exception_handlers[kind])))


def _or_page(otherwise: Handler) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        if not wants_page(request):
            return await otherwise(request, error)
        if isinstance(error, DakaError):
            return refusal_page(request, error)
        if isinstance(error, RequestValidationError):
            return refusal_page(request, BadAddress())
        if isinstance(error, HTTPException):
            return _http_page(request, error)
        refused = problems.told_by_database(error)
        if refused is not None:
            return refusal_page(request, refused)
        told = await otherwise(request, error)  # Logs an unforeseen error under a number.
        return _page(
            request, told.status_code, "system_error", "系统出现意外错误，您的操作未被接受。", _hint(told)
        )

    return handle


def _http_page(request: Request, error: HTTPException) -> Response:
    """What the framework refuses: no such page, no such method, too large."""
    if error.status_code == 404:
        return refusal_page(request, NotFound("没有这个页面"))
    said = problems.TITLES.get(error.status_code, "请求未能完成")
    code = problems.HTTP_CODES.get(error.status_code, "http_error")
    answer = _page(request, error.status_code, code, said)
    answer.headers.update(error.headers or {})
    return answer


def _hint(told: Response) -> str:
    return str(json.loads(bytes(told.body)).get("hint", ""))


def refusal_page(request: Request, error: DakaError) -> Response:
    """A refusal as a page, or as the way to the page where it can be mended."""
    path = request.url.path
    if isinstance(error, Unauthenticated):
        door = "/console/login" if path.startswith("/console") else "/login"
        asked = path + (f"?{request.url.query}" if request.url.query else "")
        query = urlencode({"next": asked}) if request.method == "GET" else "expired=1"
        return RedirectResponse(f"{door}?{query}", 303)
    if isinstance(error, GateClosed) and error.code in GATE_PAGES:
        return RedirectResponse(GATE_PAGES[error.code], 303)
    if isinstance(error, PasswordChangeRequired):
        return RedirectResponse("/password", 303)
    answer = _page(
        request,
        problems.status_of(error),
        error.code,
        error.message,
        error.hint,
        [r.message for r in error.reasons],
    )
    if isinstance(error, TooMany | Unavailable):
        answer.headers["Retry-After"] = str(error.retry_after_s or problems.RETRY_AFTER_S)
    return answer


def _page(
    request: Request, status: int, code: str, message: str, hint: str = "", reasons: list[str] | None = None
) -> Response:
    parts = request.app.state.parts
    # Nobody is named on this page: it must be shown whatever went wrong while finding out who asks.
    frame = Frame(request, parts, parts.clock(), None, "", is_new_visitor=False)
    return frame.show(
        "error.html", status=status, code=code, message=message, hint=hint, reasons=reasons or []
    )
