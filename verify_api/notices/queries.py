"""Lists of documents; one named query each."""

import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from verify_api.notices.models import Notice, NoticeKind

MOST = 200


def of_case(session: Session, case_id: int) -> list[Notice]:
    """A case's documents with their history, oldest first."""
    query = select(Notice).where(Notice.case_id == case_id).options(selectinload(Notice.events))
    return list(session.scalars(query.order_by(Notice.id)))


def of_enterprise(session: Session, enterprise_id: int) -> list[Notice]:
    """An enterprise's documents, newest first."""
    query = select(Notice).where(Notice.enterprise_id == enterprise_id)
    return list(session.scalars(query.order_by(Notice.id.desc()).limit(MOST)))


def in_force(session: Session, case_id: int, kind: NoticeKind) -> Notice | None:
    """The newest document of a kind in a case that is neither replaced nor rescinded."""
    query = select(Notice).where(
        Notice.case_id == case_id,
        Notice.kind == kind.value,
        Notice.replaced_at.is_(None),
        Notice.rescinded_at.is_(None),
    )
    return session.scalar(query.order_by(Notice.id.desc()).limit(1))


def by_code(session: Session, code: str) -> Notice | None:
    """The document behind a QR code; gaps, and letters that are mistaken for others, are forgiven."""
    typed = re.sub(r"[\s-]", "", code).upper().translate(str.maketrans("OIL", "011"))
    return session.scalar(select(Notice).where(Notice.code == typed))


def by_digest(session: Session, sha256: str) -> Notice | None:
    """The document whose signed file has this digest."""
    return session.scalar(select(Notice).where(Notice.sha256 == sha256.strip().lower()))


def unproduced(session: Session, *, limit: int) -> Sequence[int]:
    """Ids of documents whose page is still to be made, oldest first."""
    query = select(Notice.id).where(Notice.produced_at.is_(None)).order_by(Notice.id).limit(limit)
    return session.scalars(query).all()


def missing_numbers(session: Session, letters: str, year: int) -> list[int]:
    """Numbers of a series that no document bears. Empty, or something is wrong."""
    query = select(Notice.number).where(Notice.letters == letters, Notice.year == year)
    found = set(session.scalars(query))
    return sorted(set(range(1, max(found, default=0) + 1)) - found)
