"""整改回复: documents received, and the 整改报告 (SZ-34, SZ-35)."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from registry.errors import DakaError, NotFound
from verify_api.accounts.deps import EnterpriseDep
from verify_api.accounts.uploads import keep_document
from verify_api.cases import files, queries, views
from verify_api.cases.models import Case, RectificationReport
from verify_api.cases.states import RECTIFICATION, State
from verify_api.http.deps import NowDep, PartsDep, SessionDep
from verify_api.notices import service as notices
from verify_api.notices.queries import of_enterprise
from verify_api.notices.serving import notice_for, notice_view, pdf_answer
from verify_api.pages.files import shown_file
from verify_api.pages.render import Frame, FrameDep, attempt, go
from verify_api.pages.states import tone_of
from verify_api.portal.cases import CaseDep, LockedDep, ReadyDep
from verify_api.portal.profile_pages import UploadDep

router = APIRouter(prefix="/portal", include_in_schema=False)


@router.get("/rectification")
def rectification_page(actor: ReadyDep, frame: FrameDep, session: SessionDep, now: NowDep) -> Response:
    """整改回复."""
    mine = queries.cases_of_enterprise(session, actor.own_enterprise)
    wanted = [case for case in mine if State(case.state) in RECTIFICATION | {State.REVOCATION_PROPOSED}]
    numbers = {case.id: case.number for case in mine}
    return frame.show(
        "portal/rectification.html",
        here="rectification",
        cases=[
            one | {"tone": tone_of(State(one["state"]))} for one in views.summaries(session, wanted, now=now)
        ],
        notices=[
            notice_view(one) | {"case": numbers.get(one.case_id or 0)}
            for one in of_enterprise(session, actor.own_enterprise)
        ],
    )


@router.get("/notices/{notice_id}")
def notice_pdf(
    notice_id: int, actor: EnterpriseDep, session: SessionDep, parts: PartsDep, now: NowDep
) -> Response:
    """One document; opening it is logged, and is not service (SZ-34)."""
    notice = notice_for(session, notice_id, actor=actor)
    answer = pdf_answer(notice, parts.evidence)
    notices.mark_viewed(session, notice.id, actor=actor.label, now=now)
    return answer


@router.get("/cases/{number}/report")
def report_page(case: CaseDep, frame: FrameDep, session: SessionDep) -> Response:
    """提交整改报告."""
    return _report(frame, session, case)


def _report(
    frame: Frame, session: Session, case: Case, error: DakaError | None = None, text: str = ""
) -> Response:
    session.refresh(case, ["enterprise", "items"])
    return frame.show(
        "portal/report.html",
        here="rectification",
        case=views.detail(session, case, now=frame.now),
        text=text,
        errors=error or (),
    )


@router.post("/cases/{number}/report")
def save_report(
    case: LockedDep,
    actor: EnterpriseDep,
    upload: UploadDep,
    frame: FrameDep,
    session: SessionDep,
    parts: PartsDep,
) -> Response:
    """Hand the report in; every version is kept."""
    text = upload.fields.get("text", "")

    def act() -> RectificationReport:
        file = keep_document(upload, parts.evidence)
        return files.add_report(session, case, text=text, file=file, actor=actor, now=frame.now)

    outcome = attempt(session, act)
    if isinstance(outcome, DakaError):
        return _report(frame, session, case, outcome, text)
    return go(f"/portal/cases/{case.number}", "report")


@router.get("/cases/{number}/reports/{report_id}")
def show_report(report_id: int, case: CaseDep, session: SessionDep, parts: PartsDep) -> Response:
    """One's own report file."""
    row = session.get(RectificationReport, report_id)
    if row is None or row.case_id != case.id:
        raise NotFound
    return shown_file(parts.evidence, row.sha256, row.media_type, name=f"report-{row.id}")
