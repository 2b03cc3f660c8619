"""`daka select`: the arithmetic of a list, JSON in and out. 0 an answer, 2 bad input, 3 the answer is no."""

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from registry.clock import SHANGHAI, system_clock
from registry.errors import DakaError
from verify_api.selection.door import BadSelection, read_question
from verify_api.selection.report import check_mapping, plan_mapping
from verify_api.selection.rules import check as check_list
from verify_api.selection.solver import DEFAULT_PREFERENCES, Infeasible, Preference
from verify_api.selection.solver import plan as plan_list
from verify_api.selection.values import SelectionInput
from verify_api.selection.whatif import Answer, WhatIf, ask

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
DAY = click.option(
    "--on", type=click.DateTime(formats=["%Y-%m-%d"]), help="Day of submission; the file's, else today."
)


@click.group()
def select() -> None:
    """选人: is a list enough, and which is the smallest."""


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BadSelection(key, "同一对象中出现两次")
        found[key] = value
    return found


def _content(file: Path) -> Any:
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file}：无法读取（{error.strerror}）") from error
    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_refuse_repeated)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}：不是 UTF-8 文本") from error
    except json.JSONDecodeError as error:
        raise click.ClickException(f"{file}：不是 JSON（第 {error.lineno} 行：{error.msg}）") from error
    except RecursionError as error:
        raise click.ClickException(f"{file}：JSON 嵌套过深") from error
    except ValueError as error:  # A number of thousands of digits.
        raise click.ClickException(f"{file}：JSON 中的数值无法读取") from error


def _question(file: Path, on: datetime | None) -> SelectionInput:
    try:
        content = _content(file)
        if on is not None and isinstance(content, dict):
            content = {**content, "on": on.date().isoformat()}
        return read_question(content, today=_today())
    except DakaError as error:
        raise _one_line(error) from error


def _today() -> date:
    return system_clock().astimezone(SHANGHAI).date()


def _one_line(error: DakaError) -> click.ClickException:
    return click.ClickException(error.message)


def _ids(option: str, text: str | None) -> list[str]:
    if text is None:
        return []
    ids = [part.strip() for part in text.split(",")]
    if not all(ids):
        raise click.UsageError(f"--{option}：不能有空的人员编号")
    return ids


def _print(answer: dict[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False))


@select.command("check")
@FILE
@click.option("--people", required=True, help="Ids of the list, separated by commas.")
@DAY
@click.pass_context
def check_command(ctx: click.Context, file: Path, people: str, on: datetime | None) -> None:
    """Say every reason why the list is not enough, or that it is."""
    given = _question(file, on)
    try:
        found = check_list(given, _ids("people", people))
    except DakaError as error:
        raise click.ClickException(f"--people：{error.message}") from error
    _print(check_mapping(found))
    if not found.ok:
        ctx.exit(3)


@select.command("plan")
@FILE
@click.option("--must", help="Ids that have to be on the list, separated by commas.")
@click.option("--exclude", help="Ids that may not be on it.")
@click.option(
    "--prefer",
    default=",".join(DEFAULT_PREFERENCES),
    show_default=True,
    help="What decides between equally short lists, first things first.",
)
@click.option("--what-if", "questions", multiple=True, type=click.Choice([q.value for q in WhatIf]))
@DAY
@click.pass_context
def plan_command(
    ctx: click.Context,
    file: Path,
    must: str | None,
    exclude: str | None,
    prefer: str,
    questions: tuple[str, ...],
    on: datetime | None,
) -> None:
    """Find a smallest list and prove it, or say what the roster lacks."""
    given = _question(file, on)
    wishes = _preferences(prefer)
    musts, excludes = _ids("must", must), _ids("exclude", exclude)
    try:
        found = plan_list(given, musts, excludes, wishes)
        asked = [WhatIf(question) for question in questions]
        answers = ask(given, asked, must=musts, exclude=excludes, preferences=wishes)
    except DakaError as error:
        raise _one_line(error) from error
    _print(plan_mapping(found) | ({"what_if": [_answer(one) for one in answers]} if answers else {}))
    if isinstance(found, Infeasible):
        ctx.exit(3)


def _preferences(text: str) -> list[Preference]:
    names = _ids("prefer", text)
    known = [one.value for one in Preference]
    stray = [name for name in names if name not in known]
    if stray or len(set(names)) != len(names):
        raise click.UsageError(f"--prefer：只能是 {'、'.join(known)}，各一次")
    return [Preference(name) for name in names]


def _answer(one: Answer) -> dict[str, Any]:
    return {"question": one.question.value, "words": one.words, **plan_mapping(one.found)}
