"""The texts: one function per kind, nothing in them that must not be there."""

import inspect
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from tests.verify_api.messages.fakes import CASE, CONTACT, FIRM, at
from verify_api.messages import kinds
from verify_api.messages.models import Message
from verify_api.messages.outbox import Secret, Sender
from verify_api.messages.rules import segments
from verify_api.messages.templates import MASK, TEMPLATES, Deadline, Kind, items_text, plain

NOW = at("2026-03-02 10:00")
LAST = date(2026, 4, 2)
PASSWORD, CODE = "Xq7-mwKp-93tz", "482913"
DOCUMENT = "深建改〔2026〕第12号"

FACTS: dict[str, dict[str, Any]] = {
    "login_password": {"enterprise": FIRM, "account": "91440300192181490G"},
    "new_contact_password": {"enterprise": FIRM, "account": "91440300192181490G"},
    "contact_change_code": {"enterprise": FIRM, "minutes": 5, "new_phone": "13900002222"},
    "contact_changed_old": {"enterprise": FIRM, "new_phone": "13900002222"},
    "reset_code": {"minutes": 5},
    "bind_code": {"minutes": 5},
    "stock_inspection_started": CASE,
    "review_approved": CASE | {"people": 7, "last_day": LAST},
    "review_rejected": CASE | {"last_day": LAST},
    "approval_voided": CASE,
    "checkin_voided": CASE,
    "checkin_restored": CASE,
    "awaiting_lapse": CASE | {"missed": "全部完成打卡", "expires_on": LAST},
    "to_be_expired": CASE | {"expires_on": LAST, "days_left": 30},
    "lapsed": CASE | {"expires_on": LAST},
    "passed": CASE,
    "notice_issued": CASE | {"number": DOCUMENT},
    "notice_rescinded": {"enterprise": FIRM, "number": DOCUMENT},
    "rectified": CASE,
    "revocation_proposed": CASE | {"number": DOCUMENT, "days": 5},
    "revoked": CASE | {"number": DOCUMENT},
    "not_revoked": CASE,
    "revocation_rescinded": CASE | {"number": DOCUMENT},
    "deadline_extended": CASE | {"what": "打卡", "last_day": LAST},
    "clock_paused": CASE | {"since": LAST},
    "clock_resumed": CASE | {"what": "打卡", "last_day": LAST},
    "case_reopened": CASE | {"what": "发起打卡", "last_day": LAST},
    "case_cancelled": CASE,
    "reminder": CASE | {"deadline": Deadline.FIRST_INITIATE, "last_day": LAST, "days_left": 7},
    "rectification_reminder": CASE | {"is_resubmitted": False, "last_day": LAST, "days_left": 3},
}


def leave(session: Session, kind: str, keys: Keyring, *, key: str = "", **more: Any) -> Message:
    """Call the function of a kind with facts that fit it."""
    write: Callable[..., Message] = getattr(kinds, kind)
    secrets = {"password": PASSWORD, "code": CODE}
    for name in secrets.keys() & inspect.signature(write).parameters.keys():
        more.setdefault(name, Secret(secrets[name], keys, NOW + timedelta(days=7)))
    return write(session, **{"to": CONTACT, "key": key or kind, "now": NOW} | FACTS[kind] | more)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_function_that_leaves_a_row_of_that_kind(
    session: Session, keys: Keyring, kind: Kind
) -> None:
    message = leave(session, kind, keys)
    assert (message.kind, message.state, message.to_phone) == (kind, "created", CONTACT.phone)
    assert message.enterprise_id == CONTACT.enterprise_id
    assert message.next_try_at == NOW
    assert "{" not in message.text and "None" not in message.text
    assert message.segments == segments(f"【深圳市住房和建设局】{_whole(message)}")
    assert message.segments <= 3


def _whole(message: Message) -> str:
    return message.text.replace(MASK, PASSWORD if message.kind.endswith("password") else CODE)


@pytest.mark.parametrize("deadline", Deadline)
def test_a_reminder_names_the_last_day_the_days_left_and_what_follows(
    session: Session, keys: Keyring, deadline: Deadline
) -> None:
    message = leave(session, "reminder", keys, deadline=deadline)
    assert "2026年4月2日前（含当日）" in message.text and "剩余7天" in message.text
    follows = {
        Deadline.FIRST_INITIATE: "自动失效",
        Deadline.FIRST_CHECK_IN: "自动失效",
        Deadline.STOCK_INITIATE: "责令整改通知书",
        Deadline.STOCK_CHECK_IN: "责令整改通知书",
        Deadline.RESUBMIT: "重新提交",
        Deadline.REPORT: "撤回",
        Deadline.RECHECK_IN: "撤回",
    }
    assert follows[deadline] in message.text
    is_rectification = deadline in (Deadline.REPORT, Deadline.RECHECK_IN)
    assert message.kind == ("rectification_reminder" if is_rectification else "reminder")


def test_the_first_track_is_never_threatened_with_a_revocation() -> None:
    for name in ("reminder_first_initiate", "reminder_first_check_in", "awaiting_lapse", "lapsed"):
        assert "撤回" not in TEMPLATES[name].text and "整改" not in TEMPLATES[name].text


@pytest.mark.rule("SZ-28")
@pytest.mark.parametrize("kind", ["review_approved", "review_rejected", "stock_inspection_started"])
def test_results_and_inspection_messages_carry_no_link_no_password_and_no_details(
    session: Session, keys: Keyring, kind: str
) -> None:
    message = leave(session, kind, keys)
    assert not re.search(r"(?i)http|www|://|[a-z0-9]\.[a-z]{2}|密码", message.text)
    assert message.sealed is None


@pytest.mark.rule("SZ-28")
@pytest.mark.parametrize(
    ("kind", "result"), [("review_approved", "审核通过"), ("review_rejected", "审核不通过")]
)
def test_both_results_of_a_review_are_told(session: Session, keys: Keyring, kind: str, result: str) -> None:
    assert result in leave(session, kind, keys).text


@pytest.mark.rule("SZ-28")
def test_one_message_per_version_and_result(session: Session, keys: Keyring) -> None:
    first = leave(session, "review_approved", keys, key="case:17:list:1:approved")
    again = leave(session, "review_approved", keys, key="case:17:list:1:approved", people=9)
    other = leave(session, "review_approved", keys, key="case:17:list:2:approved")
    assert again.id == first.id and "所选7名" in again.text
    assert other.id != first.id


@pytest.mark.rule("SZ-32")
def test_the_stock_message_says_that_its_receipt_starts_the_month(session: Session, keys: Keyring) -> None:
    assert "自收到本短信之日起一个月内" in leave(session, "stock_inspection_started", keys).text


@pytest.mark.rule("SZ-14")
@pytest.mark.parametrize("kind", ["login_password", "stock_inspection_started", "revoked"])
def test_messages_name_the_number_to_call(session: Session, keys: Keyring, kind: str) -> None:
    assert "0755-83788725" in leave(session, kind, keys).text
    sender = Sender("示例市住房和建设局", "0000-12345678")
    other = leave(session, kind, keys, key="other", sender=sender)
    assert "0000-12345678" in other.text and other.signature == "示例市住房和建设局"


@pytest.mark.rule("SZ-37")
def test_the_revocation_names_the_remedies(session: Session, keys: Keyring) -> None:
    text = leave(session, "revoked", keys).text
    assert "60日内申请行政复议" in text and "6个月内提起行政诉讼" in text


@pytest.mark.rule("SZ-02")
@pytest.mark.rule("SZ-08")
@pytest.mark.parametrize("kind", ["login_password", "new_contact_password", "reset_code", "bind_code"])
def test_a_password_or_code_is_nowhere_to_be_read_in_the_row(
    session: Session, keys: Keyring, kind: str
) -> None:
    message = leave(session, kind, keys)
    row = {column.name: getattr(message, column.name) for column in Message.__table__.columns}
    assert message.sealed is not None and MASK in message.text
    for secret in (PASSWORD, CODE):
        assert secret not in json.dumps(row, default=str, ensure_ascii=False)
        assert secret.encode() not in message.sealed


def test_a_secret_does_not_show_itself(keys: Keyring) -> None:
    assert CODE not in repr(Secret(CODE, keys, NOW))


@pytest.mark.rule("SZ-08")
def test_a_change_of_contact_shows_only_the_end_of_the_new_number(session: Session, keys: Keyring) -> None:
    for kind in ("contact_change_code", "contact_changed_old"):
        text = leave(session, kind, keys).text
        assert "尾号2222" in text and "13900002222" not in text


def test_up_to_three_items_are_named_and_more_are_counted() -> None:
    assert items_text(["甲", "乙", "丙"]) == "甲、乙、丙"
    assert items_text(["甲", "乙", "丙", "丁"]) == "甲、乙等4项"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("示例\n建设", "示例 建设"),
        ("【中奖】示例", "（中奖）示例"),
        ("示例 http://a.b", "示例 a.b"),
        ("hthttp://tp://x", "x"),
        ("示\u202e例\u0000", "示例"),
    ],
)
def test_a_strange_name_cannot_fake_a_signature_or_smuggle_a_link(name: str, said: str) -> None:
    assert plain(name) == said


@given(
    name=st.text(max_size=300),
    items=st.lists(st.text(max_size=100), max_size=8),
    template=st.sampled_from(sorted(TEMPLATES)),
)
def test_no_name_makes_a_text_too_long_or_breaks_it(name: str, items: list[str], template: str) -> None:
    facts = dict.fromkeys(TEMPLATES[template].variables, "2026年12月31日") | {
        "enterprise": plain(name),
        "items": items_text(items),
        "number": DOCUMENT,
    }
    text = TEMPLATES[template].fill(facts)
    assert "\n" not in text and "【" not in text and "http:" not in text.lower()
    assert segments(f"【深圳市住房和建设局】{text}") <= 8
