"""What is on file."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.credit.models import Commitment, CreditEntry, CreditKind, LeadClaim, SamplingRecord


def credit_file(session: Session, uscc: str) -> list[CreditEntry]:
    """Everything on file about a firm, newest first."""
    return list(
        session.scalars(select(CreditEntry).where(CreditEntry.uscc == uscc).order_by(CreditEntry.id.desc()))
    )


def bad_records(session: Session, *, limit: int = 100, before: int | None = None) -> list[CreditEntry]:
    """企业不良信息 as shown to the public, newest first (JL-26)."""
    asked = select(CreditEntry).where(CreditEntry.is_public, CreditEntry.kind == CreditKind.FALSITY)
    if before is not None:
        asked = asked.where(CreditEntry.id < before)
    return list(session.scalars(asked.order_by(CreditEntry.id.desc()).limit(limit)))


def samplings_of(session: Session, project_id: int) -> list[SamplingRecord]:
    """Re-checks of a project, newest first."""
    return list(
        session.scalars(
            select(SamplingRecord)
            .where(SamplingRecord.project_id == project_id)
            .order_by(SamplingRecord.id.desc())
        )
    )


def commitment_for(session: Session, uscc: str, application: str) -> Commitment | None:
    """The newest commitment a firm signed for an application."""
    return session.scalars(
        select(Commitment)
        .where(Commitment.uscc == uscc, Commitment.application == application)
        .order_by(Commitment.id.desc())
        .limit(1)
    ).first()


def claims_of(session: Session, item_id: int, person_id: int) -> list[LeadClaim]:
    """The projects a technical lead was named with for an item."""
    return list(
        session.scalars(
            select(LeadClaim)
            .where(LeadClaim.item_id == item_id, LeadClaim.person_id == person_id)
            .order_by(LeadClaim.id)
        )
    )
