"""设置打卡人员: the roster with live counters, scans of certificates, sending the list (SZ-16 … SZ-26)."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from registry.errors import DakaError, NotFound
from registry.people.models import Holding
from verify_api.accounts.actor import Actor
from verify_api.accounts.deps import EnterpriseDep
from verify_api.accounts.uploads import keep_document
from verify_api.cases import choosing, files, lists, queries, views
from verify_api.cases.ground import ground_on
from verify_api.cases.models import Case, CertificateFile
from verify_api.cases.states import RECTIFICATION, State
from verify_api.http.deps import PartsDep, SessionDep
from verify_api.pages.files import shown_file
from verify_api.pages.forms import FormDep
from verify_api.pages.render import Frame, FrameDep, attempt, go, render
from verify_api.portal.cases import CaseDep, LockedDep
from verify_api.portal.profile_pages import UploadDep
from verify_api.selection.report import check_mapping, plan_mapping
from verify_api.selection.solver import plan

router = APIRouter(prefix="/portal/cases/{number}", include_in_schema=False)

HOLDINGS = {Holding.REGISTERED.value: "注册证", Holding.TITLED.value: "职称证"}


def _page(
    frame: Frame,
    session: Session,
    case: Case,
    chosen: Sequence[int],
    *,
    errors: Sequence[DakaError] = (),
    found: dict[str, Any] | None = None,
    suggestion: dict[str, Any] | None = None,
) -> Response:
    session.refresh(case, ["enterprise", "items"])
    people = choosing.candidates(session, case, ground=ground_on(session, now=frame.now))
    ticked = [one["person"] for one in people if one["person"] in set(chosen) and one["selectable"]]
    return frame.show(
        "portal/choose.html",
        here="tasks",
        case=views.detail(session, case, now=frame.now),
        people=sorted(people, key=lambda one: (not one["technical_lead_of"], not one["selectable"])),
        chosen=set(ticked),
        lost=len(set(chosen) - set(ticked)),
        found=found or _checked(frame, session, case, ticked),
        suggestion=suggestion,
        holdings=HOLDINGS,
        needs_report=State(case.state) in RECTIFICATION and not queries.reports(session, case.id),
        errors=errors,
    )


def _checked(frame: Frame, session: Session, case: Case, people: Sequence[int]) -> dict[str, Any]:
    return check_mapping(lists.check_people(session, case, people=people, now=frame.now))


@router.get("/people")
def choose_page(case: CaseDep, frame: FrameDep, session: SessionDep, suggest: str = "") -> Response:
    """The roster, with what was chosen last."""
    chosen = lists.draft_of(session, case) or _last_sent(session, case)
    suggestion = None
    if suggest:
        suggestion = plan_mapping(
            plan(choosing.question(session, case, ground=ground_on(session, now=frame.now)))
        )
        chosen = [int(person) for person in suggestion.get("people", chosen)]
    return _page(frame, session, case, chosen, suggestion=suggestion)


def _last_sent(session: Session, case: Case) -> list[int]:
    sent = queries.lists(session, case.id)
    return [one["person"] for one in sent[0].people] if sent else []


@router.post("/people/counters")
def counters(form: FormDep, case: CaseDep, frame: FrameDep, session: SessionDep) -> HTMLResponse:
    """The counters alone, for the page's script."""
    found = _checked(frame, session, case, form.numbers("people"))
    return HTMLResponse(render("portal/counters.html", found=found))


@router.post("/people")
def choose(
    form: FormDep, case: LockedDep, actor: EnterpriseDep, frame: FrameDep, session: SessionDep
) -> Response:
    """Check, keep, or send the list."""
    people, what = form.numbers("people"), form.text("do")
    saved = attempt(session, lambda: lists.save_draft(session, case, people=people, now=frame.now))
    if isinstance(saved, DakaError):
        return _page(frame, session, case, people, errors=[saved])
    if what == "submit":
        return _submit(frame, session, case, actor, people)
    if what == "save":
        return go(f"/portal/cases/{case.number}/people", "saved")
    return _page(frame, session, case, people)


def _submit(frame: Frame, session: Session, case: Case, actor: Actor, people: Sequence[int]) -> Response:
    outcome = attempt(session, lambda: lists.submit(session, case, people=people, actor=actor, now=frame.now))
    if isinstance(outcome, DakaError):
        return _page(frame, session, case, people, errors=[outcome])
    return go(f"/portal/cases/{case.number}", "submitted")


@router.post("/files")
def add_file(
    case: LockedDep,
    actor: EnterpriseDep,
    upload: UploadDep,
    frame: FrameDep,
    session: SessionDep,
    parts: PartsDep,
) -> Response:
    """A scan of one certificate (SZ-25)."""
    person, holding = upload.fields.get("person", ""), upload.fields.get("holding", "")

    def act() -> CertificateFile:
        return files.add_certificate_file(
            session,
            case,
            person_id=int(person) if person.isascii() and person.isdigit() and len(person) < 16 else 0,
            holding=holding,
            file=keep_document(upload, parts.evidence),
            actor=actor,
            now=frame.now,
        )

    outcome = attempt(session, act)
    if isinstance(outcome, DakaError):
        return _page(frame, session, case, lists.draft_of(session, case), errors=[outcome])
    answer = go(f"/portal/cases/{case.number}/people", "file")
    answer.headers["location"] += f"#person-{outcome.person_id}"
    return answer


@router.post("/files/{file_id}/removal")
def remove_file(
    _form: FormDep, file_id: int, case: LockedDep, frame: FrameDep, session: SessionDep
) -> Response:
    """Take a scan away; the person is unticked (SZ-25)."""
    files.remove_certificate_file(session, case, file_id=file_id, now=frame.now)
    return go(f"/portal/cases/{case.number}/people", "saved")


@router.get("/files/{file_id}")
def show_file(file_id: int, case: CaseDep, session: SessionDep, parts: PartsDep) -> Response:
    """One's own scan."""
    row = session.get(CertificateFile, file_id)
    if row is None or row.enterprise_id != case.enterprise_id:
        raise NotFound
    return shown_file(parts.evidence, row.sha256, row.media_type)
