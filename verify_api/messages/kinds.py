"""One function per kind of message (A.1.3). Each writes one outbox row in the caller's transaction.

All take `to`, `key`, `now` (and `sender`, if it is not the bureau); those of a case also `enterprise`, its
name, and `items`, the 资质项. `key` is the idempotency key and names what the message is about, for example
`case:17:list:3:approved` (SZ-28: one message per version and result). The second call with a key returns the
first row, with the secret it has. No text carries a link, and only the two password messages a password.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NotRequired, TypedDict, Unpack

from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from verify_api.messages.models import Message
from verify_api.messages.outbox import BUREAU, Recipient, Secret, Sender, leave
from verify_api.messages.rules import NumberLimits
from verify_api.messages.templates import (
    TEMPLATES,
    Deadline,
    Kind,
    Template,
    day,
    items_text,
    plain,
    reminder_template,
)


class Common(TypedDict):
    """What every message needs. Times are aware."""

    to: Recipient
    key: str
    now: datetime
    sender: NotRequired[Sender]


class OfCase(Common):
    """What a message about a case needs besides."""

    enterprise: str
    items: Sequence[str]


Fact = str | int | date | Sequence[str]


def _leave(
    session: Session,
    template: Template,
    common: Common,
    facts: Mapping[str, Fact],
    *,
    secret: Secret | None = None,
    limits: NumberLimits | None = None,
    expires_at: datetime | None = None,
) -> Message:
    sender = common.get("sender", BUREAU)
    return leave(
        session,
        template=template,
        to=common["to"],
        key=common["key"],
        now=common["now"],
        facts={name: _spoken(value) for name, value in facts.items()} | {"hotline": sender.hotline},
        sender=sender,
        secret=secret,
        limits=limits,
        expires_at=expires_at,
    )


def _of_case(session: Session, kind: Kind, case: OfCase, **facts: Fact) -> Message:
    return _leave(
        session, TEMPLATES[kind], case, {"enterprise": case["enterprise"], "items": case["items"]} | facts
    )


def _spoken(value: Fact) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(SHANGHAI).date()
    if isinstance(value, date):
        return day(value)
    return plain(str(value)) if isinstance(value, str | int) else items_text(value)


def _until(secret: Secret) -> date:
    return secret.expires_at.astimezone(SHANGHAI).date()


def login_password(
    session: Session, *, enterprise: str, account: str, password: Secret, **common: Unpack[Common]
) -> Message:
    """(1) Account and one-time password on inclusion in the inspection (SZ-02)."""
    return _leave(
        session,
        TEMPLATES[Kind.LOGIN_PASSWORD],
        common,
        {"enterprise": enterprise, "account": account, "until": _until(password)},
        secret=password,
    )


def new_contact_password(
    session: Session, *, enterprise: str, account: str, password: Secret, **common: Unpack[Common]
) -> Message:
    """(2) Account and new one-time password to the new contact (SZ-08)."""
    return _leave(
        session,
        TEMPLATES[Kind.NEW_CONTACT_PASSWORD],
        common,
        {"enterprise": enterprise, "account": account, "until": _until(password)},
        secret=password,
    )


def contact_change_code(
    session: Session,
    *,
    enterprise: str,
    code: Secret,
    minutes: int,
    new_phone: str,
    limits: NumberLimits | None = None,
    **common: Unpack[Common],
) -> Message:
    """Code to the **old** contact before a change takes effect: no hijacking (SZ-08).

    Raises:
        TooManyCodes: One code in 60 s, ten a day, for each number.
    """
    return _leave(
        session,
        TEMPLATES[Kind.CONTACT_CHANGE_CODE],
        common,
        {"enterprise": enterprise, "minutes": minutes, "tail": new_phone[-4:]},
        secret=code,
        limits=limits,
    )


def contact_changed_old(
    session: Session, *, enterprise: str, new_phone: str, **common: Unpack[Common]
) -> Message:
    """Word to the old contact that another number now receives the messages (SZ-08)."""
    return _leave(
        session,
        TEMPLATES[Kind.CONTACT_CHANGED_OLD],
        common,
        {"enterprise": enterprise, "tail": new_phone[-4:]},
    )


def reset_code(
    session: Session,
    *,
    code: Secret,
    minutes: int,
    limits: NumberLimits | None = None,
    **common: Unpack[Common],
) -> Message:
    """(3) Code for resetting the password, to the current contact (SZ-05).

    Raises:
        TooManyCodes: One code in 60 s, ten a day, for each number.
    """
    return _leave(
        session, TEMPLATES[Kind.RESET_CODE], common, {"minutes": minutes}, secret=code, limits=limits
    )


def bind_code(
    session: Session,
    *,
    code: Secret,
    minutes: int,
    limits: NumberLimits | None = None,
    **common: Unpack[Common],
) -> Message:
    """Code with which a check-in person binds a phone.

    Raises:
        TooManyCodes: One code in 60 s, ten a day, for each number.
    """
    return _leave(
        session, TEMPLATES[Kind.BIND_CODE], common, {"minutes": minutes}, secret=code, limits=limits
    )


def stock_inspection_started(session: Session, **case: Unpack[OfCase]) -> Message:
    """(5) 核查短信 of the STOCK track. Its delivery receipt starts the one-month clock (SZ-32)."""
    return _of_case(session, Kind.STOCK_INSPECTION_STARTED, case)


def review_approved(session: Session, *, people: int, last_day: date, **case: Unpack[OfCase]) -> Message:
    """(4) The list is approved; check-in is open until the last day (SZ-28, SZ-30b)."""
    return _of_case(session, Kind.REVIEW_APPROVED, case, people=people, until=last_day)


def review_rejected(session: Session, *, last_day: date, **case: Unpack[OfCase]) -> Message:
    """(4) The list is rejected; the opinion is on the platform, not in the text (SZ-28, SZ-29)."""
    return _of_case(session, Kind.REVIEW_REJECTED, case, until=last_day)


def approval_voided(session: Session, **case: Unpack[OfCase]) -> Message:
    """The authority has voided an approval; a new list is due (SZ-27)."""
    return _of_case(session, Kind.APPROVAL_VOIDED, case)


def checkin_voided(session: Session, **case: Unpack[OfCase]) -> Message:
    """A check-in was found 打卡不合格 (SZ-33)."""
    return _of_case(session, Kind.CHECKIN_VOIDED, case)


def checkin_restored(session: Session, **case: Unpack[OfCase]) -> Message:
    """Two officers have taken back a 打卡不合格: the check-in counts again (§0)."""
    return _of_case(session, Kind.CHECKIN_RESTORED, case)


def awaiting_lapse(session: Session, *, missed: str, expires_on: date, **case: Unpack[OfCase]) -> Message:
    """FIRST: a deadline was missed, the certificate lapses on its date (SZ-30d).

    `missed` names what was not done: 发起人员打卡, or 全部完成打卡.
    """
    return _of_case(session, Kind.AWAITING_LAPSE, case, missed=missed, until=expires_on)


def to_be_expired(session: Session, *, expires_on: date, days_left: int, **case: Unpack[OfCase]) -> Message:
    """The certificate is about to reach its last day."""
    return _of_case(session, Kind.TO_BE_EXPIRED, case, until=expires_on, days=days_left)


def lapsed(session: Session, *, expires_on: date, **case: Unpack[OfCase]) -> Message:
    """资质到期失效: FIRST track only (SZ-30d)."""
    return _of_case(session, Kind.LAPSED, case, until=expires_on)


def passed(session: Session, **case: Unpack[OfCase]) -> Message:
    """All selected people have checked in (SZ-30c)."""
    return _of_case(session, Kind.PASSED, case)


def notice_issued(session: Session, *, number: str, **case: Unpack[OfCase]) -> Message:
    """责令整改通知书 (SZ-33…SZ-35). Its receipt proves service and starts the clock, so no date is named."""
    return _of_case(session, Kind.NOTICE_ISSUED, case, number=number)


def notice_rescinded(session: Session, *, enterprise: str, number: str, **common: Unpack[Common]) -> Message:
    """A notice was rescinded by two officers."""
    return _leave(
        session, TEMPLATES[Kind.NOTICE_RESCINDED], common, {"enterprise": enterprise, "number": number}
    )


def rectified(session: Session, **case: Unpack[OfCase]) -> Message:
    """通过整改; the 资质异常 mark is lifted (SZ-36)."""
    return _of_case(session, Kind.RECTIFIED, case)


def revocation_proposed(session: Session, *, number: str, days: int, **case: Unpack[OfCase]) -> Message:
    """告知 of an intended 撤回. Its receipt starts the working days for being heard, so no date is named."""
    return _of_case(session, Kind.REVOCATION_PROPOSED, case, number=number, days=days)


def revoked(session: Session, *, number: str, **case: Unpack[OfCase]) -> Message:
    """撤回决定书 issued; names the remedies (SZ-37)."""
    return _of_case(session, Kind.REVOKED, case, number=number)


def not_revoked(session: Session, **case: Unpack[OfCase]) -> Message:
    """Having heard the enterprise, the bureau does not revoke."""
    return _of_case(session, Kind.NOT_REVOKED, case)


def revocation_rescinded(session: Session, *, number: str, **case: Unpack[OfCase]) -> Message:
    """A revocation was rescinded by two officers."""
    return _of_case(session, Kind.REVOCATION_RESCINDED, case, number=number)


def deadline_extended(session: Session, *, what: str, last_day: date, **case: Unpack[OfCase]) -> Message:
    """An officer extended a deadline. `what` names it in Chinese, for example 打卡."""
    return _of_case(session, Kind.DEADLINE_EXTENDED, case, what=what, until=last_day)


def clock_paused(session: Session, *, since: date, **case: Unpack[OfCase]) -> Message:
    """Force majeure: the clock stands."""
    return _of_case(session, Kind.CLOCK_PAUSED, case, since=since)


def clock_resumed(session: Session, *, what: str, last_day: date, **case: Unpack[OfCase]) -> Message:
    """The clock runs again, with what was left of it."""
    return _of_case(session, Kind.CLOCK_RESUMED, case, what=what, until=last_day)


def case_reopened(session: Session, *, what: str, last_day: date, **case: Unpack[OfCase]) -> Message:
    """The authority reopened a case."""
    return _of_case(session, Kind.CASE_REOPENED, case, what=what, until=last_day)


def case_cancelled(session: Session, **case: Unpack[OfCase]) -> Message:
    """The authority cancelled the case."""
    return _of_case(session, Kind.CASE_CANCELLED, case)


def reminder(
    session: Session, *, deadline: Deadline, last_day: date, days_left: int, **case: Unpack[OfCase]
) -> Message:
    """Reminder of a deadline and of what follows if it is missed: FIRST T-90/30/7/1, others T-7/3/1.

    `Deadline.REPORT` and `Deadline.RECHECK_IN` give the kind `rectification_reminder`.
    """
    facts: dict[str, Fact] = {
        "enterprise": case["enterprise"],
        "items": case["items"],
        "until": last_day,
        "days": days_left,
    }
    # A reminder that was held up must not arrive when the day it speaks of is over.
    over = datetime.combine(last_day + timedelta(days=1), time(0), SHANGHAI)
    return _leave(session, reminder_template(deadline), case, facts, expires_at=over)


def rectification_reminder(
    session: Session, *, is_resubmitted: bool, last_day: date, days_left: int, **case: Unpack[OfCase]
) -> Message:
    """Within 整改: of report and new list or, these being approved, of the check-in (SZ-35, SZ-37)."""
    deadline = Deadline.RECHECK_IN if is_resubmitted else Deadline.REPORT
    return reminder(session, deadline=deadline, last_day=last_day, days_left=days_left, **case)
