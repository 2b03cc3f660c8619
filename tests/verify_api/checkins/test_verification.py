"""A submitted attempt is measured by the real engine and settled on a real database."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from registry.crypto import Keyring
from registry.db import Sessions
from registry.people.models import Person
from tests.verify_api.cases.test_journeys_of_a_case import approve, open_first
from tests.verify_api.checkins.test_door import HERE, NOW
from tests.verify_api.faces.conftest import VAR, Files, people, recogniser
from tests.verify_api.faces.test_engine import tiny_network
from tests.verify_api.factories import at, make_firm
from tools.portraits.frames import ANSWERS, taken_again
from verify_api import worker
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.service import add_frame, open_attempt, submit
from verify_api.checkins.verification import verify
from verify_api.clock import make_clock
from verify_api.evidence.store import EvidenceStore, FileMissing
from verify_api.faces.arcface_engine import ArcFaceEngine
from verify_api.faces.engine import FaceEngine
from verify_api.faces.models import FaceLookalike, FaceTemplate
from verify_api.faces.network import NetworkUnusable
from verify_api.faces.rules import Ask
from verify_api.faces.service import give_consent, withdraw_consent
from verify_api.parts import Parts
from verify_api.settings import Settings

__all__ = ["people", "recogniser"]

SENT = NOW + timedelta(seconds=20)


@dataclass
class Office:
    """An approved list whose first two people have each consented and have a photograph in the registry."""

    session: Session
    parts: Parts
    case: str
    ids: list[int]

    def photograph(self, k: int, files: Files) -> None:
        """Put this reference photograph into the registry."""
        stored = self.parts.evidence.put(files["reference"], media_type="image/jpeg")
        self.session.get_one(Person, self.ids[k]).photo_sha256 = stored.sha256
        self.session.flush()

    def send(self, k: int, files: Files) -> Attempt:
        """Somebody on the list opens an attempt and answers every prompt with these pictures."""
        opened = open_attempt(
            self.session, person_id=self.ids[k], case_number=self.case, position=HERE, device={}, now=NOW
        )
        assert opened.attempt is not None
        for prompt in opened.attempt.prompts:
            for seq, name in enumerate(ANSWERS[Ask(prompt["ask"])], start=1):
                add_frame(
                    self.session, person_id=self.ids[k], public_id=opened.attempt.public_id,
                    n=prompt["n"], seq=seq, data=files[name], store=self.parts.evidence,
                    keyring=self.parts.keyring, now=SENT,
                )  # fmt: skip
        return submit(self.session, person_id=self.ids[k], public_id=opened.attempt.public_id, now=SENT)

    def verdict(self, attempt: Attempt, engine: FaceEngine) -> Attempt:
        """The attempt after the worker had it."""
        verify(self.parts, engine, attempt.id)
        self.session.refresh(attempt)
        return attempt


def codes(attempt: Attempt) -> list[str]:
    """The codes of the reasons."""
    return [reason["code"] for reason in attempt.reasons]


def open_office(session: Session, sessions: Sessions, engine: Engine, folder: Path) -> Office:
    """An office on this database; nobody has a photograph yet."""
    firm = make_firm(session)
    case = open_first(session, firm, at("2025-01-07 09:00"))
    approve(session, firm, case, at("2025-03-03 10:00"))
    for one in firm.enough:
        give_consent(session, person_id=one, notice_version="1", channel="miniapp", now=NOW)
    parts = Parts(
        settings=Settings(var=folder, cache=VAR / "cache"),
        clock=make_clock(None),
        engine=engine,
        sessions=sessions,
        evidence=EvidenceStore.open(str(folder / "evidence")),
        keyring=Keyring({"k1": bytes(range(32))}),
    )
    return Office(session, parts, case.number, firm.enough)


@pytest.fixture
def office(session: Session, engine: Engine, tmp_path: Path, people: list[Files]) -> Iterator[Office]:
    sessions = sessionmaker(
        session.connection(), join_transaction_mode="create_savepoint", expire_on_commit=False
    )
    office = open_office(session, sessions, engine, tmp_path)
    office.photograph(0, people[0])
    yield office


def test_who_does_what_is_asked_is_accepted_and_every_figure_is_kept(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    attempt = office.verdict(office.send(0, people[0]), recogniser)
    assert attempt.state == AttemptState.ACCEPTED and attempt.reasons == []
    assert attempt.measures is not None and attempt.measures["distance"] < 0.45
    assert attempt.thresholds is not None and attempt.thresholds["model_id"] == recogniser.model_id
    assert verify(office.parts, recogniser, attempt.id) is None


def test_somebody_elses_face_is_refused(office: Office, people: list[Files], recogniser: FaceEngine) -> None:
    attempt = office.verdict(office.send(0, people[1]), recogniser)
    assert attempt.state == AttemptState.REJECTED and codes(attempt) == ["face_differs"]


def test_one_face_under_two_names_is_noted_at_the_check_in_and_refuses_nobody(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    office.photograph(1, people[0] | {"reference": people[0]["front"]})
    first = office.verdict(office.send(0, people[0]), recogniser)
    assert first.state == AttemptState.ACCEPTED and first.risks == []
    # Another shot: the very same files would be refused as files of an earlier attempt.
    second = office.verdict(office.send(1, taken_again(people[0], 3)), recogniser)
    assert second.state == AttemptState.ACCEPTED
    (risk,) = [risk for risk in second.risks if risk["code"] == "face_known_under_other_name"]
    assert risk["people"] == [office.ids[0]]
    (pair,) = office.session.scalars(select(FaceLookalike))
    assert {pair.person_id, pair.other_person_id} == set(office.ids[:2])


def test_a_face_whose_consent_was_withdrawn_meanwhile_is_not_looked_at(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    attempt = office.send(0, people[0])
    withdraw_consent(office.session, person_id=office.ids[0], now=SENT)
    office.verdict(attempt, recogniser)
    assert attempt.state == AttemptState.REJECTED and codes(attempt) == ["consent_withdrawn"]
    assert attempt.measures is not None and attempt.measures["face"]["frames"] == []
    assert office.session.scalars(select(FaceTemplate)).all() == []


def test_without_a_usable_photograph_staff_decide(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    none = office.verdict(office.send(1, people[1]), recogniser)
    assert none.state == AttemptState.NEEDS_REVIEW and codes(none) == ["reference_missing"]
    office.photograph(2, people[2] | {"reference": people[2]["turn_left"]})
    turned = office.verdict(office.send(2, people[2]), recogniser)
    assert turned.state == AttemptState.NEEDS_REVIEW and codes(turned) == ["reference_missing"]


def test_a_photograph_the_store_has_lost_gives_no_verdict(
    office: Office, people: list[Files], recogniser: FaceEngine
) -> None:
    attempt = office.send(0, people[0])
    office.session.get_one(Person, office.ids[0]).photo_sha256 = "0" * 64
    office.session.flush()
    with pytest.raises(FileMissing):
        verify(office.parts, recogniser, attempt.id)
    office.session.refresh(attempt)
    assert attempt.state == AttemptState.VERIFYING


@pytest.mark.parametrize("step", ["find", "landmarks", "embed", "distance", "as_euclidean"])
def test_an_engine_that_fails_at_any_step_gives_no_verdict(
    office: Office, people: list[Files], recogniser: FaceEngine, step: str
) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            def fail(*_: object) -> object:
                raise RuntimeError(step)

            return fail if name == step else getattr(recogniser, name)

    attempt = office.send(0, people[0])
    with pytest.raises(RuntimeError, match=step):
        verify(office.parts, Broken(), attempt.id)  # type: ignore[arg-type]
    office.session.expire_all()
    assert attempt.state == AttemptState.VERIFYING and attempt.reasons == []


def test_a_second_engine_is_not_judged_by_the_thresholds_of_the_first(
    office: Office, people: list[Files], tmp_path: Path
) -> None:
    second = ArcFaceEngine(tiny_network(tmp_path / "tiny.onnx"))
    attempt = office.verdict(office.send(0, people[0]), second)
    assert attempt.state == AttemptState.NEEDS_REVIEW and codes(attempt) == ["model_not_calibrated"]


def test_the_worker_uses_the_model_that_the_settings_name(office: Office, tmp_path: Path) -> None:
    named = replace(
        office.parts, settings=office.parts.settings.model_copy(update={"face_model_file": tmp_path / "none"})
    )
    with pytest.raises(NetworkUnusable, match="none"):
        worker.run(named)
