"""What somebody reads out of an SMS."""

import httpx
import pytest

from miniapp_mock.client import Inbox, Line, NoAnswer


def inbox(*texts: str) -> Inbox:
    """An inbox in which these have arrived, in this order."""
    items = [{"id": str(n), "to": "10000000001", "text": text} for n, text in enumerate(texts)]
    http = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json={"messages": items}))
    )
    return Inbox(Line("http://nowhere", http=http), limit_s=0, sleep=lambda _: None)


PHONE = "10000000001"


@pytest.mark.parametrize(
    "text",
    [
        "【深圳市住房和建设局】验证码 482913，5 分钟内有效。",
        "您的验证码为482913，请勿告知他人",
        "482913（验证码）",
    ],
)
def test_the_code_is_the_six_digits(text: str) -> None:
    assert inbox(text).code(PHONE) == "482913"


@pytest.mark.parametrize("text", ["账号914403001922038216", "2025年11月06日前办理", "咨询电话0755-83788725"])
def test_other_figures_are_not_codes(text: str) -> None:
    with pytest.raises(NoAnswer):
        inbox(text).code(PHONE)


@pytest.mark.parametrize(
    "text",
    [
        "账号9144030071526726XG，初始密码Abc!2345xy，7日内有效",
        "初始密码：Abc!2345xy。",
        "一次性密码为 Abc!2345xy",
    ],
)
def test_the_password_is_what_follows_its_word(text: str) -> None:
    assert inbox(text).password(PHONE) == "Abc!2345xy"


def test_the_newest_message_counts_and_the_mark_hides_older_ones() -> None:
    box = inbox("验证码 111111", "验证码 222222")
    assert box.code(PHONE) == "222222"
    with pytest.raises(NoAnswer):
        box.code(PHONE, after=box.mark(PHONE))
