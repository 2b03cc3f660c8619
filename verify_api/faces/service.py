"""Consent, reference, erasure, and the search for one face under two names."""

import logging
from collections.abc import Sequence
from datetime import datetime

import numpy.typing as npt
from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.crypto import Keyring, Unreadable
from registry.errors import Forbidden, Invalid, NotFound
from registry.people.models import Person
from verify_api.faces import queries, vault
from verify_api.faces.engine import FaceEngine
from verify_api.faces.measure import Reference
from verify_api.faces.models import FaceConsent, FaceErasure, FaceLookalike, FaceTemplate, Finding, PhotoFault
from verify_api.faces.queries import Neighbour

log = logging.getLogger(__name__)


class PersonUnknown(NotFound):
    """The registry holds no such person."""

    code = "person_unknown"


class ConsentRequired(Forbidden):
    """No separate consent to face processing is in force (PIPL 29)."""

    code = "consent_required"
    message = "尚未单独同意人脸识别"
    hint = "请阅读告知书并选择是否同意；不同意的，可到窗口由工作人员核验，效力相同"


class NoSuchLookalike(NotFound):
    """No open pair of that number."""

    code = "lookalike_missing"
    message = "没有这一对待核对的人脸，或已有结论"


class GroundsMissing(Invalid):
    """A finding needs its grounds."""

    code = "reason_missing"
    message = "请填写核对的依据"


def give_consent(
    session: Session, *, person_id: int, notice_version: str, channel: str, now: datetime
) -> FaceConsent:
    """Record the consent in place of one to an older text; the same text again changes nothing."""
    lock_person(session, person_id)
    current = queries.active_consent(session, person_id)
    if current is not None and current.notice_version == notice_version:
        return current
    if current is not None:
        current.withdrawn_at = now
        session.flush()
    consent = FaceConsent(
        person_id=person_id, notice_version=notice_version, channel=channel, given_at=now, withdrawn_at=None
    )
    session.add(consent)
    session.flush()
    return consent


def withdraw_consent(session: Session, *, person_id: int, now: datetime) -> None:
    """End the consent and erase what rested on it."""
    lock_person(session, person_id)
    current = queries.active_consent(session, person_id)
    if current is None:
        return
    current.withdrawn_at = now
    erase(session, person_id=person_id, reason="本人撤回同意", now=now)


def store_vector(template: FaceTemplate, vector: npt.ArrayLike, keyring: Keyring) -> None:
    """Put the vector into the row, sealed and turned."""
    protected = vault.protect(keyring, vector)
    template.sealed = vault.seal(keyring, vector)
    template.protected = protected.tolist()
    template.dimensions = protected.size
    template.key_id = keyring.current


def lock_person(session: Session, person_id: int) -> str | None:
    """Consent, enrolment and erasure of one person go one after the other; digest of the photograph.

    Raises:
        PersonUnknown: There is none.
    """
    row = session.execute(
        select(Person.photo_sha256).where(Person.id == person_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise PersonUnknown
    photo: str | None = row.photo_sha256
    return photo


def reference_for(session: Session, person_id: int, *, keyring: Keyring, model_id: str) -> Reference | None:
    """What the person is compared with; None if no photograph is enrolled for this model.

    A template of an earlier photograph than the registry's does not count: that one was replaced.

    Raises:
        registry.crypto.Unreadable: The template's key is not here. No verdict can be reached then.
    """
    template = queries.active_template(session, person_id, model_id)
    photo = session.scalar(select(Person.photo_sha256).where(Person.id == person_id))
    if template is None or photo not in (None, template.source_sha256):
        return None
    return Reference(template.model_id, tuple(vault.unseal(keyring, template.sealed).tolist()))


def neighbours(
    session: Session,
    *,
    engine: FaceEngine,
    keyring: Keyring,
    embedding: npt.ArrayLike,
    exclude_person_id: int,
    threshold: float,
    limit: int = 10,
) -> list[Neighbour]:
    """Other identities under this threshold, in the engine's own distance, the closest first."""
    return queries.nearest(
        session,
        keyring,
        embedding,
        model_id=engine.model_id,
        exclude_person_id=exclude_person_id,
        within=engine.as_euclidean(threshold),
        limit=limit,
    )


def neighbours_if_searchable(
    session: Session,
    *,
    engine: FaceEngine,
    keyring: Keyring,
    embedding: npt.ArrayLike,
    exclude_person_id: int,
    threshold: float,
) -> list[Neighbour] | None:
    """As `neighbours`; None, and a line in the log, if the search itself fails.

    That is no empty answer: whoever asks must not take it for "nobody".
    """
    try:
        with session.begin_nested():
            return neighbours(
                session,
                engine=engine,
                keyring=keyring,
                embedding=embedding,
                exclude_person_id=exclude_person_id,
                threshold=threshold,
            )
    except (DBAPIError, Unreadable, vault.VectorUnusable):
        log.exception("the search for other identities failed", extra={"person": exclude_person_id})
        return None


def note_lookalikes(
    session: Session,
    *,
    person_id: int,
    found: Sequence[Neighbour],
    model_id: str,
    occasion: str,
    now: datetime,
) -> None:
    """Put each pair on the staff list once, whichever of the two was seen; nothing is refused.

    What staff settled stays settled until one of the two has another photograph: twins check in every year.
    """
    for other in found:
        first, second = sorted((person_id, other.person_id))
        if queries.is_settled(session, first, second, model_id):
            continue
        values = insert(FaceLookalike).values(
            person_id=first,
            other_person_id=second,
            model_id=model_id,
            distance=other.distance,
            occasion=occasion,
            found_at=now,
        )
        session.execute(
            values.on_conflict_do_nothing(
                index_elements=["person_id", "other_person_id"],
                index_where=FaceLookalike.settled_at.is_(None),
            )
        )


def settle_lookalike(
    session: Session, *, lookalike_id: int, finding: Finding, reason: str, settled_by: str, now: datetime
) -> FaceLookalike:
    """Staff say what the pair is, and why.

    Raises:
        NoSuchLookalike: There is no open pair of that number.
        GroundsMissing: No reason is given.
    """
    if not reason.strip():
        raise GroundsMissing
    pair = session.get(FaceLookalike, lookalike_id, with_for_update=True)
    if pair is None or pair.settled_at is not None:
        raise NoSuchLookalike
    pair.settled_at, pair.settled_by = now, settled_by
    pair.finding, pair.reason = finding.value, reason.strip()
    session.flush()
    return pair


def erase(session: Session, *, person_id: int, reason: str, now: datetime) -> FaceErasure:
    """Delete every template of the person and the pairs found with it; keep the proof that it was done."""
    lock_person(session, person_id)
    session.execute(
        delete(FaceLookalike).where(
            or_(FaceLookalike.person_id == person_id, FaceLookalike.other_person_id == person_id)
        )
    )
    session.execute(delete(PhotoFault).where(PhotoFault.person_id == person_id))
    gone = session.scalars(
        delete(FaceTemplate).where(FaceTemplate.person_id == person_id).returning(FaceTemplate.id)
    ).all()
    erasure = FaceErasure(person_id=person_id, templates=len(gone), reason=reason, erased_at=now)
    session.add(erasure)
    session.flush()
    return erasure


def rotate_keys(session: Session, *, keyring: Keyring, limit: int = 500) -> int:
    """Bring up to `limit` templates under the current key; how many were. Call until it answers 0.

    Each row is sealed and turned anew in place. While the rotation runs, the search looks under both keys.
    """
    rows = session.scalars(
        select(FaceTemplate)
        .where(FaceTemplate.key_id != keyring.current)
        .order_by(FaceTemplate.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for template in rows:
        store_vector(template, vault.unseal(keyring, template.sealed), keyring)
    session.flush()
    return len(rows)
