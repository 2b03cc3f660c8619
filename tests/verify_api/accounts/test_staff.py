"""Accounts of staff, made by the operator."""

import pyotp
import pytest
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from tests.verify_api.accounts.conftest import NOW, STAFF_PASSWORD, token_at
from verify_api.accounts import staff
from verify_api.accounts.actor import Kind, Role
from verify_api.accounts.login import Attempt, Refused, log_in
from verify_api.accounts.models import Account
from verify_api.accounts.rules import WeakPassword
from verify_api.accounts.sessions import LoggedIn


def _log_in(session: Session, keys: Keyring, username: str, password: str, token: str) -> LoggedIn | Refused:
    attempt = Attempt(Kind.STAFF, username, password, "10.0.0.1", token)
    return log_in(session, attempt, keys=keys, now=NOW, token_times=(NOW,))


def test_a_new_member_logs_in_with_what_was_printed_and_must_change_the_password(
    session: Session, keys: Keyring
) -> None:
    made = staff.add_staff(
        session, username="Lingdao1", name="示例决定人", role=Role.DECIDER, keys=keys, now=NOW
    )
    assert made.password and made.totp_uri
    token = pyotp.parse_uri(made.totp_uri).at(NOW)  # type: ignore[union-attr]
    outcome = _log_in(session, keys, "lingdao1", made.password, token)
    assert isinstance(outcome, LoggedIn)
    assert (outcome.actor.role, outcome.must_change) == (Role.DECIDER, True)


def test_the_seed_is_sealed(session: Session, reviewer: Account) -> None:
    assert reviewer.totp_sealed is not None
    assert b"JBSWY3DP" not in reviewer.totp_sealed


@pytest.mark.parametrize("username", ["", "ab", "1abc", "有名", "a b c", "a" * 33, "root;drop"])
def test_strange_names_are_refused(session: Session, keys: Keyring, username: str) -> None:
    with pytest.raises(staff.BadStaffName):
        staff.add_staff(session, username=username, name="x", role=Role.ADMIN, keys=keys, now=NOW)


def test_a_name_is_never_used_twice_and_a_weak_password_never(
    session: Session, reviewer: Account, keys: Keyring
) -> None:
    staff.disable_staff(session, username="shenhe1", now=NOW)
    with pytest.raises(staff.StaffExists):
        staff.add_staff(session, username="SHENHE1", name="x", role=Role.ADMIN, keys=keys, now=NOW)
    with pytest.raises(WeakPassword):
        staff.add_staff(
            session, username="guanli1", name="x", role=Role.ADMIN, keys=keys, now=NOW, password="123456"
        )


def test_a_lost_phone_and_a_lost_password_are_replaced(
    session: Session, reviewer: Account, keys: Keyring
) -> None:
    seed = staff.reset_staff_totp(session, username="shenhe1", keys=keys, now=NOW)
    assert isinstance(_log_in(session, keys, "shenhe1", STAFF_PASSWORD, token_at(NOW)), Refused)
    password = staff.reset_staff_password(session, username="shenhe1", now=NOW).password
    token = staff.current_token(session, username="shenhe1", keys=keys, at=NOW)
    assert pyotp.parse_uri(seed.totp_uri or "").at(NOW) == token  # type: ignore[union-attr]
    assert isinstance(_log_in(session, keys, "shenhe1", password or "", token), LoggedIn)


@pytest.mark.parametrize("act", [staff.disable_staff, staff.reset_staff_password])
def test_acting_on_nobody_is_refused(session: Session, act: object) -> None:
    with pytest.raises(staff.NoSuchStaff):
        act(session, username="niemand", now=NOW)  # type: ignore[operator]


def test_the_list_names_everybody(session: Session, reviewer: Account) -> None:
    assert [(row.username, row.role) for row in staff.list_staff(session)] == [("shenhe1", "reviewer")]
