"""A firm's pages of the store: its projects and filings, the filing wizard, and its eligibility."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from registry.api import shapes
from registry.clauses import Clause
from registry.clock import SHANGHAI
from registry.eligibility.rules import Use
from registry.eligibility.service import eligible
from registry.enterprises.models import Enterprise
from registry.errors import DakaError
from registry.people.queries import roster
from registry.projects.fields import CATEGORIES, FIELDS, PERSON_ROLES, WORK_TYPES
from registry.projects.models import Stage
from registry.projects.queries import list_projects, newest_records, project_by_code
from registry.projects.service import Identity
from registry.workflows.facts import profile_of
from registry.workflows.models import Filing
from registry.workflows.officers import Firm
from registry.workflows.profile import Kind, Profile
from registry.workflows.queries import filings_of
from registry.workflows.service import (
    Draft,
    open_filing,
    own_filing,
    save,
    submission_faults,
    submit,
    take_back,
)
from registry.workflows.workdays import Calendar
from verify_api.accounts.deps import EnterpriseDep
from verify_api.accounts.uploads import UploadDep, keep_document
from verify_api.http.deps import PartsDep, SessionDep
from verify_api.pages.forms import FormDep
from verify_api.pages.render import Frame, FrameDep, attempt, go
from verify_api.store_pages.access import CalendarDep, FirmDep
from verify_api.store_pages.forms import CLAIMS, INDICATOR_ROWS, draft_of, stages_offered
from verify_api.store_pages.words import KINDS, LABELS, WORDS, choices, way_of

router = APIRouter(prefix="/portal/projects", include_in_schema=False)
HERE = "projects"


def _firm(session: Session, firm: Firm) -> Enterprise:
    return session.get_one(Enterprise, firm.enterprise_id)


@router.get("")
def projects_page(
    firm: FirmDep, frame: FrameDep, session: SessionDep, q: Annotated[str, Query(max_length=60)] = ""
) -> Response:
    """The projects the firm may see, and its own filings."""
    uscc = _firm(session, firm).uscc
    found = list_projects(session, moment=frame.now, viewer=uscc, text=q.strip())
    return frame.show(
        "store/projects.html",
        here=HERE,
        base="/portal/projects",
        q=q,
        projects=[shapes.project_line(p.project, dict(p.grades), is_false=p.is_false) for p in found],
        filings=[shapes.filing_line(one, now=frame.now) for one in filings_of(session, firm.enterprise_id)],
        is_staff=False,
        w=WORDS,
    )


@router.get("/new")
def new_page(_actor: EnterpriseDep, frame: FrameDep, session: SessionDep, code: str = "") -> Response:
    """Choose what to file and which project it is about."""
    return _new(frame, session, code)


def _new(
    frame: Frame,
    session: Session,
    code: str,
    error: DakaError | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    project = project_by_code(session, code.strip()) if code else None
    known = (
        {slot: getattr(project, slot) for slot in Identity.__slots__}
        if project
        else dict.fromkeys(Identity.__slots__, "")
    )
    return frame.show(
        "store/new.html",
        here=HERE,
        given={**known, "kind": "", "reason": "", **(given or {})},
        kinds=[(kind.value, name) for kind, name in KINDS.items()],
        categories=[(name, name) for name in sorted(CATEGORIES)],
        work_types=[(name, name) for name in sorted(WORK_TYPES)],
        errors=error or (),
    )


@router.post("/new")
def begin(firm: FirmDep, form: FormDep, frame: FrameDep, session: SessionDep) -> Response:
    """Begin a filing."""
    given = {slot: form.text(slot) for slot in Identity.__slots__}
    kind = form.text("kind")
    if kind not in {one.value for one in Kind}:
        return _new(frame, session, "", given=given | {"kind": "", "reason": form.text("reason")})
    outcome = attempt(
        session,
        lambda: open_filing(
            session, firm=firm, kind=Kind(kind), identity=Identity(**given),
            reason=form.text("reason"), now=frame.now,
        ),
    )  # fmt: skip
    if isinstance(outcome, DakaError):
        return _new(frame, session, "", outcome, given | {"kind": kind, "reason": form.text("reason")})
    return go(f"/portal/projects/filings/{outcome.id}")


@router.get("/eligibility")
def eligibility_page(
    firm: FirmDep, frame: FrameDep, session: SessionDep, use: Use = Use.PROVINCIAL, on: date | None = None
) -> Response:
    """Whether the firm may apply, and what is missing."""
    today = on or frame.now.astimezone(SHANGHAI).date()
    answer = eligible(session, uscc=_firm(session, firm).uscc, use=use, on=today)
    names = {entry.person_id: entry.person.name for entry in roster(session, firm.enterprise_id)}
    return frame.show(
        "store/eligibility.html",
        here=HERE,
        answer=shapes.answer(answer),
        names=names,
        uses=[("provincial", "省、市批"), ("national", "部批")],
        action="/portal/projects/eligibility",
        uscc="",
        w=WORDS,
    )


@router.get("/filings/{filing_id}")
def filing_page(filing_id: int, firm: FirmDep, frame: FrameDep, session: SessionDep) -> Response:
    """A filing: the form while it is the firm's turn, else where it stands."""
    return _filing(frame, session, firm, own_filing(session, filing_id, firm))


def _filing(
    frame: Frame,
    session: Session,
    firm: Firm,
    filing: Filing,
    error: DakaError | None = None,
    faults: list[Clause] | None = None,
    draft: Draft | None = None,
) -> Response:
    profile = profile_of(session, filing)
    shown = shapes.filing_page(session, filing, for_officer=False, now=frame.now)
    if draft is not None:  # What was typed stays in the form, whatever became of it.
        shown["content"] = {
            "stages": draft.stages, "people": draft.people, "claims": draft.claims or {}
        }  # fmt: skip
        shown["reason"] = draft.reason
    return frame.show(
        "store/filing.html",
        here=HERE,
        filing=shown,
        workflow=profile.workflows[Kind(filing.kind)],
        profile=profile,
        stages=_blank_stages(session, filing, profile, shown),
        fields=FIELDS,
        labels=LABELS,
        choices=choices,
        way=way_of(shown),
        chosen={p["person"]: p["role"] for p in shown["content"].get("people", []) if p.get("person")},
        claims=CLAIMS if not stages_offered(filing, profile) else {},
        indicator_rows=range(INDICATOR_ROWS),
        roster=roster(session, firm.enterprise_id),
        roles=[("", "未参与"), *((role, role) for role in sorted(PERSON_ROLES))],
        faults=faults,
        is_filling=filing.state == "filling",
        errors=error or (),
        w=WORDS,
    )


def _blank_stages(
    session: Session, filing: Filing, profile: Profile, shown: dict[str, Any]
) -> list[tuple[Stage, dict[str, Any]]]:
    """Each stage on offer with what is filled in; an erratum starts from what is on record."""
    filled = shown["content"].get("stages", {})
    if not filled and filing.kind == Kind.ERRATUM and filing.project_id:
        filled = {
            stage.value: row.content for stage, row in newest_records(session, filing.project_id).items()
        }
    return [(stage, filled.get(stage.value, {})) for stage in stages_offered(filing, profile)]


@router.post("/filings/{filing_id}")
def work_on(
    filing_id: int, firm: FirmDep, form: FormDep, frame: FrameDep, session: SessionDep, calendar: CalendarDep
) -> Response:
    """Save, check or hand in, whichever button was pressed."""
    filing = own_filing(session, filing_id, firm)
    profile = profile_of(session, filing)
    draft = draft_of(form, filing, profile, _firm(session, firm), roster(session, firm.enterprise_id))
    saved = attempt(
        session, lambda: save(session, filing_id=filing_id, firm=firm, draft=draft, now=frame.now)
    )
    if isinstance(saved, DakaError):
        return _filing(frame, session, firm, filing, saved, draft=draft)
    return _pressed(form.text("act"), frame, session, firm, saved, profile, calendar)


def _pressed(
    act: str, frame: Frame, session: Session, firm: Firm, filing: Filing, profile: Profile, calendar: Calendar
) -> Response:
    here = f"/portal/projects/filings/{filing.id}"
    if act == "submit":
        outcome = attempt(
            session,
            lambda: submit(session, filing_id=filing.id, firm=firm, calendar=calendar, now=frame.now),
        )
        if isinstance(outcome, DakaError):
            return _filing(frame, session, firm, filing, outcome)
        return go(here, "filing_submitted")
    if act == "check":
        faults = submission_faults(session, filing, firm, profile, now=frame.now)
        return _filing(frame, session, firm, filing, faults=faults)
    return go(here, "saved")


@router.post("/filings/{filing_id}/files")
def attach(
    filing_id: int, firm: FirmDep, upload: UploadDep, frame: FrameDep, session: SessionDep, parts: PartsDep
) -> Response:
    """Add an attachment of a kind."""
    filing = own_filing(session, filing_id, firm)

    def act() -> Filing:
        file = keep_document(upload, parts.evidence)
        kind = upload.fields.get("kind", "").strip()[:40] or "佐证材料"
        content = filing.content
        draft = Draft(
            stages=content.get("stages", {}),
            parties=content.get("parties", []),
            people=content.get("people", []),
            attachments=[*filing.attachments, {"kind": kind, "sha256": file.sha256, "name": kind}],
            claims=content.get("claims", {}),
        )
        return save(session, filing_id=filing_id, firm=firm, draft=draft, now=frame.now)

    outcome = attempt(session, act)
    if isinstance(outcome, DakaError):
        return _filing(frame, session, firm, filing, outcome)
    return go(f"/portal/projects/filings/{filing_id}", "attached")


@router.post("/filings/{filing_id}/withdrawal")
def withdraw(filing_id: int, firm: FirmDep, _form: FormDep, frame: FrameDep, session: SessionDep) -> Response:
    """Take a filing back."""
    outcome = attempt(session, lambda: take_back(session, filing_id=filing_id, firm=firm, now=frame.now))
    if isinstance(outcome, DakaError):
        return _filing(frame, session, firm, own_filing(session, filing_id, firm), outcome)
    return go(f"/portal/projects/filings/{filing_id}", "filing_withdrawn")
