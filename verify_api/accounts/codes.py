"""One-time codes by SMS (SZ-05): six digits; how long, how often and how many tries says the policy."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.errors import Invalid, TooMany
from verify_api.accounts.models import OneTimeCode
from verify_api.accounts.passwords import make_code
from verify_api.accounts.rules import code_term
from verify_api.policy.service import rules_at
from verify_api.policy.values import Messages

_SUBJECT = "accounts.code-subject"
_CODE = "accounts.code"


class TooManyCodes(TooMany):
    """A code was just sent, or ten have been within a day."""

    code = "too_many_codes"
    message = "验证码发送过于频繁，请稍后再试"


class WrongCode(Invalid):
    """The code is not right, too old, used, or tried too often. Which of them is never said."""

    code = "code_wrong"
    message = "验证码不正确或已失效"
    hint = "请核对短信中的验证码，或重新获取"


def subject_of(keys: Keyring, purpose: str, *parts: str) -> str:
    """What codes are counted and looked up by. Readable to nobody without the keys."""
    return keys.digest("\0".join((purpose, *parts)), purpose=_SUBJECT)


def issue_code(
    session: Session, purpose: str, subject: str, *, keys: Keyring, now: datetime, bound_to: str = ""
) -> str:
    """Make a code for the subject; only the newest of a subject counts.

    What it is bound to (a new phone number, say) has to be given again when it is used.

    Raises:
        TooManyCodes: With the seconds to wait.
    """
    rule = rules_at(session, now).messages
    # Two requests at the same moment would both see room for one more.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(subject, 0))))
    sent = session.scalars(
        select(OneTimeCode.sent_at)
        .where(OneTimeCode.subject == subject, OneTimeCode.sent_at > now - timedelta(days=1))
        .order_by(OneTimeCode.sent_at)
    ).all()
    wait = _wait([*sent], rule, now=now)
    if wait is not None:
        raise TooManyCodes(retry_after_s=int(wait.total_seconds()) + 1)
    code = make_code()
    row = OneTimeCode(
        purpose=purpose,
        subject=subject,
        code_digest=_code_digest(keys, subject, bound_to, code),
        sent_at=now,
        expires_at=now + code_term(rule),
        tries=0,
    )
    session.add(row)
    session.flush()
    return code


def _wait(sent: list[datetime], rule: Messages, *, now: datetime) -> timedelta | None:
    """How long until another code may be sent; `sent` are those of the last 24 hours, oldest first."""
    waits, gap = [], timedelta(seconds=rule.code_resend_s)
    if sent and sent[-1] + gap > now:
        waits.append(sent[-1] + gap - now)
    if len(sent) >= rule.codes_per_day:
        waits.append(sent[-rule.codes_per_day] + timedelta(days=1) - now)
    return max(waits, default=None)


def use_code(
    session: Session, subject: str, code: str, *, keys: Keyring, now: datetime, bound_to: str = ""
) -> WrongCode | None:
    """Use up the subject's newest code; the refusal if it does not fit. Each call is one try.

    The refusal is a value: the caller commits it, or the try would not be counted.
    """
    row = session.scalar(
        select(OneTimeCode)
        .where(OneTimeCode.subject == subject)
        .order_by(OneTimeCode.sent_at.desc(), OneTimeCode.id.desc())
        .limit(1)
        .with_for_update()
    )
    if row is None:
        return WrongCode()
    row.tries += 1
    given = _code_digest(keys, subject, bound_to, code.strip())
    fits = secrets.compare_digest(given, row.code_digest)
    is_open = (
        row.used_at is None
        and now < row.expires_at
        and row.tries <= rules_at(session, now).messages.code_tries
    )
    if not (fits and is_open):
        session.flush()
        return WrongCode()
    row.used_at = now
    session.flush()
    return None


def purge(session: Session, *, before: datetime) -> None:
    """Drop codes sent before then; a day is enough for the daily count."""
    session.execute(delete(OneTimeCode).where(OneTimeCode.sent_at < before))


def _code_digest(keys: Keyring, subject: str, bound_to: str, code: str) -> str:
    return keys.digest("\0".join((subject, bound_to, code)), purpose=_CODE)
