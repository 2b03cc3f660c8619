"""Faces are kept while somebody can still appeal, and go when nobody can."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.db import Sessions
from registry.enterprises.models import Origin
from tests.verify_api.cases.conftest import Office, keyring, office
from tests.verify_api.factories import ADMIN, REVIEWER, Firm, at, make_firm
from verify_api.accounts.actor import SYSTEM
from verify_api.cases import handwork, lists, review
from verify_api.cases.models import Case, ListedPerson
from verify_api.cases.openings import open_first_cases
from verify_api.checkins.models import Attempt, AttemptFrame, AttemptState
from verify_api.checkins.queries import approved_list
from verify_api.checkins.verification import accept
from verify_api.deadlines.sweep import act
from verify_api.evidence.store import EvidenceStore, FileMissing
from verify_api.faces import vault
from verify_api.faces.models import FaceConsent, FaceErasure, FaceTemplate
from verify_api.policy.values import Policy
from verify_api.retention.queries import stored
from verify_api.retention.rules import CaseEnd, earliest_close, is_over, kept_until
from verify_api.retention.service import Purged, purge_faces

__all__ = ["keyring", "office"]

POLICY = Policy()
OPENED = at("2025-01-07 09:00")
CLOSED = at("2025-03-10 10:00")
LAST = date(2025, 9, 10)  # Six months after 10 March.


@pytest.mark.parametrize(
    ("end", "last_day"),
    [
        (CaseEnd(None, False, None, False), None),
        (CaseEnd(date(2025, 3, 10), False, None, False), date(2025, 9, 10)),
        (CaseEnd(date(2025, 3, 10), False, None, True), None),
        (CaseEnd(date(2025, 3, 10), True, date(2025, 3, 12), False), date(2025, 9, 12)),
        (CaseEnd(date(2025, 3, 10), True, None, False), date(2026, 9, 10)),  # Nobody proved that he was told.
        (CaseEnd(date(2025, 8, 31), False, None, False), date(2026, 2, 28)),
    ],
)
def test_faces_are_kept_until_the_last_remedy_ends(end: CaseEnd, last_day: date | None) -> None:
    assert kept_until(end, POLICY) == last_day
    if last_day is not None:
        instant = datetime.combine(last_day + timedelta(days=1), datetime.min.time(), OPENED.tzinfo)
        assert not is_over(end, POLICY, now=instant - timedelta(microseconds=1))
        assert is_over(end, POLICY, now=instant)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(0, 400))
def test_a_nomination_misses_nobody_who_is_over(today: date, days: int) -> None:
    now = datetime.combine(today, datetime.min.time(), OPENED.tzinfo)
    closed = now - timedelta(days=days)
    end = CaseEnd(closed.date(), False, None, False)
    if is_over(end, POLICY, now=now):
        assert closed < earliest_close(POLICY, now=now)


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore.open(str(tmp_path / "evidence"))


Give = Callable[[Session, Firm, Case, int], tuple[str, int]]


@pytest.fixture
def give(store: EvidenceStore, keyring: Keyring) -> Give:
    """A person's accepted attempt with a frame in the store, and a template."""

    def make(session: Session, firm: Firm, case: Case, index: int) -> tuple[str, int]:
        person = firm.people[index]
        row = approved_list(session, case.id)
        assert row is not None
        attempt = Attempt(
            public_id=f"{case.id:016x}{person.id:016x}",
            case_id=case.id,
            list_id=row.id,
            person_id=person.id,
            state=AttemptState.ACCEPTED.value,
            position={},
            device={},
            prompts=[],
            opened_at=CLOSED,
            received_at=CLOSED,
            reasons=[],
            risks=[],
            policy_version="1",
        )
        session.add(attempt)
        session.flush()
        file = store.put(f"sealed {case.id} {person.id}".encode(), media_type="application/octet-stream")
        session.add(
            AttemptFrame(
                attempt_id=attempt.id,
                n=1,
                seq=1,
                sha256=f"{attempt.id:064x}",
                stored_sha256=file.sha256,
                size=1,
                received_at=CLOSED,
            )
        )
        _template(session, person.id, keyring)
        return file.sha256, person.id

    return make


def _template(session: Session, person_id: int, keyring: Keyring) -> None:
    if session.scalar(select(FaceTemplate.id).where(FaceTemplate.person_id == person_id)) is not None:
        return
    consent = FaceConsent(person_id=person_id, notice_version="1", channel="miniapp", given_at=CLOSED)
    session.add(consent)
    session.flush()
    vector = np.ones(128, np.float32)
    session.add(
        FaceTemplate(
            person_id=person_id,
            consent_id=consent.id,
            model_id="test",
            source_sha256="0" * 64,
            sealed=vault.seal(keyring, vector),
            protected=vault.protect(keyring, vector).tolist(),
            dimensions=128,
            key_id=keyring.current,
            enrolled_at=CLOSED,
        )
    )
    session.flush()


def checking_in(session: Session, firm: Firm) -> Case:
    [case] = open_first_cases(session, enterprise=firm.enterprise, actor=ADMIN, now=OPENED)
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2025-03-03 09:00"))
    review.approve(session, case, opinion="", actor=REVIEWER, now=at("2025-03-03 10:00"))
    return case


def passed(session: Session, firm: Firm) -> Case:
    case = checking_in(session, firm)
    row = approved_list(session, case.id)
    assert row is not None
    for person in firm.enough:
        accept(
            session,
            case,
            list_id=row.id,
            person_id=person,
            attempt_id=None,
            method="window",
            received_at=CLOSED,
            actor=SYSTEM,
            now=CLOSED,
        )
    return case


def frames_left(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).where(AttemptFrame.purged_at.is_(None))) or 0


def test_frames_and_templates_go_on_the_day_after_and_not_on_the_last(
    own_sessions: Sessions, store: EvidenceStore, give: Give
) -> None:
    with own_sessions.begin() as session:
        firm = make_firm(session)
        case = passed(session, firm)
        sha256, person = give(session, firm, case, 0)
    assert purge_faces(own_sessions, store, now=at("2025-09-10 23:59:59")) == Purged(0, 0)
    assert store.get(sha256)
    assert purge_faces(own_sessions, store, now=at("2025-09-11 00:00")) == Purged(1, 1)
    with pytest.raises(FileMissing):
        store.get(sha256)
    with own_sessions() as session:
        frame = session.scalars(select(AttemptFrame)).one()
        assert frame.purged_at == at("2025-09-11 00:00")
        assert frame.sha256  # The digest stays: it proves what was looked at.
        assert session.scalars(select(FaceTemplate)).all() == []
        assert [row.person_id for row in session.scalars(select(FaceErasure))] == [person]
    assert purge_faces(own_sessions, store, now=at("2025-09-12 00:00")) == Purged(0, 0)


def test_nothing_goes_while_the_case_is_open(
    own_sessions: Sessions, store: EvidenceStore, give: Give
) -> None:
    with own_sessions.begin() as session:
        firm = make_firm(session, valid_to=date(2030, 1, 1))
        case = checking_in(session, firm)
        give(session, firm, case, 0)
        act(session, case.id, now=at("2025-04-10 00:00"))
        assert case.state == "AWAITING_LAPSE"
    assert purge_faces(own_sessions, store, now=at("2029-01-01 00:00")) == Purged(0, 0)


@pytest.mark.parametrize("by", ["appeal", "proposal"])
def test_nothing_goes_while_the_outcome_is_contested(
    own_sessions: Sessions, store: EvidenceStore, give: Give, by: str
) -> None:
    with own_sessions.begin() as session:
        firm = make_firm(session)
        case = checking_in(session, firm)
        give(session, firm, case, 0)
        act(session, case.id, now=at("2025-04-10 00:00"))
        act(session, case.id, now=at("2026-01-06 00:00"))
        assert case.state == "LAPSED"
        now = at("2026-02-01 09:00")
        if by == "appeal":
            handwork.appeal(session, case, reason="不服", actor=firm.actor, now=now)
        else:
            handwork.propose(session, case, action="rescind_decision", reason="有误", actor=ADMIN, now=now)
    assert purge_faces(own_sessions, store, now=at("2029-01-01 00:00")) == Purged(0, 0)
    assert frames_left(own_sessions) == 1


def test_a_decision_nobody_proved_to_have_arrived_keeps_them_a_year_longer(
    own_sessions: Sessions, store: EvidenceStore, give: Give
) -> None:
    with own_sessions.begin() as session:
        firm = make_firm(session)
        case = checking_in(session, firm)
        give(session, firm, case, 0)
        act(session, case.id, now=at("2025-04-10 00:00"))
        act(session, case.id, now=at("2026-01-06 00:00"))
    assert purge_faces(own_sessions, store, now=at("2026-12-31 00:00")) == Purged(0, 0)
    assert purge_faces(own_sessions, store, now=at("2027-07-07 00:00")) == Purged(1, 1)


def test_a_person_whose_other_case_runs_keeps_the_template_and_loses_the_old_frames(
    own_sessions: Sessions, store: EvidenceStore, give: Give
) -> None:
    with own_sessions.begin() as session:
        firm = make_firm(session)
        give(session, firm, passed(session, firm), 0)
        other = make_firm(session, valid_to=date(2030, 1, 1), permit_to=date(2040, 1, 1))
        later = checking_in(session, other)
        row = approved_list(session, later.id)
        assert row is not None
        session.add(ListedPerson(list_id=row.id, person_id=firm.people[0].id))
    assert purge_faces(own_sessions, store, now=at("2025-10-01 00:00")) == Purged(1, 0)


def test_a_store_that_does_not_answer_leaves_the_frames_for_the_next_night(
    own_sessions: Sessions, store: EvidenceStore, give: Give, tmp_path: Path
) -> None:
    with own_sessions.begin() as session:
        firm = make_firm(session)
        give(session, firm, passed(session, firm), 0)

    class Deaf(EvidenceStore):
        """A store that is away."""

        def delete(self, sha256: str) -> None:
            raise OSError(sha256[:4])

    now = at("2025-10-01 00:00")
    assert purge_faces(own_sessions, Deaf.open(str(tmp_path / "evidence")), now=now).frames == 0
    assert frames_left(own_sessions) == 1
    assert purge_faces(own_sessions, store, now=now).frames == 1


def test_a_face_counts_once_against_the_line(session: Session, give: Give) -> None:
    firm = make_firm(session)
    case = checking_in(session, firm)
    give(session, firm, case, 0)
    give(session, firm, case, 1)
    firm.people[0].photo_sha256 = "a" * 64
    firm.people[4].photo_sha256 = "b" * 64
    session.flush()
    found = stored(session)
    assert (found.templates, found.photographs, found.with_frames, found.people) == (2, 2, 2, 3)


def test_staff_see_the_counter_and_nobody_else(office: Office) -> None:
    firm = office.add_firm("firm", 1, origin=Origin.ORDINARY)
    firm.people[0].photo_sha256 = "a" * 64
    shown = office.get("auditor1", "/console/faces")
    assert (shown["people"], shown["line"], shown["must_file"]) == (1, 100_000, False)
    assert "姓名" not in json.dumps(shown, ensure_ascii=False)
    assert office.refused("firm", "GET", "/console/faces")[0] == 403
    assert office.refused(None, "GET", "/console/faces")[0] == 401
