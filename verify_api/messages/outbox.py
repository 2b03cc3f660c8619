"""Leaving a message: one row in the caller's transaction, at most one for each key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.errors import Conflict, TooMany
from verify_api.messages.models import Message
from verify_api.messages.rules import NumberLimits, State, code_wait, mainland_number, segments
from verify_api.messages.templates import CODE_KINDS, MASK, Template

SEAL_PURPOSE = "messages.sealed"
# Made once: a night leaves thousands, and building the statement costs more than running it.
TABLE = cast(Table, Message.__table__)
NEW = select(Message).from_statement(
    insert(TABLE).on_conflict_do_nothing(index_elements=["key"]).returning(TABLE)
)
NO_NUMBER = "number_missing_or_not_mainland"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message is for. The enterprise and the case are ids only; this part does not look them up."""

    phone: str
    name: str = ""
    enterprise_id: int | None = None
    case_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who speaks: the registered signature, shown as 【…】, and the number to call."""

    signature: str = "深圳市住房和建设局"
    hotline: str = "0755-83788725"


BUREAU = Sender()


@dataclass(frozen=True, slots=True)
class Secret:
    """A password or code that goes into a text and must not stay readable afterwards."""

    value: str
    keys: Keyring
    expires_at: datetime

    def __repr__(self) -> str:
        """Never the value."""
        return f"Secret(expires_at={self.expires_at.isoformat()})"


class MessageKeyReused(Conflict):
    """The key already stands for another message; the caller's keys are not distinct."""

    code = "message_key_reused"
    message = "短信幂等键已用于另一条短信"


class TooManyCodes(TooMany):
    """This number has been sent as many codes as it may (SZ-05)."""

    code = "too_many_codes"
    message = "验证码发送过于频繁，请稍后再试"


def leave(
    session: Session,
    *,
    template: Template,
    to: Recipient,
    key: str,
    now: datetime,
    facts: Mapping[str, str],
    sender: Sender,
    secret: Secret | None = None,
    limits: NumberLimits | None = None,
    expires_at: datetime | None = None,
) -> Message:
    """Write the outbox row, or return the one this key already has (with the secret it already has).

    A number that cannot be texted gives a row that has failed for good instead of an error: the step that
    leaves the message must not be undone because a contact is out of date (SZ-03).

    Raises:
        MessageKeyReused: The key stands for a message of another kind or another number.
        TooManyCodes: Only for codes, with the seconds to wait.
        TextTooLong: The text and signature exceed 500 characters.
    """
    found = _of_key(session, key) if template.kind in CODE_KINDS else None
    if found is None and template.kind in CODE_KINDS:
        _refuse_flood(session, to.phone, now=now, limits=limits or NumberLimits())
    if found is None:
        values = _row(template, to, key=key, now=now, facts=facts, sender=sender, secret=secret)
        values["expires_at"] = secret.expires_at if secret else expires_at
        # Nothing comes back where the key has its row already. What waits to be written does not bear on it.
        found = session.scalar(NEW, values, execution_options={"autoflush": False}) or _of_key(session, key)
    if found is None or (found.template, found.to_phone) != (template.name, _number(to.phone)):
        raise MessageKeyReused
    return found


def _row(
    template: Template,
    to: Recipient,
    *,
    key: str,
    now: datetime,
    facts: Mapping[str, str],
    sender: Sender,
    secret: Secret | None,
) -> dict[str, object]:
    params = {name: facts[name] for name in template.variables if name in facts}
    shown = params | dict.fromkeys(template.secrets, MASK)
    full = params | dict.fromkeys(template.secrets, secret.value if secret else "")
    can_be_texted = mainland_number(to.phone) is not None
    return {
        "key": key,
        "kind": template.kind,
        "template": template.name,
        "to_phone": _number(to.phone),
        "to_name": to.name,
        "enterprise_id": to.enterprise_id,
        "case_id": to.case_id,
        "signature": sender.signature,
        "text": template.fill(shown),
        "params": params,
        "sealed": _seal(template, secret) if secret and can_be_texted else None,
        "segments": segments(f"【{sender.signature}】{template.fill(full)}"),
        "is_code": template.is_code,
        "state": State.CREATED if can_be_texted else State.FAILED_PERMANENT,
        "error_code": None if can_be_texted else NO_NUMBER,
        "created_at": now,
        "next_try_at": now if can_be_texted else None,
    }


def _seal(template: Template, secret: Secret) -> bytes:
    plain = json.dumps(dict.fromkeys(template.secrets, secret.value))
    return secret.keys.seal(plain.encode(), purpose=SEAL_PURPOSE)


def unseal(message: Message, keys: Keyring) -> dict[str, str]:
    """The secret values of a message that has not been handed over yet; empty if it has none."""
    if message.sealed is None:
        return {}
    values: dict[str, str] = json.loads(keys.open(message.sealed, purpose=SEAL_PURPOSE))
    return values


def one_at_a_time(session: Session, what: str) -> None:
    """Wait until no other transaction works on this; held until the end of ours."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"messages:{what}", 0))))


def _of_key(session: Session, key: str) -> Message | None:
    return session.scalar(select(Message).where(Message.key == key))


def _number(phone: str) -> str:
    return mainland_number(phone) or phone.strip()


def _refuse_flood(session: Session, phone: str, *, now: datetime, limits: NumberLimits) -> None:
    number = _number(phone)
    # Two requests at the same moment would both see room for one more.
    one_at_a_time(session, f"number:{number}")
    sent = session.scalars(
        select(Message.created_at).where(
            Message.to_phone == number, Message.is_code, Message.created_at > now - timedelta(days=1)
        )
    ).all()
    wait = code_wait(sent, now=now, limits=limits)
    if wait is not None:
        raise TooManyCodes(retry_after_s=int(wait.total_seconds()) + 1)
