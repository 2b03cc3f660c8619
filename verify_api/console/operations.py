"""`/api/v1/console`: attempts before officers, points, what happens tonight, the sync."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

import geo
from registry.enterprises.points import confirm_point
from registry.errors import Invalid, NotFound, Unavailable
from registry.sync.service import sync_all
from registry.sync.upstream import Upstream
from verify_api.accounts.actor import Actor, Role
from verify_api.accounts.deps import IpDep, StaffDep
from verify_api.audit.service import note_access
from verify_api.cases import views
from verify_api.cases.access import require_role
from verify_api.checkins.models import Attempt, AttemptFrame, AttemptState
from verify_api.checkins.review import decide_review
from verify_api.checkins.service import PURPOSE
from verify_api.checkins.views import attempts_in
from verify_api.console.bodies import Decision, Nothing, PointGiven
from verify_api.console.common import known
from verify_api.deadlines.foresight import tonight
from verify_api.http.deps import NowDep, PartsDep, SessionDep
from verify_api.parts import Parts

router = APIRouter(prefix="/api/v1/console", tags=["console"])
Answer = dict[str, Any]


class UpstreamMissing(Unavailable):
    """No upstream library is set."""

    code = "upstream_not_configured"
    message = "尚未配置“三库一平台”的地址"


class PointWrong(Invalid):
    """The point or the polygon makes no fence."""

    code = "point_invalid"


class PictureGone(NotFound):
    """No such picture, or erased after its time."""

    code = "frame_not_found"
    message = "照片不存在或已按期限删除"


@router.get("/attempts")
def list_attempts(
    actor: StaffDep, session: SessionDep, state: AttemptState = AttemptState.NEEDS_REVIEW
) -> list[Answer]:
    """Attempts in a state, the oldest first."""
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    return attempts_in(session, state)


@router.post("/attempts/{attempt}/decision")
def decide(attempt: str, body: Decision, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """Judge an attempt that the service could not."""
    row = decide_review(
        session,
        public_id=attempt,
        is_accepted=body.decision == "accept",
        reason=body.reason,
        actor=actor,
        now=now,
    )
    return {"attempt": row.public_id, "state": row.state}


@router.get("/attempts/{attempt}/frames/{frame}", response_class=Response)
def picture(
    attempt: str, frame: int, actor: StaffDep, session: SessionDep, parts: PartsDep, ip: IpDep, now: NowDep
) -> Response:
    """One picture of an attempt, for the officers who judge it. Every look is noted."""
    data = picture_of(session, parts, attempt=attempt, frame=frame, actor=actor)
    note_access(session, actor=actor, what="frame", subject=f"{attempt}/{frame}", ip=ip, now=now)
    return Response(data, media_type="image/png" if data.startswith(b"\x89PNG") else "image/jpeg")


def picture_of(session: Session, parts: Parts, *, attempt: str, frame: int, actor: Actor) -> bytes:
    """The bytes of one picture.

    Raises:
        PictureGone, RoleMissing: As they say.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    row = session.get(AttemptFrame, frame)
    owner = session.get(Attempt, row.attempt_id) if row else None
    if row is None or owner is None or owner.public_id != attempt or row.purged_at is not None:
        raise PictureGone
    return parts.keyring.open(parts.evidence.get(row.stored_sha256), purpose=PURPOSE)


@router.post("/enterprises/{uscc}/point", status_code=201)
def confirm(uscc: str, body: PointGiven, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """An officer stands for the point of the registered address; cases keep the version they froze."""
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    enterprise = known(session, uscc)
    point = confirm_point(
        session,
        enterprise_id=enterprise.id,
        lng=body.lng,
        lat=body.lat,
        datum=body.datum.value,
        fence=fence_given(body),
        by=actor.label,
        now=now,
    )
    return {"point": point.id}


def fence_given(body: PointGiven) -> dict[str, Any] | None:
    """The fence as staff drew it, checked; None where the policy's circle applies.

    Raises:
        PointWrong: It makes no fence; the sentence says why.
    """
    given: dict[str, Any] = {"kind": "circle", "center": [body.lng, body.lat], "datum": body.datum.value}
    given["radius_m"] = body.radius_m if body.radius_m is not None else 300.0
    if body.polygon is not None:
        given = {"kind": "polygon", "geometry": body.polygon, "datum": body.datum.value}
    try:
        checked = geo.load_fence(given).to_mapping()
    except geo.FenceInvalid as error:
        raise PointWrong(error.message, code=error.code) from None
    return dict(checked) if body.polygon is not None or body.radius_m is not None else None


@router.get("/tonight")
def foresee(
    actor: StaffDep, session: SessionDep, now: NowDep, at: Annotated[AwareDatetime | None, Query()] = None
) -> Answer:
    """Who will be passed over, noticed, lapsed or revoked at that moment, and who waits and why."""
    return tonight(session, at=_later(at, now))


def _later(at: datetime | None, now: datetime) -> datetime:
    return now if at is None else max(at, now)


@router.post("/sync")
async def sync_now(_body: Nothing, actor: StaffDep, parts: PartsDep, request: Request, now: NowDep) -> Answer:
    """The nightly sync, now."""
    require_role(actor, Role.ADMIN)
    upstream: Upstream | None = request.app.state.upstream
    if upstream is None:
        raise UpstreamMissing
    run = await run_in_threadpool(
        sync_all, parts.sessions, upstream=upstream, store=parts.evidence, keyring=parts.keyring, now=now
    )
    return {"ok": run.ok, "error": run.error, "counts": run.counts, "started_at": views.iso(run.started_at)}
