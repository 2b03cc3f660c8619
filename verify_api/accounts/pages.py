"""Pages of logging in and of passwords, for enterprises and staff."""

import time

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from registry.errors import DakaError, Invalid
from verify_api.accounts.actor import Actor, Kind
from verify_api.accounts.deps import (
    AnyCallerDep,
    IpDep,
    KnownCallerDep,
    MailingDep,
    session_cookie,
    token_times,
)
from verify_api.accounts.login import Attempt, Refused, change_password, log_in
from verify_api.accounts.models import Account
from verify_api.accounts.onboarding import RULES_VERSION
from verify_api.accounts.reset import request_reset, reset
from verify_api.accounts.routes import RESET_TAKES_S, pause_until
from verify_api.accounts.sessions import LoggedIn, end_session
from verify_api.http.deps import NowDep, PartsDep, SessionDep
from verify_api.pages.forms import FormDep, VisitorFormDep
from verify_api.pages.render import Frame, FrameDep, attempt, go, set_cookie

router = APIRouter(include_in_schema=False)

_DOORS = {Kind.ENTERPRISE: "/login", Kind.STAFF: "/console/login"}
_HOMES = {Kind.ENTERPRISE: "/portal", Kind.STAFF: "/console"}


class Mistyped(Invalid):
    """The new password was not typed the same way twice."""

    code = "passwords_differ"
    message = "两次输入的新密码不一致"


def home(actor: Actor | None) -> str:
    """Where an actor's work is."""
    return _HOMES.get(actor.kind, "/login") if actor else "/login"


def safe_next(path: str, kind: Kind) -> str:
    """Where to go on after logging in: a path of the same side of the house, never another site."""
    is_ours = path.startswith(_HOMES[kind]) and not path.startswith(_DOORS[kind])
    is_plain = path.isprintable() and "\\" not in path and "//" not in path
    return path if is_ours and is_plain else _HOMES[kind]


@router.get("/")
def start(caller: KnownCallerDep) -> Response:
    """To one's work, or to the door."""
    return RedirectResponse(home(caller.signed.actor if caller else None), 303)


def _login_page(
    frame: Frame, kind: Kind, *, account: str = "", next_: str = "", error: DakaError | None = None
) -> Response:
    return frame.show(
        "login.html",
        staff=kind is Kind.STAFF,
        account=account,
        next=next_,
        expired=frame.request.query_params.get("expired") == "1",
        errors=error or (),
    )


@router.get("/login")
def enterprise_door(frame: FrameDep) -> Response:
    """企业登录."""
    return _door(frame, Kind.ENTERPRISE)


@router.get("/console/login")
def staff_door(frame: FrameDep) -> Response:
    """工作人员登录."""
    return _door(frame, Kind.STAFF)


def _door(frame: Frame, kind: Kind) -> Response:
    if frame.actor is not None and frame.actor.kind is kind:
        return RedirectResponse(_HOMES[kind], 303)
    return _login_page(frame, kind, next_=frame.request.query_params.get("next", ""))


@router.post("/login")
def enterprise_log_in(
    form: VisitorFormDep,
    frame: FrameDep,
    session: SessionDep,
    caller: KnownCallerDep,
    ip: IpDep,
) -> Response:
    """Log in as an enterprise."""
    typed = Attempt(Kind.ENTERPRISE, form.text("account"), form.text("password", strip=False), ip)
    return _log_in(frame, session, typed, next_=form.text("next"), old=caller.token if caller else "")


@router.post("/console/login")
def staff_log_in(
    form: VisitorFormDep, frame: FrameDep, session: SessionDep, caller: KnownCallerDep, ip: IpDep
) -> Response:
    """Log in as a member of staff."""
    password = form.text("password", strip=False)
    typed = Attempt(Kind.STAFF, form.text("account"), password, ip, form.text("totp"))
    return _log_in(frame, session, typed, next_=form.text("next"), old=caller.token if caller else "")


def _log_in(frame: Frame, session: Session, typed: Attempt, *, next_: str, old: str) -> Response:
    keys, times = frame.parts.keyring, token_times(frame.parts, frame.now)
    outcome = log_in(session, typed, keys=keys, now=frame.now, token_times=times)
    if isinstance(outcome, Refused):
        return _login_page(frame, typed.kind, account=typed.username, next_=next_, error=outcome.error)
    end_session(session, old, now=frame.now)
    return _entered(frame, outcome, next_)


def _entered(frame: Frame, outcome: LoggedIn, next_: str) -> Response:
    target = "/password" if outcome.must_change else safe_next(next_, outcome.actor.kind)
    answer = go(target)
    set_cookie(answer, frame.parts, session_cookie(frame.parts), outcome.token)
    return answer


@router.post("/logout")
def log_out(
    _form: FormDep, caller: AnyCallerDep, session: SessionDep, parts: PartsDep, now: NowDep
) -> Response:
    """End this session and forget its cookie."""
    end_session(session, caller.token, now=now)
    answer = go(_DOORS.get(caller.signed.actor.kind, "/login"), "logged_out")
    answer.delete_cookie(session_cookie(parts), path="/", secure=parts.settings.secure_cookies, httponly=True)
    return answer


@router.get("/password")
def password_page(frame: FrameDep, caller: AnyCallerDep, session: SessionDep) -> Response:
    """修改密码."""
    return _password_page(frame, caller, session)


def _password_page(
    frame: Frame, caller: AnyCallerDep, session: Session, error: DakaError | None = None
) -> Response:
    account = session.get_one(Account, caller.signed.actor.account_id)
    return frame.show(
        "password.html",
        must_change=caller.signed.must_change,
        is_first=account.must_change,
        errors=error or (),
    )


@router.post("/password")
def save_password(
    form: FormDep, frame: FrameDep, caller: AnyCallerDep, session: SessionDep, ip: IpDep
) -> Response:
    """Set a new password."""
    old, new = form.text("old", strip=False), form.text("new", strip=False)
    if new != form.text("again", strip=False):
        return _password_page(frame, caller, session, Mistyped())
    outcome = attempt(
        session, lambda: change_password(session, caller.signed, old=old, new=new, ip=ip, now=frame.now)
    )
    error = outcome.error if isinstance(outcome, Refused) else outcome
    if error is not None:
        return _password_page(frame, caller, session, error)
    return go(home(caller.signed.actor), "password_changed")


@router.get("/forgot")
def forgot_page(frame: FrameDep) -> Response:
    """忘记密码."""
    return frame.show("forgot.html", account="", sent=False)


@router.post("/forgot/code")
def send_code(
    form: VisitorFormDep, frame: FrameDep, session: SessionDep, mailing: MailingDep, ip: IpDep
) -> Response:
    """Text a code, if there is such an account; the page is the same if there is not."""
    started = time.perf_counter()
    account = form.text("account")
    refused = request_reset(session, username=account, ip=ip, mailing=mailing, now=frame.now)
    pause_until(started + RESET_TAKES_S)
    if refused is not None:
        return frame.show("forgot.html", account=account, sent=True, errors=refused.error)
    return frame.show("forgot.html", account=account, sent=True, done="code_sent")


@router.post("/forgot")
def set_forgotten(form: VisitorFormDep, frame: FrameDep, session: SessionDep, ip: IpDep) -> Response:
    """Set a new password with the code."""
    account, new = form.text("account"), form.text("new", strip=False)
    if new != form.text("again", strip=False):
        return frame.show("forgot.html", account=account, sent=True, errors=Mistyped())
    keys, code = frame.parts.keyring, form.text("code")
    outcome = attempt(
        session,
        lambda: reset(session, username=account, code=code, new=new, ip=ip, keys=keys, now=frame.now),
    )
    error = outcome.error if isinstance(outcome, Refused) else outcome
    if error is not None:
        return frame.show("forgot.html", account=account, sent=True, errors=error)
    return go("/login", "password_reset")


@router.get("/rules")
def rules_page(frame: FrameDep) -> Response:
    """操作细则, for everybody."""
    return frame.show("rules.html", here="rules" if frame.actor else "", version=RULES_VERSION)
