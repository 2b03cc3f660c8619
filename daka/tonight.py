"""`daka tonight`: who would be moved at a moment, and who waits and why; the code that acts, not acting."""

import json
from datetime import datetime

import click

from registry.clock import SHANGHAI
from registry.errors import DakaError
from verify_api.deadlines.foresight import tonight as foresee
from verify_api.parts import make_parts
from verify_api.settings import settings


@click.command()
@click.option("--at", help="ISO 时间，例如 2026-03-01T00:00+08:00；缺省为现在")
def tonight(at: str | None) -> None:
    """今晚系统将作出哪些处理：预演，不执行。"""
    moment = None if at is None else _moment(at)
    parts = make_parts(settings())
    try:
        with parts.sessions() as session:
            found = foresee(session, at=moment or parts.clock())
    except DakaError as error:
        raise click.UsageError(error.message) from None
    finally:
        parts.engine.dispose()
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))


def _moment(text: str) -> datetime:
    """As given; without a zone it is Shanghai's."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--at 不是有效的时间：{text}") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=SHANGHAI)
