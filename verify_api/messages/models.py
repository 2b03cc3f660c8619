"""Tables of 短信: what is to be said, every try to send it, every receipt of a carrier."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Json, Key
from verify_api.messages.rules import State


class Message(Base):
    """One message to one number. Written in the transaction that made it necessary, sent afterwards.

    `text` and `params` never hold a password or a code: those lie sealed in `sealed` until the provider
    has accepted the message (or it is given up) and are then erased.
    """

    __tablename__ = "messages"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    template: Mapped[str]
    to_phone: Mapped[str]
    to_name: Mapped[str] = mapped_column(server_default="")
    enterprise_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)

    signature: Mapped[str]
    text: Mapped[str]
    params: Mapped[Json]
    sealed: Mapped[bytes | None]
    segments: Mapped[int]
    is_code: Mapped[bool] = mapped_column(server_default=sql("false"))

    state: Mapped[str] = mapped_column(default=State.CREATED, server_default="created")
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    # How often in a row the provider put us off, the carrier did not reach the phone, and we had to ask
    # whether a try had gone out. Each has its own patience.
    refusals: Mapped[int] = mapped_column(server_default=sql("0"))
    unreached: Mapped[int] = mapped_column(server_default=sql("0"))
    inquiries: Mapped[int] = mapped_column(server_default=sql("0"))
    provider: Mapped[str | None]
    provider_id: Mapped[str | None]
    error_code: Mapped[str | None]
    claim: Mapped[str | None]

    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    # When somebody has to act: to send, to send again, or (while sending) to ask what became of a claim.
    # NULL means nothing is left to do.
    next_try_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    polled_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state IN (" + ", ".join(f"'{state}'" for state in State) + ")", name="state"),
        # A password or code that has left the house is nowhere left to be read.
        CheckConstraint("sealed IS NULL OR state IN ('created', 'sending')", name="no_secret_after_sending"),
        Index("ix_messages_due", "next_try_at", postgresql_where=sql("next_try_at IS NOT NULL")),
        Index(
            "ix_messages_unhandled",
            "kind",
            "id",
            postgresql_where=sql("delivered_at IS NOT NULL AND handled_at IS NULL"),
        ),
        Index("ix_messages_awaiting_receipt", "accepted_at", postgresql_where=sql("state = 'accepted'")),
        Index("ix_messages_to_phone_created_at", "to_phone", "created_at"),
    )


class MessageAttempt(Base):
    """One try to hand a message to a provider. `reference` is what the provider knows it by."""

    __tablename__ = "message_attempts"

    id: Mapped[Key]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    n: Mapped[int]
    reference: Mapped[str] = mapped_column(unique=True)
    provider: Mapped[str]
    provider_id: Mapped[str | None]
    to_phone: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(server_default="")
    error_code: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("message_id", "n"),
        Index("ix_message_attempts_provider_provider_id", "provider", "provider_id"),
        Index("ix_message_attempts_to_phone_started_at", "to_phone", "started_at"),
    )


class MessageReceipt(Base):
    """What a carrier reported, as it came; a trigger refuses any change.

    `message_id` is NULL where the receipt was faster than our own record of the acceptance, or names
    nothing of ours. It is then found by the provider's id.
    """

    __tablename__ = "message_receipts"

    id: Mapped[Key]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    provider: Mapped[str]
    provider_id: Mapped[str | None]
    reference: Mapped[str | None]
    to_phone: Mapped[str | None]
    is_delivered: Mapped[bool]
    is_final_failure: Mapped[bool]
    code: Mapped[str]
    reported_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    source: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)

    __table_args__ = (Index("ix_message_receipts_provider_provider_id", "provider", "provider_id"),)
