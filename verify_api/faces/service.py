"""Consent, enrolment, replacement, erasure, and the search for one face under two names."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import numpy.typing as npt
from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.errors import Forbidden, Invalid, NotFound
from registry.people.models import Person
from verify_api.faces import quality, queries, vault
from verify_api.faces.engine import FaceEngine
from verify_api.faces.measure import FrameIn, Reference, measure_frames
from verify_api.faces.models import FaceConsent, FaceErasure, FaceLookalike, FaceTemplate, Finding
from verify_api.faces.policy import FacePolicy
from verify_api.faces.queries import Neighbour


class PersonUnknown(NotFound):
    """The registry holds no such person."""

    code = "person_unknown"


class ConsentRequired(Forbidden):
    """No separate consent to face processing is in force (PIPL 29)."""

    code = "consent_required"
    message = "尚未单独同意人脸识别"
    hint = "请阅读告知书并选择是否同意；不同意的，可到窗口由工作人员核验，效力相同"


class PhotoUnsuitable(Invalid):
    """The reference photograph cannot serve; `reasons` says why."""

    code = "photo_unsuitable"
    message = "登记照片不符合要求"


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
    _lock_person(session, person_id)
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
    _lock_person(session, person_id)
    current = queries.active_consent(session, person_id)
    if current is None:
        return
    current.withdrawn_at = now
    erase(session, person_id=person_id, reason="本人撤回同意", now=now)


def enrol(
    session: Session,
    *,
    engine: FaceEngine,
    keyring: Keyring,
    person_id: int,
    image: bytes,
    policy: FacePolicy,
    now: datetime,
) -> FaceTemplate:
    """Make this photograph the person's reference, replacing an earlier one of the same model.

    Neighbours of another identity are noted for staff. The same photograph again changes nothing.

    Raises:
        ConsentRequired: No consent is in force.
        PhotoUnsuitable: No picture, nobody, several people, or too poor to compare with.
    """
    _lock_person(session, person_id)
    consent = queries.active_consent(session, person_id)
    if consent is None:
        raise ConsentRequired
    digest = hashlib.sha256(image).hexdigest()
    template = queries.active_template(session, person_id, engine.model_id)
    if template is not None and template.source_sha256 == digest:
        return template
    vector = embedding_of(engine, image, policy, now=now)
    if template is None:
        template = FaceTemplate(person_id=person_id, model_id=engine.model_id)
        session.add(template)
    template.consent_id = consent.id
    template.source_sha256 = digest
    template.enrolled_at = now
    _store(template, vector, keyring)
    session.flush()
    found = neighbours(
        session,
        engine=engine,
        keyring=keyring,
        embedding=vector,
        exclude_person_id=person_id,
        threshold=policy.review,
    )
    note_lookalikes(
        session, person_id=person_id, found=found, model_id=engine.model_id, occasion="enrolment", now=now
    )
    return template


def _store(template: FaceTemplate, vector: npt.ArrayLike, keyring: Keyring) -> None:
    protected = vault.protect(keyring, vector)
    template.sealed = vault.seal(keyring, vector)
    template.protected = protected.tolist()
    template.dimensions = protected.size
    template.key_id = keyring.current


def _lock_person(session: Session, person_id: int) -> None:
    """Consent, enrolment and erasure of one person go one after the other."""
    found = session.scalar(select(Person.id).where(Person.id == person_id).with_for_update())
    if found is None:
        raise PersonUnknown


def embedding_of(engine: FaceEngine, image: bytes, policy: FacePolicy, *, now: datetime) -> list[float]:
    """The vector of a reference photograph. Slow; needs no session.

    Raises:
        PhotoUnsuitable: As `enrol`.
    """
    measures = measure_frames(engine, [FrameIn(n=1, seq=1, data=image, received_at=now)], None)
    frame = measures.frames[0]
    faults = [frame.refusal] if frame.refusal else []
    if frame.face is not None:
        faults += quality.front_faults(frame.face, policy)
    if faults or measures.embedding is None:
        raise PhotoUnsuitable(code=faults[0].code if faults else None, reasons=faults)
    return list(measures.embedding)


def reference_for(session: Session, person_id: int, *, keyring: Keyring, model_id: str) -> Reference | None:
    """What the person is compared with; None if no photograph is enrolled for this model.

    Raises:
        registry.crypto.Unreadable: The template's key is not here. No verdict can be reached then.
    """
    template = queries.active_template(session, person_id, model_id)
    if template is None:
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
    _lock_person(session, person_id)
    session.execute(
        delete(FaceLookalike).where(
            or_(FaceLookalike.person_id == person_id, FaceLookalike.other_person_id == person_id)
        )
    )
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
        _store(template, vault.unseal(keyring, template.sealed), keyring)
    session.flush()
    return len(rows)
