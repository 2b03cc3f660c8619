"""What a person is compared with: the registry's photograph, enrolled when it is new."""

from verify_api.evidence.store import FileMissing
from verify_api.faces.engine import FaceEngine
from verify_api.faces.enrolment import (
    LOST,
    MeasuredPhoto,
    PhotoChanged,
    enrol,
    measure_photo,
    photo_due,
)
from verify_api.faces.measure import Reference
from verify_api.faces.policy import FacePolicy
from verify_api.faces.service import reference_for
from verify_api.parts import Parts

PATIENCE = 4  # tries of one attempt before staff go on without what failed each time


def reference_of(
    parts: Parts, engine: FaceEngine, person_id: int, policy: FacePolicy, *, tries: int
) -> Reference | None:
    """The reference; None where the registry has no photograph that can serve, and staff must look.

    The photograph is fetched and measured with no transaction open: it takes long, and an upstream sync, a
    consent or an erasure of the same person must not wait for it. If it was replaced meanwhile, the new one
    is measured instead.

    Raises:
        FileMissing: The store does not answer with the photograph, and it is too early to give up.
        PhotoChanged: It was replaced again and again: the job comes back.
    """
    for turn in range(PATIENCE):
        with parts.sessions() as session:
            due = photo_due(session, person_id, engine.model_id)
        if due is None:
            break
        photo = _measured(parts, engine, due, policy, is_last=tries >= PATIENCE)
        try:
            if _kept(parts, engine, person_id, policy, photo) is None:
                return None
        except PhotoChanged:
            if turn == PATIENCE - 1:
                raise
    with parts.sessions() as session:
        return reference_for(session, person_id, keyring=parts.keyring, model_id=engine.model_id)


def _measured(
    parts: Parts, engine: FaceEngine, sha256: str, policy: FacePolicy, *, is_last: bool
) -> MeasuredPhoto:
    try:
        image = parts.evidence.get(sha256)
    except FileMissing:
        if not is_last:
            raise
        return MeasuredPhoto(sha256, None, (LOST,))
    return measure_photo(engine, image, policy, now=parts.clock())


def _kept(
    parts: Parts, engine: FaceEngine, person_id: int, policy: FacePolicy, photo: MeasuredPhoto
) -> object | None:
    with parts.sessions.begin() as session:
        return enrol(
            session,
            photo,
            engine=engine,
            keyring=parts.keyring,
            person_id=person_id,
            policy=policy,
            now=parts.clock(),
        )
