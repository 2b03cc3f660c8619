"""Binding a WeChat user to a person of the registry."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.people.models import Person
from tests.verify_api.accounts.conftest import NOW, messages, secret
from verify_api.accounts.login import Refused
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.models import Account
from verify_api.accounts.persons import bind, log_in_person, request_binding
from verify_api.accounts.sessions import LoggedIn, authenticate

ID_NUMBER = "11010519491231002X"


@pytest.fixture
def person(session: Session, keys: Keyring) -> Person:
    row = Person(
        upstream_id="p1",
        name="示例丁",
        id_digest=keys.digest(ID_NUMBER, purpose="people.id_number"),
        id_cipher=b"-",
        id_masked="110105********002X",
        phone="10000000009",
        synced_at=NOW,
    )
    session.add(row)
    session.flush()
    return row


def _bound(session: Session, mailing: Mailing, openid: str = "o-1", code: str | None = None) -> object:
    keys = mailing.keys
    if code is None:
        refused = request_binding(
            session, name="示例丁", id_number="11010519491231002x", ip="", mailing=mailing, now=NOW
        )
        assert refused is None
        code = secret(session, "bind_code", keys)
    return bind(
        session, openid=openid, name=" 示例丁 ", id_number=ID_NUMBER, code=code, ip="", keys=keys, now=NOW
    )


def test_a_person_binds_with_the_code_and_then_logs_in_without(
    session: Session, person: Person, mailing: Mailing
) -> None:
    assert log_in_person(session, openid="o-1", keys=mailing.keys, now=NOW) is None
    bound = _bound(session, mailing)
    assert isinstance(bound, LoggedIn)
    assert bound.actor.person_id == person.id
    assert messages(session)[-1].to_phone == "10000000009"
    again = log_in_person(session, openid="o-1", keys=mailing.keys, now=NOW)
    assert again is not None
    assert again.actor == bound.actor


def test_a_wrong_code_binds_nobody(session: Session, person: Person, mailing: Mailing) -> None:
    request_binding(session, name="示例丁", id_number=ID_NUMBER, ip="", mailing=mailing, now=NOW)
    assert isinstance(_bound(session, mailing, code="no"), Refused)
    assert session.scalars(select(Account)).all() == []


@pytest.mark.parametrize(
    ("name", "id_number"), [("示例戊", ID_NUMBER), ("示例丁", "440524188001010014"), ("", "")]
)
def test_nobody_learns_whether_a_person_is_known(
    session: Session, person: Person, mailing: Mailing, name: str, id_number: str
) -> None:
    answers = [
        request_binding(session, name=name, id_number=id_number, ip="", mailing=mailing, now=NOW)
        for _ in range(2)
    ]
    assert answers[0] is None
    assert isinstance(answers[1], Refused)
    assert messages(session) == []


def test_a_new_phone_takes_the_binding_over_and_the_old_session_ends(
    session: Session, person: Person, mailing: Mailing
) -> None:
    from datetime import timedelta

    first = _bound(session, mailing)
    assert isinstance(first, LoggedIn)
    later = NOW + timedelta(minutes=2)
    request_binding(session, name="示例丁", id_number=ID_NUMBER, ip="", mailing=mailing, now=later)
    code = secret(session, "bind_code", mailing.keys)
    second = bind(
        session,
        openid="o-2",
        name="示例丁",
        id_number=ID_NUMBER,
        code=code,
        ip="",
        keys=mailing.keys,
        now=later,
    )
    assert isinstance(second, LoggedIn)
    assert authenticate(session, first.token, now=later) is None
    assert log_in_person(session, openid="o-1", keys=mailing.keys, now=later) is None
