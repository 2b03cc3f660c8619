"""`daka users` as an operator runs it."""

import json
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner, Result

from registry import embedded
from registry.clock import system_clock
from verify_api.accounts.cli import users
from verify_api.settings import settings


@pytest.fixture
def run(admin_url: str, worker_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("DATABASE_URL", embedded.sibling(admin_url, f"daka_users_{worker_id}", fresh=True))
    monkeypatch.setenv("DAKA_VAR", str(tmp_path))
    settings.cache_clear()

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(users, arguments, standalone_mode=False)

    yield call
    settings.cache_clear()


def test_an_account_is_made_listed_repaired_and_disabled(run) -> None:  # type: ignore[no-untyped-def]
    made = json.loads(run("add", "shenhe1", "--name", "示例审核员", "--role", "reviewer").output)
    assert made["username"] == "shenhe1"
    assert len(made["password"]) == 12
    seed = pyotp.parse_uri(made["totp_uri"])
    now = system_clock()
    shown = json.loads(run("totp", "shenhe1", "--now").output)["totp"]
    assert shown in {seed.at(now), seed.at(now - timedelta(seconds=30)), seed.at(now + timedelta(seconds=30))}
    assert json.loads(run("reset", "shenhe1").output)["password"] != made["password"]
    assert json.loads(run("totp", "shenhe1").output)["totp_uri"] != made["totp_uri"]
    assert json.loads(run("disable", "shenhe1").output) == {"username": "shenhe1", "disabled": True}
    [line] = json.loads(run("list").output)
    assert (line["role"], line["disabled_at"] is not None) == ("reviewer", True)
    assert "password" not in line


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "x", "--name", "n", "--role", "reviewer"),
        ("add", "shenhe1", "--name", "n", "--role", "king"),
        ("add", "shenhe1", "--role", "reviewer"),
        ("reset", "niemand"),
        ("totp", "niemand", "--now"),
        ("disable",),
    ],
)
def test_bad_input_is_one_clear_line(run, arguments: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    import click

    error = run(*arguments).exception
    assert isinstance(error, click.ClickException)
    assert "\n" not in error.format_message().strip()
