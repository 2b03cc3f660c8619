"""The trail of accounts: who did what to which account, from where, and whether it succeeded (C.5)."""

from datetime import datetime

from sqlalchemy.orm import Session

from registry.db import Json
from verify_api.accounts.models import AccountEvent


def note(
    session: Session,
    event: str,
    *,
    account_id: int | None,
    actor: str,
    now: datetime,
    ok: bool = True,
    ip: str = "",
    detail: Json | None = None,
) -> None:
    """Append one line. `detail` holds ids and codes, never a name, number or secret."""
    line = AccountEvent(
        account_id=account_id, at=now, event=event, ok=ok, ip=ip, actor=actor, detail=detail or {}
    )
    session.add(line)
    session.flush()
