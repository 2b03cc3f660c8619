"""`daka tonight`: who would be moved at a moment, and who waits and why; the code that acts, not acting."""

import json
from datetime import datetime

import click

from registry.clock import SHANGHAI
from verify_api.deadlines.foresight import tonight as foresee
from verify_api.parts import make_parts
from verify_api.settings import settings


@click.command()
@click.option("--at", help="ISO 时间，例如 2026-03-01T00:00+08:00；缺省为现在")
def tonight(at: str | None) -> None:
    """今晚系统将作出哪些处理：预演，不执行。"""
    parts = make_parts(settings())
    try:
        moment = parts.clock() if at is None else datetime.fromisoformat(at)
    except ValueError:
        raise click.UsageError(f"--at 不是有效的时间：{at}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    with parts.sessions() as session:
        click.echo(json.dumps(foresee(session, at=moment), ensure_ascii=False, indent=2))
