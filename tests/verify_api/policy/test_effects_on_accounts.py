"""Values of accounts, codes, messages and uploads. Each is changed and what follows changes."""

import io
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from tests.verify_api.accounts.conftest import SEED, STAFF_PASSWORD, token_at
from tests.verify_api.accounts.films import JPEG, film
from tests.verify_api.factories import ADMIN, at, make_firm, set_policy
from tests.verify_api.policy.effects import policy, shows
from verify_api.accounts import codes, rules, sessions, staff
from verify_api.accounts.actor import Kind, Role
from verify_api.accounts.inclusion import include_enterprise
from verify_api.accounts.login import Attempt, Refused, log_in, set_password
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.media import MEGABYTE, WrongFile, document_type, video_of
from verify_api.accounts.models import Account, AccountSession
from verify_api.messages.outbox import BUREAU
from verify_api.messages.policy import delivery_rules
from verify_api.policy.values import Policy

NOW = at("2025-03-03 10:00")
KEYS = Keyring({"t": bytes(32)})


def _staff(session: Session) -> Account:
    staff.add_staff(
        session,
        username="shenhe1",
        name="示例审核员",
        role=Role.REVIEWER,
        keys=KEYS,
        now=NOW,
        password=STAFF_PASSWORD,
        totp_secret=SEED,
    )
    return session.scalars(select(Account).where(Account.username == "shenhe1")).one()


def _log_in(session: Session, password: str = STAFF_PASSWORD, totp: str | None = None) -> object:
    typed = token_at(NOW) if totp is None else totp
    attempt = Attempt(Kind.STAFF, "shenhe1", password, "10.0.0.1", typed)
    return log_in(session, attempt, keys=KEYS, now=NOW, token_times=[NOW])


def _code(session: Session) -> str:
    return codes.issue_code(session, "reset", "subject", keys=KEYS, now=NOW)


def _use(session: Session, code: str, *, after: timedelta = timedelta(0)) -> bool:
    return codes.use_code(session, "subject", code, keys=KEYS, now=NOW + after) is None


@shows("accounts.first_password_days")
def test_a_first_password_is_good_for_the_days_of_the_policy(session: Session) -> None:
    set_policy(session, {"accounts.first_password_days": 3})
    firm = make_firm(session)
    mailing = Mailing(KEYS, BUREAU)
    include_enterprise(session, enterprise_id=firm.enterprise.id, actor=ADMIN, mailing=mailing, now=NOW)
    account = session.scalars(select(Account).where(Account.enterprise_id == firm.enterprise.id)).one()
    assert account.password_expires_at == NOW + timedelta(days=3)


@shows("accounts.staff_password_days")
def test_staff_choose_a_new_password_after_the_days_of_the_policy(session: Session) -> None:
    account, rule = _staff(session), policy({"accounts.staff_password_days": 30}).accounts
    set_password(account, "Another-2026-pw", rule, now=NOW)
    assert account.password_expires_at == NOW + timedelta(days=30)


@shows("accounts.password_min_length", "accounts.password_classes")
@pytest.mark.parametrize(
    ("path", "value", "password", "code"),
    [
        ("accounts.password_min_length", 12, "Abcdefgh12x", "password_too_short"),
        ("accounts.password_classes", 4, "Abcdefgh12", "password_too_simple"),
    ],
)
def test_a_password_is_as_long_and_mixed_as_the_policy_asks(
    path: str, value: int, password: str, code: str
) -> None:
    changed = policy({path: value}).accounts
    assert rules.weaknesses(password, username="shenhe1", rule=Policy().accounts) == []
    assert [one.code for one in rules.weaknesses(password, username="shenhe1", rule=changed)] == [code]
    assert str(value) in rules.password_hint(changed)


@shows("accounts.failures_before_lock", "accounts.lock_minutes")
def test_an_account_is_locked_after_the_failures_and_for_the_minutes_of_the_policy(session: Session) -> None:
    set_policy(session, {"accounts.failures_before_lock": 2, "accounts.lock_minutes": 7})
    _staff(session)
    answers = [_log_in(session, "Wrong-2026-pw") for _ in range(3)]
    assert [one.error.code for one in answers if isinstance(one, Refused)] == [
        "login_failed",
        "login_failed",
        "login_locked",
    ]
    last = answers[-1]
    assert isinstance(last, Refused) and last.error.retry_after_s == 7 * 60 + 1


@shows("accounts.idle_minutes")
def test_a_session_that_idles_longer_than_the_policy_allows_is_over(session: Session) -> None:
    begun = sessions.start_session(session, _staff(session), now=NOW)
    later = NOW + timedelta(minutes=12)
    assert sessions.authenticate(session, begun.token, now=later - timedelta(minutes=2)) is not None
    set_policy(session, {"accounts.idle_minutes": 1})
    assert sessions.authenticate(session, begun.token, now=later) is None


@shows("accounts.session_hours")
def test_a_session_ends_after_the_hours_of_the_policy_of_the_day_it_began(session: Session) -> None:
    account = _staff(session)
    long = sessions.start_session(session, account, now=NOW)
    set_policy(session, {"accounts.session_hours": 2})
    short = sessions.start_session(session, account, now=NOW)
    assert [one.expires_at - NOW for one in (long, short)] == [timedelta(hours=12), timedelta(hours=2)]
    _used_until(session, NOW + timedelta(minutes=119))
    last = NOW + timedelta(hours=2)
    assert sessions.authenticate(session, short.token, now=last - timedelta(seconds=1)) is not None
    assert sessions.authenticate(session, short.token, now=last) is None
    assert sessions.authenticate(session, long.token, now=last) is not None


def _used_until(session: Session, when: datetime) -> None:
    """Nobody has idled."""
    session.execute(update(AccountSession).values(last_seen_at=when))


@shows("accounts.staff_second_factor")
def test_staff_give_a_token_unless_the_policy_asks_for_none_and_a_wrong_one_never_passes(
    session: Session,
) -> None:
    _staff(session)
    assert isinstance(_log_in(session, totp=""), Refused)
    set_policy(session, {"accounts.staff_second_factor": False})
    assert not isinstance(_log_in(session, totp=""), Refused)
    assert isinstance(_log_in(session, totp="000000"), Refused)


@shows("messages.code_minutes")
def test_a_code_is_good_for_the_minutes_of_the_policy(session: Session) -> None:
    set_policy(session, {"messages.code_minutes": 2})
    code = _code(session)
    assert not _use(session, code, after=timedelta(minutes=2))
    assert _use(session, code, after=timedelta(seconds=119))


@shows("messages.code_tries")
@pytest.mark.parametrize(("wrong", "is_right"), [(1, True), (2, False)])
def test_a_code_takes_as_many_tries_as_the_policy_says(session: Session, wrong: int, is_right: bool) -> None:
    set_policy(session, {"messages.code_tries": 2})
    code = _code(session)
    for _ in range(wrong):
        assert not _use(session, "x" + code)
    assert _use(session, code) is is_right


@shows("messages.code_resend_s", "messages.codes_per_day")
@pytest.mark.parametrize(
    ("changes", "waits_s"),
    [({"messages.code_resend_s": 90}, 91), ({"messages.codes_per_day": 1}, 24 * 3600 + 1)],
)
def test_codes_are_sent_as_often_as_the_policy_says(
    session: Session, changes: dict[str, int], waits_s: int
) -> None:
    set_policy(session, changes)
    _code(session)
    with pytest.raises(codes.TooManyCodes) as refused:
        _code(session)
    assert refused.value.retry_after_s == waits_s


@shows("messages.quiet_from", "messages.quiet_until", "messages.per_number_per_day")
def test_sending_keeps_the_quiet_hours_and_limits_of_the_policy() -> None:
    changes = {
        "messages.quiet_from": "22:30",
        "messages.quiet_until": "07:00",
        "messages.per_number_per_day": 3,
    }
    found = delivery_rules(policy(changes).messages)
    assert (found.quiet.start, found.quiet.end, found.limits.messages_per_day) == (time(22, 30), time(7), 3)


@shows("uploads.document_max_mb")
def test_a_document_is_as_large_as_the_policy_allows() -> None:
    rule = policy({"uploads.document_max_mb": 2}).uploads
    assert document_type(JPEG, size=2 * MEGABYTE, rule=rule) == "image/jpeg"
    with pytest.raises(WrongFile, match="2 MB"):
        document_type(JPEG, size=2 * MEGABYTE + 1, rule=rule)


@shows("uploads.video_max_mb", "uploads.video_min_s", "uploads.video_max_s")
@pytest.mark.parametrize(
    ("path", "value", "seconds", "size_mb"),
    [
        ("uploads.video_max_mb", 5, 30, 6),
        ("uploads.video_min_s", 40, 30, 1),
        ("uploads.video_max_s", 20, 30, 1),
    ],
)
def test_a_video_is_as_long_and_large_as_the_policy_allows(
    path: str, value: int, seconds: int, size_mb: int
) -> None:
    data = film(seconds)
    file, size = io.BytesIO(data), max(len(data), size_mb * MEGABYTE if "mb" in path else 0)
    assert video_of(io.BytesIO(data), size=len(data), rule=Policy().uploads).duration_s == seconds
    with pytest.raises(WrongFile):
        video_of(file, size=size, rule=policy({path: value}).uploads)
