"""Bulk import: what is taken in, what is not, twice the same, killed in the middle."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.db import Sessions
from registry.imports import service as imports
from registry.imports.models import ImportRow, ImportRun
from registry.imports.records import COLUMNS, FileUnreadable, count_units, read_units
from registry.ledger.service import Actor, verify
from registry.projects.models import (
    Grade,
    GradeEntry,
    Project,
    ProjectParty,
    ProjectPerson,
    Stage,
    StageRecord,
)
from registry.projects.queries import grades_as_of, list_projects, project_by_code
from registry.projects.service import Identity
from registry.publication.models import Publication
from tests.registry.samples import code, resident_id
from tests.registry.store.world import at, identity, parties, stages

NOW = at("2024-12-02T09:00")


def rows(
    n: int, level: str = "county", *names: str, province: str = "22", **changes: Any
) -> Iterable[dict[str, str]]:
    """The CSV rows of one project."""
    project = identity(n, province)
    for stage, content in stages(project, *names, **changes).items():
        cells = {
            k: json.dumps(v, ensure_ascii=False) if isinstance(v, list) else str(v)
            for k, v in content.items()
        }
        yield {
            "project_code": project.code, "project_name": project.name,
            "location_code": project.location_code,
            "category": project.category, "work_type": project.work_type, "stage": stage,
            "approver_level": level, "authority": "示例审批系统",
            "parties": json.dumps(parties(code(1)), ensure_ascii=False) if stage == "basic" else "",
            **cells,
        }  # fmt: skip


def write_csv(path: Path, given: Iterable[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(given)
    return path


def take(sessions: Sessions, path: Path, keyring: Keyring, chunk_size: int = 500) -> ImportRun:
    return imports.run_import(
        sessions, path, keyring=keyring, actor=Actor("operator"), clock=lambda: NOW, chunk_size=chunk_size
    )


def remarks(session: Session) -> list[tuple[int, str]]:
    return [(r.row, r.code) for r in session.scalars(select(ImportRow).order_by(ImportRow.row, ImportRow.id))]


@pytest.mark.rule("JL-19")
def test_docked_data_are_graded_by_their_approver_and_shown_and_pushed(
    sessions: Sessions, tmp_path: Path, keyring: Keyring
) -> None:
    given = [*rows(1), *rows(2, "city"), *rows(3, "province"), *rows(4, "")]
    run = take(sessions, write_csv(tmp_path / "a.csv", given), keyring)
    assert run.counts == {"projects_new": 4, "stages_new": 28, "rejected": 0}
    with sessions() as session:
        held = {}
        for n in (1, 2, 3, 4):
            project = project_by_code(session, identity(n).code)
            assert project is not None
            held[n] = set(grades_as_of(session, [project.id], NOW)[project.id].values())
        assert held == {1: {Grade.C}, 2: {Grade.B}, 3: {Grade.B}, 4: {Grade.D}}
        flagged = session.scalars(select(GradeEntry.project_id).where(GradeEntry.is_flagged)).all()
        assert len(set(flagged)) == 1 and {code for _, code in remarks(session)} == {"capped_at_b"}
        assert len(list_projects(session, moment=NOW, viewer=None)) == 3, (
            "what nobody approved is not displayed"
        )
        assert {p.target for p in session.scalars(select(Publication))} == {"national", "provincial"}
        assert verify(session).problems == []


def test_csv_xlsx_and_json_say_the_same(
    sessions: Sessions, tmp_path: Path, keyring: Keyring, engine: Engine
) -> None:
    given = [*rows(1), *rows(2, "city")]
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(COLUMNS))
    for row in given:
        sheet.append([float(row[c]) if c == "area_m2" and row.get(c) else row.get(c) for c in COLUMNS])
    book.save(tmp_path / "a.xlsx")
    objects = [
        {
            **{slot: getattr(identity(n), slot) for slot in Identity.__slots__},
            "authority": "示例审批系统", "parties": parties(code(1)),
            "stages": [
                {"stage": s, "approver_level": level, "content": c} for s, c in stages(identity(n)).items()
            ],
        }
        for n, level in ((1, "county"), (2, "city"))
    ]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(objects, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(o) for o in objects), encoding="utf-8")
    write_csv(tmp_path / "a.csv", given)
    counts = [
        take(sessions, tmp_path / name, keyring).counts for name in ("a.csv", "a.xlsx", "a.json", "a.jsonl")
    ]
    assert counts[0] == {"projects_new": 2, "stages_new": 14, "rejected": 0}
    again = {"projects_new": 0, "stages_unchanged": 14, "rejected": 0}
    assert counts[1:] == [again, again, again], "the same content in another form changes nothing"


def test_the_same_file_twice_is_the_same_run(sessions: Sessions, tmp_path: Path, keyring: Keyring) -> None:
    path = write_csv(tmp_path / "a.csv", rows(1))
    first = take(sessions, path, keyring)
    second = take(sessions, path, keyring)
    assert (first.id, first.counts, first.finished_at) == (second.id, second.counts, second.finished_at)


@pytest.mark.rule("JL-03")
def test_what_is_there_is_not_overwritten_and_what_is_missing_is_added(
    sessions: Sessions, tmp_path: Path, keyring: Keyring
) -> None:
    take(sessions, write_csv(tmp_path / "a.csv", rows(1, "county", "basic", "permit")), keyring)
    other = rows(1, "city", "basic", "permit", "completion", permit__number="另一个编号")
    run = take(sessions, write_csv(tmp_path / "b.csv", other), keyring)
    assert run.counts == {
        "projects_new": 0, "stages_unchanged": 1, "stages_conflicting": 1, "stages_new": 1, "rejected": 0
    }  # fmt: skip
    with sessions() as session:
        assert remarks(session) == [(1, "stage_differs")]
        (permit,) = session.scalars(select(StageRecord).where(StageRecord.stage == "permit"))
        assert permit.content["number"] == "220102202007010101"


@pytest.mark.rule("JL-18")
def test_an_approvers_data_take_the_place_of_what_nobody_confirmed(
    sessions: Sessions, tmp_path: Path, keyring: Keyring
) -> None:
    take(sessions, write_csv(tmp_path / "a.csv", rows(1, "", "basic")), keyring)
    take(sessions, write_csv(tmp_path / "b.csv", rows(1, "county", "basic", basic__area_m2=1)), keyring)
    with sessions() as session:
        versions = session.scalars(select(StageRecord).order_by(StageRecord.version)).all()
        assert [(v.version, v.source) for v in versions] == [(1, "legacy"), (2, "docked")]
        assert len(list_projects(session, moment=NOW, viewer=None)) == 1


FAULTS = {
    "required_field_missing": {"permit__number": ""},
    "bad_value": {"basic__area_m2": "很大"},
    "differs_from_approval": {"basic__approval_name": "别的名称"},
    "completed_before_permit": {"completion__completed_on": "2019-01-01"},
}


@pytest.mark.parametrize(("fault", "changes"), FAULTS.items())
def test_a_faulty_project_is_reported_by_row_and_costs_the_others_nothing(
    sessions: Sessions, tmp_path: Path, keyring: Keyring, fault: str, changes: dict[str, str]
) -> None:
    given = [*rows(1), *rows(2, "county", **changes), *rows(3)]
    run = take(sessions, write_csv(tmp_path / "a.csv", given), keyring)
    with sessions() as session:
        found = remarks(session)
        assert {row for row, _ in found} == {8} and (
            8,
            fault if fault != "bad_value" else "bad_cell",
        ) in found
        assert session.scalar(select(func.count()).select_from(Project)) == 2
    assert run.counts["rejected"] == 1


def an_object(n: int) -> dict[str, Any]:
    """A project with its basic information, as JSON gives it."""
    content = stages(identity(n), "basic")["basic"]
    given = {slot: getattr(identity(n), slot) for slot in Identity.__slots__}
    return {**given, "stages": [{"stage": "basic", "approver_level": "city", "content": content}]}


def test_a_control_character_or_an_odd_number_does_not_kill_a_chunk(
    sessions: Sessions, tmp_path: Path, keyring: Keyring
) -> None:
    good, bad, nan = (an_object(n) for n in (1, 2, 3))
    bad["name"] = "坏\x00名"
    nan["stages"][0]["content"] = {**nan["stages"][0]["content"], "investment_wan": float("nan")}
    odd = {**good, "code": 5, "stages": "x", "parties": [3]}
    (tmp_path / "a.json").write_text(json.dumps([bad, nan, odd, good]), encoding="utf-8")
    run = take(sessions, tmp_path / "a.json", keyring)
    assert run.counts == {"projects_new": 1, "stages_new": 1, "rejected": 3}


def test_one_project_in_two_places_of_a_file_is_reported(
    sessions: Sessions, tmp_path: Path, keyring: Keyring
) -> None:
    given = [*rows(1, "county", "basic"), *rows(2, "county", "basic"), *rows(1, "county", "permit")]
    take(sessions, write_csv(tmp_path / "a.csv", given), keyring)
    with sessions() as session:
        assert remarks(session) == [(3, "project_repeated")]


def test_people_are_kept_by_digest_and_their_numbers_nowhere(
    sessions: Sessions, tmp_path: Path, keyring: Keyring, engine: Engine
) -> None:
    person = {"name": "示例人员", "role": "项目经理", "employer_uscc": code(1), "id_number": resident_id(5)}
    given = list(rows(1, "city"))
    given[0]["people"] = json.dumps([person], ensure_ascii=False)
    take(sessions, write_csv(tmp_path / "a.csv", given), keyring)
    with sessions() as session:
        (kept,) = session.scalars(select(ProjectPerson))
        assert kept.id_digest == keyring.digest(resident_id(5), purpose="people.id_number")
        whole = session.execute(text("SELECT string_agg(t::text, '') FROM project_people t")).scalar()
        assert resident_id(5) not in str(whole)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "a,b\n1,2\n"),
        ("a.csv", ""),
        ("a.csv", "\xff\xfe"),
        ("a.json", "{"),
        ("a.json", "[1]"),
        ("a.json", '[{"code": 1}'),
        ("a.xlsx", "not a workbook"),
        ("a.txt", "x"),
    ],
)
def test_a_file_of_no_known_form_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(FileUnreadable):
        list(read_units(tmp_path / name))


def test_the_length_of_a_file_is_known_before_it_is_taken_in_and_kept(
    sessions: Sessions, tmp_path: Path, keyring: Keyring
) -> None:
    path = write_csv(tmp_path / "a.csv", [row for n in range(1, 8) for row in rows(n)])
    assert count_units(path) == len(list(read_units(path))) == 7
    seen: list[int | None] = []

    def look(_done: int) -> None:
        with sessions() as session:
            seen.append(session.scalars(select(ImportRun.total_rows)).one())

    run = imports.run_import(
        sessions,
        path,
        keyring=keyring,
        actor=Actor("operator"),
        clock=lambda: NOW,
        on_progress=look,
        chunk_size=3,
    )
    assert seen == [7, 7, 7] and run.total_rows == 7


@pytest.mark.parametrize(
    ("name", "content"), [("a.json", "[1]"), ("a.xlsx", "x"), ("a.txt", "x"), ("a.csv", "")]
)
def test_a_file_that_breaks_off_has_no_known_length(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert count_units(tmp_path / name) is None


def test_a_stream_of_objects_is_read_across_buffer_edges(tmp_path: Path) -> None:
    codes = [f"c{n}" * 20 for n in range(3000)]  # several buffers
    (tmp_path / "a.json").write_text(json.dumps([{"code": one} for one in codes]), encoding="utf-8")
    assert [unit.identity.code for unit in read_units(tmp_path / "a.json")] == codes


def snapshot(engine: Engine) -> dict[str, object]:
    """What the store holds, without what differs between two runs by nature (ids, times)."""
    of = "JOIN projects p ON p.id = project_id ORDER BY 1, 2, 3, 4"
    queries = {
        "projects": "SELECT code, name FROM projects ORDER BY code",
        "stages": f"SELECT code, stage, version, content_sha256 FROM stage_records {of}",
        "grades": f"SELECT code, stage, grade, cause FROM grade_entries {of}",
        "parties": f"SELECT code, role, uscc, p.name FROM project_parties {of}",
        "publications": f"SELECT code, target, stages::text, cause FROM publications {of}",
        "rows": "SELECT row, code FROM import_rows ORDER BY 1, 2",
        "runs": "SELECT next_row, total_rows, counts FROM import_runs",
    }
    with engine.connect() as connection:
        return {name: [tuple(r) for r in connection.execute(text(query))] for name, query in queries.items()}


WORKER = """
import sys
import registry.models
from pathlib import Path
from registry.clock import system_clock
from registry.crypto import Keyring
from registry.db import make_engine, make_sessions
from registry.imports import service
from registry.ledger.service import Actor
sessions = make_sessions(make_engine(sys.argv[1]))
service.run_import(sessions, Path(sys.argv[2]), keyring=Keyring({"k1": bytes(32)}),
    chunk_size=50, actor=Actor("operator"), clock=system_clock,
    on_progress=lambda done: print(done, flush=True))
"""


def test_killed_in_the_middle_and_run_again_it_ends_with_the_same_store(
    sessions: Sessions, engine: Engine, tmp_path: Path
) -> None:
    given = [
        row for n in range(1, 601) for row in rows(n, "city" if n % 2 else "county", permit__number=f"P{n}")
    ]
    given += list(rows(700, "county", permit__number=""))
    path = write_csv(tmp_path / "a.csv", given)
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    command = [sys.executable, "-c", WORKER, url, str(path)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    for kills in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline(), "one chunk is in"
            time.sleep(0.02 * kills)
            worker.send_signal(signal.SIGKILL)
    with sessions() as session:
        interrupted = session.scalars(select(ImportRun)).one()
        assert interrupted.finished_at is None and 0 < interrupted.next_row < 601
    subprocess.run(command, check=True, env=env, capture_output=True)
    broken = snapshot(engine)
    with sessions() as session:
        assert verify(session).problems == []
    _empty(engine)
    subprocess.run(command, check=True, env=env, capture_output=True)
    assert broken == snapshot(engine)
    assert len(broken["projects"]) == 600  # type: ignore[arg-type]


def _empty(engine: Engine) -> None:
    from tests.registry.conftest import OWN

    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"TRUNCATE {', '.join(OWN)} RESTART IDENTITY CASCADE"))


def test_two_processes_on_one_file_write_it_once(
    sessions: Sessions, tmp_path: Path, keyring: Keyring
) -> None:
    import threading

    path = write_csv(tmp_path / "a.csv", [row for n in range(1, 120) for row in rows(n, "county", "basic")])
    threads = [
        threading.Thread(target=take, args=(sessions, path, keyring), kwargs={"chunk_size": 10})
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with sessions() as session:
        run = session.scalars(select(ImportRun)).one()
        assert run.next_row == 119 or run.finished_at is None
        assert session.scalar(select(func.count()).select_from(StageRecord)) == run.next_row
        assert session.scalar(select(func.count()).select_from(ProjectParty)) == 2 * run.next_row


@pytest.mark.rule("JS-09")
def test_docked_basic_data_of_jiangsu_follow_the_drawing_review(
    sessions: Sessions, tmp_path: Path, keyring: Keyring
) -> None:
    given = list(rows(1, "county", "basic", "drawing_review", province="32"))
    given[1]["approver_level"] = "city"
    take(sessions, write_csv(tmp_path / "a.csv", given), keyring)
    with sessions() as session:
        project = project_by_code(session, identity(1, "32").code)
        assert project is not None
        assert grades_as_of(session, [project.id], NOW)[project.id] == {
            Stage.BASIC: Grade.B,
            Stage.DRAWING: Grade.B,
        }
        assert verify(session).problems == []
