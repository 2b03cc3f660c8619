"""What others ask about an enterprise. Lists hold what the upstream still shows unless said otherwise."""

from datetime import date

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from registry.enterprises.models import (
    AbnormalMark,
    Certificate,
    Enterprise,
    ItemStatus,
    Origin,
    PermitStatus,
    QualificationChange,
    QualificationItem,
    RegisteredPoint,
    SafetyPermit,
    SyncRun,
)


def enterprise_by_uscc(session: Session, uscc: str) -> Enterprise | None:
    """The enterprise of that code (in normal form)."""
    return session.scalars(select(Enterprise).where(Enterprise.uscc == uscc)).first()


def _items(enterprise_id: int) -> Select[QualificationItem]:
    return (
        select(QualificationItem)
        .where(QualificationItem.enterprise_id == enterprise_id, QualificationItem.absent_since.is_(None))
        .order_by(QualificationItem.id)
    )


def items_of(session: Session, enterprise_id: int) -> list[QualificationItem]:
    """Its 资质项 in any standing."""
    return list(session.scalars(_items(enterprise_id)))


def commitment_items(session: Session, enterprise_id: int) -> list[QualificationItem]:
    """Its valid 资质项 obtained by 告知承诺: what the FIRST track is about."""
    return list(
        session.scalars(
            _items(enterprise_id).where(
                QualificationItem.origin == Origin.COMMITMENT, QualificationItem.status == ItemStatus.VALID
            )
        )
    )


def certificates_of(session: Session, enterprise_id: int) -> list[Certificate]:
    """Its 资质证书, those replaced since included."""
    return list(
        session.scalars(
            select(Certificate).where(Certificate.enterprise_id == enterprise_id).order_by(Certificate.id)
        )
    )


def permits_of(session: Session, enterprise_id: int) -> list[SafetyPermit]:
    """Its 安全生产许可证."""
    return list(
        session.scalars(
            select(SafetyPermit)
            .where(SafetyPermit.enterprise_id == enterprise_id, SafetyPermit.absent_since.is_(None))
            .order_by(SafetyPermit.id)
        )
    )


def has_valid_permit(session: Session, enterprise_id: int, on: date) -> bool:
    """Whether a 安全生产许可证 is valid on the day: expired, 暂扣, 吊销 and 注销 count as none (SZ-22)."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    SafetyPermit.enterprise_id == enterprise_id,
                    SafetyPermit.status == PermitStatus.VALID,
                    SafetyPermit.valid_from <= on,
                    SafetyPermit.valid_to >= on,
                    SafetyPermit.absent_since.is_(None),
                )
            )
        )
    )


def point_in_force(session: Session, enterprise_id: int) -> RegisteredPoint | None:
    """The newest confirmed point of the registered address."""
    return session.scalars(
        select(RegisteredPoint)
        .where(RegisteredPoint.enterprise_id == enterprise_id, RegisteredPoint.confirmed_at.is_not(None))
        .order_by(RegisteredPoint.id.desc())
        .limit(1)
    ).first()


def newest_point(session: Session, enterprise_id: int) -> RegisteredPoint | None:
    """The newest point, confirmed or not: what staff are shown to confirm."""
    return session.scalars(
        select(RegisteredPoint)
        .where(RegisteredPoint.enterprise_id == enterprise_id)
        .order_by(RegisteredPoint.id.desc())
        .limit(1)
    ).first()


def open_marks(session: Session, enterprise_id: int) -> list[AbnormalMark]:
    """The 资质异常 marks that stand (MO-13)."""
    return list(
        session.scalars(
            select(AbnormalMark)
            .where(AbnormalMark.enterprise_id == enterprise_id, AbnormalMark.lifted_at.is_(None))
            .order_by(AbnormalMark.id)
        )
    )


def changes_of(session: Session, item_id: int) -> list[QualificationChange]:
    """What was done to an item here, oldest first."""
    return list(
        session.scalars(
            select(QualificationChange)
            .where(QualificationChange.item_id == item_id)
            .order_by(QualificationChange.id)
        )
    )


def last_run(session: Session, enterprise_id: int, scope: str) -> SyncRun | None:
    """The newest sync run of the scope (enterprise | people), whether it succeeded or not."""
    return session.scalars(
        select(SyncRun)
        .where(SyncRun.enterprise_id == enterprise_id, SyncRun.scope == scope)
        .order_by(SyncRun.id.desc())
        .limit(1)
    ).first()
