"""`Idempotency-Key` on every POST: the same key returns the first answer.

Keys live per caller (token or session cookie), method and address. Server errors are not kept, so that a
retry can succeed. A first request that died is forgotten after a minute; the services behind are safe to
repeat by themselves. Bodies are sealed at rest: the answer to a login holds a token.
"""

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from starlette.concurrency import run_in_threadpool
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

from registry.crypto import Keyring
from registry.db import Sessions
from verify_api.http.limits import VIDEO_PATHS
from verify_api.http.models import KeptAnswer
from verify_api.http.problems import problem
from verify_api.parts import Parts

STALE = timedelta(seconds=60)
KEPT = timedelta(days=2)
PURPOSE = "kept-answer"


class IdempotencyMiddleware(BaseHTTPMiddleware):
    """Replays kept answers. Videos pass through unkept: they are not read into memory."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Answer from the kept row, or let the request through and keep what it answers."""
        key = request.headers.get("idempotency-key", "")
        if request.method != "POST" or not key or request.url.path in VIDEO_PATHS:
            return await call_next(request)
        if len(key) > 200:
            return problem(422, "idempotency_key_too_long", "Idempotency-Key 不能超过 200 个字符")
        digest = hashlib.sha256(_without_boundary(request, await request.body())).hexdigest()
        scope = _scope(request, key)
        parts: Parts = request.app.state.parts
        sessions = parts.sessions
        kept = await run_in_threadpool(_claim, sessions, scope, digest)
        if kept is not None:
            return _replay(kept, digest, parts.keyring)
        try:
            answer = await call_next(request)
            body = b"".join([chunk async for chunk in answer.body_iterator])  # type: ignore[attr-defined]
        except BaseException:
            await run_in_threadpool(_forget, sessions, scope)
            raise
        await run_in_threadpool(_keep, parts, scope, answer, body)
        whole = Response(body, answer.status_code)
        whole.raw_headers = answer.raw_headers  # A mapping would keep one of several cookies.
        return whole


def _without_boundary(request: Request, body: bytes) -> bytes:
    """The body as it would be with any other multipart boundary: a retry draws a new one."""
    _, _, boundary = request.headers.get("content-type", "").partition("boundary=")
    return body.replace(boundary.strip('"').encode(), b"") if boundary else body


def _scope(request: Request, key: str) -> str:
    caller = request.headers.get("authorization") or request.headers.get("cookie") or ""
    place = f"{request.url.path}?{request.url.query}"
    return hashlib.sha256("\0".join([caller, place, key]).encode()).hexdigest()


def _claim(sessions: Sessions, scope: str, digest: str) -> KeptAnswer | None:
    """Take the key; the row of an earlier request if there is one. Wall clock: this is about requests."""
    now = datetime.now(UTC)
    with sessions.begin() as session:
        stale = (KeptAnswer.scope == scope) & KeptAnswer.status.is_(None)
        session.execute(delete(KeptAnswer).where(stale, KeptAnswer.created_at < now - STALE))
        row = insert(KeptAnswer).values(scope=scope, request_digest=digest, created_at=now)
        if session.execute(row.on_conflict_do_nothing().returning(KeptAnswer.scope)).first():
            return None
        return session.get(KeptAnswer, scope)


def _replay(kept: KeptAnswer, digest: str, keyring: Keyring) -> Response:
    if kept.request_digest != digest:
        return problem(422, "idempotency_key_reused", "同一 Idempotency-Key 已用于内容不同的请求")
    if kept.status is None:
        return problem(409, "request_in_progress", "相同的请求正在处理，请稍候", retry_after_s=2)
    body = keyring.open(kept.body or b"", purpose=PURPOSE)
    answer = Response(body, kept.status, media_type=kept.media_type)
    answer.headers["Idempotent-Replay"] = "true"
    return answer


def _keep(parts: Parts, scope: str, answer: Response, body: bytes) -> None:
    if answer.status_code >= 500 or answer.status_code in (401, 429):
        return _forget(parts.sessions, scope)
    media_type = answer.headers.get("content-type")
    sealed = parts.keyring.seal(body, purpose=PURPOSE)
    values = {"status": answer.status_code, "media_type": media_type, "body": sealed}
    with parts.sessions.begin() as session:
        session.execute(update(KeptAnswer).where(KeptAnswer.scope == scope).values(**values))
    return None


def _forget(sessions: Sessions, scope: str) -> None:
    with sessions.begin() as session:
        session.execute(delete(KeptAnswer).where(KeptAnswer.scope == scope))


def purge(sessions: Sessions) -> int:
    """Drop answers older than two days; returns how many. Run by the scheduler."""
    with sessions.begin() as session:
        old = delete(KeptAnswer).where(KeptAnswer.created_at < datetime.now(UTC) - KEPT)
        return int(session.execute(old).rowcount)  # type: ignore[attr-defined]
