"""`/api/v1/portal/cases`: an enterprise's tasks, behind the gates (SZ-06 … SZ-12) and `case_for`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from verify_api.accounts.actor import Actor
from verify_api.accounts.deps import EnterpriseDep
from verify_api.accounts.onboarding import require_ready
from verify_api.accounts.uploads import UploadDep, keep_document
from verify_api.cases import choosing, files, lists, queries, views
from verify_api.cases.access import case_for
from verify_api.cases.ground import ground_on
from verify_api.cases.models import Case
from verify_api.cases.statements import put_forward
from verify_api.http.deps import Body, NowDep, PartsDep, SessionDep
from verify_api.notices import service as notices
from verify_api.notices.queries import of_case
from verify_api.notices.serving import notice_for, notice_view, pdf_answer
from verify_api.selection.report import check_mapping, plan_mapping
from verify_api.selection.solver import plan

router = APIRouter(prefix="/api/v1/portal", tags=["portal"])


class People(Body):
    """Chosen people, by id."""

    people: Annotated[list[int], Field(max_length=3000)]


class Nothing(Body):
    """An act without particulars."""


class Statement(Body):
    """陈述申辩."""

    reason: Annotated[str, Field(min_length=1, max_length=5000)]


def ready(actor: EnterpriseDep, session: SessionDep) -> Actor:
    """An enterprise that has been through all gates."""
    require_ready(session, actor.own_enterprise)
    return actor


ReadyDep = Annotated[Actor, Depends(ready)]


def own_case(number: str, actor: ReadyDep, session: SessionDep) -> Case:
    """The enterprise's own case."""
    return case_for(session, number, actor=actor)


def own_locked_case(number: str, actor: ReadyDep, session: SessionDep) -> Case:
    """The enterprise's own case, locked for a change."""
    return case_for(session, number, actor=actor, for_update=True)


CaseDep = Annotated[Case, Depends(own_case)]
LockedDep = Annotated[Case, Depends(own_locked_case)]


@router.get("/cases")
def list_cases(actor: EnterpriseDep, session: SessionDep, now: NowDep) -> list[dict[str, Any]]:
    """All tasks with their deadlines. Shown before the gates are through as well: the clock runs (SZ-12)."""
    found = queries.cases_of_enterprise(session, actor.own_enterprise)
    return views.summaries(session, found, now=now)


@router.get("/cases/{number}")
def show_case(case: CaseDep, session: SessionDep, now: NowDep) -> dict[str, Any]:
    """One task with everything about it."""
    found = _loaded(session, case)
    return views.detail(session, found, now=now) | {
        "draft": lists.draft_of(session, case),
        "notices": [notice_view(one) for one in of_case(session, case.id)],
    }


@router.get("/cases/{number}/candidates")
def list_candidates(case: CaseDep, session: SessionDep, now: NowDep) -> list[dict[str, Any]]:
    """The roster with who may be ticked, and why not (SZ-16)."""
    return choosing.candidates(session, case, ground=ground_on(session, now=now))


@router.post("/cases/{number}/certificate-files", status_code=201)
def add_certificate_file(
    case: LockedDep, actor: ReadyDep, upload: UploadDep, session: SessionDep, parts: PartsDep, now: NowDep
) -> dict[str, Any]:
    """A scan of one certificate (SZ-25)."""
    row = files.add_certificate_file(
        session,
        case,
        person_id=_whole(upload.fields.get("person")),
        holding=upload.fields.get("holding", ""),
        file=keep_document(upload, parts.evidence),
        actor=actor,
        now=now,
    )
    return {"file": row.id}


@router.delete("/cases/{number}/certificate-files/{file_id}", status_code=204, response_class=Response)
def remove_certificate_file(case: LockedDep, file_id: int, session: SessionDep, now: NowDep) -> Response:
    """Take a scan away; the person is unticked (SZ-25)."""
    files.remove_certificate_file(session, case, file_id=file_id, now=now)
    return Response(status_code=204)


@router.post("/cases/{number}/selection/check")
def check_selection(case: CaseDep, body: People, session: SessionDep, now: NowDep) -> dict[str, Any]:
    """Would this list do? Every reason at once."""
    return check_mapping(lists.check_people(session, case, people=body.people, now=now))


@router.get("/cases/{number}/selection/plan")
def plan_selection(case: CaseDep, session: SessionDep, now: NowDep) -> dict[str, Any]:
    """A smallest list that satisfies every item, or what is missing."""
    return plan_mapping(plan(choosing.question(session, case, ground=ground_on(session, now=now))))


@router.put("/cases/{number}/draft", status_code=204, response_class=Response)
def save_draft(case: LockedDep, body: People, session: SessionDep, now: NowDep) -> Response:
    """Keep a choice without sending it."""
    lists.save_draft(session, case, people=body.people, now=now)
    return Response(status_code=204)


@router.post("/cases/{number}/submissions", status_code=201)
def submit(
    case: LockedDep, body: People, actor: ReadyDep, session: SessionDep, now: NowDep
) -> dict[str, Any]:
    """Send the list for review (SZ-26)."""
    row = lists.submit(session, case, people=body.people, actor=actor, now=now)
    return {"version": row.version, "state": case.state}


@router.post("/cases/{number}/withdrawal")
def withdraw(
    case: LockedDep, _body: Nothing, actor: ReadyDep, session: SessionDep, now: NowDep
) -> dict[str, Any]:
    """Take the list back before an officer has claimed it."""
    row = lists.withdraw(session, case, actor=actor, now=now)
    return {"version": row.version, "state": case.state}


@router.post("/cases/{number}/rectification-report", status_code=201)
def report(
    case: LockedDep, actor: ReadyDep, upload: UploadDep, session: SessionDep, parts: PartsDep, now: NowDep
) -> dict[str, Any]:
    """整改报告 (SZ-35)."""
    row = files.add_report(
        session,
        case,
        text=upload.fields.get("text", ""),
        file=keep_document(upload, parts.evidence),
        actor=actor,
        now=now,
    )
    return {"report": row.id}


@router.post("/cases/{number}/statement", status_code=201)
def state_defence(
    case: LockedDep, body: Statement, actor: ReadyDep, session: SessionDep, now: NowDep
) -> dict[str, Any]:
    """陈述申辩: while it is open nothing adverse happens."""
    fact = put_forward(session, case, reason=body.reason, actor=actor, now=now)
    return {"appeal": fact.id}


@router.get("/cases/{number}/notices")
def list_notices(case: CaseDep, session: SessionDep) -> list[dict[str, Any]]:
    """Documents of the case."""
    return [notice_view(one) for one in of_case(session, case.id)]


@router.get("/notices/{notice_id}/pdf", response_class=Response)
def notice_pdf(
    notice_id: int, actor: EnterpriseDep, session: SessionDep, parts: PartsDep, now: NowDep
) -> Response:
    """One document; opening it is logged, and is not service (SZ-34)."""
    notice = notice_for(session, notice_id, actor=actor)
    notices.mark_viewed(session, notice.id, actor=actor.label, now=now)
    return pdf_answer(notice, parts.evidence)


def _loaded(session: Session, case: Case) -> Case:
    return next(one for one in queries.cases_of_enterprise(session, case.enterprise_id) if one.id == case.id)


def _whole(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 18 else 0
