"""`daka standards`: the personnel standards as this version holds them."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from registry.clock import SHANGHAI, system_clock
from registry.errors import DakaError
from registry.standards import catalogue as data_files
from registry.standards.report import changes, gaps, items, last_change_before, requirement_mapping
from registry.standards.rules import find_category, requirement_of
from registry.standards.values import Basis, Catalogue

Command = Callable[..., Any]


def _day(given: datetime | None) -> date:
    return given.date() if given else system_clock().astimezone(SHANGHAI).date()


def _print(answer: Any) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def _refuse(error: DakaError) -> click.ClickException:
    return click.ClickException(f"{error.message}（{error.hint}）" if error.hint else error.message)


def _catalogue(folder: Path | None) -> Catalogue:
    try:
        return data_files.build(data_files.read(folder)) if folder else data_files.standards()
    except DakaError as error:
        raise _refuse(error) from error
    except OSError as error:
        raise click.ClickException(f"--data：{error.filename} 无法读取") from error


DAY = click.DateTime(formats=["%Y-%m-%d"])
on_option = click.option("--on", type=DAY, help="Day the numbers are asked for; today by default.")
basis_option = click.option(
    "--basis",
    type=click.Choice([b.value for b in Basis]),
    default=Basis.LOWEST_GRADE.value,
    show_default=True,
)
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Another folder of data files.",
)


@click.group()
def standards() -> None:
    """资质标准人员指标: required numbers, with clause, source and confidence."""


@standards.command()
@click.option("--category", help="e.g. 建筑工程; every category if left out.")
@click.option("--grade", help="e.g. 三级; every grade if left out.")
@on_option
@basis_option
@data_option
def show(category: str | None, grade: str | None, on: datetime | None, basis: str, data: Path | None) -> None:
    """Print the requirements that bind on a day."""
    catalogue = _catalogue(data)
    day = _day(on)
    try:
        asked = _asked(catalogue, category, grade)
        found = [requirement_of(catalogue, c, g, on=day, basis=Basis(basis)) for c, g in asked]
    except DakaError as error:
        raise _refuse(error) from error
    answers = [requirement_mapping(one) for one in found]
    _print(answers[0] if category and grade else answers)


def _asked(catalogue: Catalogue, category: str | None, grade: str | None) -> list[tuple[str, str]]:
    if category and grade:
        return [(category, grade)]
    wanted = find_category(catalogue, category)[1].name if category else None
    asked = [(c, g) for c, g in items(catalogue) if wanted in (None, c.split("（")[0]) and grade in (None, g)]
    if not asked:
        raise click.ClickException(f"数据中没有 {category or ''}{grade or ''} 的人员指标")
    return asked


@standards.command()
@on_option
@basis_option
@data_option
@click.option("--strict", is_flag=True, help="Exit 3 if any item would have to wait for staff.")
@click.pass_context
def check(ctx: click.Context, on: datetime | None, basis: str, data: Path | None, strict: bool) -> None:
    """Validate the data files and list what they do not know."""
    answer = gaps(_catalogue(data), on=_day(on), basis=Basis(basis))
    _print(answer)
    if strict and answer["blocked"]:
        ctx.exit(3)


@standards.command()
@on_option
@click.option("--against", type=DAY, help="Day to compare with; the eve of the last change by default.")
@click.option("--basis", type=click.Choice([b.value for b in Basis]), default=Basis.LOWEST_GRADE.value)
@click.option("--against-basis", type=click.Choice([b.value for b in Basis]), help="--basis by default.")
@data_option
def diff(
    on: datetime | None, against: datetime | None, basis: str, against_basis: str | None, data: Path | None
) -> None:
    """Print the items whose numbers differ between two days or two bases."""
    catalogue = _catalogue(data)
    day = _day(on)
    before = _eve(catalogue, day, against, against_basis)
    bases = Basis(against_basis or basis), Basis(basis)
    found = changes(catalogue, (before, bases[0]), (day, bases[1]))
    _print({"against": before.isoformat(), "on": day.isoformat(), "changes": found})


def _eve(catalogue: Catalogue, day: date, against: datetime | None, against_basis: str | None) -> date:
    if against:
        return against.date()
    if against_basis:
        return day
    last = last_change_before(catalogue, day)
    if last is None:
        raise click.UsageError("--on：该日之前没有改变指标的文件，请用 --against 指定比较日期")
    return last - timedelta(days=1)
