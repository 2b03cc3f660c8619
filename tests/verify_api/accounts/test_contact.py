"""Inclusion and the contact: who is told what, and who cannot take an account over."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.enterprises.models import Enterprise
from tests.verify_api.accounts.conftest import ADMIN, NOW, USCC, Web, messages, secret
from verify_api.accounts.actor import Actor
from verify_api.accounts.contact_change import (
    BadContact,
    ReasonMissing,
    change_contact,
    override_contact,
    request_contact_change,
)
from verify_api.accounts.contacts import contact_of
from verify_api.accounts.inclusion import NoAccount, include_enterprise, send_login_password
from verify_api.accounts.login import Attempt, Refused, log_in
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.models import Account
from verify_api.accounts.onboarding import RULES_VERSION, confirm_info, read_rules

NEW_PHONE = "10000000002"


def _kinds(session: Session) -> list[tuple[str, str]]:
    return [(message.kind, message.to_phone) for message in messages(session)]


@pytest.mark.rule("SZ-02")
def test_including_a_firm_makes_its_account_and_texts_the_registry_contact(
    session: Session, included: Account
) -> None:
    assert (included.username, included.must_change) == (USCC, True)
    assert _kinds(session) == [("login_password", "10000000001")]


@pytest.mark.rule("SZ-04")
def test_including_a_firm_twice_changes_nothing(
    session: Session, included: Account, mailing: Mailing
) -> None:
    before = included.password_hash
    again = include_enterprise(
        session, enterprise_id=included.enterprise_id or 0, actor=ADMIN, mailing=mailing, now=NOW
    )
    session.refresh(included)
    assert (again.is_new, again.account_id, included.password_hash) == (False, included.id, before)
    assert session.scalar(select(func.count()).select_from(Account)) == 1
    assert len(messages(session)) == 1


@pytest.mark.rule("SZ-03")
@pytest.mark.parametrize(("phone", "reachable"), [("10000000001", True), ("", False), ("0755-1234", False)])
def test_a_firm_without_a_usable_number_is_included_and_said_to_be_unreachable(
    session: Session, enterprise: Enterprise, mailing: Mailing, phone: str, reachable: bool
) -> None:
    enterprise.contact_phone = phone
    made = include_enterprise(session, enterprise_id=enterprise.id, actor=ADMIN, mailing=mailing, now=NOW)
    assert (made.is_new, made.is_reachable) == (True, reachable)


def test_a_second_password_replaces_the_first(
    session: Session, included: Account, mailing: Mailing, keys: Keyring
) -> None:
    first = secret(session, "login_password", keys)
    enterprise_id = included.enterprise_id or 0
    send_login_password(session, enterprise_id=enterprise_id, actor=ADMIN, mailing=mailing, now=NOW)
    second = secret(session, "login_password", keys)
    assert first != second
    assert [_fits(session, keys, password) for password in (first, second)] == [False, True]


def test_a_firm_that_is_not_included_has_no_password_to_send(
    session: Session, enterprise: Enterprise, mailing: Mailing
) -> None:
    with pytest.raises(NoAccount):
        send_login_password(session, enterprise_id=enterprise.id, actor=ADMIN, mailing=mailing, now=NOW)


def _fits(session: Session, keys: Keyring, password: str) -> bool:
    from verify_api.accounts.actor import Kind

    attempt = Attempt(Kind.ENTERPRISE, USCC, password, "10.0.0.2")
    return not isinstance(log_in(session, attempt, keys=keys, now=NOW, token_times=()), Refused)


def _confirmed(session: Session, actor: Actor) -> None:
    read_rules(session, actor=actor, version=RULES_VERSION, now=NOW)
    confirm_info(session, actor=actor, now=NOW)


@pytest.mark.rule("SZ-08")
def test_before_the_first_confirmation_the_registry_names_the_contact(
    session: Session, enterprise: Enterprise, actor: Actor
) -> None:
    enterprise.contact_phone = NEW_PHONE
    session.flush()
    contact = contact_of(session, enterprise.id)
    assert (contact.phone, contact.is_local, contact.differs) == (NEW_PHONE, False, False)


@pytest.mark.rule("SZ-08")
def test_after_it_a_sync_changes_nothing_but_the_difference_is_shown(
    session: Session, enterprise: Enterprise, actor: Actor
) -> None:
    _confirmed(session, actor)
    enterprise.contact_phone = NEW_PHONE
    session.flush()
    contact = contact_of(session, enterprise.id)
    assert (contact.phone, contact.is_local, contact.differs) == ("10000000001", True, True)
    assert contact.upstream_phone == NEW_PHONE


@pytest.mark.rule("SZ-08")
def test_a_new_contact_needs_the_old_ones_code_and_gets_a_new_password(
    session: Session, enterprise: Enterprise, actor: Actor, mailing: Mailing, keys: Keyring
) -> None:
    _confirmed(session, actor)
    request_contact_change(session, actor=actor, new_phone=NEW_PHONE, mailing=mailing, now=NOW)
    code = secret(session, "contact_change_code", keys)
    old_password = secret(session, "login_password", keys)
    assert _change(session, actor, mailing, phone=NEW_PHONE, code=code)
    assert _kinds(session)[1:] == [
        ("contact_change_code", "10000000001"),
        ("contact_changed_old", "10000000001"),
        ("new_contact_password", NEW_PHONE),
    ]
    assert contact_of(session, enterprise.id).phone == NEW_PHONE
    assert not _fits(session, keys, old_password)
    assert _fits(session, keys, secret(session, "new_contact_password", keys))


def _change(session: Session, actor: Actor, mailing: Mailing, *, phone: str, code: str) -> bool:
    wrong = change_contact(
        session, actor=actor, name="示例丙", phone=phone, code=code, mailing=mailing, now=NOW
    )
    return wrong is None


@pytest.mark.rule("SZ-08")
def test_the_code_allows_no_other_number_than_the_one_it_named(
    session: Session, enterprise: Enterprise, actor: Actor, mailing: Mailing, keys: Keyring
) -> None:
    _confirmed(session, actor)
    request_contact_change(session, actor=actor, new_phone=NEW_PHONE, mailing=mailing, now=NOW)
    code = secret(session, "contact_change_code", keys)
    assert not _change(session, actor, mailing, phone="10000000003", code=code)
    assert _change(session, actor, mailing, phone="+86 100 0000 0002", code=code)
    assert contact_of(session, enterprise.id).phone == NEW_PHONE


@pytest.mark.parametrize(
    ("name", "phone"),
    [
        ("示例丙", "0755-83788725"),
        ("示例丙", ""),
        ("丙", NEW_PHONE),
        ("丙" * 31, NEW_PHONE),
        ("  ", NEW_PHONE),
    ],
)
def test_a_contact_that_cannot_be_texted_or_named_is_refused(
    session: Session, actor: Actor, mailing: Mailing, name: str, phone: str
) -> None:
    with pytest.raises(BadContact):
        change_contact(session, actor=actor, name=name, phone=phone, code="1", mailing=mailing, now=NOW)


@pytest.mark.parametrize("reason", ["", "  ", "原号码已注销，凭介绍信变更"])
def test_staff_may_put_a_contact_in_force_for_a_reason_alone(
    session: Session, enterprise: Enterprise, actor: Actor, mailing: Mailing, reason: str
) -> None:
    def act() -> None:
        override_contact(
            session,
            actor=ADMIN,
            enterprise_id=enterprise.id,
            name="示例丙",
            phone=NEW_PHONE,
            reason=reason,
            mailing=mailing,
            now=NOW,
        )

    if not reason.strip():
        with pytest.raises(ReasonMissing):
            act()
        return
    act()
    assert contact_of(session, enterprise.id).phone == NEW_PHONE
    assert ("contact_changed_old", "10000000001") in _kinds(session)


@pytest.mark.rule("SZ-08")
def test_over_http_a_wrong_code_changes_nothing_and_a_right_one_ends_the_session(web: Web) -> None:
    first = web.secret("login_password")
    headers = web.bearer(str(web.log_in(first)["token"]))
    web.client.post("/api/v1/password", headers=headers, json={"old": first, "new": "Xin-mima-2026"})
    base = "/api/v1/portal/profile/contact"
    assert web.client.post(f"{base}/code", headers=headers, json={"phone": NEW_PHONE}).status_code == 202
    again = web.client.post(f"{base}/code", headers=headers, json={"phone": NEW_PHONE})
    assert (again.status_code, again.json()["code"]) == (429, "too_many_codes")
    body = {"name": "示例丙", "phone": NEW_PHONE, "code": "no"}
    wrong = web.client.post(base, headers=headers, json=body)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "code_wrong")
    code = web.secret("contact_change_code")
    assert web.client.post(base, headers=headers, json=body | {"code": code}).status_code == 204
    assert web.client.get("/api/v1/portal/profile", headers=headers).status_code == 401
    web.log_in(web.secret("new_contact_password"))
