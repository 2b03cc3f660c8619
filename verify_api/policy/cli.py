"""`daka policy show|diff`."""

import json
from datetime import date, datetime

import click

from registry.clock import SHANGHAI, system_clock
from registry.errors import DakaError
from verify_api.database import configured_session
from verify_api.policy.builtin import builtin
from verify_api.policy.rules import differences, rows
from verify_api.policy.service import policy_on
from verify_api.policy.version import PolicyVersion

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def policy() -> None:
    """政策参数."""


@policy.command()
@click.option("--on", type=DAY, help="哪一天有效的版本（默认今天）", metavar="YYYY-MM-DD")
def show(on: datetime | None) -> None:
    """某日有效的全部政策参数、单位和依据."""
    found = _on(on.date() if on else _today())
    answer = {
        "version": found.version,
        "effective_from": found.effective_from.isoformat(),
        "values": {
            row.path: {"label": row.label, "value": row.value, "unit": row.unit, "basis": row.basis}
            for row in rows(found.policy)
        },
    }
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


@policy.command()
@click.option("--on", type=DAY, required=True, help="比较到哪一天", metavar="YYYY-MM-DD")
@click.option("--since", type=DAY, help="从哪一天起（默认内置的初始版本）", metavar="YYYY-MM-DD")
def diff(on: datetime, since: datetime | None) -> None:
    """两日之间改变了哪些参数."""
    new = _on(on.date())
    old = _on(since.date()) if since else builtin()
    answer = {
        "from": old.version,
        "to": new.version,
        "changes": [
            {"path": c.path, "label": c.label, "old": c.old, "new": c.new, "unit": c.unit, "basis": c.basis}
            for c in differences(old.policy, new.policy)
        ],
    }
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def _on(day: date) -> PolicyVersion:
    try:
        with configured_session() as session:
            if session is not None:
                return policy_on(session, on=day)
    except DakaError as error:
        raise click.UsageError(error.message) from None
    first = builtin()
    if day < first.effective_from:
        raise click.UsageError("该日期没有生效的政策版本")
    return first


def _today() -> date:
    return system_clock().astimezone(SHANGHAI).date()
