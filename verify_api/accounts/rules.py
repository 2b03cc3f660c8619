"""Pure rules of accounts: passwords, limits, terms, gates (DOMAIN C.5, SZ-05); the numbers are policy."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from registry.errors import Conflict, Invalid, Reason
from verify_api.policy.values import Accounts, Messages

PASSWORD_MAX = 128  # Longer input only costs the server time.

SESSION_TOUCH = timedelta(minutes=1)  # Finer marks of use would write on every request.


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures within a window lock a subject for a while."""

    failures: int
    window: timedelta
    lock: timedelta


# A whole firm may sit behind one address, so this only slows the guessing of many accounts from one place.
ADDRESS_LIMIT = Limit(50, timedelta(minutes=30), timedelta(minutes=30))
# A firm's people bind their phones at one address, behind one line.
CODE_ADDRESS_LIMIT = Limit(300, timedelta(hours=24), timedelta(hours=1))


def account_limit(rule: Accounts) -> Limit:
    """How many failures lock an account, and for how long; they count within a time as long as the lock."""
    lock = timedelta(minutes=rule.lock_minutes)
    return Limit(rule.failures_before_lock, lock, lock)


def first_password_term(rule: Accounts) -> timedelta:
    """How long a password that the service made is good for (SZ-02)."""
    return timedelta(days=rule.first_password_days)


def session_term(rule: Accounts) -> timedelta:
    """How long a session lasts at most, however busy; the one of the day it began (C.5)."""
    return timedelta(hours=rule.session_hours)


def staff_password_term(rule: Accounts) -> timedelta:
    """After which staff choose another password (C.5)."""
    return timedelta(days=rule.staff_password_days)


def code_term(rule: Messages) -> timedelta:
    """How long a one-time code is good for (SZ-05)."""
    return timedelta(minutes=rule.code_minutes)


class WeakPassword(Invalid):
    """The new password does not meet the rules; `reasons` says which."""

    code = "password_too_weak"
    message = "新密码不符合要求"


_CLASSES = (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9\s]")


def password_hint(rule: Accounts) -> str:
    """What a new password must be, for the form and the refusal."""
    return (
        f"至少{rule.password_min_length}位，"
        f"并包含大写字母、小写字母、数字、符号中的至少{rule.password_classes}类"
    )


def weaknesses(password: str, *, username: str, rule: Accounts) -> list[Reason]:
    """Everything that is wrong with a new password; empty if it will do."""
    found = []
    if len(password) < rule.password_min_length:
        found.append(Reason("password_too_short", f"密码至少{rule.password_min_length}位"))
    if len(password) > PASSWORD_MAX:
        found.append(Reason("password_too_long", f"密码至多{PASSWORD_MAX}位"))
    if sum(bool(re.search(cls, password)) for cls in _CLASSES) < rule.password_classes:
        kinds = f"密码须包含大写字母、小写字母、数字、符号中的至少{rule.password_classes}类"
        found.append(Reason("password_too_simple", kinds))
    if username.lower() in password.lower():
        found.append(Reason("password_contains_account", "密码不得包含账号"))
    if len(set(password)) < rule.password_min_length // 2:
        found.append(Reason("password_repetitive", "密码中重复的字符过多"))
    return found


def require_strong(password: str, *, username: str, rule: Accounts) -> None:
    """Let a good password pass.

    Raises:
        WeakPassword: With every reason.
    """
    found = weaknesses(password, username=username, rule=rule)
    if found:
        raise WeakPassword(reasons=found, hint=password_hint(rule))


@dataclass(frozen=True, slots=True)
class Tally:
    """Failures counted since `window_from`; locked until a moment, or not."""

    failures: int
    window_from: datetime
    locked_until: datetime | None = None


def locked_for(tally: Tally | None, *, now: datetime) -> timedelta | None:
    """How long the subject stays locked; None if it is not."""
    if tally is None or tally.locked_until is None or tally.locked_until <= now:
        return None
    return tally.locked_until - now


def after_failure(tally: Tally | None, limit: Limit, *, now: datetime) -> Tally:
    """The tally with one failure more. A window that is over, or a lock that is, starts a new one."""
    over = tally is None or tally.window_from + limit.window <= now
    served = tally is not None and tally.locked_until is not None and tally.locked_until <= now
    if tally is None or over or served:
        tally = Tally(0, now)
    failures = tally.failures + 1
    locked_until = now + limit.lock if failures >= limit.failures else tally.locked_until
    return Tally(failures, tally.window_from, locked_until)


def is_live(
    *,
    last_seen_at: datetime,
    expires_at: datetime,
    revoked_at: datetime | None,
    idle: timedelta,
    now: datetime,
) -> bool:
    """Whether a session may still be used: not ended, not too old, not idle for longer than `idle`."""
    return revoked_at is None and now < expires_at and now < last_seen_at + idle


class Gate(StrEnum):
    """How far an enterprise has come (DOMAIN A.1.1)."""

    INVITED = "INVITED"
    INFO_CONFIRMED = "INFO_CONFIRMED"
    LICENCE_UPLOADED = "LICENCE_UPLOADED"
    READY = "READY"


class Step(StrEnum):
    """What moves an enterprise through the gates."""

    CONFIRM = "confirm"
    LICENCE = "licence"
    VIDEO = "video"


# Doing a step again (a better scan, changed base data) is always allowed and never leads back.
GATES: dict[tuple[Gate, Step], Gate] = {
    (Gate.INVITED, Step.CONFIRM): Gate.INFO_CONFIRMED,
    (Gate.INFO_CONFIRMED, Step.CONFIRM): Gate.INFO_CONFIRMED,
    (Gate.INFO_CONFIRMED, Step.LICENCE): Gate.LICENCE_UPLOADED,
    (Gate.LICENCE_UPLOADED, Step.CONFIRM): Gate.LICENCE_UPLOADED,
    (Gate.LICENCE_UPLOADED, Step.LICENCE): Gate.LICENCE_UPLOADED,
    (Gate.LICENCE_UPLOADED, Step.VIDEO): Gate.READY,
    (Gate.READY, Step.CONFIRM): Gate.READY,
    (Gate.READY, Step.LICENCE): Gate.READY,
    (Gate.READY, Step.VIDEO): Gate.READY,
}

NEXT_STEP = {
    Gate.INVITED: Reason("info_not_confirmed", "请先在“基本情况”页面确认企业基本信息"),
    Gate.INFO_CONFIRMED: Reason("licence_missing", "请上传企业营业执照"),
    Gate.LICENCE_UPLOADED: Reason("video_missing", "请上传企业视频"),
}


class GateClosed(Conflict):
    """An earlier step of the onboarding is still to be done."""

    code = "onboarding_incomplete"
    message = "请先完成企业信息确认、营业执照和企业视频上传"


def next_gate(gate: Gate, step: Step) -> Gate:
    """The gate after the step.

    Raises:
        GateClosed: An earlier step comes first; its reason says which.
    """
    try:
        return GATES[gate, step]
    except KeyError:
        raise closed(gate) from None


def closed(gate: Gate) -> GateClosed:
    """The refusal that names the step an enterprise at this gate has to do next."""
    reason = NEXT_STEP[gate]
    return GateClosed(code=reason.code, message=reason.message, reasons=[reason])
