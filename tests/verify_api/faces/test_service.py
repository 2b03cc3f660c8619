"""Consent, enrolment, erasure and one face under two names, on a real database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.crypto import Keyring, Unreadable
from registry.people.models import Person
from tests.verify_api.faces.conftest import WHEN, Files
from tools.portraits import attacks
from verify_api.faces import enrolment, queries, service, vault
from verify_api.faces.engine import FaceEngine, Vectors
from verify_api.faces.enrolment import measure_photo
from verify_api.faces.models import FaceConsent, FaceErasure, FaceLookalike, FaceTemplate, Finding, PhotoFault
from verify_api.faces.policy import FacePolicy

RING = Keyring({"k1": bytes(range(32))})
POLICY = FacePolicy()
LATER = WHEN + timedelta(days=1)
_numbers = count(1)


class Ill:
    """An engine whose network answers with nothing that is a number."""

    def __init__(self, engine: FaceEngine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def embed(self, faces: Sequence[Any]) -> Vectors:
        return self._engine.embed(faces) * np.float32(np.nan)


def person(session: Session) -> int:
    """Somebody in the registry."""
    number = next(_numbers)
    row = Person(
        upstream_id=f"F{number}", name="示例", id_digest=f"{number:064x}", id_cipher=b"", id_masked="*",
        synced_at=WHEN,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def consenting(session: Session) -> int:
    """Somebody who agreed to face processing."""
    found = person(session)
    service.give_consent(session, person_id=found, notice_version="1", channel="miniapp", now=WHEN)
    return found


@pytest.fixture
def enrol(session: Session, recogniser: FaceEngine):  # type: ignore[no-untyped-def]
    """Enrol a photograph for somebody."""

    def act(person_id: int, image: bytes, *, keyring: Keyring = RING, now=WHEN) -> FaceTemplate | None:  # type: ignore[no-untyped-def]
        photo = measure_photo(recogniser, image, POLICY, now=now)
        row = session.get(Person, person_id)
        if row is not None:
            row.photo_sha256 = photo.sha256
            session.flush()
        return enrolment.enrol(
            session, photo, engine=recogniser, keyring=keyring, person_id=person_id, policy=POLICY, now=now
        )

    return act


def vector_of(recogniser: FaceEngine, image: bytes) -> tuple[float, ...]:
    """The vector of a photograph that can serve."""
    vector = measure_photo(recogniser, image, POLICY, now=WHEN).vector
    assert vector is not None
    return vector


def rows(session: Session, table: type) -> int:
    """How many rows a table has."""
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_nobody_is_enrolled_without_consent(session: Session, enrol, people: list[Files]) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(service.ConsentRequired) as refused:
        enrol(person(session), people[0]["reference"])
    assert refused.value.code == "consent_required" and "窗口" in refused.value.hint
    with pytest.raises(service.PersonUnknown):
        enrol(-1, people[0]["reference"])


def test_an_enrolled_person_is_known_again(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    someone = consenting(session)
    template = enrol(someone, people[0]["reference"])
    reference = service.reference_for(session, someone, keyring=RING, model_id=recogniser.model_id)
    assert reference is not None and reference.model_id == recogniser.model_id
    vector = vector_of(recogniser, people[0]["reference"])
    assert recogniser.distance(reference.embedding, vector) < 1e-6
    assert template.dimensions == 128 and template.key_id == "k1"
    assert service.reference_for(session, someone, keyring=RING, model_id="another") is None
    assert (
        service.reference_for(session, consenting(session), keyring=RING, model_id=recogniser.model_id)
        is None
    )


def test_nothing_in_the_row_is_the_raw_vector(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    someone = consenting(session)
    enrol(someone, people[0]["reference"])
    vector = np.float32(vector_of(recogniser, people[0]["reference"]))
    session.expire_all()
    row = session.scalars(select(FaceTemplate).where(FaceTemplate.person_id == someone)).one()
    assert vector.tobytes() not in row.sealed
    assert np.linalg.norm(np.float32(row.protected) - vector) > 0.5
    with pytest.raises(Unreadable):
        service.reference_for(
            session, someone, keyring=Keyring({"k1": bytes(32)}), model_id=recogniser.model_id
        )


def test_the_same_photograph_again_changes_nothing_and_another_replaces(
    session: Session, enrol, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    someone = consenting(session)
    first = enrol(someone, people[0]["reference"])
    sealed = first.sealed
    assert enrol(someone, people[0]["reference"], now=LATER) is first
    assert first.enrolled_at == WHEN and first.sealed == sealed
    again = enrol(someone, people[0]["front"], now=LATER)
    assert again.id == first.id and again.enrolled_at == LATER and again.sealed != sealed
    assert rows(session, FaceTemplate) == 1


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda f: b"", "empty_file"),
        (lambda f: attacks.truncated(f["reference"]), "truncated"),
        (lambda f: attacks.no_face(), "no_face"),
        (lambda f: attacks.two_faces(f["reference"], f["front"]), "several_faces"),
        (lambda f: f["turn_right"], "not_frontal"),
    ],
    ids=["empty", "truncated", "nobody", "two", "turned away"],
)
def test_a_photograph_that_cannot_serve_is_kept_on_record_with_its_reason_until_another_comes(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files], make, code: str
) -> None:  # type: ignore[no-untyped-def]
    someone = consenting(session)
    assert enrol(someone, make(people[0])) is None
    fault = queries.photo_fault(session, someone, recogniser.model_id)
    assert fault is not None and code in {reason["code"] for reason in fault.reasons}
    assert rows(session, FaceTemplate) == 0
    assert enrolment.photo_due(session, someone, recogniser.model_id) is None
    assert enrolment.photo_due(session, someone, "another model") is not None
    assert enrol(someone, people[0]["reference"]) is not None and rows(session, PhotoFault) == 0


def test_the_reference_of_a_replaced_photograph_does_not_count(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    someone = consenting(session)
    enrol(someone, people[0]["reference"])
    assert enrol(someone, attacks.no_face()) is None
    assert service.reference_for(session, someone, keyring=RING, model_id=recogniser.model_id) is None
    assert rows(session, FaceTemplate) == 1


def test_a_photograph_the_registry_no_longer_holds_is_not_enrolled(
    session: Session, recogniser: FaceEngine, people: list[Files]
) -> None:
    someone = consenting(session)
    photo = measure_photo(recogniser, people[0]["reference"], POLICY, now=WHEN)
    with pytest.raises(enrolment.PhotoChanged):
        enrolment.enrol(
            session, photo, engine=recogniser, keyring=RING, person_id=someone, policy=POLICY, now=WHEN
        )
    assert rows(session, FaceTemplate) == 0


def test_a_vector_that_is_no_number_is_a_fault_of_the_photograph(
    recogniser: FaceEngine, people: list[Files]
) -> None:
    photo = measure_photo(Ill(recogniser), people[0]["reference"], POLICY, now=WHEN)
    assert photo.vector is None and [fault.code for fault in photo.faults] == ["embedding_unusable"]


def test_consent_to_a_newer_text_takes_the_place_of_the_older(session: Session) -> None:
    someone = person(session)
    first = service.give_consent(session, person_id=someone, notice_version="1", channel="miniapp", now=WHEN)
    same = service.give_consent(session, person_id=someone, notice_version="1", channel="miniapp", now=LATER)
    assert same is first and first.given_at == WHEN
    newer = service.give_consent(session, person_id=someone, notice_version="2", channel="miniapp", now=LATER)
    assert first.withdrawn_at == LATER and queries.active_consent(session, someone) is newer
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(
            FaceConsent(
                person_id=someone, notice_version="3", channel="window", given_at=LATER, withdrawn_at=None
            )
        )
        session.flush()


def test_withdrawing_consent_erases_the_face_and_keeps_the_proof(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    someone = consenting(session)
    enrol(someone, people[0]["reference"])
    assert queries.stored_faces(session) == 1
    service.withdraw_consent(session, person_id=someone, now=LATER)
    assert queries.active_consent(session, someone) is None
    assert rows(session, FaceTemplate) == 0 and queries.stored_faces(session) == 0
    assert service.reference_for(session, someone, keyring=RING, model_id=recogniser.model_id) is None
    (proof,) = queries.erasures_of(session, someone)
    assert proof.templates == 1 and proof.erased_at == LATER
    service.withdraw_consent(session, person_id=someone, now=LATER)
    assert rows(session, FaceErasure) == 1
    with pytest.raises(service.ConsentRequired):
        enrol(someone, people[0]["reference"])


def test_erasing_touches_nobody_else(session: Session, enrol, people: list[Files]) -> None:  # type: ignore[no-untyped-def]
    one, other = consenting(session), consenting(session)
    enrol(one, people[0]["reference"])
    enrol(other, people[1]["reference"])
    assert service.erase(session, person_id=one, reason="期限届满", now=LATER).templates == 1
    assert session.scalars(select(FaceTemplate.person_id)).all() == [other]


def near(
    session: Session, recogniser: FaceEngine, files: Files, someone: int, **changes: object
) -> list[int]:
    """Who looks like the person in this picture."""
    vector = vector_of(recogniser, files["front"])
    found = service.neighbours(
        session,
        engine=recogniser,
        keyring=changes.get("keyring", RING),  # type: ignore[arg-type]
        embedding=vector,
        exclude_person_id=someone,
        threshold=POLICY.review,
    )
    return [neighbour.person_id for neighbour in found]


def test_one_face_under_two_names_is_found_and_refuses_nobody(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    one, stranger, twin = (consenting(session) for _ in range(3))
    enrol(one, people[0]["reference"])
    enrol(stranger, people[1]["reference"])
    assert queries.open_lookalikes(session) == []
    enrol(twin, people[0]["front"])
    (pair,) = queries.open_lookalikes(session)
    assert {pair.person_id, pair.other_person_id} == {one, twin} and pair.occasion == "enrolment"
    assert pair.distance < POLICY.review
    assert near(session, recogniser, people[0], one) == [twin]
    assert near(session, recogniser, people[0], stranger) == [one, twin] or near(
        session, recogniser, people[0], stranger
    ) == [twin, one]
    assert near(session, recogniser, people[2], one) == []


def test_a_pair_is_listed_once_until_staff_settle_it(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    one, twin = consenting(session), consenting(session)
    enrol(one, people[0]["reference"])
    enrol(twin, people[0]["front"])
    found = [queries.Neighbour(one, 0.3)]
    note = {"person_id": twin, "found": found, "model_id": recogniser.model_id, "occasion": "checkin"}
    service.note_lookalikes(session, **note, now=LATER)
    (pair,) = queries.open_lookalikes(session)
    said = {"lookalike_id": pair.id, "finding": Finding.RELATED, "settled_by": "s1", "now": LATER}
    with pytest.raises(service.GroundsMissing):
        service.settle_lookalike(session, **said, reason=" ")
    settled = service.settle_lookalike(session, **said, reason="户口簿：双胞胎")
    assert (settled.settled_at, settled.finding, settled.reason) == (LATER, "related", "户口簿：双胞胎")
    assert queries.open_lookalikes(session) == [] and queries.count_open_lookalikes(session) == 0
    with pytest.raises(service.NoSuchLookalike):
        service.settle_lookalike(session, **said, reason="又")
    service.note_lookalikes(session, **note, now=LATER)
    assert queries.open_lookalikes(session) == []


def test_a_settled_pair_comes_back_with_a_new_photograph(
    session: Session, enrol, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    one, twin = consenting(session), consenting(session)
    enrol(one, people[0]["reference"])
    enrol(twin, people[0]["front"])
    (pair,) = queries.open_lookalikes(session)
    service.settle_lookalike(
        session, lookalike_id=pair.id, finding=Finding.TWO_PEOPLE, reason="无关", settled_by="s1", now=LATER
    )
    enrol(twin, people[0]["reference"], now=LATER + timedelta(days=1))
    assert queries.count_open_lookalikes(session) == 1


def test_erasing_a_person_removes_the_pairs_found_with_their_face(
    session: Session, enrol, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    one, twin = consenting(session), consenting(session)
    enrol(one, people[0]["reference"])
    enrol(twin, people[0]["front"])
    service.erase(session, person_id=one, reason="期限届满", now=LATER)
    assert rows(session, FaceLookalike) == 0


def test_keys_rotate_in_place_and_the_search_works_throughout(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    owners = [consenting(session) for _ in range(3)]
    for owner, files in zip(owners, people, strict=False):
        enrol(owner, files["reference"])
    both = Keyring({"k1": bytes(range(32)), "k2": bytes(range(1, 33))})
    assert service.rotate_keys(session, keyring=both, limit=2) == 2
    assert sorted(queries.key_ids(session)) == ["k1", "k2"]
    for owner, files in zip(owners, people, strict=False):
        assert near(session, recogniser, files, -1, keyring=both) == [owner]
        assert service.reference_for(session, owner, keyring=both, model_id=recogniser.model_id) is not None
    assert service.rotate_keys(session, keyring=both) == 1
    assert service.rotate_keys(session, keyring=both) == 0
    only = Keyring({"k2": both.keys["k2"]})
    assert queries.key_ids(session) == ["k2"]
    for owner, files in zip(owners, people, strict=False):
        assert near(session, recogniser, files, -1, keyring=only) == [owner]


def test_vectors_of_another_model_are_not_searched(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    template = enrol(consenting(session), people[0]["reference"])
    template.model_id = "another"
    session.flush()
    assert near(session, recogniser, people[0], -1) == []


def test_templates_of_other_lengths_lie_beside_each_other(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    owner = consenting(session)
    template = enrol(owner, people[0]["reference"])
    values = {
        c: getattr(template, c) for c in ("person_id", "consent_id", "source_sha256", "key_id", "enrolled_at")
    }
    long = np.ones(512, np.float32) / 8
    session.add(
        FaceTemplate(
            **values, model_id="arcface", sealed=vault.seal(RING, long),
            protected=vault.protect(RING, long).tolist(), dimensions=512,
        )
    )  # fmt: skip
    session.flush()
    assert near(session, recogniser, people[0], -1) == [owner]
    found = queries.nearest(
        session, RING, long, model_id="arcface", exclude_person_id=-1, within=0.1, limit=5
    )
    assert [neighbour.person_id for neighbour in found] == [owner]
    with pytest.raises(IntegrityError), session.begin_nested():
        template.dimensions = 64
        session.flush()


def test_the_index_answers_the_search(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    enrol(consenting(session), people[0]["reference"])
    session.execute(text("SET LOCAL enable_seqscan = off"))
    turned = [0.0] * 128
    plan = session.execute(
        text(
            "EXPLAIN SELECT person_id FROM face_templates WHERE dimensions = 128"
            " ORDER BY protected::vector(128) <-> CAST(:v AS vector(128)) LIMIT 5"
        ),
        {"v": str(turned)},
    ).scalars()
    assert "ix_face_templates_near_128" in " ".join(plan)


def test_policy_thresholds_of_the_search_are_in_the_engines_own_measure(
    session: Session, enrol, recogniser: FaceEngine, people: list[Files]
) -> None:  # type: ignore[no-untyped-def]
    owner = consenting(session)
    enrol(owner, people[0]["reference"])
    vector = vector_of(recogniser, people[0]["reference"])
    moved = np.float32(vector) + np.float32([0.5] + [0.0] * 127)
    ask = {"engine": recogniser, "keyring": RING, "embedding": moved, "exclude_person_id": -1}
    assert [n.person_id for n in service.neighbours(session, **ask, threshold=0.51)] == [owner]
    assert service.neighbours(session, **ask, threshold=0.49) == []
    assert replace(POLICY, review=0.51).review == 0.51
