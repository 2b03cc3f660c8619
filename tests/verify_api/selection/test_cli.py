"""`daka select`: 0 an answer, 2 one line naming the field, 3 the answer is no."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from daka.main import cli

EXAMPLE: dict[str, Any] = {
    "safety_permit": True,
    "items": [
        {
            "code": "建筑工程施工总承包三级",
            "registered_required": 5,
            "titled_required": 6,
            "registered_specialties": [{"min": 4, "any_of": ["建筑工程"]}],
            "titled_specialties": ["结构", "给排水", "电气"],
            "technical_lead": "p1",
        }
    ],
    "people": [
        {"id": "p1", "registered": ["建筑工程"], "titled": ["结构"]},
        {"id": "p2", "registered": ["建筑工程"]},
        {"id": "p3", "registered": ["机电工程"], "titled": ["电气"]},
        {"id": "p4", "titled": ["给排水"]},
        {"id": "p5", "titled": ["暖通"]},
        {"id": "p6", "registered": ["建筑工程"], "titled": []},
        {"id": "p7", "titled": ["结构"]},
    ],
}


def ask(tmp_path: Path, content: Any, *arguments: str) -> Result:
    file = tmp_path / "question.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    command, *options = arguments
    return CliRunner().invoke(cli, ["select", command, str(file), *options])


def changed(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(EXAMPLE) | changes


def with_item(**changes: Any) -> dict[str, Any]:
    return changed(items=[EXAMPLE["items"][0] | changes])


def test_a_plan_is_printed_with_its_proof(tmp_path: Path) -> None:
    answer = ask(tmp_path, EXAMPLE, "plan")
    assert answer.exit_code == 0
    found = json.loads(answer.output)
    assert (found["count"], len(found["people"]), found["proof"]["lower_bound"]) == (6, 6, 6)
    tally = found["per_item"]["建筑工程施工总承包三级"]
    assert (tally["registered"]["need"], tally["titled"]["need"], tally["heads"]["need"]) == (3, 3, 6)


def test_the_numbers_of_the_standard_may_be_named(tmp_path: Path) -> None:
    item = {"standard": {"category": "建筑工程", "grade": "三级"}, "technical_lead": "p1"}
    answer = ask(tmp_path, changed(items=[item]), "plan")
    assert answer.exit_code == 0
    tally = json.loads(answer.output)["per_item"]["建筑工程施工总承包三级"]
    assert (tally["registered"]["need"], tally["titled"]["need"]) == (3, 3)


def test_an_impossible_plan_exits_3_with_the_shortages(tmp_path: Path) -> None:
    answer = ask(tmp_path, changed(safety_permit=False), "plan")
    assert answer.exit_code == 3
    shortages = json.loads(answer.output)["shortages"]
    assert [(s["code"], s["need"], s["have"]) for s in shortages] == [
        ("titled_short", 6, 5),
        ("registered_specialty_short", 4, 3),
    ]


def test_a_check_says_yes_or_every_reason(tmp_path: Path) -> None:
    good = ask(tmp_path, EXAMPLE, "check", "--people", "p1,p2,p3,p4,p6,p7")
    assert (good.exit_code, json.loads(good.output)["ok"]) == (0, True)
    bad = ask(tmp_path, EXAMPLE, "check", "--people", "p2,p4,p4")
    assert bad.exit_code == 3
    found = json.loads(bad.output)
    assert not found["ok"]
    assert [r["code"] for r in found["reasons"]] == [
        "counted_twice",
        "technical_lead_not_selected",
        "registered_short",
        "titled_short",
        "heads_short",
    ]
    assert all({"code", "item", "need", "have", "message"} <= r.keys() for r in found["reasons"])


def test_what_if_answers_come_with_the_plan(tmp_path: Path) -> None:
    options = [part for name in ("permit", "registered", "titled", "items") for part in ("--what-if", name)]
    found = json.loads(ask(tmp_path, EXAMPLE, "plan", *options).output)
    assert [one["question"] for one in found["what_if"]] == ["permit", "registered", "titled", "items"]
    assert [("shortages" in one) for one in found["what_if"]] == [True, False, False, False]


def test_must_and_exclude_shape_the_plan(tmp_path: Path) -> None:
    answer = ask(tmp_path, EXAMPLE, "plan", "--must", "p5", "--exclude", "p7")
    assert answer.exit_code == 0
    people = json.loads(answer.output)["people"]
    assert "p5" in people
    assert "p7" not in people
    assert ask(tmp_path, EXAMPLE, "plan", "--exclude", "p1").exit_code == 3


def test_the_day_of_submission_decides_what_has_expired(tmp_path: Path) -> None:
    people = [{"id": "p1", "registered": [{"specialty": "建筑工程", "valid_to": "2026-03-02"}]}]
    item = {"code": "x", "registered_required": 1, "titled_required": 0, "technical_lead": "p1"}
    content = changed(people=people, items=[item])
    assert ask(tmp_path, content, "check", "--people", "p1", "--on", "2026-03-02").exit_code == 0
    late = ask(tmp_path, content | {"on": "2026-03-03"}, "check", "--people", "p1")
    assert late.exit_code == 3
    assert json.loads(late.output)["reasons"][0]["code"] == "registration_expired"


PEOPLE = EXAMPLE["people"]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("{", "不是 JSON"),
        ("[]", "文件"),
        ("null", "文件"),
        ('{"safety_permit": true, "safety_permit": false}', "safety_permit"),
        ({}, "safety_permit"),
        (changed(safety_permit=1), "safety_permit"),
        (changed(safety_permit=None), "safety_permit"),
        (changed(safety_permit={"status": "很好"}), "safety_permit.status"),
        (changed(items=[]), "items"),
        (changed(people=[]), "people"),
        (changed(people={}), "people"),
        (changed(colour="red"), "colour"),
        (changed(on="2026-02-30"), "on"),
        (changed(on=20260302), "on"),
        (changed(on="2026-03-02T00:00:00"), "on"),
        (changed(on="２０２６-03-02"), "on"),
        ('{"safety_permit": ' + "9" * 5000 + "}", "数值"),
        ("[" * 100_000, "嵌套"),
        ('{"\\ud800": 1}', "文件"),
        (changed(people=[{"id": "\ud800"}]), "people[0].id"),
        (changed(people=[*PEOPLE, PEOPLE[0]]), "people[7].id"),
        (changed(people=[{"id": "p1", "registred": []}]), "people[0].registred"),
        (changed(people=[{"id": ""}]), "people[0].id"),
        (changed(people=[{"id": 1}]), "people[0].id"),
        (changed(people=[{"id": "p1", "on_roster": 1}]), "people[0].on_roster"),
        (changed(people=[{"id": "p1", "registered": "建筑工程"}]), "people[0].registered"),
        (changed(people=[{"id": "p1", "registered": [{"specialty": "x", "employer": "Y"}]}]), "enterprise"),
        (changed(items=EXAMPLE["items"] * 2), "items[1].code"),
        (with_item(registered_required=-1), "items[0].registered_required"),
        (with_item(registered_required=True), "items[0].registered_required"),
        (with_item(registered_required=2.5), "items[0].registered_required"),
        (with_item(registered_required="5"), "items[0].registered_required"),
        (with_item(registered_required=None), "items[0].registered_required"),
        (with_item(registered_required=10**9), "items[0].registered_required"),
        (with_item(registered_required=3), "items[0].registered_specialties[0].min"),
        (with_item(technical_lead="p9"), "items[0].technical_lead"),
        (with_item(technical_lead=7), "items[0].technical_lead"),
        (with_item(code=None), "items[0].code"),
        (with_item(titled_specialties=[{"min": 0, "any_of": ["x"]}]), "items[0].titled_specialties[0].min"),
        (with_item(titled_specialties=[{"min": 1, "any_of": []}]), "items[0].titled_specialties[0].any_of"),
        (with_item(standard={"category": "建筑工程", "grade": "三级"}), "items[0].registered_required"),
        (changed(items=[{"standard": {"category": "火箭", "grade": "三级"}}]), "items[0].standard"),
        (changed(items=[{"standard": {"category": "建筑工程", "grade": "九级"}}]), "items[0].standard"),
    ],
)
def test_bad_input_is_one_line_that_names_the_field(tmp_path: Path, content: Any, field: str) -> None:
    with pytest.raises(click.ClickException) as refused:
        file = tmp_path / "bad.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        cli.main(["select", "plan", str(file)], standalone_mode=False)
    line = refused.value.format_message()
    assert line.startswith(field) or field in line.split("：")[1]
    assert "\n" not in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "--people", ""), "--people"),
        (("check", "--people", "p1,,p2"), "--people"),
        (("check", "--people", "p1,p99"), "p99"),
        (("check",), "--people"),
        (("plan", "--must", "p99"), "p99"),
        (("plan", "--must", "p2", "--exclude", "p2"), "p2"),
        (("plan", "--prefer", "files,files"), "--prefer"),
        (("plan", "--prefer", "luck"), "--prefer"),
        (("plan", "--on", "soon"), "--on"),
    ],
)
def test_bad_options_are_refused(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    file = tmp_path / "question.json"
    file.write_text(json.dumps(EXAMPLE), encoding="utf-8")
    command, *options = arguments
    with pytest.raises(click.ClickException) as refused:
        cli.main(["select", command, str(file), *options], standalone_mode=False)
    assert said in refused.value.format_message()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\xef\xbb\xbf[]", b""])
def test_a_file_that_is_no_utf8_json_is_one_line_and_exit_2(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(content)
    command = [sys.executable, "-m", "daka.main", "select", "plan", str(file)]
    found = subprocess.run(command, capture_output=True, check=False)
    assert found.returncode == 2
    assert len(found.stderr.decode().splitlines()) == 1
    assert found.stdout == b""


def test_a_missing_file_is_one_line_and_exit_2(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "daka.main", "select", "plan", str(tmp_path / "absent.json")]
    found = subprocess.run(command, capture_output=True, check=False)
    assert (found.returncode, len(found.stderr.decode().splitlines())) == (2, 1)


def test_a_question_may_come_from_standard_input() -> None:
    command = [sys.executable, "-m", "daka.main", "select", "plan", "-"]
    found = subprocess.run(command, input=json.dumps(EXAMPLE).encode(), capture_output=True, check=False)
    assert (found.returncode, json.loads(found.stdout)["count"]) == (0, 6)
