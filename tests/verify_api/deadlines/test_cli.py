"""`daka deadline` and `daka calendar` as a clerk types them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from verify_api.deadlines.cli import calendar, deadline, read_year
from verify_api.deadlines.yearfile import listed, read_json
from verify_api.settings import settings


def ask(*words: str) -> Any:
    result = CliRunner().invoke(deadline, words, standalone_mode=True)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (
            "--from 2025-09-01 --months 1",
            ["2025-10-09", "2025-10-10T00:00:00+08:00", "2025-10-01", "known"],
        ),
        (
            "--from 2025-09-01 --months 1 --no-roll",
            ["2025-10-01", "2025-10-02T00:00:00+08:00", None, "known"],
        ),
        ("--from 2026-03-01 --months 10", ["2027-01-01", "2027-01-02T00:00:00+08:00", None, "provisional"]),
        ("--from 2026-02-13 --workdays 3", ["2026-02-25", "2026-02-26T00:00:00+08:00", None, "known"]),
        (
            "--from 2024-01-31 --months 1 --no-roll",
            ["2024-02-29", "2024-03-01T00:00:00+08:00", None, "known"],
        ),
    ],
)
def test_the_answer_names_the_last_day_its_end_and_how_sure_it_is(words: str, answer: list[str]) -> None:
    found = ask(*words.split())
    assert list(found) == ["last_day", "ends_at", "rolled_from", "calendar"]
    assert list(found.values()) == answer


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--from 2025-09-01",
        "--months 1",
        "--from 2025-9-1 --months 1",
        "--from 20250901 --months 1",
        "--from 2025-02-30 --months 1",
        "--from 2025-09-01 --months 1 --workdays 1",
        "--from 2025-09-01 --months 0",
        "--from 2025-09-01 --months -1",
        "--from 2025-09-01 --months 1.5",
        "--from 2025-09-01 --workdays 99999999",
        "--from 9999-12-31 --months 1",
        "--from 2025-09-01 --months 1 --year-file no-such-file.json",
    ],
)
def test_bad_input_is_one_line_and_exit_2(words: str) -> None:
    result = CliRunner().invoke(deadline, words.split())
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_year_file_makes_the_answer_certain(tmp_path: Path, year_2027: dict[str, Any]) -> None:
    file = tmp_path / "2027.json"
    file.write_text(json.dumps(year_2027), "utf-8")
    found = ask("--from", "2026-03-01", "--months", "10", "--year-file", str(file))
    assert (found["last_day"], found["calendar"]) == ("2027-01-04", "known")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("ending", ["json", "csv"])
def test_a_file_is_read_in_the_encodings_that_windows_writes(
    tmp_path: Path, year_2027: dict[str, Any], encoding: str, ending: str
) -> None:
    text = json.dumps(year_2027, ensure_ascii=False)
    if ending == "csv":
        days = [(day, "休") for day, _ in listed(read_json(text).off)]
        days += [(day, "班") for day, _ in listed(read_json(text).work)]
        text = "date,kind,name\n" + "\n".join(f"{day},{kind},节日" for day, kind in days)
    file = tmp_path / f"2027.{ending}"
    file.write_bytes(text.encode(encoding))
    read = read_year(file, year=2027, source=year_2027["source"])
    assert (read.year, len(read.off), len(read.work)) == (2027, 25, 2)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x89PNG\r\n", b"[" * 200_000])
def test_a_file_that_is_none_is_one_line_and_exit_2(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "2027.json"
    file.write_bytes(data)
    words = ["--from", "2026-03-01", "--months", "1", "--year-file", str(file)]
    result = CliRunner().invoke(deadline, words)
    assert (result.exit_code, result.output.count("Error:")) == (2, 1)


@pytest.fixture
def on_database(database_url: str, engine: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The commands' settings name the test database, as an operator's environment would."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("on_database")
def test_a_broken_year_file_is_refused_and_nothing_is_loaded(
    tmp_path: Path, year_2027: dict[str, Any]
) -> None:
    year_2027["holidays"].pop()
    file = tmp_path / "2027.json"
    file.write_text(json.dumps(year_2027), "utf-8")
    result = CliRunner().invoke(calendar, ["load", str(file)])
    assert result.exit_code == 2
    assert "缺少法定节假日" in result.output
    shown = json.loads(CliRunner().invoke(calendar, ["show", "--year", "2027"]).output)
    assert (shown["known"], shown["loaded"]) == (False, [])
