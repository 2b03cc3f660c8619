"""A production start refuses loudly; a demonstration says that it is one."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from verify_api.production import faults
from verify_api.settings import Settings

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
SOUND: dict[str, Any] = {
    "DATABASE_URL": "postgresql://db/daka",
    "data_keys": "k1:" + base64.b64encode(b"k" * 32).decode(),
    "sms_callback_token": "a-token-long-enough",
    "public_url": "https://daka.example",
    "seal_file": Path("seal.p12"),
}


def test_a_sound_installation_starts() -> None:
    assert faults(Settings.model_validate(SOUND)) == []


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"data_keys": ""}, "DAKA_DATA_KEYS"),
        ({"data_keys": "k1:" + base64.b64encode(b"k" * 16).decode()}, "DAKA_DATA_KEYS"),
        ({"data_keys": "k1"}, "DAKA_DATA_KEYS"),
        ({"sms_callback_token": "short"}, "DAKA_SMS_CALLBACK_TOKEN"),
        ({"simulation_clock": "clock.json"}, "DAKA_SIMULATION_CLOCK"),
        ({"secure_cookies": False}, "DAKA_SECURE_COOKIES"),
        ({"public_url": "http://daka.example"}, "DAKA_PUBLIC_URL"),
        ({"seal_file": None}, "DAKA_SEAL_FILE"),
    ],
)
def test_each_weakness_keeps_it_from_starting_and_is_named(changed: dict[str, Any], named: str) -> None:
    [said] = faults(Settings.model_validate(SOUND | changed))
    assert named in said
    assert faults(Settings.model_validate(SOUND | changed | {"demo": True})) == []


def test_every_variable_of_the_compose_file_is_a_setting() -> None:
    named = set(re.findall(r"^    DAKA_(\w+):", COMPOSE.read_text(), re.MULTILINE))
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)
