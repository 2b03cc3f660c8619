"""Routes of filings: a firm's side and an authority's side."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy.orm import Session

from registry.api import shapes
from registry.api.deps import Body, Deps
from registry.projects.service import Identity
from registry.workflows import review
from registry.workflows.facts import profile_of
from registry.workflows.officers import Firm, Officer
from registry.workflows.profile import Kind
from registry.workflows.queries import filing_for_officer, filings_of, queue
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

Short = Annotated[str, Field(max_length=200)]
Long = Annotated[str, Field(max_length=2000)]


class ProjectBody(Body):
    """Which project."""

    code: Short
    name: Short
    location_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    category: Short
    work_type: Short
    specialty: Short = ""


class OpenBody(Body):
    """Begin a filing."""

    kind: Kind
    project: ProjectBody
    reason: Long = ""
    follows: int | None = None


class FileBody(Body):
    """An attachment by the digest of its bytes."""

    kind: Short
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    name: Short


class PersonBody(Body):
    """A person's part."""

    person: int | None = None
    name: Short
    role: Short
    employer_uscc: Short


class PartyBody(Body):
    """A firm's part."""

    role: Short
    uscc: Short
    name: Short


class DraftBody(Body):
    """What a firm fills in."""

    stages: dict[Short, dict[Short, Any]] = Field(default_factory=dict)
    parties: list[PartyBody] = Field(default_factory=list)
    people: list[PersonBody] = Field(default_factory=list)
    attachments: list[FileBody] = Field(default_factory=list)
    claims: dict[Short, Short] = Field(default_factory=dict)
    reason: Long = ""

    def draft(self) -> Draft:
        """As the service takes it."""
        return Draft(
            stages=self.stages,
            parties=[party.model_dump() for party in self.parties],
            people=[person.model_dump() for person in self.people],
            attachments=[file.model_dump() for file in self.attachments],
            claims=self.claims,
            reason=self.reason,
        )


class DocumentBody(Body):
    """An official document."""

    number: Short
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DecisionBody(Body):
    """What an officer decides."""

    approve: bool
    reason: Long = ""
    methods: list[Short] = Field(default_factory=list)
    document: DocumentBody | None = None
    push_override: Long = ""


def filings_router(deps: Deps) -> APIRouter:
    """Both sides."""
    router = APIRouter()
    _firm_routes(router, deps)
    _officer_routes(router, deps)
    return router


def _firm_routes(router: APIRouter, deps: Deps) -> None:
    SessionDep = Annotated[Session, Depends(deps.session, scope="function")]  # noqa: N806 - a type.
    FirmDep = Annotated[Firm, Depends(deps.firm)]  # noqa: N806
    NowDep = Annotated[datetime, Depends(deps.now)]  # noqa: N806
    CalendarDep = Annotated[Calendar, Depends(deps.calendar)]  # noqa: N806

    @router.post("/filings", status_code=201)
    def begin(body: OpenBody, session: SessionDep, firm: FirmDep, now: NowDep) -> shapes.Json:
        filing = open_filing(
            session, firm=firm, kind=body.kind, identity=Identity(**body.project.model_dump()),
            reason=body.reason, follows_id=body.follows, now=now,
        )  # fmt: skip
        return shapes.filing_page(session, filing, for_officer=False, now=now)

    @router.get("/filings")
    def own(session: SessionDep, firm: FirmDep, now: NowDep) -> list[shapes.Json]:
        return [shapes.filing_line(filing, now=now) for filing in filings_of(session, firm.enterprise_id)]

    @router.get("/filings/{filing_id}")
    def page(filing_id: int, session: SessionDep, firm: FirmDep, now: NowDep) -> shapes.Json:
        return shapes.filing_page(session, own_filing(session, filing_id, firm), for_officer=False, now=now)

    @router.put("/filings/{filing_id}")
    def fill(filing_id: int, body: DraftBody, session: SessionDep, firm: FirmDep, now: NowDep) -> shapes.Json:
        filing = save(session, filing_id=filing_id, firm=firm, draft=body.draft(), now=now)
        return shapes.filing_page(session, filing, for_officer=False, now=now)

    @router.get("/filings/{filing_id}/faults")
    def faults(filing_id: int, session: SessionDep, firm: FirmDep, now: NowDep) -> list[dict[str, str]]:
        filing = own_filing(session, filing_id, firm)
        found = submission_faults(session, filing, firm, profile_of(session, filing), now=now)
        return [clause.to_mapping() for clause in found]

    @router.post("/filings/{filing_id}/submission")
    def hand_in(
        filing_id: int, session: SessionDep, firm: FirmDep, calendar: CalendarDep, now: NowDep
    ) -> shapes.Json:
        filing = submit(session, filing_id=filing_id, firm=firm, calendar=calendar, now=now)
        return shapes.filing_page(session, filing, for_officer=False, now=now)

    @router.post("/filings/{filing_id}/withdrawal")
    def withdraw(filing_id: int, session: SessionDep, firm: FirmDep, now: NowDep) -> shapes.Json:
        filing = take_back(session, filing_id=filing_id, firm=firm, now=now)
        return shapes.filing_line(filing, now=now)


def _officer_routes(router: APIRouter, deps: Deps) -> None:
    SessionDep = Annotated[Session, Depends(deps.session, scope="function")]  # noqa: N806
    OfficerDep = Annotated[Officer, Depends(deps.officer)]  # noqa: N806
    NowDep = Annotated[datetime, Depends(deps.now)]  # noqa: N806
    CalendarDep = Annotated[Calendar, Depends(deps.calendar)]  # noqa: N806

    @router.get("/queue")
    def waiting(session: SessionDep, officer: OfficerDep, now: NowDep) -> list[shapes.Json]:
        return [shapes.filing_line(filing, now=now) for filing in queue(session, officer)]

    @router.get("/queue/{filing_id}")
    def look(filing_id: int, session: SessionDep, officer: OfficerDep, now: NowDep) -> shapes.Json:
        filing = filing_for_officer(session, filing_id, officer)
        return shapes.filing_page(session, filing, for_officer=True, now=now)

    @router.post("/queue/{filing_id}/claim")
    def claim(filing_id: int, session: SessionDep, officer: OfficerDep, now: NowDep) -> shapes.Json:
        filing = review.claim(session, filing_id=filing_id, officer=officer, now=now)
        return shapes.filing_line(filing, now=now)

    @router.post("/queue/{filing_id}/decision")
    def decide(
        filing_id: int,
        body: DecisionBody,
        session: SessionDep,
        officer: OfficerDep,
        calendar: CalendarDep,
        now: NowDep,
    ) -> shapes.Json:
        verdict = review.Verdict(
            is_approved=body.approve,
            reason=body.reason,
            methods=tuple(body.methods),
            document=body.document.model_dump() if body.document else None,
            push_override=body.push_override,
        )
        filing = review.decide(
            session, filing_id=filing_id, officer=officer, verdict=verdict, calendar=calendar, now=now
        )
        return shapes.filing_page(session, filing, for_officer=True, now=now)
