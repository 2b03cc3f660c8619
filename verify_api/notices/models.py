"""文书 and what happened to them. Rows are never deleted; the content never changes after the number."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, Json, Key
from registry.enterprises.models import Enterprise


class NoticeKind(StrEnum):
    """The documents this service issues; the value is the document's name in law."""

    RECTIFICATION = "责令整改通知书"
    REVOCATION = "撤回决定书"
    LAPSE = "资质到期失效告知书"
    PROPOSAL = "撤回告知书"  # Before a decision, in revocation.mode = decision.
    RECOMMENDATION = "建议书"  # To the licensing authority where that is another one.
    SERVICE_RECEIPT = "送达回证"


class ServiceMethod(StrEnum):
    """How a document reached the addressee."""

    SMS_RECEIPT = "carrier_receipt"  # 电子送达: the carrier's delivery receipt
    IN_PERSON = "in_person"  # 直接送达
    LEFT = "left"  # 留置送达
    MAIL = "mail"  # 邮寄送达
    ENTRUSTED = "entrusted"  # 委托送达
    ANNOUNCEMENT = "announcement"  # 公告送达
    ELECTRONIC = "electronic"  # 其他电子送达, with the addressee's confirmation


class EventKind(StrEnum):
    """Entries of a document's history."""

    ISSUED = "issued"
    PRODUCED = "produced"
    DELIVERED = "delivered"
    VIEWED = "viewed"
    SERVED = "served"
    REPLACED = "replaced"
    RESCINDED = "rescinded"


class NoticeCounter(Base):
    """The last number given out in a series and year. Its row lock makes numbers gapless."""

    __tablename__ = "notice_counters"

    letters: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(Integer)


class Notice(Base):
    """One document. `document` is everything the page shows, so that it can be rendered again.

    `produced_at` is empty until the file is rendered and signed. `sha256` is of the signed file.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("letters", "year", "number"),
        CheckConstraint(
            "rescinded_at IS NULL OR (rescinded_by IS NOT NULL AND rescission_proposed_by IS NOT NULL"
            " AND rescinded_by <> rescission_proposed_by)",
            name="two_officers",
        ),
        CheckConstraint("(produced_at IS NULL) = (sha256 IS NULL)", name="produced_with_file"),
        Index("ix_notices_issued", "issued_at"),
        Index("ix_notices_unproduced", "id", postgresql_where="produced_at IS NULL"),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    letters: Mapped[str]
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    reference: Mapped[str] = mapped_column(unique=True)  # 深建改〔2026〕第7号
    code: Mapped[str] = mapped_column(String(20), unique=True)  # in the QR code; cannot be guessed
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"), index=True)
    context: Mapped[Json]  # the facts handed over, without the drawing
    document: Mapped[Json]
    policy_version: Mapped[str]
    issued_at: Mapped[datetime]
    issued_on: Mapped[date]

    produced_at: Mapped[datetime | None]
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    size: Mapped[int | None]

    delivered_at: Mapped[datetime | None]
    viewed_at: Mapped[datetime | None]
    served_at: Mapped[datetime | None]

    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"), unique=True)
    replaced_at: Mapped[datetime | None]
    rescinded_at: Mapped[datetime | None]
    rescinded_by: Mapped[str | None]
    rescission_proposed_by: Mapped[str | None]
    rescission_reason: Mapped[str | None]

    enterprise: Mapped[Enterprise] = relationship(lazy="raise")
    events: Mapped[list["NoticeEvent"]] = relationship(
        back_populates="notice", lazy="raise", order_by="NoticeEvent.id"
    )

    @property
    def is_in_force(self) -> bool:
        """Neither replaced nor rescinded."""
        return self.replaced_at is None and self.rescinded_at is None

    @property
    def proven_at(self) -> datetime | None:
        """The first proof that it arrived (receipt or service); None keeps every adverse step waiting."""
        return min((at for at in (self.delivered_at, self.served_at) if at is not None), default=None)


class NoticeEvent(Base):
    """One entry of a document's history, appended only."""

    __tablename__ = "notice_events"

    id: Mapped[Key]
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]  # when it happened
    recorded_at: Mapped[datetime]  # when it was entered here
    actor: Mapped[str]
    detail: Mapped[Json]

    notice: Mapped[Notice] = relationship(back_populates="events", lazy="raise")
