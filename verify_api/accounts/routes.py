"""The Accounts section of the API: sessions, passwords, codes."""

import time
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, StringConstraints
from sqlalchemy.orm import Session as DbSession

from verify_api.accounts.actor import Kind, Role
from verify_api.accounts.deps import (
    AnyCallerDep,
    IpDep,
    MailingDep,
    token_times,
)
from verify_api.accounts.login import Attempt, Refused, change_password, log_in
from verify_api.accounts.reset import request_reset, reset
from verify_api.accounts.sessions import LoggedIn, end_session
from verify_api.http.deps import Body, NowDep, PartsDep, SessionDep
from verify_api.http.problems import refusal
from verify_api.policy.service import rules_at

router = APIRouter(prefix="/api/v1", tags=["accounts"])

Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
# Blanks at the ends of a password belong to it. The limit lies above what a new password may be.
Password = Annotated[str, StringConstraints(min_length=1, max_length=256, strip_whitespace=False)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=16)]

# A known account costs an SMS row more than an unknown one; nobody shall be able to measure that.
RESET_TAKES_S = 0.2


class LogIn(Body):
    """An enterprise's credentials; the account is its USCC."""

    account: Name
    password: Password


class StaffLogIn(LogIn):
    """A member of staff adds the token of the moment."""

    totp: Code


class Session(BaseModel):
    """A session of an enterprise."""

    token: str
    expires_at: datetime
    must_change_password: bool


class StaffSession(Session):
    """A session of a member of staff."""

    role: Role


class NewPassword(Body):
    """A change of one's own password."""

    old: Password
    new: Password


class ResetCode(Body):
    """Whose password is to be reset."""

    account: Name


class Reset(ResetCode):
    """A new password with the code from the SMS."""

    code: Code
    new: Password


class CodeSent(BaseModel):
    """A code is on its way, if there is such an account."""

    expires_in_s: int
    resend_after_s: int


def code_sent(session: DbSession, now: datetime) -> CodeSent:
    """How long the code is good for and when the next may be asked, by the policy in force."""
    rule = rules_at(session, now).messages
    return CodeSent(expires_in_s=rule.code_minutes * 60, resend_after_s=rule.code_resend_s)


# Refusals are answered, not raised: raising would roll back the count of failures.
@router.post("/sessions", response_model=Session)
def log_in_enterprise(body: LogIn, session: SessionDep, parts: PartsDep, now: NowDep, ip: IpDep) -> object:
    """Log in as an enterprise."""
    attempt = Attempt(Kind.ENTERPRISE, body.account, body.password, ip)
    outcome = log_in(session, attempt, keys=parts.keyring, now=now, token_times=())
    if isinstance(outcome, Refused):
        return refusal(outcome.error)
    return Session(
        token=outcome.token, expires_at=outcome.expires_at, must_change_password=outcome.must_change
    )


@router.post("/staff/sessions", response_model=StaffSession)
def log_in_staff(body: StaffLogIn, session: SessionDep, parts: PartsDep, now: NowDep, ip: IpDep) -> object:
    """Log in as a member of staff, with the token of the authenticator."""
    attempt = Attempt(Kind.STAFF, body.account, body.password, ip, body.totp)
    times = token_times(parts, now)
    outcome = log_in(session, attempt, keys=parts.keyring, now=now, token_times=times)
    return refusal(outcome.error) if isinstance(outcome, Refused) else _staff_session(outcome)


def _staff_session(logged_in: LoggedIn) -> StaffSession:
    assert logged_in.actor.role is not None
    return StaffSession(
        token=logged_in.token,
        expires_at=logged_in.expires_at,
        must_change_password=logged_in.must_change,
        role=logged_in.actor.role,
    )


@router.delete("/sessions", status_code=204)
def log_out(caller: AnyCallerDep, session: SessionDep, now: NowDep) -> None:
    """End this session."""
    end_session(session, caller.token, now=now)


@router.post("/password", status_code=204, response_class=Response)
def change_own_password(
    body: NewPassword, caller: AnyCallerDep, session: SessionDep, now: NowDep, ip: IpDep
) -> Response:
    """Change one's own password; all other sessions end."""
    refused = change_password(session, caller.signed, old=body.old, new=body.new, ip=ip, now=now)
    return refusal(refused.error) if refused else Response(status_code=204)


@router.post("/password/reset/code", status_code=202, response_model=CodeSent)
def send_reset_code(
    body: ResetCode, session: SessionDep, mailing: MailingDep, now: NowDep, ip: IpDep
) -> object:
    """Text a code to the contact, if there is such an account. The answer is the same if there is not."""
    started = time.perf_counter()
    refused = request_reset(session, username=body.account, ip=ip, mailing=mailing, now=now)
    pause_until(started + RESET_TAKES_S)
    return refusal(refused.error) if refused else code_sent(session, now)


@router.post("/password/reset", status_code=204, response_class=Response)
def reset_password(body: Reset, session: SessionDep, parts: PartsDep, now: NowDep, ip: IpDep) -> Response:
    """Set a new password with the code; all sessions end."""
    keys = parts.keyring
    refused = reset(session, username=body.account, code=body.code, new=body.new, ip=ip, keys=keys, now=now)
    return refusal(refused.error) if refused else Response(status_code=204)


def pause_until(moment: float) -> None:
    """Let a request last until then (`time.perf_counter`), so that its length tells nothing."""
    time.sleep(max(0.0, moment - time.perf_counter()))
