"""How much a request may carry, whoever sends it: counted as it arrives, before anything is parsed.

The framework reads a body before it asks who the caller is, and spools files to disk without a limit.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from verify_api.http.problems import HTTP_CODES, TITLES, problem
from verify_api.policy.values import DOCUMENT_CEILING_MB, VIDEO_CEILING_MB

MEGABYTE = 1024 * 1024
FORM = 2  # MB around a file
BODY_MAX = (DOCUMENT_CEILING_MB + FORM) * MEGABYTE
VIDEO_BODY_MAX = (VIDEO_CEILING_MB + FORM) * MEGABYTE
VIDEO_PATHS = frozenset({"/api/v1/portal/profile/video", "/portal/video"})


class ContentTooLarge(Exception):
    """More bytes than this address takes. Nobody sees it: the limit answers in the application's place."""


class BodyLimit:
    """Refuses a body that says it is too large, and stops reading one that turns out to be."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand in front of the application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what arrives."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        limit = VIDEO_BODY_MAX if scope["path"] in VIDEO_PATHS else BODY_MAX
        if _declared(scope) > limit:
            return await _refuse(scope, receive, send)
        return await self._counted(limit, scope, receive, send)

    async def _counted(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        arrived, has_answered = 0, False

        async def count() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > limit:
                raise ContentTooLarge
            return message

        async def answer(message: Message) -> None:
            nonlocal has_answered
            if arrived <= limit or has_answered:
                has_answered = True
                await send(message)

        try:
            await self.app(scope, count, answer)
        except Exception:
            if arrived <= limit:
                raise
        # What the layers between made of it (a group of errors, a 400) is not what the sender should read.
        if arrived > limit and not has_answered:
            await _refuse(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await problem(413, HTTP_CODES[413], TITLES[413])(scope, receive, send)


def _declared(scope: Scope) -> int:
    """Content-Length; 0 where it is missing or no number, since the bytes are counted anyway."""
    said = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(said) if said.isdigit() and len(said) < 20 else 0
