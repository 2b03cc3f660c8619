"""全部核查 and the page of one case: history, people, attempts, documents, and the bureau's hand-work."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from registry.errors import DakaError, Invalid, NotFound
from verify_api.accounts.actor import Actor, Role
from verify_api.accounts.contacts import contact_of
from verify_api.accounts.deps import IpDep, StaffDep
from verify_api.audit.service import note_access
from verify_api.cases import handwork, queries, serving, views
from verify_api.cases.access import case_for, require_role
from verify_api.cases.choosing import items_under
from verify_api.cases.ground import ground_on
from verify_api.cases.models import Case, CertificateFile, RectificationReport
from verify_api.cases.statements import INVITED, put_forward
from verify_api.cases.states import LABELS, Capability, State, Track
from verify_api.checkins.models import AttemptState
from verify_api.checkins.queries import front_frames, voided_checkins
from verify_api.checkins.views import attempts_of_case
from verify_api.checkins.voiding import void_checkin, void_person
from verify_api.checkins.windows import confirm_window, propose_window
from verify_api.console.bodies import Extension, Service, Step
from verify_api.console.common import LockedDep, proposal_of
from verify_api.console.courses import with_courses
from verify_api.console.desk import counts, photographed
from verify_api.console.proof_pages import keep_proof
from verify_api.console.requirement_pages import unknown_numbers
from verify_api.console.sketches import fence_sketch
from verify_api.console.two_officers import confirm_step, propose_step
from verify_api.console.waiting import PROPOSED
from verify_api.http.deps import NowDep, PartsDep, SessionDep
from verify_api.messages.queries import of_case as messages_of_case
from verify_api.notices.models import ServiceMethod
from verify_api.notices.queries import of_case
from verify_api.notices.serving import notice_for, notice_view, pdf_answer
from verify_api.pages.files import shown_file
from verify_api.pages.forms import Fields, FormDep, typed
from verify_api.pages.paging import Paging
from verify_api.pages.people import actors_named, names_of
from verify_api.pages.render import Frame, FrameDep, attempt, go
from verify_api.pages.states import tone_of
from verify_api.parts import Parts
from verify_api.portal.checked_in import standing_checkins
from verify_api.store_pages.performance import performance_of

router = APIRouter(prefix="/console", include_in_schema=False)

METHODS = {
    ServiceMethod.IN_PERSON: "直接送达",
    ServiceMethod.LEFT: "留置送达",
    ServiceMethod.MAIL: "邮寄送达",
    ServiceMethod.ENTRUSTED: "委托送达",
    ServiceMethod.ANNOUNCEMENT: "公告送达",
    ServiceMethod.ELECTRONIC: "其他电子送达",
}
SEES_FACES = (Role.REVIEWER, Role.ADMIN, Role.DECIDER)


@router.get("/cases")
def cases_page(
    _actor: StaffDep,
    frame: FrameDep,
    session: SessionDep,
    now: NowDep,
    state: str = "",
    track: str = "",
    q: Annotated[str, Query(max_length=60)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """All cases, the next due first."""
    wanted = [State(state)] if state in set(State) else []
    of_track = Track(track) if track in set(Track) else None
    found = queries.find_cases(session, states=wanted, track=of_track, text=q, page=page)
    by_state = queries.count_by_state(session)
    return frame.show(
        "console/cases.html",
        here="cases",
        counts=counts(session),
        lines=with_courses(
            session,
            found.cases,
            [
                one | {"tone": tone_of(State(one["state"]))}
                for one in views.summaries(session, found.cases, now=now)
            ],
        ),
        states=[
            ("", "全部状态"),
            *((one.value, f"{LABELS[one]}（{by_state.get(one, 0)}）") for one in State),
        ],
        tracks=[("", "全部类型"), *((one.value, label) for one, label in views.TRACK_LABELS.items())],
        state=state,
        track=track,
        q=q,
        paging=Paging(
            page, found.total, queries.PAGE, "/console/cases", {"state": state, "track": track, "q": q}
        ),
    )


@router.get("/cases/{number}")
def case_page(
    number: str, actor: StaffDep, frame: FrameDep, session: SessionDep, parts: PartsDep
) -> Response:
    """One case with everything about it."""
    return _page(frame, session, case_for(session, number, actor=actor), parts)


def _page(
    frame: Frame, session: Session, case: Case, parts: Parts, error: DakaError | None = None
) -> Response:
    session.refresh(case, ["enterprise", "items"])
    [found] = with_courses(session, [case], [views.detail(session, case, now=frame.now)])
    rows = queries.lists(session, case.id)
    history = queries.history(session, case.id)
    proposals = queries.open_proposals(session, case.id)
    tries = attempts_of_case(session, case.id)
    people = {one["person"] for row in rows for one in row.people}
    labels = {one.actor for one in history} | {one.proposed_by for one in proposals}
    labels |= {label for row in rows for label in (row.reviewed_by, row.claimed_by) if label}
    return frame.show(
        "console/case.html",
        here="cases",
        counts=counts(session),
        case=found | {"tone": tone_of(State(case.state))},
        enterprise=case.enterprise,
        contact=contact_of(session, case.enterprise_id),
        may={one.value: one.value in found["capabilities"] for one in Capability},
        lists=rows,
        checked_in={row.id: standing_checkins(session, row.id) for row in rows},
        people=names_of(session, people),
        performance=performance_of(
            session, case.enterprise, items_under(session, case), sorted(people), now=frame.now
        ),
        attempts=tries,
        accepted=(accepted := _accepted(tries)),
        frames=front_frames(session, [one["attempt"] for one in accepted.values()]),
        may_see_faces=frame.actor is not None and frame.actor.role in SEES_FACES,
        photographed=photographed(session, people),
        unknown_numbers=unknown_numbers(session, case, ground_on(session, now=frame.now)),
        windows=queries.people_at_window(session, case.id),
        voided=voided_checkins(session, case.id),
        may_state=State(case.state) in INVITED,
        sketch=_sketch(tries),
        drawn=[one["attempt"] for one in _drawn(tries)],
        notices=[notice_view(one) | {"events": one.events} for one in of_case(session, case.id)],
        messages=messages_of_case(session, case.id),
        proposals=proposals,
        names=actors_named(session, labels),
        labels={event["seq"]: event["label"] for event in found["history"]},
        history=history,
        methods=list(METHODS.items()),
        proposed=PROPOSED,
        me=frame.actor.label if frame.actor else "",
        today=frame.now,
        errors=error or (),
    )


def _accepted(tries: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Person → the newest check-in that was accepted."""
    good = [one for one in tries if one["state"] == AttemptState.ACCEPTED]
    return {one["person"]["id"]: one for one in reversed(good)}


def _drawn(tries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The attempts the sketch shows: those of the newest fence, at most thirty."""
    fence = next((one["fence"] for one in tries if one["fence"]), None)
    return [one for one in tries if one["fence"] and one["fence"] == fence][:30]


def _sketch(tries: list[dict[str, Any]]) -> str:
    drawn = _drawn(tries)
    return fence_sketch(drawn[0]["fence"], [one["position"] for one in drawn]) if drawn else ""


Act = Callable[[Session, Case, Fields, Actor, Parts, Any], object]


def _served(session: Session, case: Case, form: Fields, actor: Actor, parts: Parts, now: Any) -> None:
    wrong = Invalid("请填写送达日期并选择送达方式，送达人不超过三名", code="service_incomplete")
    servers = [name for name in re.split(r"[、，,\s]+", form.text("servers")) if name]
    given = typed(form, Service, otherwise=wrong, servers=servers)
    text = given.proof
    digest = keep_proof(session, form, said=text, evidence=parts.evidence, now=now)
    serving.serve_otherwise(
        session,
        case,
        served_on=given.served_on,
        method=given.method,
        proof=text,
        proof_sha256=digest,
        place=given.place,
        recipient=given.recipient,
        servers=given.servers,
        actor=actor,
        now=now,
    )


def _extended(session: Session, case: Case, form: Fields, actor: Actor, _parts: Parts, now: Any) -> None:
    given = typed(form, Extension, otherwise=Invalid("请填写新的截止日期", code="day_missing"))
    handwork.extend(session, case, last_day=given.last_day, reason=given.reason, actor=actor, now=now)


def _issued(session: Session, case: Case, form: Fields, actor: Actor, _parts: Parts, now: Any) -> None:
    days, reason = form.number("report_days"), form.text("reason")
    if days is None and form.text("report_days"):
        raise handwork.TermNotAllowed("请用数字填写整改期限")
    handwork.issue_draft(session, case, reason=reason, report_days=days, actor=actor, now=now)


def _proposed(session: Session, case: Case, form: Fields, actor: Actor, _parts: Parts, now: Any) -> None:
    wrong = Invalid("请选择提请复核的事项", code="action_missing")
    given = typed(form, Step, otherwise=wrong, person=form.number("person"))
    propose_step(session, case, given, actor=actor, now=now)


def _signed(session: Session, case: Case, form: Fields, actor: Actor, _parts: Parts, now: Any) -> None:
    row = proposal_of(session, case, form.number("proposal") or 0)
    is_agreed = form.either("agreed")
    confirm_step(session, case, row, is_agreed=is_agreed, reason=form.text("reason"), actor=actor, now=now)


def _voided(session: Session, case: Case, form: Fields, actor: Actor, _parts: Parts, now: Any) -> None:
    public_id = form.text("attempt")
    for person in queries.people_at_window(session, case.id):
        if public_id == f"person:{person}":  # There is no attempt of somebody who came to the window.
            void_person(session, case, person_id=person, reason=form.text("reason"), actor=actor, now=now)
            return
    if public_id not in {one["attempt"] for one in attempts_of_case(session, case.id)}:
        raise Invalid("该打卡记录不属于此任务", code="attempt_of_other_case")
    void_checkin(session, public_id=public_id, reason=form.text("reason"), actor=actor, now=now)


def _window(session: Session, case: Case, form: Fields, actor: Actor, _parts: Parts, now: Any) -> None:
    if not form.text("document"):
        raise Invalid("请填写核验的证件", code="document_missing")
    record = {"document": form.text("document"), "note": form.text("note")}
    person = form.number("person") or 0
    propose_window(session, case, person_id=person, record=record, actor=actor, now=now)


def _window_signed(session: Session, case: Case, form: Fields, actor: Actor, _parts: Parts, now: Any) -> None:
    row = proposal_of(session, case, form.number("proposal") or 0)
    confirm_window(session, case, row, is_agreed=form.either("agreed"), actor=actor, now=now)


def _reasoned(service: Callable[..., object]) -> Act:
    """An act that takes a reason and nothing else."""

    def act(session: Session, case: Case, form: Fields, actor: Actor, _parts: Parts, now: Any) -> object:
        return service(session, case, reason=form.text("reason"), actor=actor, now=now)

    return act


def _appeal_decided(
    session: Session, case: Case, form: Fields, actor: Actor, _parts: Parts, now: Any
) -> None:
    is_upheld = form.either("upheld")
    handwork.decide_appeal(
        session, case, is_upheld=is_upheld, reason=form.text("reason"), actor=actor, now=now
    )


ACTS: dict[str, tuple[Act, str]] = {
    "service": (_served, "served"),
    "hold": (_reasoned(handwork.hold), "held"),
    "release": (_reasoned(handwork.release), "released"),
    "pause": (_reasoned(handwork.pause), "paused"),
    "resumption": (_reasoned(handwork.resume), "resumed"),
    "extension": (_extended, "extended"),
    "cancellation": (_reasoned(handwork.cancel), "cancelled"),
    "reopening": (_reasoned(handwork.reopen), "reopened"),
    "notice-issue": (_issued, "issued"),
    "statement": (_reasoned(put_forward), "stated"),
    "notice-refusal": (_reasoned(handwork.refuse_draft), "unsigned"),
    "appeal-decision": (_appeal_decided, "decided"),
    "proposal": (_proposed, "proposed"),
    "signature": (_signed, "signed"),
    "checkin-void": (_voided, "voided"),
    "window": (_window, "proposed"),
    "window-signature": (_window_signed, "signed"),
}


@router.post("/cases/{number}/acts/{act}")
def do(
    act: str,
    form: FormDep,
    case: LockedDep,
    actor: StaffDep,
    frame: FrameDep,
    session: SessionDep,
    parts: PartsDep,
) -> Response:
    """One step of hand-work. Roles, states and reasons are checked by the services."""
    if act not in ACTS:
        raise NotFound
    run, done = ACTS[act]
    outcome = attempt(session, lambda: run(session, case, form, actor, parts, frame.now))
    if isinstance(outcome, DakaError):
        return _page(frame, session, case, parts, outcome)
    return go(f"/console/cases/{case.number}", done)


@router.get("/cases/{number}/files/{file_id}")
def certificate_file(
    number: str,
    file_id: int,
    actor: StaffDep,
    session: SessionDep,
    parts: PartsDep,
    ip: IpDep,
    now: NowDep,
) -> Response:
    """A certificate scan of the case's enterprise, also one that was since taken away (a list keeps it)."""
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    case = case_for(session, number, actor=actor)
    row = session.get(CertificateFile, file_id)
    if row is None or row.enterprise_id != case.enterprise_id:
        raise NotFound
    note_access(session, actor=actor, what="certificate", subject=f"{number}/{file_id}", ip=ip, now=now)
    return shown_file(parts.evidence, row.sha256, row.media_type)


@router.get("/cases/{number}/reports/{report_id}")
def report_file(
    number: str, report_id: int, actor: StaffDep, session: SessionDep, parts: PartsDep
) -> Response:
    """A 整改报告 of the case."""
    case = case_for(session, number, actor=actor)
    row = session.get(RectificationReport, report_id)
    if row is None or row.case_id != case.id:
        raise NotFound
    return shown_file(parts.evidence, row.sha256, row.media_type, name=f"report-{row.id}")


@router.get("/notices/{notice_id}")
def notice_pdf(notice_id: int, actor: StaffDep, session: SessionDep, parts: PartsDep) -> Response:
    """One document. Staff looking at it is not the enterprise viewing it."""
    return pdf_answer(notice_for(session, notice_id, actor=actor), parts.evidence)
