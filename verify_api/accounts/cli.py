"""`daka users`: accounts of staff, for the operator of the installation."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from sqlalchemy.orm import Session

from registry.clock import system_clock
from registry.errors import DakaError
from verify_api.accounts import staff
from verify_api.accounts.actor import Role
from verify_api.parts import Parts, make_parts
from verify_api.settings import settings


@click.group()
def users() -> None:
    """Accounts of staff: add, list, disable, reset a password or a token."""


@contextmanager
def _work() -> Iterator[tuple[Session, Parts, datetime]]:
    """A transaction on the configured (or embedded) database; a refusal is one line and exit 2."""
    parts = make_parts(settings(), pool_size=1)
    try:
        with parts.sessions.begin() as session:
            yield session, parts, parts.clock()
    except DakaError as error:
        raise click.ClickException(f"{error.message}（{error.code}）") from None
    finally:
        parts.engine.dispose()


def _show(answer: object) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def _handed_over(made: staff.Provisioned) -> None:
    shown = {"username": made.username, "password": made.password, "totp_uri": made.totp_uri}
    _show({name: value for name, value in shown.items() if value is not None})


@users.command()
@click.argument("username")
@click.option("--name", required=True, help="Name shown in histories.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
def add(username: str, name: str, role: str) -> None:
    """Make an account; prints its one-time password and the URI for an authenticator, this once."""
    with _work() as (session, parts, now):
        made = staff.add_staff(
            session, username=username, name=name, role=Role(role), keys=parts.keyring, now=now
        )
    _handed_over(made)


@users.command(name="list")
def list_() -> None:
    """All accounts of staff."""
    with _work() as (session, _, _now):
        rows = staff.list_staff(session)
    _show(
        [
            {
                "username": row.username,
                "name": row.name,
                "role": row.role,
                "created_at": row.created_at.isoformat(),
                "disabled_at": row.disabled_at and row.disabled_at.isoformat(),
            }
            for row in rows
        ]
    )


@users.command()
@click.argument("username")
def disable(username: str) -> None:
    """Let the account in no more and end its sessions."""
    with _work() as (session, _, now):
        staff.disable_staff(session, username=username, now=now)
    _show({"username": username, "disabled": True})


@users.command()
@click.argument("username")
def reset(username: str) -> None:
    """A new one-time password, printed this once; locks and sessions end."""
    with _work() as (session, _, now):
        made = staff.reset_staff_password(session, username=username, now=now)
    _handed_over(made)


@users.command()
@click.argument("username")
@click.option("--now", "show_now", is_flag=True, help="Print the token of this moment instead of a new seed.")
def totp(username: str, *, show_now: bool) -> None:
    """A new authenticator URI for a lost phone, printed this once; sessions end."""
    with _work() as (session, parts, now):
        if show_now:
            token = staff.current_token(session, username=username, keys=parts.keyring, at=system_clock())
            return _show({"username": username, "totp": token})
        made = staff.reset_staff_totp(session, username=username, keys=parts.keyring, now=now)
    return _handed_over(made)
