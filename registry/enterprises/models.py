"""企业库 tables. `upstream_id` is the upstream library's own key, kept for the sync."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, Json, Key


class Origin(StrEnum):
    """How the certificate was obtained; decides the track of a case (SZ-01)."""

    COMMITMENT = "commitment"  # 告知承诺制首次取得
    ORDINARY = "ordinary"  # 存量


class ItemStatus(StrEnum):
    """State of a 资质项 in law. The five words of law stay apart (DOMAIN C.2)."""

    VALID = "valid"  # 有效
    WITHDRAWN = "withdrawn"  # 撤回: no longer meets the conditions
    ANNULLED = "annulled"  # 撤销: defect at the grant
    REVOKED_AS_PENALTY = "revoked_as_penalty"  # 吊销
    CANCELLED = "cancelled"  # 注销: the closing act
    LAPSED = "lapsed"  # 失效: its term ended


class PermitStatus(StrEnum):
    """State of a 安全生产许可证; only VALID counts as 已取得 (SZ-22)."""

    VALID = "valid"
    SUSPENDED = "suspended"  # 暂扣
    REVOKED = "revoked"  # 吊销
    CANCELLED = "cancelled"  # 注销


class Enterprise(Base):
    """An enterprise as the upstream library describes it, with the date of that description."""

    __tablename__ = "enterprises"

    id: Mapped[Key]
    uscc: Mapped[str] = mapped_column(String(18), unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="施工")  # 勘察 | 设计 | 施工 | 监理
    legal_representative: Mapped[str] = mapped_column(server_default="")
    registered_address: Mapped[str]
    district_code: Mapped[str] = mapped_column(String(6), server_default="440300")
    contact_name: Mapped[str] = mapped_column(server_default="")
    contact_phone: Mapped[str] = mapped_column(server_default="")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))  # false: 注销 or 迁出
    synced_at: Mapped[datetime]
    upstream_version: Mapped[str] = mapped_column(server_default="")

    items: Mapped[list["QualificationItem"]] = relationship(back_populates="enterprise", lazy="raise")
    permits: Mapped[list["SafetyPermit"]] = relationship(lazy="raise")


class RegisteredPoint(Base):
    """A point for a registered address. Versions are never changed; the newest confirmed one is in force.

    Longitude and latitude in degrees of `datum` (wgs84 | cgcs2000 | gcj02 | bd09).
    """

    __tablename__ = "registered_points"
    __table_args__ = (
        CheckConstraint("datum IN ('wgs84','cgcs2000','gcj02','bd09')", name="datum"),
        CheckConstraint("lng BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name="range"),
        Index("ix_registered_points_enterprise", "enterprise_id", "id"),
    )

    id: Mapped[Key]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    address: Mapped[str]
    lng: Mapped[float]
    lat: Mapped[float]
    datum: Mapped[str]
    fence: Mapped[Json | None]  # A polygon drawn by staff, in the phone's form; None means a circle.
    source: Mapped[str]  # upstream | tencent | amap | tianditu | staff
    confidence: Mapped[float | None]
    created_at: Mapped[datetime]
    confirmed_by: Mapped[str | None]  # Who stands for the point; None until staff have looked.
    confirmed_at: Mapped[datetime | None]


class Certificate(Base):
    """A 资质证书. Dates that count are per item; these are what the paper says."""

    __tablename__ = "certificates"
    __table_args__ = (UniqueConstraint("enterprise_id", "number"),)

    id: Mapped[Key]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    number: Mapped[str]
    licensing_authority: Mapped[str]
    issued_on: Mapped[date]
    synced_at: Mapped[datetime]


class QualificationItem(Base):
    """A 资质项 with dates of its own (SZ-01).

    `first_issued_on` is the 发证日期 that SZ-15 counts from: a re-issued certificate does not move it.
    `valid_to` is the last valid day (有效期至), a fact that never rolls (T-03).
    """

    __tablename__ = "qualification_items"
    __table_args__ = (UniqueConstraint("certificate_id", "category", "grade"),)

    id: Mapped[Key]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"), index=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    sequence: Mapped[str]  # 施工总承包 | 专业承包
    category: Mapped[str]  # 建筑工程 …
    grade: Mapped[str]  # 一级 | 二级 | 三级 | 不分等级
    origin: Mapped[str]
    first_issued_on: Mapped[date]
    valid_to: Mapped[date]
    licensing_authority: Mapped[str]  # Whoever granted it alone may withdraw it (SZ-37).
    technical_lead_ref: Mapped[str] = mapped_column(server_default="")  # The upstream's id of the person.
    technical_lead_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    status: Mapped[str] = mapped_column(server_default=ItemStatus.VALID.value)
    status_changed_at: Mapped[datetime | None]
    status_reason: Mapped[str] = mapped_column(server_default="")
    synced_at: Mapped[datetime]
    absent_since: Mapped[datetime | None]  # The upstream no longer lists it; what was known is kept.

    enterprise: Mapped[Enterprise] = relationship(back_populates="items", lazy="raise")

    @property
    def title(self) -> str:
        """The item's full name, e.g. 建筑工程施工总承包三级."""
        return f"{self.category}{self.sequence}{self.grade}"


class SafetyPermit(Base):
    """A 安全生产许可证."""

    __tablename__ = "safety_permits"
    __table_args__ = (UniqueConstraint("enterprise_id", "number"),)

    id: Mapped[Key]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    number: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    status: Mapped[str]
    synced_at: Mapped[datetime]
    absent_since: Mapped[datetime | None]


class AbnormalMark(Base):
    """资质异常 on one item (MO-13): set with a cause, lifted with a reason, never deleted."""

    __tablename__ = "abnormal_marks"
    __table_args__ = (
        Index("uq_abnormal_marks_open", "item_id", unique=True, postgresql_where=text("lifted_at IS NULL")),
    )

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("qualification_items.id"))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"), index=True)
    cause: Mapped[str]
    set_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_reason: Mapped[str | None]


class QualificationChange(Base):
    """Append-only: every change of an item's standing made here, with what caused it."""

    __tablename__ = "qualification_changes"

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("qualification_items.id"), index=True)
    at: Mapped[datetime]
    change: Mapped[str]  # abnormal_set | abnormal_lifted | withdrawn | lapsed | reinstated | verified
    reason: Mapped[str]
    actor: Mapped[str]


class UpstreamChange(Base):
    """A change that the upstream library still has to be told, or has been told.

    Written in the transaction of the change itself and delivered by a job. `reference` is the id under
    which the upstream recognises a repetition.
    """

    __tablename__ = "upstream_changes"
    __table_args__ = (
        Index(
            "ix_upstream_changes_open",
            "next_attempt_at",
            postgresql_where=text("delivered_at IS NULL AND gave_up_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    reference: Mapped[UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    item_id: Mapped[int] = mapped_column(ForeignKey("qualification_items.id"), index=True)
    change: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str]
    next_attempt_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    delivered_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(server_default="")


class SyncRun(Base):
    """One run of the sync with the upstream library: what it read, what it changed, how it ended."""

    __tablename__ = "sync_runs"

    id: Mapped[Key]
    scope: Mapped[str]  # nightly | enterprise | people
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"), index=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    ok: Mapped[bool | None]
    error: Mapped[str] = mapped_column(server_default="")
    counts: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
