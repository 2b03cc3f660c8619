"""Who calls: dependencies of routes. A bearer token, or the cookie of a page session with its CSRF token."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from registry.clock import system_clock
from registry.errors import Forbidden, Unauthenticated
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.media import WrongFile
from verify_api.accounts.sessions import Signed, authenticate
from verify_api.http.deps import NowDep, PartsDep, SessionDep
from verify_api.http.limits import VIDEO_BODY_MAX
from verify_api.messages.outbox import Sender
from verify_api.parts import Parts

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class CsrfFailed(Forbidden):
    """A request rides on a page session without that session's token."""

    code = "csrf_failed"
    message = "页面已过期，请返回刷新后重试"


class PasswordChangeRequired(Forbidden):
    """A one-time or outdated password allows nothing but changing it."""

    code = "password_change_required"
    message = "请先修改密码"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom the request comes from, and by which of the two ways."""

    signed: Signed
    token: str
    by_cookie: bool


def session_cookie(parts: Parts) -> str:
    """Name of the session cookie. The prefix makes browsers refuse it from elsewhere or without TLS."""
    return "__Host-daka" if parts.settings.secure_cookies else "daka"


def visitor_cookie(parts: Parts) -> str:
    """Name of the cookie that ties the forms of a visitor who has not logged in."""
    return "__Host-daka-visitor" if parts.settings.secure_cookies else "daka-visitor"


def csrf_token(secret: str) -> str:
    """The token that forms carry: derived from the cookie, which scripts and other sites cannot read."""
    return hmac.new(secret.encode(), b"csrf", "sha256").hexdigest()


async def require_csrf(request: Request, *secrets: str) -> None:
    """Let a request pass that carries the token of one of the secrets, in a header or as a form field.

    Raises:
        CsrfFailed: It does not, or a browser says that it comes from another site.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise CsrfFailed
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.headers.get("content-type", "").startswith(_FORM_TYPES):
        refuse_large(request)
        given = str((await request.form()).get(CSRF_FIELD, ""))
    fits = [hmac.compare_digest(given.encode(), csrf_token(one).encode()) for one in secrets if one]
    if not any(fits):
        raise CsrfFailed


def refuse_large(request: Request, limit: int = VIDEO_BODY_MAX) -> None:
    """Refuse a body before reading it, if it is too large or does not say how large it is.

    Raises:
        WrongFile: Over the limit (that of a video), or without Content-Length.
    """
    length = request.headers.get("content-length", "")
    if not length.isascii() or not length.isdigit() or int(length) > limit:
        raise WrongFile(code="file_too_large", message="上传内容过大")


def client_ip(request: Request) -> str:
    """The caller's address. Behind a gateway the server is told to trust its headers (uvicorn)."""
    return request.client.host if request.client else ""


def _known_caller(request: Request, parts: PartsDep, session: SessionDep, now: NowDep) -> Caller | None:
    """The caller, if any. A bad token is not replaced by a good cookie."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else ""
    by_cookie = not scheme
    if by_cookie:
        token = request.cookies.get(session_cookie(parts), "")
    signed = authenticate(session, token, now=now) if token else None
    return Caller(signed, token, by_cookie) if signed else None


async def any_caller(request: Request, caller: Annotated[Caller | None, Depends(_known_caller)]) -> Caller:
    """The caller, even one who still has to change a password.

    Raises:
        Unauthenticated: Nobody, or a session that has ended.
        CsrfFailed: A page session without its token.
    """
    if caller is None:
        raise Unauthenticated
    # After the caller is known: a stranger's upload is refused before it is read.
    if caller.by_cookie and request.method not in SAFE_METHODS:
        await require_csrf(request, caller.token)
    return caller


def current_caller(caller: Annotated[Caller, Depends(any_caller)]) -> Caller:
    """The caller with nothing left to do first.

    Raises:
        PasswordChangeRequired: A new password is due.
    """
    if caller.signed.must_change:
        raise PasswordChangeRequired
    return caller


def current_actor(caller: Annotated[Caller, Depends(current_caller)]) -> Actor:
    """Who calls."""
    return caller.signed.actor


def require_kind(kind: Kind) -> Callable[[Actor], Actor]:
    """A dependency that lets one kind of actor pass."""

    def check(actor: Annotated[Actor, Depends(current_actor)]) -> Actor:
        if actor.kind is not kind:
            raise Forbidden
        return actor

    return check


require_enterprise = require_kind(Kind.ENTERPRISE)
require_person = require_kind(Kind.PERSON)


def require_staff(*roles: Role) -> Callable[[Actor], Actor]:
    """A dependency that lets staff of these roles pass; of any role, if none is named."""

    def check(actor: Annotated[Actor, Depends(current_actor)]) -> Actor:
        if actor.kind is not Kind.STAFF or (roles and actor.role not in roles):
            raise Forbidden
        return actor

    return check


def get_mailing(parts: PartsDep) -> Mailing:
    """What a service needs to leave a message that carries a secret."""
    sender = Sender(parts.settings.sms_signature, parts.settings.help_phone)
    return Mailing(parts.keyring, sender)


def token_times(parts: Parts, now: datetime) -> tuple[datetime, ...]:
    """The times a staff token may be of: a phone knows no simulation, a simulated client no other time."""
    return (now,) if parts.settings.simulation_clock is None else (now, system_clock())


KnownCallerDep = Annotated[Caller | None, Depends(_known_caller)]
AnyCallerDep = Annotated[Caller, Depends(any_caller)]
CallerDep = Annotated[Caller, Depends(current_caller)]
ActorDep = Annotated[Actor, Depends(current_actor)]
EnterpriseDep = Annotated[Actor, Depends(require_enterprise)]
PersonDep = Annotated[Actor, Depends(require_person)]
StaffDep = Annotated[Actor, Depends(require_staff())]
MailingDep = Annotated[Mailing, Depends(get_mailing)]
IpDep = Annotated[str, Depends(client_ip)]
