"""`daka audit verify`."""

import json

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from verify_api.audit.models import AuditLink
from verify_api.audit.service import unlinked_count, verify_chain
from verify_api.parts import make_parts
from verify_api.settings import settings


@click.group()
def audit() -> None:
    """审计。"""


@audit.command()
@click.option("--head", help="此前记下的链头；给出时一并核对它仍在链上")
@click.pass_context
def verify(ctx: click.Context, head: str | None) -> None:
    """逐条核对审计链：任何一行被改动、删除都会在此显现。退出码 0 完整，3 不完整。"""
    parts = make_parts(settings())
    with parts.sessions() as session:
        broken, last, links = verify_chain(session)
        waiting = unlinked_count(session)
        is_known = head is None or _is_on_chain(session, head)
    answer: dict[str, object] = {
        "ok": broken is None and is_known,
        "links": links,
        "head": last,
        "waiting": waiting,
    }
    if broken is not None:
        answer["broken"] = {
            "link": broken.link,
            "history": broken.history,
            "row": broken.row_id,
            "why": broken.why,
        }
    if not is_known:
        answer["broken"] = {"why": "head_not_on_chain"}
    click.echo(json.dumps(answer, ensure_ascii=False))
    ctx.exit(0 if answer["ok"] else 3)


def _is_on_chain(session: Session, head: str) -> bool:
    return session.scalar(select(AuditLink.id).where(AuditLink.chain == head)) is not None
