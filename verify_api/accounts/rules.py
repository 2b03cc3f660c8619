"""Pure rules of accounts: passwords, limits, terms, gates. Practice values of DOMAIN C.5 and SZ-05."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from registry.errors import Conflict, Invalid, Reason

PASSWORD_MIN = 10
PASSWORD_MAX = 128  # Longer input only costs the server time.
PASSWORD_CLASSES = 3
ONE_TIME_PASSWORD_TERM = timedelta(days=7)  # SZ-02
STAFF_PASSWORD_TERM = timedelta(days=90)  # C.5

SESSION_IDLE = timedelta(minutes=30)
SESSION_TERM = timedelta(hours=12)
SESSION_TOUCH = timedelta(minutes=1)  # Finer marks of use would write on every request.

CODE_TERM = timedelta(minutes=5)
CODE_GAP = timedelta(seconds=60)
CODES_PER_DAY = 10
CODE_TRIES = 5


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures within a window lock a subject for a while."""

    failures: int
    window: timedelta
    lock: timedelta


ACCOUNT_LIMIT = Limit(5, timedelta(minutes=30), timedelta(minutes=30))
# A whole firm may sit behind one address, so this only slows the guessing of many accounts from one place.
ADDRESS_LIMIT = Limit(50, timedelta(minutes=30), timedelta(minutes=30))
# A firm's people bind their phones at one address, behind one line.
CODE_ADDRESS_LIMIT = Limit(300, timedelta(hours=24), timedelta(hours=1))


class WeakPassword(Invalid):
    """The new password does not meet the rules; `reasons` says which."""

    code = "password_too_weak"
    message = "新密码不符合要求"
    hint = f"至少{PASSWORD_MIN}位，并包含大写字母、小写字母、数字、符号中的至少{PASSWORD_CLASSES}类"


_CLASSES = (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9\s]")


def weaknesses(password: str, *, username: str) -> list[Reason]:
    """Everything that is wrong with a new password; empty if it will do."""
    found = []
    if len(password) < PASSWORD_MIN:
        found.append(Reason("password_too_short", f"密码至少{PASSWORD_MIN}位"))
    if len(password) > PASSWORD_MAX:
        found.append(Reason("password_too_long", f"密码至多{PASSWORD_MAX}位"))
    if sum(bool(re.search(cls, password)) for cls in _CLASSES) < PASSWORD_CLASSES:
        found.append(Reason("password_too_simple", "密码须包含大写字母、小写字母、数字、符号中的至少三类"))
    if username.lower() in password.lower():
        found.append(Reason("password_contains_account", "密码不得包含账号"))
    if len(set(password)) < PASSWORD_MIN // 2:
        found.append(Reason("password_repetitive", "密码中重复的字符过多"))
    return found


def require_strong(password: str, *, username: str) -> None:
    """Let a good password pass.

    Raises:
        WeakPassword: With every reason.
    """
    found = weaknesses(password, username=username)
    if found:
        raise WeakPassword(reasons=found)


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
    *, last_seen_at: datetime, expires_at: datetime, revoked_at: datetime | None, now: datetime
) -> bool:
    """Whether a session may still be used: not ended, not too old, not idle for half an hour."""
    return revoked_at is None and now < expires_at and now < last_seen_at + SESSION_IDLE


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
