"""`/api/v1/console/cases/{number}/…`: hand-work of the bureau, each step with a reason."""

from typing import Any

from fastapi import APIRouter

from registry.errors import Invalid
from verify_api.accounts.deps import StaffDep
from verify_api.cases import handwork, serving, views
from verify_api.cases.statements import put_forward
from verify_api.checkins.views import attempts_of_case
from verify_api.checkins.voiding import void_checkin, void_person
from verify_api.checkins.windows import confirm_window, propose_window
from verify_api.console.bodies import (
    AppealAnswer,
    Extension,
    Issue,
    SecondSignature,
    Service,
    Step,
    Void,
    Why,
    Window,
    WindowSignature,
)
from verify_api.console.common import LockedDep, proposal_of, proposal_view
from verify_api.console.two_officers import confirm_step, propose_step
from verify_api.http.deps import NowDep, PartsDep, SessionDep

router = APIRouter(prefix="/api/v1/console/cases/{number}", tags=["console"])
Answer = dict[str, Any]


@router.post("/service")
def serve(
    case: LockedDep, body: Service, actor: StaffDep, session: SessionDep, parts: PartsDep, now: NowDep
) -> Answer:
    """送达 by other means; the proof's text is kept as a file of its own."""
    proof = parts.evidence.put(body.proof.encode(), media_type="text/plain; charset=utf-8")
    serving.serve_otherwise(
        session,
        case,
        served_on=body.served_on,
        method=body.method,
        proof=body.proof,
        proof_sha256=proof.sha256,
        place=body.place,
        recipient=body.recipient,
        servers=body.servers,
        actor=actor,
        now=now,
    )
    return {"state": case.state}


@router.post("/hold")
def hold(case: LockedDep, body: Why, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """暂缓: nothing adverse happens while it stands."""
    return {"hold": handwork.hold(session, case, reason=body.reason, actor=actor, now=now).id}


@router.post("/release")
def release(case: LockedDep, body: Why, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """解除暂缓."""
    handwork.release(session, case, reason=body.reason, actor=actor, now=now)
    return {"state": case.state}


@router.post("/pause")
def pause(case: LockedDep, body: Why, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """中止计时 for force majeure."""
    return {"pause": handwork.pause(session, case, reason=body.reason, actor=actor, now=now).id}


@router.post("/resumption")
def resume(case: LockedDep, body: Why, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """恢复计时 with what was left."""
    handwork.resume(session, case, reason=body.reason, actor=actor, now=now)
    return {"due_at": views.iso(case.due_at)}


@router.post("/extension")
def extend(case: LockedDep, body: Extension, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """延长期限, never beyond the cap."""
    row = handwork.extend(session, case, last_day=body.last_day, reason=body.reason, actor=actor, now=now)
    return {"last_day": row.last_day.isoformat()}


@router.post("/cancellation")
def cancel(case: LockedDep, body: Why, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """取消任务."""
    handwork.cancel(session, case, reason=body.reason, actor=actor, now=now)
    return {"state": case.state}


@router.post("/reopening")
def reopen(case: LockedDep, body: Why, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """重新开启 a case that waits to lapse."""
    handwork.reopen(session, case, reason=body.reason, actor=actor, now=now)
    return {"state": case.state}


@router.post("/notice-issue")
def issue_draft(case: LockedDep, body: Issue, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """签发 a drafted 整改通知书 (rectification.issue = draft)."""
    handwork.issue_draft(
        session, case, reason=body.reason, report_days=body.report_days, actor=actor, now=now
    )
    return {"state": case.state}


@router.post("/statement", status_code=201)
def enter_statement(case: LockedDep, body: Why, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """陈述申辩 that came in writing."""
    return {"appeal": put_forward(session, case, reason=body.reason, actor=actor, now=now).id}


@router.post("/notice-refusal")
def refuse_draft(case: LockedDep, body: Why, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """不予签发 a drafted 整改通知书; a missed deadline leaves a hold."""
    handwork.refuse_draft(session, case, reason=body.reason, actor=actor, now=now)
    return {"state": case.state}


@router.post("/appeal-decision")
def decide_appeal(
    case: LockedDep, body: AppealAnswer, actor: StaffDep, session: SessionDep, now: NowDep
) -> Answer:
    """Answer a 陈述申辩."""
    handwork.decide_appeal(session, case, is_upheld=body.upheld, reason=body.reason, actor=actor, now=now)
    return {"state": case.state}


@router.post("/proposals", status_code=201)
def propose(case: LockedDep, body: Step, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """First signature under a step that needs two officers."""
    return proposal_view(propose_step(session, case, body, actor=actor, now=now))


@router.post("/proposals/{proposal_id}/decision")
def confirm(
    case: LockedDep,
    proposal_id: int,
    body: SecondSignature,
    actor: StaffDep,
    session: SessionDep,
    now: NowDep,
) -> Answer:
    """Second signature, by another officer."""
    row = proposal_of(session, case, proposal_id)
    confirm_step(session, case, row, is_agreed=body.agreed, reason=body.reason, actor=actor, now=now)
    return {"state": case.state, "outcome": row.outcome}


@router.post("/checkin-void")
def void(case: LockedDep, body: Void, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """打卡不合格."""
    if body.attempt is None:
        void_person(session, case, person_id=body.person or 0, reason=body.reason, actor=actor, now=now)
        return {"state": case.state}
    if body.attempt not in {one["attempt"] for one in attempts_of_case(session, case.id)}:
        raise Invalid("该打卡记录不属于此任务", code="attempt_of_other_case")
    void_checkin(session, public_id=body.attempt, reason=body.reason, actor=actor, now=now)
    return {"state": case.state}


@router.post("/window-verifications", status_code=201)
def window(case: LockedDep, body: Window, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """First signature under a window verification."""
    record = {"document": body.document, "note": body.note}
    row = propose_window(session, case, person_id=body.person, record=record, actor=actor, now=now)
    return {"proposal": row.id}


@router.post("/window-verifications/{proposal_id}/confirmation")
def second(
    case: LockedDep,
    proposal_id: int,
    body: WindowSignature,
    actor: StaffDep,
    session: SessionDep,
    now: NowDep,
) -> Answer:
    """Second signature, by another officer."""
    row = proposal_of(session, case, proposal_id)
    confirm_window(session, case, row, is_agreed=body.agreed, reason=body.reason, actor=actor, now=now)
    return {"state": case.state}
