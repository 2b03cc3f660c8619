"""The registry's photograph becomes a reference: measured with nothing locked, kept if it still stands."""

import hashlib
import logging
import math
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.errors import Conflict, Reason
from registry.people.models import Person
from verify_api.faces import quality, queries
from verify_api.faces.engine import FaceEngine
from verify_api.faces.measure import FrameIn, measure_frames
from verify_api.faces.models import FaceTemplate, PhotoFault
from verify_api.faces.policy import FacePolicy
from verify_api.faces.service import (
    ConsentRequired,
    lock_person,
    neighbours_if_searchable,
    note_lookalikes,
    store_vector,
)

log = logging.getLogger(__name__)

NO_VECTOR = Reason("embedding_unusable", "照片的特征无法使用", "请更换登记照片")
# The store may find the file again, so this fault alone does not wait for another photograph.
LOST = Reason("photo_file_missing", "登记照片的文件丢失", "请重新同步“三库一平台”人员信息")


class PhotoChanged(Conflict):
    """Another photograph came into the registry while this one was being measured."""

    code = "photo_changed"
    message = "登记照片刚刚更换，请重试"


@dataclass(frozen=True, slots=True)
class MeasuredPhoto:
    """A reference photograph as the engine saw it: a vector, or the faults that leave it without one."""

    sha256: str
    vector: tuple[float, ...] | None = field(repr=False)
    faults: tuple[Reason, ...] = ()


def measure_photo(engine: FaceEngine, image: bytes, policy: FacePolicy, *, now: datetime) -> MeasuredPhoto:
    """Slow; needs no session. A picture that cannot serve is an answer, an engine that fails raises."""
    measures = measure_frames(engine, [FrameIn(n=1, seq=1, data=image, received_at=now)], None)
    frame, vector = measures.frames[0], measures.embedding
    faults = [frame.refusal] if frame.refusal else []
    if frame.face is not None:
        faults += quality.front_faults(frame.face, policy)
    if not faults and not (vector and all(map(math.isfinite, vector))):
        faults = [NO_VECTOR]
    digest = hashlib.sha256(image).hexdigest()
    return MeasuredPhoto(digest, None if faults else vector, tuple(faults))


def photo_due(session: Session, person_id: int, model_id: str) -> str | None:
    """Digest of the registry's photograph if it has still to be measured for this model.

    One that was found unusable is not measured again: another photograph has to come first.
    """
    photo = session.scalar(select(Person.photo_sha256).where(Person.id == person_id))
    template = queries.active_template(session, person_id, model_id)
    fault = queries.photo_fault(session, person_id, model_id)
    settled = {template.source_sha256 if template else None}
    if fault is not None and fault.is_final:
        settled.add(fault.source_sha256)
    return None if photo in settled else photo


def enrol(
    session: Session,
    photo: MeasuredPhoto,
    *,
    engine: FaceEngine,
    keyring: Keyring,
    person_id: int,
    policy: FacePolicy,
    now: datetime,
) -> FaceTemplate | None:
    """Make this photograph the person's reference, or keep on record why it cannot be one (None).

    Neighbours of another identity are noted for staff. The same photograph again changes nothing.

    Raises:
        ConsentRequired: No consent is in force.
        PhotoChanged: The registry holds another photograph by now.
    """
    registered = lock_person(session, person_id)
    consent = queries.active_consent(session, person_id)
    if consent is None:
        raise ConsentRequired
    if registered != photo.sha256:
        raise PhotoChanged
    if photo.vector is None:
        _keep_fault(session, person_id, engine.model_id, photo, now=now)
        return None
    session.execute(delete(PhotoFault).where(PhotoFault.person_id == person_id))
    template = queries.active_template(session, person_id, engine.model_id)
    if template is not None and template.source_sha256 == photo.sha256:
        return template
    if template is None:
        template = FaceTemplate(person_id=person_id, model_id=engine.model_id)
        session.add(template)
    template.consent_id, template.source_sha256, template.enrolled_at = consent.id, photo.sha256, now
    store_vector(template, photo.vector, keyring)
    session.flush()
    # A search that fails here is not lost: the check-in this is done for asks again, and waits for an answer.
    found = neighbours_if_searchable(
        session, engine=engine, keyring=keyring, embedding=photo.vector, exclude_person_id=person_id,
        threshold=policy.review,
    )  # fmt: skip
    note_lookalikes(
        session, person_id=person_id, found=found or [], model_id=engine.model_id, occasion="enrolment",
        now=now,
    )  # fmt: skip
    return template


def _keep_fault(
    session: Session, person_id: int, model_id: str, photo: MeasuredPhoto, *, now: datetime
) -> None:
    log.info("photograph of person %s cannot serve: %s", person_id, [fault.code for fault in photo.faults])
    values = {
        "source_sha256": photo.sha256,
        "reasons": [fault.to_mapping() for fault in photo.faults],
        "is_final": LOST not in photo.faults,
        "found_at": now,
    }
    row = insert(PhotoFault).values(person_id=person_id, model_id=model_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["person_id", "model_id"], set_=values))
