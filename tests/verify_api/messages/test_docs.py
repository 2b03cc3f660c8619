"""The gateway's contract as written is the one that runs."""

import json
import re
from pathlib import Path

import httpx
import pytest

from miniapp_mock.sms_gateway import create_app
from tests.verify_api.messages.fakes import at
from tests.verify_api.messages.serving import serving
from verify_api.messages.adapters.gateway import parse_receipt

PAGE = Path(__file__).parents[3] / "docs" / "sms-gateway.md"


def example(name: str) -> str:
    """The JSON block of this name."""
    found = re.search(rf"```json {name}\n(.+?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_documented_calls_are_taken() -> None:
    with serving(create_app(token="T")) as url:
        headers = {"Authorization": "Bearer T", "Content-Type": "application/json"}
        sent = httpx.post(f"{url}/send", content=example("send").encode(), headers=headers)
        behaviour = httpx.post(f"{url}/behaviour", content=example("behaviour").encode(), headers=headers)
        told = httpx.get(f"{url}/messages/17-1-0a1b2c3d", headers=headers).json()
    assert (sent.status_code, behaviour.status_code) == (202, 200)
    assert told.keys() == json.loads(example("receipt"))[0].keys()


def test_the_documented_receipt_is_understood() -> None:
    (item,) = json.loads(example("receipt"))
    receipt = parse_receipt(item)
    assert receipt is not None and receipt.is_delivered
    assert receipt.reported_at == at("2026-03-02 10:00:00.200")


@pytest.mark.parametrize("word", ["ok", "throttled", "taken_but_silent", "unreached", "unreachable", "never"])
def test_every_word_for_behaviour_is_documented(word: str) -> None:
    assert f"`{word}`" in PAGE.read_text(encoding="utf-8")
