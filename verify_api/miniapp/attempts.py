"""`/api/v1/miniapp/tasks` and `/attempts`: the check-in itself."""

import asyncio
import time
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

import geo
from registry.clock import SHANGHAI
from registry.enterprises.models import Enterprise
from registry.errors import Invalid, Reason, Unauthenticated
from verify_api.accounts.deps import PersonDep
from verify_api.accounts.sessions import authenticate
from verify_api.cases.models import Case, PersonList
from verify_api.cases.states import Capability, State, may
from verify_api.checkins import queries
from verify_api.checkins.models import Attempt
from verify_api.checkins.service import FRAME_LIMIT, add_frame, attempt_of, open_attempt, submit
from verify_api.http.deps import Body, NowDep, PartsDep, SessionDep
from verify_api.http.problems import problem
from verify_api.parts import Parts

router = APIRouter(prefix="/api/v1/miniapp", tags=["miniapp"])

# Status of a refusal at the door; what is not named here is 422.
STATUS = {
    "not_selected": 404,
    "window_closed": 409,
    "window_not_open": 409,
    "already_accepted": 409,
    "consent_required": 403,
    "too_many_attempts": 429,
}
LOOK_EVERY_S = 0.2
Text = Annotated[str, StringConstraints(max_length=200)]


class FrameTooLarge(Invalid):
    """Over 2 MB."""

    code = "frame_too_large"
    message = "照片不能超过 2 MB"


class Position(Body):
    """A fix as the phone reports it. Lenient on purpose: each kind of rubbish gets a reason of its own."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=True)

    longitude: float
    latitude: float
    datum: Text | None = None
    accuracy_m: float | None = None
    captured_at: AwareDatetime | None = None


class Device(Body):
    """The phone, as it describes itself."""

    id: Text = ""
    model: Text = ""
    platform: Text = ""


class Open(Body):
    """A request to begin."""

    case: Text
    position: Position
    device: Device = Field(default_factory=Device)


class Nothing(Body):
    """An empty body."""


@router.get("/tasks")
def tasks(
    actor: PersonDep, session: SessionDep, now: NowDep, datum: Annotated[geo.Datum, Query()] = geo.Datum.WGS84
) -> list[dict[str, Any]]:
    """What this person is asked to do, fences in the datum asked for."""
    assert actor.person_id is not None
    found = queries.lists_of_person(session, actor.person_id)
    return [_task(session, row, case, actor.person_id, datum, now) for row, case in found]


@router.post("/attempts", status_code=201, response_model=None)
def begin(body: Open, actor: PersonDep, session: SessionDep, now: NowDep) -> dict[str, Any] | Response:
    """Judge the place and issue a challenge; a refusal is stored, then told."""
    assert actor.person_id is not None
    opened = open_attempt(
        session,
        person_id=actor.person_id,
        case_number=body.case,
        position=body.position.model_dump(),
        device=body.device.model_dump(),
        now=now,
    )
    if opened.reasons or opened.attempt is None:
        return _refused(opened.reasons, opened.attempt)
    attempt = opened.attempt
    place = attempt.place or {}
    return {
        "attempt": attempt.public_id,
        "place": {key: place.get(key) for key in ("verdict", "edge_distance_m", "hint")},
        "prompts": attempt.prompts,
        "expires_at": _iso(attempt.expires_at),
    }


@router.post("/attempts/{attempt}/frames", status_code=201)
def frame(
    attempt: str,
    actor: PersonDep,
    session: SessionDep,
    parts: PartsDep,
    now: NowDep,
    file: Annotated[UploadFile, File()],
    n: Annotated[int, Form()],
    seq: Annotated[int, Form()],
) -> dict[str, Any]:
    """One picture of the challenge."""
    assert actor.person_id is not None
    data = file.file.read(FRAME_LIMIT + 1)
    if len(data) > FRAME_LIMIT:
        raise FrameTooLarge
    row = add_frame(
        session,
        person_id=actor.person_id,
        public_id=attempt,
        n=n,
        seq=seq,
        data=data,
        store=parts.evidence,
        keyring=parts.keyring,
        now=now,
    )
    return {"n": row.n, "seq": row.seq, "received_at": _iso(row.received_at)}


@router.post("/attempts/{attempt}/submit", status_code=202)
def close(attempt: str, _body: Nothing, actor: PersonDep, session: SessionDep, now: NowDep) -> dict[str, Any]:
    """Close the evidence. Once this is answered nothing can lose the attempt."""
    assert actor.person_id is not None
    row = submit(session, person_id=actor.person_id, public_id=attempt, now=now)
    return {"attempt": row.public_id, "state": row.state, "received_at": _iso(row.received_at)}


@router.get("/attempts/{attempt}")
async def verdict(
    attempt: str, request: Request, parts: PartsDep, wait_s: Annotated[float, Query(ge=0, le=20)] = 0
) -> dict[str, Any]:
    """Where the attempt stands, waiting up to `wait_s` seconds for a verdict.

    No transaction is held while waiting (hence no session dependency): thousands may wait at once.
    """
    until = time.monotonic() + wait_s
    while True:
        found = await run_in_threadpool(_look, parts, request.headers.get("authorization", ""), attempt)
        if found["state"] != "verifying" or time.monotonic() >= until:
            return found
        await asyncio.sleep(LOOK_EVERY_S)


def _look(parts: Parts, authorization: str, public_id: str) -> dict[str, Any]:
    with parts.sessions.begin() as session:
        signed = authenticate(session, authorization.removeprefix("Bearer ").strip(), now=parts.clock())
        if signed is None or signed.actor.person_id is None:
            raise Unauthenticated
        row = attempt_of(session, person_id=signed.actor.person_id, public_id=public_id)
        progress = queries.progress(session, row.list_id) if row.list_id else queries.Progress(0, 0)
        return {
            "state": row.state,
            "reasons": row.reasons,
            "received_at": _iso(row.received_at),
            "done": progress.done,
            "total": progress.total,
        }


def _refused(reasons: tuple[Reason, ...], attempt: Attempt | None) -> JSONResponse:
    first = reasons[0]
    status = STATUS.get(first.code, 422)
    wait = 3600 if status == 429 else None
    answer = problem(status, first.code, first.message, hint=first.hint, reasons=reasons, retry_after_s=wait)
    if attempt is not None:
        answer.headers["Daka-Attempt"] = attempt.public_id
    return answer


def _task(
    session: Session, row: PersonList, case: Case, person_id: int, datum: geo.Datum, now: datetime
) -> dict[str, Any]:
    enterprise = session.get_one(Enterprise, case.enterprise_id)
    progress = queries.progress(session, row.id)
    closes = queries.closes_at(session, row, now=now)
    is_open = may(State(case.state), Capability.CHECK_IN) and closes is not None and now < closes
    accepted = queries.standing_checkin(session, row.id, person_id) is not None
    fence = geo.fence_in(geo.load_fence(row.fence), datum).to_mapping() if row.fence else None
    return {
        "case": case.number,
        "enterprise": enterprise.name,
        "address": enterprise.registered_address,
        "fence": fence,
        "opens_at": _iso(row.reviewed_at),
        "closes_at": _iso(row.window_closes_at),
        "state": "accepted" if accepted else "open" if is_open else "closed",
        "done": progress.done,
        "total": progress.total,
    }


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(SHANGHAI).isoformat() if at is not None else None
