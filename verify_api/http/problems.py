"""Refusals as `application/problem+json` (RFC 9457): one handler turns the kind into a status."""

import logging
import uuid
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from registry.errors import (
    Conflict,
    DakaError,
    Forbidden,
    Invalid,
    NotFound,
    Reason,
    TooMany,
    Unauthenticated,
    Unavailable,
)

log = logging.getLogger(__name__)

STATUS: dict[type[DakaError], int] = {
    Invalid: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooMany: 429,
    Unavailable: 503,
}
TITLES = {
    400: "请求格式有误",
    401: "需要登录",
    403: "没有权限",
    404: "未找到",
    405: "不支持的操作",
    409: "当前状态不允许",
    413: "内容过大",
    415: "不支持的格式",
    422: "内容不符合要求",
    429: "操作过于频繁",
    500: "系统错误",
    503: "服务暂不可用",
}
RETRY_AFTER_S = 5
HTTP_CODES = {
    400: "malformed_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "content_too_large",
}
FIELD_ERRORS = {
    "missing": "缺少必填项",
    "extra_forbidden": "不认识的字段",
    "json_invalid": "不是有效的 JSON",
    "string_too_short": "内容过短",
    "string_too_long": "内容过长",
    "finite_number": "必须是有限的数值",
}


class Unstorable(Invalid):
    """A value that no column can hold: a NUL character, a number beyond 64 bits."""

    code = "malformed_request"
    message = "内容含有无法处理的字符或数值"


class ChangedMeanwhile(Conflict):
    """Two requests wanted the same at the same moment, and the other one was first."""

    code = "changed_meanwhile"
    message = "数据刚刚被其他操作改变，请刷新后重试"


class DatabaseAway(Unavailable):
    """The database does not answer, or is too busy to."""

    code = "database_unavailable"
    message = "系统繁忙或正在维护，您的操作未被接受，请稍后重试"


UNIQUE_VIOLATION = "23505"


def told_by_database(error: Exception) -> DakaError | None:
    """The refusal an error of the database stands for; None if it was not foreseen.

    The log keeps its kind only: the text may quote what somebody typed.
    """
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    if isinstance(error, DataError):
        told: DakaError = Unstorable()
    elif isinstance(error, IntegrityError) and sqlstate == UNIQUE_VIOLATION:
        told = ChangedMeanwhile()
    elif isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        told = DatabaseAway()
    else:
        return None
    log.warning("refused by the database: %s %s", type(error).__name__, sqlstate)
    return told


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    hint: str = "",
    reasons: Sequence[Reason] = (),
    retry_after_s: int | None = None,
) -> JSONResponse:
    """A problem document in the shape of the phone's contract."""
    content: dict[str, Any] = {
        "type": f"urn:daka:problem:{code}",
        "title": TITLES.get(status, "请求未能完成"),
        "status": status,
        "code": code,
        "detail": detail,
        "hint": hint,
        "reasons": [reason.to_mapping() for reason in reasons],
    }
    wait = retry_after_s if retry_after_s is not None else (RETRY_AFTER_S if status in (429, 503) else None)
    headers = {"Retry-After": str(wait)} if wait is not None else None
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def status_of(error: DakaError) -> int:
    """The HTTP status of a refusal's kind; 400 for a kind that has none."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def refusal(error: DakaError) -> JSONResponse:
    """A refusal as a problem document."""
    return problem(
        status_of(error),
        error.code,
        error.message,
        hint=error.hint,
        reasons=error.reasons,
        retry_after_s=error.retry_after_s,
    )


def _field(error: dict[str, Any]) -> Reason:
    """One malformed field; the value itself is not repeated, it may be personal."""
    place = ".".join(str(part) for part in error["loc"] if part not in ("body", "query", "path", "header"))
    said = FIELD_ERRORS.get(error["type"], "格式或取值不正确")
    return Reason(code=error["type"], message=f"{place or '请求内容'}：{said}")


async def _on_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DakaError)
    return refusal(error)


async def _on_malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    reasons = [_field(dict(one)) for one in error.errors()]
    detail = "；".join(reason.message for reason in reasons[:3])
    return problem(422, "malformed_request", f"请求内容有误：{detail}", reasons=reasons)


async def _on_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = HTTP_CODES.get(error.status_code, "http_error")
    answer = problem(error.status_code, code, TITLES.get(error.status_code, "请求未能完成"))
    answer.headers.update(error.headers or {})
    return answer


async def _on_crash(_request: Request, error: Exception) -> Response:
    """Whatever was not foreseen refuses, with a number under which the log can be searched."""
    told = told_by_database(error)
    if told is not None:
        return refusal(told)
    number = uuid.uuid4().hex[:12]
    log.error("unforeseen error %s", number, exc_info=error)
    return problem(500, "internal_error", "系统出现意外错误，您的操作未被接受。", hint=f"错误编号 {number}")


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(DakaError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_malformed)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(SQLAlchemyError, _on_crash)
    app.add_exception_handler(Exception, _on_crash)
