"""诚信库 tables, append-only."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Key


class CreditKind(StrEnum):
    """What is on file."""

    FALSITY = "falsity"  # 弄虚作假 (JL-26, GX-15)
    VERIFIED = "verified"  # 动态核查通过
    ABNORMAL_SET = "abnormal_set"  # 标注资质异常
    ABNORMAL_LIFTED = "abnormal_lifted"
    WITHDRAWN = "withdrawn"  # 撤回
    LAPSED = "lapsed"  # 到期失效
    REINSTATED = "reinstated"


class CreditEntry(Base):
    """An entry in an enterprise's credit file. `is_public` ones show as 企业不良信息."""

    __tablename__ = "credit_entries"
    __table_args__ = (Index("ix_credit_entries_uscc", "uscc", "id"),)

    id: Mapped[Key]
    uscc: Mapped[str] = mapped_column(String(18))
    kind: Mapped[str]
    at: Mapped[datetime]
    sentence: Mapped[str]
    basis: Mapped[str] = mapped_column(server_default="")
    is_public: Mapped[bool] = mapped_column(server_default=text("false"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("qualification_items.id"))
    actor: Mapped[str]


class SamplingRecord(Base):
    """抽查复核 of a project (MO-09): by which method, with what result."""

    __tablename__ = "sampling_records"

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    method: Mapped[str]
    result: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    note: Mapped[str]
    evidence: Mapped[list[Any]]  # [{sha256, name}]


class Commitment(Base):
    """真实性承诺 and 授权核查 for one application (MO-10): the text as it stood, and who signed."""

    __tablename__ = "commitments"
    __table_args__ = (Index("ix_commitments_uscc", "uscc", "id"),)

    id: Mapped[Key]
    uscc: Mapped[str] = mapped_column(String(18))
    application: Mapped[str]  # what is applied for, e.g. 建筑工程施工总承包一级
    text_version: Mapped[str]
    text_sha256: Mapped[str] = mapped_column(String(64))
    signers: Mapped[list[Any]]  # [{role, name}] for every role of MO-10
    authorises_checks: Mapped[bool]
    signed_at: Mapped[datetime]
    actor: Mapped[str]
    ip: Mapped[str] = mapped_column(server_default="")


class CrossCheck(Base):
    """One answer of 学信网, the title register or social insurance about a person (MO-11)."""

    __tablename__ = "cross_checks"
    __table_args__ = (Index("ix_cross_checks_person", "person_id", "kind", "id"),)

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]  # education | title | insurance
    result: Mapped[str]  # 一致 | 不一致 | 查无 | 未查询 | 接口失败
    payers: Mapped[int | None]  # social insurance: payers in the month
    is_abnormal: Mapped[bool] = mapped_column(server_default=text("false"))
    at: Mapped[datetime]
    actor: Mapped[str]


class LeadClaim(Base):
    """The performance a technical lead was named with when an item was obtained by 告知承诺."""

    __tablename__ = "lead_claims"

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("qualification_items.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    project_code: Mapped[str]
    claimed_at: Mapped[datetime]
    actor: Mapped[str]
