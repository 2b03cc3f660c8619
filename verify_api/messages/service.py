"""What other parts call: send what is due, take receipts, act on deliveries, send again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Conflict, NotFound
from verify_api.messages.delivery import deliver, due_ids
from verify_api.messages.models import Message
from verify_api.messages.queries import newly_delivered
from verify_api.messages.receipts import apply_receipt, poll_receipts
from verify_api.messages.rules import DeliveryRules, Event, State, mainland_number, next_state
from verify_api.messages.templates import TEMPLATES

__all__ = [
    "DeliveryRules",
    "apply_receipt",
    "deliver",
    "due_ids",
    "mark_handled",
    "newly_delivered",
    "poll_receipts",
    "resend",
]


class MessageNotFound(NotFound):
    """There is no such message."""

    code = "message_not_found"


class SecretIsGone(Conflict):
    """A password or code was erased when it left; it cannot be said again."""

    code = "secret_cannot_be_resent"
    message = "一次性密码和验证码不保存，无法重发"
    hint = "请重新生成后发送"


class NumberCannotBeTexted(Conflict):
    """The message is for no mainland mobile number; sending it again cannot help."""

    code = "number_cannot_be_texted"
    message = "该号码不是可接收短信的手机号码"
    hint = "请更正联系人后重新发送，或以其他方式送达"


def mark_handled(session: Session, message_id: int, *, now: datetime) -> bool:
    """Note that a delivery has been acted on; False if it is not delivered or somebody has done so before.

    Locks the row, so that of two schedulers one acts. Call it first, in the transaction that acts.
    """
    message = session.scalar(select(Message).where(Message.id == message_id).with_for_update())
    if message is None or message.delivered_at is None or message.handled_at is not None:
        return False
    message.handled_at = now
    session.flush()
    return True


def resend(session: Session, message_id: int, *, now: datetime) -> Message:
    """An officer sends a message again that failed or stayed unanswered.

    The clock does not restart: the first successful receipt counts, whichever try it belongs to (SZ-32).

    Raises:
        MessageNotFound: No such message.
        SecretIsGone: The message carried a password or code.
        NumberCannotBeTexted: There is no number that could be reached.
        MessageStateConflict: It is under way, delivered, or simulated.
    """
    message = session.scalar(select(Message).where(Message.id == message_id).with_for_update())
    if message is None:
        raise MessageNotFound
    if TEMPLATES[message.template].secrets:
        raise SecretIsGone
    if mainland_number(message.to_phone) is None:
        raise NumberCannotBeTexted
    message.state = next_state(State(message.state), Event.REOPENED)
    message.next_try_at = now
    message.refusals = message.unreached = message.inquiries = 0
    session.flush()
    return message
