"""`daka sms`."""

import json

import pytest
from click.testing import CliRunner

from verify_api.messages.cli import sms
from verify_api.messages.templates import TEMPLATES


@pytest.mark.parametrize(
    ("vendor", "text"),
    [
        ("aliyun", "验证码${code}，${minutes}分钟内有效，"),
        ("tencent", "验证码{1}，{2}分钟内有效，"),
        ("gateway", "验证码{code}，{minutes}分钟内有效，"),
    ],
)
def test_templates_are_written_as_the_vendor_wants_them(vendor: str, text: str) -> None:
    result = CliRunner().invoke(sms, ["templates", "--vendor", vendor])
    lines = {line["name"]: line for line in map(json.loads, result.output.splitlines())}
    assert lines.keys() == TEMPLATES.keys()
    assert lines["reset_code"]["text"].startswith(text)
    assert (lines["reset_code"]["type"], lines["passed"]["type"]) == ("验证码", "通知")


@pytest.mark.parametrize(
    ("size", "length", "parts", "code"), [(59, 70, 1, 0), (60, 71, 2, 0), (490, 501, None, 3)]
)
def test_length_counts_the_signature(size: int, length: int, parts: int | None, code: int) -> None:
    result = CliRunner().invoke(sms, ["length", "深" * size])
    assert (json.loads(result.output), result.exit_code) == ({"length": length, "segments": parts}, code)
