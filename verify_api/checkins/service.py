"""An attempt from the door to `submit`. A refusal is stored and returned, never raised and lost."""

import hashlib
import random
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import geo
from registry.clock import SHANGHAI
from registry.crypto import Keyring
from registry.errors import Conflict, Invalid, NotFound, Reason
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.models import Case, PersonList
from verify_api.cases.states import Capability, State, may
from verify_api.cases.transition import stand_by
from verify_api.checkins import door, queries
from verify_api.checkins.models import Attempt, AttemptFrame, AttemptState
from verify_api.checkins.queue import enqueue
from verify_api.evidence.store import StoredFile
from verify_api.faces.notice import covers
from verify_api.faces.queries import active_consent
from verify_api.faces.rules import choose_prompts

FRAME_LIMIT = 2 * 1024 * 1024
FRAMES_LIMIT = 30
PURPOSE = "attempt-frame"


class Store(Protocol):
    """The evidence store, as far as frames need it."""

    def put(self, data: bytes, *, media_type: str) -> StoredFile:
        """Keep the bytes."""


class AttemptNotFound(NotFound):
    """No such attempt of this person."""

    code = "attempt_not_found"
    message = "打卡记录不存在"


class ChallengeOver(Conflict):
    """The challenge was used already, or its time is over: a new attempt is needed."""

    code = "challenge_expired"
    message = "本次打卡口令已失效"
    hint = "请重新开始打卡"


class FrameUnwanted(Invalid):
    """A frame that answers no prompt, is too many, or contradicts one already received."""

    code = "frame_unwanted"


class FramesMissing(Invalid):
    """Not every prompt has been answered with a picture."""

    code = "frames_missing"


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of a request to begin: an attempt with a challenge, or a refusal."""

    attempt: Attempt | None
    reasons: tuple[Reason, ...]


def open_attempt(
    session: Session,
    *,
    person_id: int,
    case_number: str,
    position: Mapping[str, Any],
    device: Mapping[str, Any],
    now: datetime,
) -> Opened:
    """Judge the door and the place; issue a single-use challenge only if both are satisfied.

    A refused attempt is stored like any other. Only for a case that does not exist is there nothing to
    store it under; the answer is the same as for somebody else's case.
    """
    case = session.scalar(select(Case).where(Case.number == case_number))
    if case is None:
        return Opened(None, (door.NOT_SELECTED,))
    # Two requests at the same moment would both see room for one more of the day's tries.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"attempts:{person_id}", 0))))
    ground = ground_on(session, now=now)
    row = queries.approved_list(session, case.id)
    reasons = door.refusals(_door_facts(session, case, row, person_id, ground, now), now=now)
    attempt = _begin(case, row, person_id, position, device, ground, now)
    if reasons or row is None or row.fence is None:
        return _refuse(session, attempt, reasons or (door.NOT_OPEN,), now)
    place = geo.judge(door.fix_of(position), geo.load_fence(row.fence), limits=_limits(ground), now=now)
    attempt.place = place.to_mapping()
    if place.verdict is not geo.Verdict.INSIDE:
        said = tuple(Reason(one.code, one.message, one.hint) for one in place.reasons)
        return _refuse(session, attempt, said, now)
    _challenge(attempt, ground, now)
    session.add(attempt)
    session.flush()
    return Opened(attempt, ())


def add_frame(
    session: Session,
    *,
    person_id: int,
    public_id: str,
    n: int,
    seq: int,
    data: bytes,
    store: Store,
    keyring: Keyring,
    now: datetime,
) -> AttemptFrame:
    """Take one picture of the challenge. The same picture sent twice is one picture.

    Raises:
        AttemptNotFound, ChallengeOver, FrameUnwanted: As they say. What a picture shows is judged later.
    """
    attempt = _locked(session, person_id, public_id)
    if attempt.state != AttemptState.OPEN or attempt.expires_at is None or now >= attempt.expires_at:
        raise ChallengeOver
    if n not in {prompt["n"] for prompt in attempt.prompts} or not 1 <= seq <= 10:
        raise FrameUnwanted("照片与任何一项口令都不对应")
    digest = hashlib.sha256(data).hexdigest()
    known = session.scalar(
        select(AttemptFrame).where(
            AttemptFrame.attempt_id == attempt.id, AttemptFrame.n == n, AttemptFrame.seq == seq
        )
    )
    if known is not None:
        if known.sha256 == digest:
            return known
        raise FrameUnwanted("这一张照片已经上传过，不能更换", code="frame_exists")
    count = select(func.count()).where(AttemptFrame.attempt_id == attempt.id)
    if (session.scalar(count) or 0) >= FRAMES_LIMIT:
        raise FrameUnwanted("照片数量过多", code="too_many_frames")
    stored = store.put(keyring.seal(data, purpose=PURPOSE), media_type="application/octet-stream")
    frame = AttemptFrame(
        attempt_id=attempt.id,
        n=n,
        seq=seq,
        sha256=digest,
        stored_sha256=stored.sha256,
        size=len(data),
        received_at=now,
    )
    session.add(frame)
    session.flush()
    return frame


def submit(session: Session, *, person_id: int, public_id: str, now: datetime) -> Attempt:
    """Close the evidence and queue the verification in one transaction; from here nothing can lose it.

    Repeating the call answers the same. The server's time of this call is the moment of the check-in.

    Raises:
        FramesMissing: A prompt has no picture yet; the attempt stays open.
        ChallengeOver: The challenge's time or the window is over; the attempt is kept as such.
    """
    # The case first, as whoever settles the verdict locks them.
    stand_by(session, attempt_of(session, person_id=person_id, public_id=public_id).case_id)
    attempt = _locked(session, person_id, public_id)
    if attempt.received_at is not None:
        return attempt
    if attempt.state != AttemptState.OPEN or attempt.expires_at is None or now >= attempt.expires_at:
        raise ChallengeOver
    missing = _unanswered(session, attempt)
    if missing:
        said = tuple(Reason("prompt_unanswered", f"缺少“{say}”的照片") for say in missing)
        raise FramesMissing("还有口令没有拍摄照片", reasons=said)
    row = session.get_one(PersonList, attempt.list_id)
    closes = queries.closes_at(session, row, now=now)
    if closes is None or now >= closes:
        raise ChallengeOver(door.CLOSED.message, code=door.CLOSED.code, hint=door.CLOSED.hint)
    attempt.state, attempt.received_at = AttemptState.VERIFYING.value, now
    enqueue(session, attempt.id)
    session.flush()
    return attempt


def attempt_of(session: Session, *, person_id: int, public_id: str) -> Attempt:
    """The person's own attempt.

    Raises:
        AttemptNotFound: Absent, or somebody else's.
    """
    query = select(Attempt).where(Attempt.public_id == public_id, Attempt.person_id == person_id)
    attempt = session.scalar(query)
    if attempt is None:
        raise AttemptNotFound
    return attempt


def _door_facts(
    session: Session, case: Case, row: PersonList | None, person_id: int, ground: Ground, now: datetime
) -> door.DoorFacts:
    listed = row is not None and queries.is_listed(session, row.id, person_id)
    midnight = datetime.combine(now.astimezone(SHANGHAI).date(), time.min, SHANGHAI)
    return door.DoorFacts(
        is_listed=listed,
        is_open=may(State(case.state), Capability.CHECK_IN),
        closes_at=queries.closes_at(session, row, now=now) if row else None,
        is_accepted=row is not None and queries.standing_checkin(session, row.id, person_id) is not None,
        has_consent=covers(active_consent(session, person_id), rule=ground.policy.consent),
        attempts_today=queries.attempts_since(session, person_id, since=midnight),
        attempts_per_day=ground.policy.checkin.attempts_per_day,
    )


def _begin(
    case: Case,
    row: PersonList | None,
    person_id: int,
    position: Mapping[str, Any],
    device: Mapping[str, Any],
    ground: Ground,
    now: datetime,
) -> Attempt:
    return Attempt(
        public_id=secrets.token_hex(16),
        case_id=case.id,
        list_id=row.id if row else None,
        person_id=person_id,
        state=AttemptState.OPEN.value,
        position=door.storable(position),
        fence=row.fence if row else None,
        device=dict(device),
        device_id=str(device.get("id") or ""),
        prompts=[],
        opened_at=now,
        reasons=[],
        risks=[],
        policy_version=ground.version,
    )


def _refuse(session: Session, attempt: Attempt, reasons: tuple[Reason, ...], now: datetime) -> Opened:
    attempt.state = AttemptState.REFUSED.value
    attempt.decided_at, attempt.decided_by = now, "system"
    attempt.reasons = [reason.to_mapping() for reason in reasons]
    session.add(attempt)
    session.flush()
    return Opened(attempt, reasons)


def _challenge(attempt: Attempt, ground: Ground, now: datetime) -> None:
    prompts = choose_prompts(random.SystemRandom())
    attempt.prompts = [asdict(prompt) for prompt in prompts]
    attempt.nonce = secrets.token_hex(16)
    attempt.expires_at = now + timedelta(seconds=ground.policy.checkin.challenge_s)


def _limits(ground: Ground) -> geo.Limits:
    fence = ground.policy.fence
    return geo.Limits(accuracy_m=fence.max_accuracy_m, age_s=fence.max_age_s)


def _locked(session: Session, person_id: int, public_id: str) -> Attempt:
    query = select(Attempt).where(Attempt.public_id == public_id, Attempt.person_id == person_id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    attempt = session.scalar(locked)
    if attempt is None:
        raise AttemptNotFound
    return attempt


def _unanswered(session: Session, attempt: Attempt) -> list[str]:
    answered = set(
        session.scalars(select(AttemptFrame.n).where(AttemptFrame.attempt_id == attempt.id).distinct())
    )
    return [prompt["say"] for prompt in attempt.prompts if prompt["n"] not in answered]
