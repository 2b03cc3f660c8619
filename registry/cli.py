"""`daka registry`: ask the store from a shell, import files, verify the log."""

import json
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from registry.api import shapes
from registry.api.projects import split_item
from registry.clock import system_clock
from registry.crypto import load_keyring
from registry.db import Sessions, make_engine, make_sessions
from registry.eligibility.rules import Use
from registry.eligibility.service import eligible
from registry.enterprises.service import EnterpriseUnknown
from registry.errors import DakaError
from registry.identifiers import BadUscc, normal_uscc
from registry.imports.service import remarks_of, run_import
from registry.ledger.service import Actor, verify
from registry.migrations import migrate
from registry.projects.models import Level
from registry.projects.queries import grade_history, project_by_code
from registry.workflows.administration import appoint, set_rule


def _var() -> Path:
    return Path(os.environ.get("DAKA_VAR", "var"))


@contextmanager
def _opened() -> Iterator[Sessions]:
    """The database that was named, else the embedded one; refusals become one line on stderr."""
    engine = make_engine(os.environ.get("DATABASE_URL") or _embedded())
    try:
        migrate(engine)
        yield make_sessions(engine)
    except DakaError as error:
        reasons = "；".join(reason.message for reason in error.reasons)
        raise click.ClickException(f"{error.message}{'：' + reasons if reasons else ''}") from None
    finally:
        engine.dispose()


def _embedded() -> str:
    with warnings.catch_warnings():
        # The server's package warns about a runtime folder it then finds by itself: not a clerk's concern.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from registry import embedded

        return embedded.start(_var() / "postgres")


def _day(_context: click.Context, _parameter: click.Parameter, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value} 不是日期（YYYY-MM-DD）") from None


def _say(answer: Any) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


@click.group()
def registry() -> None:
    """项目与数据等级库。"""


@registry.command("eligible")
@click.option("--enterprise", required=True, metavar="USCC", help="统一社会信用代码")
@click.option("--use", required=True, type=click.Choice([use.value for use in Use]), help="部批或省、市批")
@click.option("--on", "on", required=True, callback=_day, metavar="YYYY-MM-DD", help="申请日期")
@click.option("--item", "items", multiple=True, metavar="CATEGORY:GRADE", help="申请的资质，如 建筑工程:一级")
@click.pass_context
def eligible_command(
    context: click.Context, enterprise: str, use: str, on: date, items: tuple[str, ...]
) -> None:
    """Whether a firm may apply on a day, per project and person, with every failing clause."""
    try:
        uscc = normal_uscc(enterprise)
    except BadUscc as error:
        raise click.BadParameter(error.message) from None
    pairs = [split_item(item) for item in items]
    if not all(category and grade for category, grade in pairs):
        raise click.BadParameter("--item 应为 类别:等级，如 建筑工程:一级")
    with _opened() as sessions, sessions() as session:
        try:
            found = eligible(session, uscc=uscc, use=Use(use), on=on, items=pairs)
        except EnterpriseUnknown as error:
            raise click.ClickException(error.message) from None
    _say(shapes.answer(found))
    if not found.is_eligible:
        context.exit(3)


@registry.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--actor", default="operator", show_default=True, help="记录在变更日志中的操作人")
def import_command(file: Path, actor: str) -> None:
    """Take projects with stages in from CSV, XLSX or JSON. Run it again to go on where it stopped."""
    with _opened() as sessions:
        run = run_import(
            sessions,
            file,
            keyring=load_keyring(os.environ.get("DAKA_DATA_KEYS", ""), _var() / "keys"),
            actor=Actor(actor),
            clock=system_clock,
            on_progress=_progress(),
        )
        with sessions() as session:
            rows = [{"row": r.row, "code": r.code, "message": r.message} for r in remarks_of(session, run.id)]
    _say({"run": run.id, "done": run.next_row, "finished": run.finished_at is not None,
          "counts": run.counts, "rows": rows})  # fmt: skip


def _progress() -> Callable[[int], None]:
    begun = system_clock()

    def show(done: int) -> None:
        seconds = max((system_clock() - begun).total_seconds(), 0.001)
        click.echo(f"\r{done} projects, {done / seconds:.0f}/s", nl=False, err=True)

    return show


@registry.command("verify")
@click.pass_context
def verify_command(context: click.Context) -> None:
    """Check the hash chain of the change log and every row it speaks of."""
    with _opened() as sessions, sessions() as session:
        found = verify(session)
    _say(
        {
            "whole": found.is_whole,
            "entries": found.entries,
            "head": found.head,
            "problems": list(found.problems),
        }
    )
    if not found.is_whole:
        context.exit(3)


@registry.command("grades")
@click.argument("code")
def grades_command(code: str) -> None:
    """The grade history of a project by its code."""
    with _opened() as sessions, sessions() as session:
        project = project_by_code(session, code)
        if project is None:
            raise click.ClickException("未找到该项目")
        _say([shapes.grade_entry(entry) for entry in grade_history(session, project.id)])


@registry.command("appoint")
@click.argument("account")
@click.option("--level", required=True, type=click.Choice([level.value for level in Level]))
@click.option("--region", required=True, metavar="CODE", help="六位行政区划代码；部级为000000")
@click.option("--authority", required=True, help="主管部门名称")
@click.option("--business", "businesses", multiple=True, help="设计、建管或质监；不填为全部")
@click.option("--request", "requested_by", required=True, help="书面申请的文号")
def appoint_command(
    account: str, level: str, region: str, authority: str, businesses: tuple[str, ...], requested_by: str
) -> None:
    """Give a staff account a post at an authority."""
    with _opened() as sessions, sessions.begin() as session:
        appoint(
            session, account=account, level=Level(level), region=region, authority=authority,
            businesses=businesses, requested_by=requested_by, actor=Actor("operator"), now=system_clock(),
        )  # fmt: skip
    _say({"account": account, "level": level, "region": region})


@registry.command("set-rule")
@click.argument("profile")
@click.argument("name")
@click.argument("value")
@click.option("--basis", required=True, help="依据文件")
@click.option("--from", "effective_on", required=True, callback=_day, metavar="YYYY-MM-DD")
def set_rule_command(profile: str, name: str, value: str, basis: str, effective_on: date) -> None:
    """Change a province's rule from a day on; VALUE is JSON."""
    try:
        given = json.loads(value)
    except ValueError:
        raise click.BadParameter("VALUE 应为 JSON") from None
    now: datetime = system_clock()
    with _opened() as sessions, sessions.begin() as session:
        set_rule(
            session, profile=profile, name=name, value=given, basis=basis, effective_on=effective_on,
            actor=Actor("operator"), now=now,
        )  # fmt: skip
    _say({"profile": profile, "name": name, "value": given, "from": effective_on.isoformat()})
