"""What an import file says, judged unit by unit: a unit is one project with the stages its rows give.

Pure but for reading the file, which is read once, as a stream.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl

from registry.clauses import Clause
from registry.errors import Invalid
from registry.identifiers import BadIdNumber, is_uscc, normal_id_number
from registry.projects.fields import (
    CATEGORIES,
    FIELDS,
    PERSON_ROLES,
    WORK_TYPES,
    FieldKind,
    check_identity,
    check_order,
    check_parties,
    check_stage,
    is_text,
)
from registry.projects.models import Level, Stage
from registry.projects.service import Identity

IDENTITY = ("project_code", "project_name", "location_code", "category", "work_type", "specialty")
LEVELS = {
    "": None,
    "county": Level.COUNTY,
    "city": Level.CITY,
    "province": Level.PROVINCE,
    "department": Level.DEPARTMENT,
}
_KINDS = {field.name: field.kind for fields in FIELDS.values() for field in fields}
COLUMNS = (*IDENTITY, "stage", "approver_level", "authority", "filed_by", "parties", "people", *_KINDS)
_JSON_BUFFER = 1 << 16
_OF_OBJECTS = {".json", ".jsonl"}


class FileUnreadable(Invalid):
    """Not a file of a known form."""

    code = "import_file_unreadable"
    message = "文件无法读取，请使用规定格式的CSV、XLSX或JSON文件"


@dataclass(slots=True)
class Unit:
    """One project as the file gives it. `row` is its first row (or object), from 1."""

    row: int
    identity: Identity
    stages: dict[Stage, dict[str, Any]] = field(default_factory=dict)
    levels: dict[Stage, Level | None] = field(default_factory=dict)
    authority: str = ""
    filed_by: str = ""
    parties: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Clause] = field(default_factory=list)


def read_units(path: Path) -> Iterator[Unit]:
    """Every unit of the file, faulty ones with their faults.

    Raises:
        FileUnreadable: Not a CSV, XLSX or JSON file of the known form.
    """
    try:
        if path.suffix.lower() in _OF_OBJECTS:
            yield from (_unit_of_object(n, given) for n, given in enumerate(_json_objects(path), 1))
        else:
            yield from _grouped(_table_rows(path))
    except (csv.Error, BadZipFile, KeyError, OSError, ValueError) as error:
        raise FileUnreadable from error


def count_units(path: Path) -> int | None:
    """How many units the file has, read once without judging any; None if it breaks off somewhere."""
    try:
        if path.suffix.lower() in _OF_OBJECTS:
            return sum(1 for _ in _json_objects(path))
        return sum(1 for _ in groupby(row["project_code"] for row in _table_rows(path)))
    except (FileUnreadable, csv.Error, BadZipFile, KeyError, OSError, ValueError):
        return None


def _table_rows(path: Path) -> Iterator[dict[str, str]]:
    match path.suffix.lower():
        case ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from _csv_rows(file)
        case ".xlsx":
            yield from _xlsx_rows(path)
        case _:
            raise FileUnreadable


def _csv_rows(file: Iterable[str]) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(file, strict=True)
    _known_columns(reader.fieldnames or ())
    for row in reader:
        yield {name: (value or "").strip() for name, value in row.items() if name is not None}


def _xlsx_rows(path: Path) -> Iterator[dict[str, str]]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        rows = book.worksheets[0].iter_rows(values_only=True)
        names = [str(cell or "").strip() for cell in next(rows, ())]
        _known_columns(names)
        for cells in rows:
            row = {name: _cell(cell) for name, cell in zip(names, cells, strict=False)}
            if any(row.values()):
                yield row
    finally:
        book.close()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _known_columns(names: Iterable[str]) -> None:
    given = set(names)
    if not set(IDENTITY) <= given or "stage" not in given or not given <= set(COLUMNS):
        raise FileUnreadable


def _json_objects(path: Path) -> Iterator[Mapping[str, Any]]:
    """The objects of a top-level array or of one object a line, without holding the file."""
    decoder, buffer, is_array = json.JSONDecoder(), "", None
    with path.open(encoding="utf-8-sig") as file:
        while True:
            chunk = file.read(_JSON_BUFFER)
            buffer += chunk
            if is_array is None and buffer.strip():
                is_array = buffer.lstrip().startswith("[")
                buffer = buffer.lstrip()[1:] if is_array else buffer
            while True:
                text = buffer.lstrip(" \t\r\n,")
                if text.startswith("]") and is_array:
                    return
                try:
                    found, end = decoder.raw_decode(text)
                except json.JSONDecodeError:
                    break
                if not isinstance(found, dict):
                    raise FileUnreadable
                yield found
                buffer = text[end:]
            if not chunk:
                if buffer.strip(" \t\r\n,") or is_array:
                    raise FileUnreadable
                return


def _grouped(rows: Iterable[dict[str, str]]) -> Iterator[Unit]:
    """Consecutive rows of one project code are one project."""
    unit: Unit | None = None
    for number, row in enumerate(rows, 1):
        if unit is None or unit.identity.code != row["project_code"]:
            if unit is not None:
                yield judged(unit)
            unit = Unit(number, Identity(*(row.get(name, "") for name in IDENTITY)))
        _add_row(unit, row)
    if unit is not None:
        yield judged(unit)


def _add_row(unit: Unit, row: Mapping[str, str]) -> None:
    try:
        content = {name: _value(_KINDS[name], row[name]) for name in _KINDS if row.get(name)}
        parties, people = (json.loads(row.get(name) or "[]") for name in ("parties", "people"))
    except ValueError:
        unit.faults.append(Clause("", "bad_cell", "单元格内容不正确"))
        return
    _add_stage(unit, row.get("stage", ""), row.get("approver_level", ""), content)
    unit.authority = row.get("authority", "") or unit.authority
    unit.filed_by = row.get("filed_by", "") or unit.filed_by
    unit.parties += parties if isinstance(parties, list) else [parties]
    unit.people += people if isinstance(people, list) else [people]


def _value(kind: FieldKind, text: str) -> Any:
    match kind:
        case FieldKind.NUMBER:
            number = float(text)
            return int(number) if number.is_integer() else number
        case FieldKind.ROWS:
            return json.loads(text)
        case _:
            return text


def _unit_of_object(row: int, given: Mapping[str, Any]) -> Unit:
    texts = [given.get(name.removeprefix("project_"), "") for name in IDENTITY]
    unit = Unit(row, Identity(*(text if isinstance(text, str) else "" for text in texts)))
    unit.authority, unit.filed_by = str(given.get("authority", "")), str(given.get("filed_by", ""))
    for name in ("stages", "parties", "people"):
        if not isinstance(given.get(name, []), list):
            unit.faults.append(Clause("", "bad_cell", f"{name} 应为列表"))
            return unit
    for stage in given.get("stages", []):
        content = stage.get("content") if isinstance(stage, dict) else None
        if not isinstance(content, dict):
            unit.faults.append(Clause("", "bad_cell", "环节内容不正确"))
            continue
        _add_stage(unit, str(stage.get("stage")), str(stage.get("approver_level", "")), content)
    unit.parties, unit.people = list(given.get("parties", [])), list(given.get("people", []))
    return judged(unit)


def _add_stage(unit: Unit, name: str, level: str, content: dict[str, Any]) -> None:
    try:
        stage = Stage(name)
    except ValueError:
        unit.faults.append(Clause("", "unknown_stage", "不认识的环节"))
        return
    if level not in LEVELS:
        unit.faults.append(
            Clause("JL-19", "unknown_level", "审批层级应为county、city、province、department或空")
        )
    if stage in unit.stages:
        unit.faults.append(Clause("", "stage_repeated", "同一环节出现两次"))
    unit.stages[stage], unit.levels[stage] = content, LEVELS.get(level)


def judged(unit: Unit) -> Unit:
    """The unit with every fault of its data."""
    identity = unit.identity
    faults = unit.faults
    texts = (identity.code, identity.name, identity.specialty or "-", unit.authority or "-")
    if not 1 <= len(identity.code) <= 64 or len(identity.name) > 200 or not all(map(is_text, texts)):
        faults.append(Clause("JL-25", "bad_identity", "项目代码或名称填写不正确"))
    if len(identity.location_code) != 6 or not identity.location_code.isdecimal():
        faults.append(Clause("", "bad_location", "行政区划代码应为6位数字"))
    if identity.category not in CATEGORIES or identity.work_type not in WORK_TYPES:
        faults.append(Clause("", "bad_category", "工程类别或类型不在规定范围内"))
    if unit.filed_by and not is_uscc(unit.filed_by):
        faults.append(Clause("", "bad_filer", "填报单位统一社会信用代码不正确"))
    for stage, content in unit.stages.items():
        faults += check_stage(stage, content, category=identity.category)
    if Stage.BASIC in unit.stages:
        faults += check_identity(unit.stages[Stage.BASIC], code=identity.code, name=identity.name)
    if not unit.stages:
        faults.append(Clause("", "nothing_filed", "未填报任何环节"))
    faults += check_order(unit.stages)
    faults += check_parties(unit.parties)
    faults += [
        Clause("JL-13", "bad_person", "个人业绩人员信息不正确") for p in unit.people if not _is_person(p)
    ]
    return unit


def _is_person(person: object) -> bool:
    if not isinstance(person, dict) or not set(person) <= {"name", "role", "employer_uscc", "id_number"}:
        return False
    try:
        normal_id_number(str(person.get("id_number", "")))
    except BadIdNumber:
        return False
    name, employer = person.get("name"), person.get("employer_uscc")
    return (
        is_text(name)
        and person.get("role") in PERSON_ROLES
        and isinstance(employer, str)
        and is_uscc(employer)
    )
