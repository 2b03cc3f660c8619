"""The search for one face under two names misses nobody: it answers what trying every row would."""

from collections.abc import Callable
from itertools import count

import numpy as np
import numpy.typing as npt
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from registry.crypto import Keyring, Unreadable
from registry.people.models import Person
from tests.verify_api.faces.conftest import WHEN
from verify_api.faces import queries, service, vault
from verify_api.faces.models import FaceTemplate

RING = Keyring({"k1": bytes(range(32)), "k2": bytes(range(1, 33))})
MODEL = "invented"
LIMIT = 10
_numbers = count(1)

Vectors = npt.NDArray[np.float32]


def crowd(rng: np.random.Generator, size: int, *, length: int = 128, spread: float = 0.8) -> Vectors:
    """Vectors of people who do not exist, two of them about this far apart."""
    return np.asarray(rng.standard_normal((size, length)) * spread / np.sqrt(2 * length), np.float32)


def store(
    session: Session, vector: npt.ArrayLike, *, model_id: str = MODEL, keyring: Keyring = RING
) -> FaceTemplate:
    """A face of somebody new."""
    number = next(_numbers)
    row = Person(
        upstream_id=f"S{number}", name="示例", id_digest=f"{number:064x}", id_cipher=b"", id_masked="*",
        synced_at=WHEN,
    )  # fmt: skip
    session.add(row)
    session.flush()
    consent = service.give_consent(session, person_id=row.id, notice_version="1", channel="window", now=WHEN)
    template = FaceTemplate(
        person_id=row.id, consent_id=consent.id, model_id=model_id, source_sha256="0" * 64, enrolled_at=WHEN
    )
    service.store_vector(template, vector, keyring)
    session.add(template)
    session.flush()
    return template


def found(session: Session, vector: npt.ArrayLike, *, within: float, without: int = -1) -> list[int]:
    """What the search answers, the closest first."""
    # An index in order of distance is taken now if there is one, as it would be over many rows.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL enable_sort = off"))
    near = queries.nearest(
        session, RING, vector, model_id=MODEL, exclude_person_id=without, within=within, limit=LIMIT
    )
    assert near == sorted(near, key=lambda one: one.distance)
    return [one.person_id for one in near]


def obviously(faces: dict[int, Vectors], vector: npt.ArrayLike, *, within: float, without: int) -> list[int]:
    """The same, slowly and in plain sight: each opened vector is measured."""
    apart = {who: float(np.linalg.norm(face - np.float32(vector))) for who, face in faces.items()}
    near = (who for who in apart if apart[who] <= within and who != without)
    return sorted(near, key=apart.__getitem__)[:LIMIT]


def rolled_back(session: Session, vector: Vectors) -> None:
    with session.begin_nested() as savepoint:
        store(session, vector)
        savepoint.rollback()


def erased(session: Session, vector: Vectors) -> None:
    gone = store(session, vector)
    service.erase(session, person_id=gone.person_id, reason="期限届满", now=WHEN)


@pytest.mark.parametrize("crowding", [store, erased, rolled_back])
def test_one_photograph_stored_again_and_again_hides_nobody_who_comes_after(
    session: Session, crowding: Callable[[Session, Vectors], object]
) -> None:
    one, late = crowd(np.random.default_rng(1), 2)
    store(session, one - 0.05 * (late - one))
    for _ in range(40):
        crowding(session, one)
    who = store(session, late).person_id
    assert found(session, late, within=0.3) == [who]


@pytest.fixture
def several(session: Session) -> Vectors:
    """Faces with look-alikes: under two keys, beside other models and lengths, some erased again."""
    rng = np.random.default_rng(2)
    vectors = crowd(rng, 150)
    vectors[90:] = vectors[rng.integers(0, 20, 60)] + crowd(rng, 60, spread=0.4)
    older = Keyring({"k1": RING.keys["k1"]})
    for number, vector in enumerate(vectors):
        row = store(session, vector, keyring=RING if number % 3 else older)
        if number % 10 == 0:
            service.erase(session, person_id=row.person_id, reason="期限届满", now=WHEN)
    for length, model in ((128, "another"), (512, "long"), (3, MODEL)):
        for vector in crowd(rng, 10, length=length):
            store(session, vector, model_id=model)
    return vectors


def test_the_search_finds_exactly_whom_measuring_every_face_finds(session: Session, several: Vectors) -> None:
    ours = (FaceTemplate.model_id == MODEL, FaceTemplate.dimensions == 128)
    rows = session.scalars(select(FaceTemplate).where(*ours)).all()
    faces = {row.person_id: vault.unseal(RING, row.sealed) for row in rows}
    sizes = set()
    for vector, without in zip(several, [*faces, *faces], strict=False):
        for within in (0.45, 0.6, 9.0):
            answer = found(session, vector, within=within, without=without)
            assert answer == obviously(faces, vector, within=within, without=without)
            sizes.add(len(answer))
    assert {0, 1, 3, LIMIT} <= sizes  # The crowd is one in which an answer can be wrong.


def test_a_face_under_a_key_that_is_gone_is_no_answer_and_not_nobody(session: Session) -> None:
    near, far = crowd(np.random.default_rng(3), 2)
    for _ in range(LIMIT):
        store(session, near)
    store(session, far, keyring=Keyring({"gone": bytes(32)}))
    with pytest.raises(Unreadable):
        found(session, near, within=0.1)


def test_no_index_that_may_miss_somebody_lies_over_the_faces(session: Session) -> None:
    kinds = session.scalars(
        text(
            "SELECT DISTINCT amname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " JOIN pg_am ON pg_am.oid = relam WHERE indrelid = 'face_templates'::regclass"
        )
    ).all()
    assert kinds == ["btree"]
