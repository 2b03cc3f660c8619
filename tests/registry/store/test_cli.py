"""`daka registry` from a shell."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from registry.db import Sessions
from tests.registry.store.test_filings import COUNTY, Desk
from tests.registry.store.test_imports import rows, write_csv
from tests.registry.store.world import add_firm

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def daka(engine: Engine, tmp_path: Path, sessions: Sessions) -> Run:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    env = {**os.environ, "DATABASE_URL": url, "DAKA_VAR": str(tmp_path)}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "daka.main", "registry", *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    return run


def test_eligible_answers_with_clauses_and_the_exit_code_is_the_verdict(
    daka: Run, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        desk = Desk(session, add_firm(session))
        desk.decided(desk.filed(), COUNTY)
        uscc = desk.firm.uscc
    asked = ("eligible", "--enterprise", uscc, "--on", "2024-12-03", "--use")
    yes, no = daka(*asked, "provincial"), daka(*asked, "national")
    assert (yes.returncode, json.loads(yes.stdout)["eligible"]) == (0, True)
    answer = json.loads(no.stdout)
    assert (no.returncode, answer["eligible"]) == (3, False)
    assert {c["rule"] for c in answer["projects"][0]["firm_clauses"]} == {"MO-03"}
    assert answer["projects"][0]["shortest_way"][1] == "推送全国平台"


@pytest.mark.parametrize(
    "arguments",
    [
        ("eligible", "--enterprise", "9144", "--use", "national", "--on", "2024-12-03"),
        ("eligible", "--enterprise", "9144030071526726XG", "--use", "national", "--on", "2024-12-03"),
        ("eligible", "--enterprise", "9144030071526726XG", "--use", "national", "--on", "2024-02-30"),
        ("set-rule", "jilin", "port_days", "-1", "--basis", "x", "--from", "2025-01-01"),
        ("appoint", "staff:1", "--level", "city", "--region", "45", "--authority", "x", "--request", "y"),
    ],
)
def test_bad_input_is_one_line_and_exit_two(daka: Run, arguments: tuple[str, ...]) -> None:
    ended = daka(*arguments)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1), ended.stderr


def test_import_reports_row_by_row_and_verify_finds_the_store_whole(daka: Run, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [*rows(1), *rows(2, "county", permit__number="")])
    ended = daka("import", str(path))
    answer = json.loads(ended.stdout)
    assert (ended.returncode, answer["done"], answer["finished"]) == (0, 2, True)
    assert [row["row"] for row in answer["rows"]] == [8]
    whole = daka("verify")
    assert (whole.returncode, json.loads(whole.stdout)["whole"]) == (0, True)
