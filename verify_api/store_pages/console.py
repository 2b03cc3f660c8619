"""An authority's pages of the store: projects, the review queue, correction side by side, eligibility."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from registry.api import shapes
from registry.clock import SHANGHAI
from registry.credit.queries import credit_file
from registry.crosschecks.service import newest_checks
from registry.eligibility.rules import Use
from registry.eligibility.service import eligible
from registry.enterprises.models import Enterprise
from registry.enterprises.queries import enterprise_by_uscc
from registry.errors import DakaError
from registry.people.queries import roster
from registry.projects.queries import list_projects
from registry.workflows import review
from registry.workflows.facts import profile_of, stages_of
from registry.workflows.jilin import METHODS
from registry.workflows.models import Filing
from registry.workflows.officers import NoPost, Officer, is_competent, officer_of
from registry.workflows.profile import Kind
from registry.workflows.queries import filing_for_officer, queue
from registry.workflows.service import FilingUnknown
from verify_api.accounts.actor import Actor
from verify_api.accounts.deps import IpDep, StaffDep
from verify_api.accounts.media import media_type_of
from verify_api.accounts.uploads import UploadDep, keep_document
from verify_api.http.deps import PartsDep, SessionDep
from verify_api.pages.files import shown_file
from verify_api.pages.forms import FormDep
from verify_api.pages.people import actors_named
from verify_api.pages.render import Frame, FrameDep, attempt, go
from verify_api.store_pages.access import CalendarDep, OfficerDep
from verify_api.store_pages.words import LABELS, WORDS

router = APIRouter(prefix="/console/projects", include_in_schema=False)
HERE = "projects"


@router.get("")
def projects_page(
    actor: StaffDep,
    frame: FrameDep,
    session: SessionDep,
    ip: IpDep,
    q: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """All projects, and what waits for this officer."""
    found = list_projects(session, moment=frame.now, viewer="*", text=q.strip())
    waiting = _waiting(session, actor, ip)
    return frame.show(
        "store/projects.html",
        here=HERE,
        base="/console/projects",
        q=q,
        projects=[shapes.project_line(p.project, dict(p.grades), is_false=p.is_false) for p in found],
        filings=[shapes.filing_line(one, now=frame.now) for one in waiting],
        is_staff=True,
        w=WORDS,
    )


def _waiting(session: Session, actor: Actor, ip: str) -> list[Filing]:
    """What waits for the officer; nothing for staff without a post."""
    try:
        return queue(session, officer_of(session, actor.label, ip=ip))
    except NoPost:
        return []


@router.get("/eligibility")
def eligibility_page(
    _actor: StaffDep,
    frame: FrameDep,
    session: SessionDep,
    uscc: Annotated[str, Query(max_length=18)] = "",
    use: Use = Use.PROVINCIAL,
    on: date | None = None,
) -> Response:
    """Whether a firm may apply."""
    firm = enterprise_by_uscc(session, uscc.strip().upper()) if uscc else None
    today = on or frame.now.astimezone(SHANGHAI).date()
    answer = eligible(session, uscc=firm.uscc, use=use, on=today) if firm else None
    people = roster(session, firm.id) if firm else []
    return frame.show(
        "store/eligibility.html",
        here=HERE,
        answer=shapes.answer(answer) if answer else None,
        names={entry.person_id: entry.person.name for entry in people},
        uses=[("provincial", "省、市批"), ("national", "部批")],
        action="/console/projects/eligibility",
        uscc=uscc or "",
        w=WORDS,
    )


@router.get("/filings/{filing_id}")
def filing_page(filing_id: int, officer: OfficerDep, frame: FrameDep, session: SessionDep) -> Response:
    """A filing for its reviewer: data or difference, people with cross-checks, the firm's credit file."""
    return _filing(frame, session, officer, filing_for_officer(session, filing_id, officer))


def _filing(
    frame: Frame, session: Session, officer: Officer, filing: Filing, error: DakaError | None = None
) -> Response:
    profile = profile_of(session, filing)
    shown = shapes.filing_page(session, filing, for_officer=True, now=frame.now)
    firm = session.get_one(Enterprise, filing.enterprise_id)
    people = [person["person"] for person in filing.content.get("people", []) if person.get("person")]
    step = filing.steps[filing.step] if filing.step < len(filing.steps) else {}
    return frame.show(
        "store/review.html",
        here=HERE,
        filing=shown,
        workflow=profile.workflows[Kind(filing.kind)],
        profile=profile,
        firm=firm,
        credit=[shapes.credit_entry(entry) for entry in credit_file(session, firm.uscc)[:5]],
        checks={person: newest_checks(session, person) for person in people},
        diff=_diff(shown) if filing.kind == Kind.ERRATUM else None,
        stages=stages_of(filing.content),
        step=step,
        methods=METHODS,
        labels=LABELS,
        document=frame.request.query_params.get("document", "")[:64],
        may_decide=filing.state == "reviewing" and is_competent(officer, filing, profile.departments),
        names=actors_named(session, [d["actor"] for d in shown["decisions"]]),
        errors=error or (),
        w=WORDS,
    )


def _diff(shown: shapes.Json) -> list[shapes.Json]:
    """The newest difference that was kept with a step."""
    kept = [decision["diff"] for decision in shown["decisions"] if decision["diff"]]
    return list(kept[-1]) if kept else []


@router.get("/filings/{filing_id}/files/{sha256}")
def attachment(
    filing_id: int, sha256: str, officer: OfficerDep, session: SessionDep, parts: PartsDep
) -> Response:
    """An attachment of a filing, if it is one of this filing's."""
    filing = filing_for_officer(session, filing_id, officer)
    if sha256 not in {file["sha256"] for file in filing.attachments}:
        raise FilingUnknown
    head = parts.evidence.get(sha256)[:16]
    return shown_file(parts.evidence, sha256, media_type_of(head) or "application/octet-stream")


@router.post("/filings/{filing_id}/document")
def add_document(
    filing_id: int,
    officer: OfficerDep,
    upload: UploadDep,
    frame: FrameDep,
    session: SessionDep,
    parts: PartsDep,
) -> Response:
    """Upload this level's official document; the decision then names it by its digest."""
    filing = filing_for_officer(session, filing_id, officer)
    kept = attempt(session, lambda: keep_document(upload, parts.evidence))
    if isinstance(kept, DakaError):
        return _filing(frame, session, officer, filing, kept)
    return go(f"/console/projects/filings/{filing_id}", "attached", document=kept.sha256)


@router.post("/filings/{filing_id}/decision")
def decide(
    filing_id: int,
    officer: OfficerDep,
    form: FormDep,
    frame: FrameDep,
    session: SessionDep,
    calendar: CalendarDep,
) -> Response:
    """Agree or refuse."""
    filing = filing_for_officer(session, filing_id, officer)
    document = {"number": form.text("document"), "sha256": form.text("document_sha256")}
    verdict = review.Verdict(
        is_approved=form.either("verdict", yes="approve", no="reject"),
        reason=form.text("reason"),
        methods=tuple(method for n, method in enumerate(METHODS) if form.text(f"method.{n}")),
        document=document if any(document.values()) else None,
        push_override=form.text("push_override"),
    )
    outcome = attempt(
        session,
        lambda: review.decide(
            session, filing_id=filing_id, officer=officer, verdict=verdict, calendar=calendar, now=frame.now
        ),
    )
    if isinstance(outcome, DakaError):
        return _filing(frame, session, officer, filing, outcome)
    return go(f"/console/projects/filings/{filing_id}", "decided")
