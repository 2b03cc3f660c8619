"""项目库 tables. All of it is confirmed or docked data, append-only by triggers of the database.

What firms are still drafting lives in `filings` and enters these tables by a confirmation.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Json, Key


class Stage(StrEnum):
    """The blocks of a project's record."""

    BASIC = "basic"  # 项目基本信息
    TENDER = "tender"  # 招投标
    DRAWING = "drawing_review"  # 施工图审查
    CONTRACT = "contract"  # 合同登记
    PERMIT = "permit"  # 施工许可（开工报告）
    COMPLETION = "completion"  # 竣工验收（备案）
    INDICATORS = "indicators"  # 业绩技术指标
    PERSONAL = "personal"  # 个人业绩


class Grade(StrEnum):
    """数据等级. A is the highest; D was confirmed by nobody."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Level(StrEnum):
    """Level of an authority."""

    COUNTY = "county"  # 县（市、区）
    CITY = "city"  # 市（州）
    PROVINCE = "province"  # 省
    MINISTRY = "ministry"  # 部
    SUPPORT = "support"  # 技术支持单位: carries out, decides nothing
    DEPARTMENT = "department"  # 交通、水利等专业部门


class Source(StrEnum):
    """How a stage came into the store."""

    FILED = "filed"  # 企业填报，经确认
    DOCKED = "docked"  # 审批系统对接
    LEGACY = "legacy"  # 历史补录，未经确认
    ERRATUM = "erratum"  # 勘误


class Project(Base):
    """The identity of a project: code and name as in the 立项文件 (JL-25). Its data are its stages."""

    __tablename__ = "projects"
    __table_args__ = (UniqueConstraint("location_code", "name"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)  # NFC, trimmed; compared exactly, never fuzzily.
    name: Mapped[str]
    location_code: Mapped[str] = mapped_column(String(6))  # GB/T 2260 of the place of construction
    category: Mapped[str]  # 房建 | 市政 | 石油化工 …
    work_type: Mapped[str]  # 总承包 | 专业承包 | 专业分包
    specialty: Mapped[str] = mapped_column(server_default="")  # 钢结构, 桥梁 … for 专业 works
    created_at: Mapped[datetime]


class StageRecord(Base):
    """One version of one stage. The newest version is what holds; an erratum adds one, it replaces none."""

    __tablename__ = "stage_records"
    __table_args__ = (UniqueConstraint("project_id", "stage", "version"),)

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    stage: Mapped[str]
    version: Mapped[int]
    source: Mapped[str]
    content: Mapped[Json]
    attachments: Mapped[list[Any]]  # [{kind, sha256, name}]
    filed_by: Mapped[str] = mapped_column(String(18), server_default="")  # USCC of whoever filed it (JL-11)
    filing_id: Mapped[int | None] = mapped_column(ForeignKey("filings.id"))
    content_sha256: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


class ProjectParty(Base):
    """A firm's part in a project, by the stage record that names it."""

    __tablename__ = "project_parties"
    __table_args__ = (Index("ix_project_parties_uscc", "uscc", "project_id"),)

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    stage_record_id: Mapped[int] = mapped_column(ForeignKey("stage_records.id"))
    role: Mapped[str]  # 建设 | 勘察 | 设计 | 施工 | 监理 | 图审
    uscc: Mapped[str] = mapped_column(String(18))
    name: Mapped[str]


class ProjectPerson(Base):
    """A person's part in a project (个人业绩), filed by the firm that employed them then (JL-13)."""

    __tablename__ = "project_people"
    __table_args__ = (
        Index("ix_project_people_person", "person_id", "project_id"),
        Index("ix_project_people_digest", "id_digest"),
    )

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    stage_record_id: Mapped[int] = mapped_column(ForeignKey("stage_records.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    id_digest: Mapped[str] = mapped_column(String(64), server_default="")
    name: Mapped[str]
    role: Mapped[str]
    employer_uscc: Mapped[str] = mapped_column(String(18))


class GradeEntry(Base):
    """The grade of a stage from a moment on. The last entry up to a moment is the grade at that moment."""

    __tablename__ = "grade_entries"
    __table_args__ = (Index("ix_grade_entries_stage", "project_id", "stage", "at", "id"),)

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    stage: Mapped[str]
    grade: Mapped[str] = mapped_column(String(1))
    at: Mapped[datetime]
    cause: Mapped[str]  # confirmed | deemed | docked | legacy | derived | withdrawn | falsity
    level: Mapped[str] = mapped_column(server_default="")  # of the confirming authority
    authority: Mapped[str] = mapped_column(server_default="")
    actor: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    filing_id: Mapped[int | None] = mapped_column(ForeignKey("filings.id"))
    is_flagged: Mapped[bool] = mapped_column(
        server_default=text("false")
    )  # capped or otherwise to be looked at


class ProjectMark(Base):
    """A mark on a whole project that is never taken back: 虚假信息 (JL-26)."""

    __tablename__ = "project_marks"

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    kind: Mapped[str]  # falsity
    at: Mapped[datetime]
    actor: Mapped[str]
    reason: Mapped[str]


class IndicatorConfirmation(Base):
    """核查意见: the province confirmed indicators outside the platform (MO-02, until 2023-12-31)."""

    __tablename__ = "indicator_confirmations"

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    uscc: Mapped[str] = mapped_column(String(18))
    confirmed_on: Mapped[date]
    authority: Mapped[str]
    document: Mapped[Json]  # {number, sha256}
    recorded_at: Mapped[datetime]
    actor: Mapped[str]
