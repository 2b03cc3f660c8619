"""Named questions to the face tables."""

from dataclasses import dataclass

import numpy.typing as npt
from pgvector.sqlalchemy import Vector
from sqlalchemy import cast, func, select, text
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from verify_api.faces import vault
from verify_api.faces.models import FaceConsent, FaceErasure, FaceLookalike, FaceTemplate, PhotoFault

INDEXED = (128, 512)  # lengths that have an HNSW index; others are searched row by row


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another identity with a similar face; `distance` is Euclidean."""

    person_id: int
    distance: float


def active_consent(session: Session, person_id: int) -> FaceConsent | None:
    """The consent in force, if any."""
    return session.scalar(
        select(FaceConsent).where(FaceConsent.person_id == person_id, FaceConsent.withdrawn_at.is_(None))
    )


def active_template(session: Session, person_id: int, model_id: str) -> FaceTemplate | None:
    """The template in use for this model, if any."""
    return session.scalar(
        select(FaceTemplate).where(
            FaceTemplate.person_id == person_id,
            FaceTemplate.model_id == model_id,
        )
    )


def photo_fault(session: Session, person_id: int, model_id: str) -> PhotoFault | None:
    """Why a photograph of the person could not serve this model, if that was found."""
    return session.scalar(
        select(PhotoFault).where(PhotoFault.person_id == person_id, PhotoFault.model_id == model_id)
    )


def stored_faces(session: Session) -> int:
    """Persons whose face data is stored: the figure of 人脸识别技术应用安全管理办法 15 (100 000)."""
    return session.scalar(select(func.count(FaceTemplate.person_id.distinct()))) or 0


def open_lookalikes(session: Session, *, limit: int = 500, offset: int = 0) -> list[FaceLookalike]:
    """Pairs that staff have not settled, the closest first."""
    query = select(FaceLookalike).where(FaceLookalike.settled_at.is_(None))
    order = query.order_by(FaceLookalike.distance, FaceLookalike.id)
    return list(session.scalars(order.limit(limit).offset(offset)))


def count_open_lookalikes(session: Session) -> int:
    """How many pairs wait for staff."""
    return session.scalar(select(func.count()).where(FaceLookalike.settled_at.is_(None))) or 0


def is_settled(session: Session, first: int, second: int, model_id: str) -> bool:
    """Whether staff settled this pair (ids in order) after both of the faces in use were enrolled."""
    enrolled = select(func.max(FaceTemplate.enrolled_at)).where(
        FaceTemplate.person_id.in_((first, second)), FaceTemplate.model_id == model_id
    )
    query = select(FaceLookalike.id).where(
        FaceLookalike.person_id == first,
        FaceLookalike.other_person_id == second,
        FaceLookalike.model_id == model_id,
        FaceLookalike.settled_at >= enrolled.scalar_subquery(),
    )
    return session.scalar(query.limit(1)) is not None


def erasures_of(session: Session, person_id: int) -> list[FaceErasure]:
    """Proofs of erasure, oldest first."""
    return list(
        session.scalars(
            select(FaceErasure).where(FaceErasure.person_id == person_id).order_by(FaceErasure.erased_at)
        )
    )


def key_ids(session: Session) -> list[str]:
    """Keys under which templates lie: one in steady state, two while a rotation runs."""
    return list(session.scalars(select(FaceTemplate.key_id).distinct().order_by(FaceTemplate.key_id)))


def nearest(
    session: Session,
    keyring: Keyring,
    vector: npt.ArrayLike,
    *,
    model_id: str,
    exclude_person_id: int,
    within: float,
    limit: int,
) -> list[Neighbour]:
    """Other identities within this Euclidean distance, the closest first, over all keys in use.

    The index hands out candidates in order of distance before the filters apply; `iterative_scan` lets it go
    on until enough of them pass, instead of coming back short.
    """
    session.execute(text("SET LOCAL hnsw.iterative_scan = 'strict_order'"))
    session.execute(text("SET LOCAL hnsw.ef_search = 100"))
    found: dict[int, float] = {}
    for key_id in key_ids(session):
        turned = vault.protect(keyring, vector, key_id=key_id)
        column = cast(FaceTemplate.protected, Vector(turned.size))
        distance = column.l2_distance(turned)
        rows = session.execute(
            select(FaceTemplate.person_id, distance)
            .where(
                FaceTemplate.dimensions
                == text(str(turned.size)),  # a literal, so that the partial index fits
                FaceTemplate.model_id == model_id,
                FaceTemplate.key_id == key_id,
                FaceTemplate.person_id != exclude_person_id,
            )
            .order_by(distance)
            .limit(limit)
        )
        for person_id, apart in rows:
            if apart <= within:
                found[person_id] = min(apart, found.get(person_id, apart))
    return [Neighbour(p, d) for p, d in sorted(found.items(), key=lambda item: item[1])][:limit]
