"""Verification of a submitted attempt: measure without a transaction, then settle in one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Reason, Unavailable
from verify_api.accounts.actor import SYSTEM, Actor, Kind
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.models import Case, CheckIn, PersonList
from verify_api.cases.states import Capability, Event, State, may
from verify_api.cases.steps import enter
from verify_api.cases.transition import lock, move, note
from verify_api.checkins import queries
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.references import PATIENCE, reference_of
from verify_api.checkins.risks import place_risks
from verify_api.checkins.service import PURPOSE
from verify_api.checkins.verdict import UNSEARCHED, CaseFacts, Verdict, decide
from verify_api.faces.engine import FaceEngine
from verify_api.faces.measure import FaceMeasures, FrameIn, Reference, measure_frames
from verify_api.faces.policy import FacePolicy
from verify_api.faces.queries import Neighbour, active_consent
from verify_api.faces.rules import Ask, FaceVerdict, Prompt, judge_face
from verify_api.faces.service import neighbours_if_searchable, note_lookalikes
from verify_api.parts import Parts

KNOWN_OTHERWISE = Reason("face_known_under_other_name", "该人脸与库中其他身份相近", "请工作人员核对")


class SearchFailed(Unavailable):
    """Whether this face is known under another name cannot be told now."""

    code = "identity_search_failed"
    message = "暂时无法检索相近人脸"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the slow step works on."""

    frames: tuple[FrameIn, ...]
    reference: Reference | None
    policy: FacePolicy
    policy_version: str


def verify(parts: Parts, engine: FaceEngine, attempt_id: int) -> AttemptState | None:
    """Bring one submitted attempt to its verdict; None if it has one already.

    Safe to repeat and to run twice at once: only the first settlement counts. An engine or a store that
    fails raises, the job is tried again, and until then there is no verdict.
    """
    evidence = _read(parts, engine, attempt_id)
    if evidence is None:
        return None
    measures = measure_frames(engine, evidence.frames, evidence.reference)
    with parts.sessions.begin() as session:
        return settle(
            session, parts, engine, attempt_id, evidence=evidence, measures=measures, now=parts.clock()
        )


def _read(parts: Parts, engine: FaceEngine, attempt_id: int) -> Evidence | None:
    with parts.sessions.begin() as session:
        attempt = session.get(Attempt, attempt_id)
        if attempt is None or attempt.state != AttemptState.VERIFYING:
            return None
        attempt.tries += 1
        rows = queries.frames_of(session, attempt_id)
        ground = ground_on(session, now=parts.clock())
        policy = face_policy(ground)
        person_id, tries = attempt.person_id, attempt.tries
        if active_consent(session, person_id) is None:
            return Evidence((), None, policy, ground.version)  # Withdrawn since: the face is not touched.
    reference = reference_of(parts, engine, person_id, policy, tries=tries)
    frames = tuple(
        FrameIn(
            row.n,
            row.seq,
            parts.keyring.open(parts.evidence.get(row.stored_sha256), purpose=PURPOSE),
            row.received_at,
        )
        for row in rows
    )
    return Evidence(frames, reference, policy, ground.version)


def face_policy(ground: Ground) -> FacePolicy:
    """The face thresholds of the policy in force."""
    face = ground.policy.face
    return FacePolicy.of_bands(model=face.model, accept=face.accept_distance, review=face.review_distance)


def settle(
    session: Session,
    parts: Parts,
    engine: FaceEngine,
    attempt_id: int,
    *,
    evidence: Evidence,
    measures: FaceMeasures,
    now: datetime,
) -> AttemptState | None:
    """Store every measure and threshold, decide, and move the case if this was the last person."""
    attempt = session.get_one(Attempt, attempt_id)
    case = lock(session, attempt.case_id)
    assert case is not None
    attempt = session.scalars(
        select(Attempt)
        .where(Attempt.id == attempt_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if attempt.state != AttemptState.VERIFYING:
        return None
    face = _judge(session, attempt, measures, evidence)
    facts = _case_facts(session, case, attempt)
    others = _others(session, parts, engine, attempt, measures, evidence) if facts.has_consent else []
    verdict = decide(face, attempt.place, facts, is_searched=others is not None)
    attempt.measures = {
        "face": measures.to_mapping(),
        "distance": face.distance,
        "good_frames": face.good_frames,
    }
    attempt.thresholds = asdict(evidence.policy) | {"model_id": measures.model_id}
    attempt.policy_version = evidence.policy_version
    signs = place_risks(session, attempt)
    attempt.risks = [*attempt.risks, *(risk.to_mapping() for risk in face.risks), *signs]
    _keep_fingerprints(session, attempt, measures)
    _note_others(session, attempt, others, model_id=measures.model_id, now=now)
    conclude(session, case, attempt, verdict, actor=SYSTEM, now=now)
    return AttemptState(attempt.state)


def conclude(
    session: Session, case: Case, attempt: Attempt, verdict: Verdict, *, actor: Actor, now: datetime
) -> None:
    """Write the verdict; an acceptance counts, and the last one passes the case at once (SZ-30c)."""
    attempt.state = verdict.state.value
    attempt.reasons = [reason.to_mapping() for reason in verdict.reasons]
    if verdict.state is AttemptState.NEEDS_REVIEW:
        session.flush()
        return
    attempt.decided_at, attempt.decided_by = now, actor.label
    if verdict.state is AttemptState.ACCEPTED:
        assert attempt.list_id is not None and attempt.received_at is not None
        accept(
            session,
            case,
            list_id=attempt.list_id,
            person_id=attempt.person_id,
            attempt_id=attempt.id,
            method="face",
            received_at=attempt.received_at,
            actor=actor,
            now=now,
        )
    session.flush()


def accept(
    session: Session,
    case: Case,
    *,
    list_id: int,
    person_id: int,
    attempt_id: int | None,
    method: str,
    received_at: datetime,
    actor: Actor,
    now: datetime,
) -> None:
    """Count a check-in. The case must be locked; the unique index refuses a second standing one."""
    session.add(
        CheckIn(
            list_id=list_id,
            person_id=person_id,
            attempt_id=attempt_id,
            method=method,
            received_at=received_at,
            accepted_at=now,
            accepted_by=actor.label,
        )
    )
    session.flush()
    done = queries.progress(session, list_id)
    ground = ground_on(session, now=now)
    who = Actor(Kind.PERSON, None, "", person_id=person_id)
    facts = {"person": person_id, "method": method, "done": done.done, "total": done.total}
    note(
        session,
        case,
        "checked_in",
        ground=ground,
        actor=actor if actor is not SYSTEM else who,
        facts=facts,
        now=now,
    )
    end_if_complete(session, case, done, ground=ground, facts=facts, now=now)


def end_if_complete(
    session: Session,
    case: Case,
    done: queries.Progress,
    *,
    ground: Ground,
    facts: Mapping[str, Any],
    now: datetime,
) -> bool:
    """The last of the selected people passes the case at once (SZ-30c); whether this was so."""
    if done.is_complete:
        move(session, case, Event.ALL_CHECKED_IN, ground=ground, actor=SYSTEM, facts=facts, now=now)
        enter(session, case, ground=ground, now=now)
    return done.is_complete


def _judge(session: Session, attempt: Attempt, measures: FaceMeasures, evidence: Evidence) -> FaceVerdict:
    assert attempt.expires_at is not None
    prompts = [Prompt(p["n"], Ask(p["ask"]), p["say"]) for p in attempt.prompts]
    digests = [frame.sha256 for frame in measures.frames]
    return judge_face(
        measures,
        prompts,
        evidence.policy,
        issued_at=attempt.opened_at,
        expires_at=attempt.expires_at,
        seen_sha256=queries.seen_elsewhere(session, attempt.id, digests),
        seen_fingerprints=queries.earlier_fingerprints(session, attempt),
    )


def _case_facts(session: Session, case: Case, attempt: Attempt) -> CaseFacts:
    row = session.get(PersonList, attempt.list_id) if attempt.list_id else None
    received = attempt.received_at
    closes = queries.closes_at(session, row, now=received) if row and received else None
    return CaseFacts(
        is_list_standing=row is not None and queries.is_in_force(session, row),
        may_check_in=may(State(case.state), Capability.CHECK_IN),
        is_accepted=row is not None
        and queries.standing_checkin(session, row.id, attempt.person_id) is not None,
        received_in_time=closes is not None and received is not None and received < closes,
        has_consent=active_consent(session, attempt.person_id) is not None,
    )


def _keep_fingerprints(session: Session, attempt: Attempt, measures: FaceMeasures) -> None:
    by_place = {(frame.n, frame.seq): frame.fingerprint for frame in measures.frames}
    for row in queries.frames_of(session, attempt.id):
        row.fingerprint = by_place.get((row.n, row.seq))


def _others(
    session: Session,
    parts: Parts,
    engine: FaceEngine,
    attempt: Attempt,
    measures: FaceMeasures,
    evidence: Evidence,
) -> list[Neighbour] | None:
    """Other identities with this face; None if the search failed however often the job came back.

    Raises:
        SearchFailed: It failed now. There is no verdict then, and the job comes back.
    """
    if measures.embedding is None:
        return []
    found = neighbours_if_searchable(
        session,
        engine=engine,
        keyring=parts.keyring,
        embedding=measures.embedding,
        exclude_person_id=attempt.person_id,
        threshold=evidence.policy.review,
    )
    if found is None and attempt.tries < PATIENCE:
        raise SearchFailed
    return found


def _note_others(
    session: Session, attempt: Attempt, others: list[Neighbour] | None, *, model_id: str, now: datetime
) -> None:
    """One face under two names: a risk for staff, never a refusal. So is not knowing."""
    if others is None:
        attempt.risks = [*attempt.risks, UNSEARCHED.to_mapping()]
    if not others:
        return
    risk = KNOWN_OTHERWISE.to_mapping() | {"people": [one.person_id for one in others]}
    attempt.risks = [*attempt.risks, risk]
    note_lookalikes(
        session, person_id=attempt.person_id, found=others, model_id=model_id, occasion="checkin", now=now
    )
