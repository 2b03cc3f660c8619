"""Filings as firms and authorities list them."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.projects.models import Level
from registry.workflows.facts import profile_of
from registry.workflows.models import AuthorityContact, Filing, FilingDecision, FilingState
from registry.workflows.officers import Officer, is_competent
from registry.workflows.service import FilingUnknown


def filings_of(session: Session, enterprise_id: int) -> list[Filing]:
    """A firm's filings, newest first."""
    return list(
        session.scalars(
            select(Filing).where(Filing.enterprise_id == enterprise_id).order_by(Filing.id.desc())
        )
    )


def queue(session: Session, officer: Officer, *, limit: int = 100) -> list[Filing]:
    """What waits for an officer: his level's turn, at his place, in his trade; most urgent first (JL-24)."""
    rows = session.scalars(
        select(Filing)
        .where(
            Filing.state == FilingState.REVIEWING,
            Filing.at_level == officer.level.value,
            Filing.location_code.startswith(officer.reach, autoescape=True),
        )
        .order_by(Filing.due_on.asc().nulls_last(), Filing.id)
    )
    found: list[Filing] = []
    departments: dict[tuple[str, date], Mapping[str, str]] = {}
    for filing in rows:
        rules = filing.profile, filing.opened_at.astimezone(SHANGHAI).date()
        if rules not in departments:
            departments[rules] = profile_of(session, filing).departments
        if is_competent(officer, filing, departments[rules]):
            found.append(filing)
        if len(found) == limit:
            break
    return found


def filing_for_officer(session: Session, filing_id: int, officer: Officer) -> Filing:
    """A filing of the officer's place, whoever's turn it is.

    Raises:
        FilingUnknown: There is none, or it lies elsewhere.
    """
    filing = session.get(Filing, filing_id)
    if filing is None or not filing.location_code.startswith(officer.reach):
        raise FilingUnknown
    return filing


def decisions_of(session: Session, filing_id: int) -> list[FilingDecision]:
    """What was decided on a filing, in order."""
    return list(
        session.scalars(
            select(FilingDecision).where(FilingDecision.filing_id == filing_id).order_by(FilingDecision.id)
        )
    )


def contact_of(session: Session, region: str, level: Level) -> AuthorityContact | None:
    """The one person an authority named (GX-15)."""
    return session.scalars(
        select(AuthorityContact).where(
            AuthorityContact.region == region, AuthorityContact.level == level.value
        )
    ).first()


def days_left(filing: Filing, *, now: datetime) -> int | None:
    """Natural days until the reviewer's last day; None without a limit."""
    return None if filing.due_on is None else (filing.due_on - now.astimezone(SHANGHAI).date()).days
