"""Whatever fails on the way to a verdict, nobody is let in by it, and nobody's attempt is lost."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import select, text

from registry.crypto import Keyring, Unreadable
from registry.db import Sessions
from registry.people.models import Person
from tests.verify_api.checkins.test_verification import (
    SENT,
    Office,
    codes,
    office,
    open_office,
    people,
    recogniser,
)
from tests.verify_api.faces.conftest import Files
from tools.portraits.frames import taken_again
from verify_api.checkins import queries
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.references import PATIENCE
from verify_api.checkins.verification import SearchFailed, verify
from verify_api.evidence.store import FileMissing
from verify_api.faces import vault
from verify_api.faces.engine import FaceEngine, Points, Vectors
from verify_api.faces.models import FaceTemplate, PhotoFault
from verify_api.faces.service import ConsentRequired, withdraw_consent

__all__ = ["office", "people", "recogniser"]


class Altered:
    """The real engine with one step changed."""

    def __init__(self, engine: FaceEngine, **steps: Callable[..., Any]) -> None:
        self._engine = engine
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        return self._steps.get(name) or getattr(self._engine, name)


def enrolled(office: Office, engine: FaceEngine, files: Files) -> FaceTemplate:
    """The template of the first person, made by an attempt that was accepted."""
    assert office.verdict(office.send(0, files), engine).state == AttemptState.ACCEPTED
    office.session.execute(text("UPDATE checkins SET voided_at = now(), voided_by = 's1'"))
    return office.session.scalars(select(FaceTemplate)).one()


def again(office: Office, files: Files) -> Attempt:
    """Another attempt of the same person, with a shot that was not sent before."""
    return office.send(0, taken_again(files, 5))


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_vectors_that_are_no_numbers_are_refused_and_the_attempt_ends(
    office: Office, people: list[Files], recogniser: FaceEngine, bad: float
) -> None:
    enrolled(office, recogniser, people[0])
    ill = Altered(recogniser, embed=lambda faces: np.full((len(faces), 128), bad, np.float32))
    attempt = again(office, people[0])
    attempt.tries = PATIENCE
    office.session.flush()
    office.verdict(attempt, ill)  # type: ignore[arg-type]
    assert attempt.state == AttemptState.REJECTED and "not_measurable" in codes(attempt)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_distances_that_are_none_never_accept(
    office: Office, people: list[Files], recogniser: FaceEngine, bad: float
) -> None:
    attempt = office.verdict(office.send(0, people[0]), Altered(recogniser, distance=lambda *_: bad))  # type: ignore[arg-type]
    assert attempt.state in (AttemptState.REJECTED, AttemptState.NEEDS_REVIEW)


@pytest.mark.parametrize("length", [1, 64, 129, 512])
def test_a_template_of_another_length_is_compared_with_nothing(
    office: Office, people: list[Files], recogniser: FaceEngine, length: int
) -> None:
    template = enrolled(office, recogniser, people[0])
    template.sealed = vault.seal(office.parts.keyring, np.zeros(length, np.float32))
    office.session.flush()
    attempt = office.verdict(again(office, people[0]), recogniser)
    assert attempt.state == AttemptState.NEEDS_REVIEW and codes(attempt) == ["not_measurable"]


def test_a_template_under_a_key_that_is_lost_gives_no_verdict(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    template = enrolled(office, recogniser, people[0])
    template.sealed = vault.seal(Keyring({"k0": bytes(32)}), np.zeros(128, np.float32))
    office.session.flush()
    attempt = again(office, people[0])
    with pytest.raises(Unreadable):
        verify(office.parts, recogniser, attempt.id)
    office.session.refresh(attempt)
    assert attempt.state == AttemptState.VERIFYING


@pytest.mark.parametrize("count", [0, 5, 67])
def test_an_engine_with_another_number_of_landmarks_gives_no_verdict(
    office: Office, people: list[Files], recogniser: FaceEngine, count: int
) -> None:
    def few(*args: Any) -> Points:
        return recogniser.landmarks(*args)[:count]

    attempt = office.send(0, people[0])
    with contextlib.suppress(ValueError, IndexError, cv2.error):  # Or every frame is measured as faulty.
        verify(office.parts, Altered(recogniser, landmarks=few), attempt.id)  # type: ignore[arg-type]
    office.session.refresh(attempt)
    assert attempt.state != AttemptState.ACCEPTED
    assert office.session.scalars(select(FaceTemplate)).all() == []


def test_an_engine_that_answers_with_fewer_vectors_than_faces_gives_no_verdict(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    def short(faces: Sequence[Any]) -> Vectors:
        return recogniser.embed(faces)[:-1]

    attempt = office.send(0, people[0])
    with pytest.raises((ValueError, IndexError)):
        verify(office.parts, Altered(recogniser, embed=short), attempt.id)  # type: ignore[arg-type]
    office.session.refresh(attempt)
    assert attempt.state == AttemptState.VERIFYING


def test_an_engine_that_finds_nobody_lets_nobody_in(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    attempt = office.verdict(office.send(0, people[0]), Altered(recogniser, find=lambda _: []))  # type: ignore[arg-type]
    assert attempt.state == AttemptState.REJECTED and "no_face" in codes(attempt)


def test_frames_of_different_sizes_are_judged_like_others(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    def scaled(data: bytes, share: float) -> bytes:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 95])[1])

    sizes = (1.0, 0.9, 0.8)
    mixed = {name: scaled(data, sizes[k % 3]) for k, (name, data) in enumerate(people[0].items())}
    attempt = office.verdict(office.send(0, mixed | {"reference": people[0]["reference"]}), recogniser)
    assert attempt.state == AttemptState.ACCEPTED


def spoil_the_search(office: Office, engine: FaceEngine, files: Files) -> None:
    """Somebody else's template lies under a key that was taken away: the search cannot look there."""
    template = enrolled(office, engine, files)
    other = FaceTemplate(
        person_id=office.ids[1], consent_id=template.consent_id, model_id=template.model_id,
        source_sha256="0" * 64, sealed=template.sealed, protected=template.protected, dimensions=128,
        key_id="gone", enrolled_at=template.enrolled_at,
    )  # fmt: skip
    office.session.add(other)
    office.session.flush()


def test_a_search_for_other_names_that_fails_is_tried_again_and_then_left_to_staff(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    spoil_the_search(office, recogniser, people[0])
    attempt = again(office, people[0])
    for _ in range(PATIENCE - 1):
        with pytest.raises(SearchFailed):
            verify(office.parts, recogniser, attempt.id)
        office.session.refresh(attempt)
        assert attempt.state == AttemptState.VERIFYING
    office.verdict(attempt, recogniser)
    assert attempt.state == AttemptState.NEEDS_REVIEW and codes(attempt) == ["identity_unsearched"]
    assert "identity_unsearched" in {risk["code"] for risk in attempt.risks}


def test_a_search_that_the_database_refuses_is_tried_again(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    enrolled(office, recogniser, people[0])
    attempt = again(office, people[0])
    # A row whose vector is shorter than it says, as no constraint would let in.
    office.session.execute(text("DROP INDEX ix_face_templates_near_128"))
    office.session.execute(text("ALTER TABLE face_templates DROP CONSTRAINT ck_face_templates_dimensions"))
    office.session.execute(
        text(
            "INSERT INTO face_templates (person_id, consent_id, model_id, source_sha256, sealed, protected,"
            " dimensions, key_id, enrolled_at) SELECT :other, consent_id, model_id, source_sha256, sealed,"
            " '[1,2,3]', dimensions, key_id, enrolled_at FROM face_templates"
        ),
        {"other": office.ids[1]},
    )
    with pytest.raises(SearchFailed):
        verify(office.parts, recogniser, attempt.id)
    office.session.refresh(attempt)
    assert attempt.state == AttemptState.VERIFYING


def test_a_search_that_fails_refuses_nobody_for_it(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    spoil_the_search(office, recogniser, people[0])
    attempt = office.send(0, people[2])
    attempt.tries = PATIENCE
    office.session.flush()
    assert codes(office.verdict(attempt, recogniser)) == ["face_differs"]


def test_a_photograph_that_cannot_serve_is_measured_once(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    office.photograph(0, {"reference": people[2]["turn_left"]})
    seen: list[int] = []

    def count(faces: Sequence[Any]) -> Vectors:
        seen.append(len(faces))
        return recogniser.embed(faces)

    counting = Altered(recogniser, embed=count)
    first = office.verdict(office.send(0, people[0]), counting)  # type: ignore[arg-type]
    assert codes(first) == ["reference_missing"] and seen[0] == 1
    seen.clear()
    office.verdict(again(office, people[0]), counting)  # type: ignore[arg-type]
    assert len(seen) == 1 and seen[0] > 1
    office.photograph(0, people[0])
    third = office.verdict(office.send(0, taken_again(people[0], 9)), counting)  # type: ignore[arg-type]
    assert third.state == AttemptState.ACCEPTED
    assert office.session.scalars(select(PhotoFault)).all() == []


def test_who_has_no_usable_photograph_is_no_reason_against_the_enterprise(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    office.verdict(office.send(1, people[1]), recogniser)
    case_id = office.session.scalars(select(Attempt.case_id)).one()
    assert queries.undecided(office.session, [case_id]) == {case_id: 1}


def test_a_photograph_that_stays_lost_is_left_to_staff_and_looked_for_at_the_next_attempt(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    photo = office.session.get_one(Person, office.ids[0]).photo_sha256
    assert photo is not None
    office.parts.evidence.delete(photo)
    attempt = office.send(0, people[0])
    for _ in range(PATIENCE - 1):
        with pytest.raises(FileMissing):
            verify(office.parts, recogniser, attempt.id)
    office.verdict(attempt, recogniser)
    assert attempt.state == AttemptState.NEEDS_REVIEW and codes(attempt) == ["reference_missing"]
    (fault,) = office.session.scalars(select(PhotoFault))
    assert [reason["code"] for reason in fault.reasons] == ["photo_file_missing"] and not fault.is_final
    office.parts.evidence.put(people[0]["reference"], media_type="image/jpeg")
    assert office.verdict(again(office, people[0]), recogniser).state == AttemptState.ACCEPTED


@pytest.fixture
def own_office(own_sessions: Sessions, tmp_path: Path, people: list[Files]) -> Iterator[Office]:
    """An office whose transactions are real and seen by other connections."""
    with own_sessions() as session:
        office = open_office(session, own_sessions, session.get_bind().engine, tmp_path)
        office.photograph(0, people[0])
        session.commit()
        yield office


def meanwhile(office: Office, engine: FaceEngine, act: Callable[[Any], None]) -> FaceEngine:
    """An engine during whose first look somebody else acts on another connection, and need not wait."""
    done: list[bool] = []

    def embed(faces: Sequence[Any]) -> Vectors:
        if not done:
            done.append(True)
            with office.parts.sessions.begin() as session:
                session.execute(text("SET LOCAL lock_timeout = '2s'"))
                act(session)
        return engine.embed(faces)

    return Altered(engine, embed=embed)  # type: ignore[return-value]


def test_a_photograph_replaced_while_it_is_measured_is_not_enrolled_and_the_new_one_is(
    own_office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    office, person_id = own_office, own_office.ids[0]
    attempt = office.send(0, people[0])
    office.session.commit()
    new = office.parts.evidence.put(people[0]["front"], media_type="image/jpeg").sha256

    def replaced(session: Any) -> None:
        session.get_one(Person, person_id, with_for_update=True).photo_sha256 = new

    office.verdict(attempt, meanwhile(office, recogniser, replaced))
    template = office.session.scalars(select(FaceTemplate)).one()
    assert template.source_sha256 == new
    # The very picture that is now the reference was sent as a frame: the same person, the smallest distance.
    assert attempt.measures is not None and attempt.measures["distance"] < 0.3


def test_a_consent_withdrawn_while_the_photograph_is_measured_leaves_no_template(
    own_office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    office, person_id = own_office, own_office.ids[0]
    attempt = office.send(0, people[0])
    office.session.commit()
    engine = meanwhile(
        office, recogniser, lambda session: withdraw_consent(session, person_id=person_id, now=SENT)
    )
    with pytest.raises(ConsentRequired):
        verify(office.parts, engine, attempt.id)
    office.verdict(attempt, engine)
    assert codes(attempt) == ["consent_withdrawn"]
    assert office.session.scalars(select(FaceTemplate)).all() == []
