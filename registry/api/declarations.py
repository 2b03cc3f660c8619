"""Routes of what is declared beside filings: commitments, 核查意见, contacts of authorities, claims."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy.orm import Session

from registry.api.deps import Body, Deps
from registry.api.filings import DocumentBody, Long, Short
from registry.credit.service import claim_performance, commit
from registry.enterprises.models import Enterprise, QualificationItem
from registry.enterprises.service import ItemUnknown
from registry.errors import NotFound
from registry.people.queries import is_on_roster
from registry.projects.models import Level
from registry.workflows.administration import confirm_indicators, name_contact
from registry.workflows.officers import Firm, Officer
from registry.workflows.queries import contact_of


class PersonNotOnRoster(NotFound):
    """The person is not on the roster of the item's enterprise."""

    code = "person_not_on_roster"
    message = "该人员不在企业名册中"


class SignerBody(Body):
    """Somebody who signs a commitment."""

    role: Short
    name: Short


class CommitmentBody(Body):
    """真实性承诺 (MO-10)."""

    application: Short
    text_version: Short
    text: Annotated[str, Field(max_length=20_000, min_length=1)]
    signers: list[SignerBody]
    authorises_checks: bool


class ConfirmationBody(Body):
    """核查意见 (MO-02)."""

    uscc: Short
    confirmed_on: date
    document: DocumentBody


class ContactBody(Body):
    """The one contact of an authority (GX-15)."""

    name: Short
    phone: Annotated[str, Field(pattern=r"^[0-9 -]{5,20}$")]


class ClaimBody(Body):
    """The project a technical lead was named with."""

    person: int
    project_code: Long


def declarations_router(deps: Deps) -> APIRouter:
    """All of them."""
    router = APIRouter()
    _firm_routes(router, deps)
    _officer_routes(router, deps)
    return router


def _firm_routes(router: APIRouter, deps: Deps) -> None:
    SessionDep = Annotated[Session, Depends(deps.session, scope="function")]  # noqa: N806 - a type.
    FirmDep = Annotated[Firm, Depends(deps.firm)]  # noqa: N806
    NowDep = Annotated[datetime, Depends(deps.now)]  # noqa: N806

    @router.post("/commitments", status_code=201)
    def sign(body: CommitmentBody, session: SessionDep, firm: FirmDep, now: NowDep) -> dict[str, object]:
        made = commit(
            session,
            uscc=session.get_one(Enterprise, firm.enterprise_id).uscc,
            application=body.application,
            text_version=body.text_version,
            text=body.text,
            signers=[signer.model_dump() for signer in body.signers],
            authorises_checks=body.authorises_checks,
            actor=firm.actor,
            now=now,
        )
        return {"commitment": made.id, "text_sha256": made.text_sha256}

    @router.get("/contacts/{region}/{level}")
    def contact(region: str, level: Level, session: SessionDep) -> dict[str, str]:
        found = contact_of(session, region, level)
        if found is None:
            raise NotFound
        return {"authority": found.authority, "name": found.name, "phone": found.phone}


def _officer_routes(router: APIRouter, deps: Deps) -> None:
    SessionDep = Annotated[Session, Depends(deps.session, scope="function")]  # noqa: N806
    OfficerDep = Annotated[Officer, Depends(deps.officer)]  # noqa: N806
    NowDep = Annotated[datetime, Depends(deps.now)]  # noqa: N806

    @router.post("/projects/{project_id}/indicator-confirmations", status_code=201)
    def confirm(
        project_id: int, body: ConfirmationBody, session: SessionDep, officer: OfficerDep, now: NowDep
    ) -> dict[str, int]:
        made = confirm_indicators(
            session,
            project_id=project_id,
            uscc=body.uscc,
            confirmed_on=body.confirmed_on,
            document=body.document.model_dump(),
            officer=officer,
            now=now,
        )
        return {"confirmation": made.id}

    @router.put("/contact")
    def name(body: ContactBody, session: SessionDep, officer: OfficerDep, now: NowDep) -> dict[str, str]:
        made = name_contact(session, officer=officer, name=body.name, phone=body.phone, now=now)
        return {"authority": made.authority, "name": made.name}

    @router.post("/items/{item_id}/lead-claims", status_code=201)
    def claim(
        item_id: int, body: ClaimBody, session: SessionDep, officer: OfficerDep, now: NowDep
    ) -> dict[str, int]:
        item = session.get(QualificationItem, item_id)
        if item is None:
            raise ItemUnknown
        if not is_on_roster(session, item.enterprise_id, body.person):
            raise PersonNotOnRoster
        made = claim_performance(
            session,
            item_id=item_id,
            person_id=body.person,
            project_code=body.project_code,
            actor=officer.actor,
            now=now,
        )
        return {"claim": made.id}
