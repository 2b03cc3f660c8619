"""打卡复核: both faces side by side, place and measures; an officer decides what the service could not."""

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import DakaError, NotFound
from registry.people.models import Person
from verify_api.accounts.actor import Actor, Role
from verify_api.accounts.deps import IpDep, StaffDep
from verify_api.audit.service import note_access
from verify_api.cases.access import require_role
from verify_api.cases.models import Case, ListedPerson
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.photos import count_without_photograph
from verify_api.checkins.review import decide_review
from verify_api.checkins.views import attempt_view, attempts_in, frames_view
from verify_api.console.desk import counts
from verify_api.console.operations import picture_of
from verify_api.console.sketches import fence_sketch
from verify_api.faces.queries import count_open_lookalikes
from verify_api.faces.rules import Ask
from verify_api.http.deps import NowDep, PartsDep, SessionDep
from verify_api.pages.files import picture
from verify_api.pages.forms import FormDep
from verify_api.pages.people import actors_named, names_of
from verify_api.pages.render import Frame, FrameDep, attempt, go

router = APIRouter(prefix="/console", include_in_schema=False)


@router.get("/attempts")
def queue_page(actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """Check-ins of the review band, the oldest first."""
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    return frame.show(
        "console/attempts.html",
        here="attempts",
        counts=counts(session),
        attempts=attempts_in(session, AttemptState.NEEDS_REVIEW),
        lookalikes=count_open_lookalikes(session),
        unphotographed=count_without_photograph(session),
    )


@router.get("/attempts/{public_id}")
def attempt_page(public_id: str, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """One attempt with all its evidence."""
    return _page(frame, session, actor, public_id)


def _page(
    frame: Frame,
    session: Session,
    actor: Actor,
    public_id: str,
    error: DakaError | None = None,
    *,
    reason: str = "",
) -> Response:
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    found = session.execute(
        select(Attempt, Person, Case)
        .join(Person, Person.id == Attempt.person_id)
        .join(Case, Case.id == Attempt.case_id)
        .where(Attempt.public_id == public_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    row, person, case = found
    session.refresh(case, ["enterprise"])
    view = attempt_view(row, person)
    frames = frames_view(session, row)
    return frame.show(
        "console/attempt.html",
        here="attempts",
        counts=counts(session),
        one=view,
        person=person,
        case=case,
        frames=frames,
        beside=_beside(frames, row.prompts),
        namesakes=names_of(session, {one for risk in row.risks for one in risk.get("people", ())}),
        figures=_figures(view),
        sketch=fence_sketch(row.fence, [row.position]),
        names=actors_named(session, [row.decided_by]),
        may_decide=row.state == AttemptState.NEEDS_REVIEW and actor.role in (Role.REVIEWER, Role.ADMIN),
        reason=reason,
        errors=error or (),
    )


def _beside(frames: list[dict[str, Any]], prompts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The picture to lay beside the reference: the front view, wherever in the challenge it was asked for."""
    fronts = {prompt["n"] for prompt in prompts if prompt["ask"] == Ask.FRONT}
    return next((one for one in frames if one["n"] in fronts), frames[0] if frames else None)


def _figures(view: dict[str, Any]) -> dict[str, Any]:
    """The figures of the face that a person can read: distance with its bands, frames that counted."""
    measures, thresholds = view["measures"] or {}, view["thresholds"] or {}
    frames = (measures.get("face") or {}).get("frames") or []
    return {
        "distance": measures.get("distance"),
        "accept": thresholds.get("accept"),
        "review": thresholds.get("review"),
        "model": thresholds.get("model_id"),
        "good_frames": measures.get("good_frames"),
        "frames": {(one["n"], one["seq"]): one for one in frames},
    }


@router.post("/attempts/{public_id}")
def decide(public_id: str, form: FormDep, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """Accept or refuse, with a reason."""
    reason, is_accepted = form.text("reason"), form.either("decision", yes="accept", no="refuse")
    outcome = attempt(
        session,
        lambda: decide_review(
            session, public_id=public_id, is_accepted=is_accepted, reason=reason, actor=actor, now=frame.now
        ),
    )
    if isinstance(outcome, DakaError):
        return _page(frame, session, actor, public_id, outcome, reason=reason)
    return go("/console/attempts", "decided")


@router.get("/attempts/{public_id}/frames/{frame_id}")
def frame_picture(
    public_id: str,
    frame_id: int,
    actor: StaffDep,
    session: SessionDep,
    parts: PartsDep,
    ip: IpDep,
    now: NowDep,
) -> Response:
    """One picture of an attempt. Every look is noted."""
    data = picture_of(session, parts, attempt=public_id, frame=frame_id, actor=actor)
    note_access(session, actor=actor, what="frame", subject=f"{public_id}/{frame_id}", ip=ip, now=now)
    return picture(data)


@router.get("/people/{person_id}/photo")
def reference_photo(
    person_id: int, actor: StaffDep, session: SessionDep, parts: PartsDep, ip: IpDep, now: NowDep
) -> Response:
    """The reference photograph of somebody who is on a list, and of nobody else. Every look is noted."""
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    person = session.get(Person, person_id)
    listed = select(ListedPerson.list_id).where(ListedPerson.person_id == person_id).limit(1)
    if person is None or person.photo_sha256 is None or session.scalar(listed) is None:
        raise NotFound
    note_access(session, actor=actor, what="photo", subject=str(person_id), ip=ip, now=now)
    return picture(parts.evidence.get(person.photo_sha256))
