"""`daka deadline` and `daka calendar`."""

import json
import re
from datetime import date, datetime
from pathlib import Path

import click
from sqlalchemy import Engine

from registry.clock import system_clock
from registry.db import make_sessions
from registry.errors import DakaError
from verify_api.database import configured_session
from verify_api.deadlines.calendar import HolidayCalendar, published
from verify_api.deadlines.rules import Deadline, months_after, working_days_after
from verify_api.deadlines.service import current_calendar, load_year, loaded_years
from verify_api.deadlines.yearfile import YearFile, decoded, read_csv, read_json

BASIS = "《民法典》第二百零一条至第二百零三条"


def a_day(_ctx: click.Context, _param: click.Parameter, value: str | None) -> date | None:
    """A day written YYYY-MM-DD, and only so."""
    if value is None:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"日期须写作 YYYY-MM-DD：{value}") from None


@click.command()
@click.option(
    "--from", "start_day", required=True, callback=a_day, metavar="YYYY-MM-DD", help="起算日（当日不计）"
)
@click.option("--months", type=int, metavar="N", help="月数")
@click.option("--workdays", type=int, metavar="N", help="工作日数")
@click.option("--roll/--no-roll", default=True, help="最后一日为休息日时是否顺延（默认顺延）")
@click.option("--year-file", type=click.Path(path_type=Path), multiple=True, help="另载入年度安排（JSON）")
@click.option("--loaded", is_flag=True, help="同时使用数据库中已载入的年度安排")
def deadline(
    start_day: date,
    months: int | None,
    workdays: int | None,
    roll: bool,
    year_file: tuple[Path, ...],
    loaded: bool,
) -> None:
    """计算期限的最后一日（无需数据库）."""
    if (months is None) == (workdays is None):
        raise click.UsageError("须给出 --months 或 --workdays 之一")
    known = _calendar() if loaded else published()
    known = known.with_years(read_year(file).days(1) for file in year_file)
    try:
        if months is not None:
            found = months_after(start_day, months, calendar=known, roll=roll, basis=BASIS)
        else:
            found = working_days_after(start_day, workdays or 0, calendar=known, basis=BASIS)
    except DakaError as error:
        raise click.UsageError(error.message) from None
    click.echo(json.dumps(_answer(found), ensure_ascii=False))


@click.group()
def calendar() -> None:
    """节假日安排."""


@calendar.command()
@click.option("--year", type=int, help="只看一年")
def show(year: int | None) -> None:
    """已知年度，及一年的休息日和调休上班日."""
    known = _calendar()
    shown: dict[str, object] = {"version": known.version, "known_years": sorted(known.known_years)}
    if year is not None:
        shown |= {
            "year": year,
            "known": year in known.known_years,
            "off": [day.isoformat() for day in sorted(known.off) if day.year == year],
            "work": [day.isoformat() for day in sorted(known.work) if day.year == year],
        }
    with configured_session() as session:
        if session is not None:
            shown["loaded"] = [
                {"year": row.year, "revision": row.revision, "source": row.source, "by": row.loaded_by}
                for row in loaded_years(session)
            ]
    click.echo(json.dumps(shown, ensure_ascii=False))


@calendar.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--year", type=int, help="年份（CSV 文件必填）")
@click.option("--source", help="发文名称（CSV 文件必填）")
def load(file: Path, year: int | None, source: str | None) -> None:
    """载入一年的放假安排（JSON 或 CSV），保留历次载入的记录，并重新计算受影响的期限."""
    from verify_api.deadlines.recompute import recompute  # Loads the cases, which other commands never need.

    year_file = read_year(file, year=year, source=source)
    with configured_session() as session:
        if session is None:
            raise click.UsageError("载入日历需要数据库：请设置 DATABASE_URL")
        now: datetime = system_clock()
        done = load_year(session, year_file=year_file, actor="cli", now=now)
        session.commit()
        bind = session.get_bind()
        assert isinstance(bind, Engine)
        renewed = recompute(make_sessions(bind), done=done, now=now)
    answer = {
        "year": done.year,
        "revision": done.revision,
        "is_new": done.is_new,
        "affects": [done.first_day.isoformat(), done.last_day.isoformat()],
        "calendar_version": done.calendar_version,
        "recomputed": len(renewed),
        "moved": sum(one.is_moved for one in renewed),
        "settled": sum(one.is_settled for one in renewed),
    }
    click.echo(json.dumps(answer, ensure_ascii=False))


def read_year(file: Path, *, year: int | None = None, source: str | None = None) -> YearFile:
    """A year file by its ending; what is wrong with it is a usage error in one line."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise click.UsageError(f"无法读取 {file}：{error}") from None
    try:
        text = decoded(data)
        if file.suffix.lower() != ".csv":
            return read_json(text)
        if year is None or not source:
            raise click.UsageError("CSV 文件须同时给出 --year 和 --source")
        return read_csv(text, year=year, source=source)
    except DakaError as error:
        raise click.UsageError(f"{file.name}：{error.message}") from None


def _answer(found: Deadline) -> dict[str, str | None]:
    return {
        "last_day": found.last_day.isoformat(),
        "ends_at": found.ends_at.isoformat(),
        "rolled_from": found.rolled_from.isoformat() if found.rolled_from else None,
        "calendar": "provisional" if found.provisional else "known",
    }


def _calendar() -> HolidayCalendar:
    """With the loaded years where a database is configured; the published one otherwise."""
    with configured_session() as session:
        return published() if session is None else current_calendar(session)
