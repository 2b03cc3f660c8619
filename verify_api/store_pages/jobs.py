"""What the scheduler does for the store: deemed approvals, publications, questions to the registers."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.credit.models import CrossCheck
from registry.crosschecks.adapters.http import HttpRegister
from registry.crosschecks.service import cross_check
from registry.ledger.service import SYSTEM
from registry.publication.adapters.http import HttpPlatform
from registry.publication.models import Target
from registry.publication.service import Delivered, deliver_publications
from registry.workflows.models import Filing, FilingState
from registry.workflows.review import deem_overdue
from verify_api.deadlines.service import current_calendar
from verify_api.parts import Parts

ASK_AGAIN = timedelta(days=30)


def deem_filings(parts: Parts) -> list[int]:
    """Deemed approval where a profile says so and nobody decided in time (GX-10)."""
    with parts.sessions() as session:
        calendar = current_calendar(session)
    return deem_overdue(parts.sessions, calendar, parts.clock())


def publish_projects(parts: Parts) -> Delivered | None:
    """Deliver to the platforms that have an address; None if none has: the rows wait."""
    addresses = platform_addresses(parts.settings.platform_urls)
    if not addresses:
        return None
    platform = HttpPlatform(addresses, parts.settings.platform_token.get_secret_value())
    try:
        return deliver_publications(parts.sessions, platform, parts.clock())
    finally:
        platform.close()


def platform_addresses(text: str) -> dict[str, str]:
    """`national=https://…,provincial=https://…` as a mapping; what names no target is left out."""
    known = {target.value for target in Target}
    pairs = (part.split("=", 1) for part in text.split(",") if "=" in part)
    return {name.strip(): address.strip().rstrip("/") for name, address in pairs if name.strip() in known}


def ask_registers(parts: Parts) -> int:
    """Ask the registers about people named in filings under review, once in thirty days (MO-11).

    Returns how many people were asked; none if no gateway has an address: 未查询 is what pages then show.
    """
    settings = parts.settings
    if not settings.register_url:
        return 0
    register = HttpRegister(settings.register_url, settings.register_token.get_secret_value())
    try:
        with parts.sessions() as session:
            waiting = people_to_ask(session, since=parts.clock() - ASK_AGAIN)
        for person, employer in waiting:
            cross_check(
                parts.sessions,
                person_id=person,
                employer_uscc=employer,
                register=register,
                keyring=parts.keyring,
                actor=SYSTEM,
                now=parts.clock(),
            )
        return len(waiting)
    finally:
        register.close()


def people_to_ask(session: Session, *, since: datetime) -> list[tuple[int, str]]:
    """(person, employer) of filings under review whom no register was asked about since."""
    rows = session.scalars(select(Filing.content).where(Filing.state == FilingState.REVIEWING))
    named = {
        (person["person"], person["employer_uscc"])
        for content in rows
        for person in content.get("people", [])
        if person.get("person") is not None
    }
    asked = set(
        session.scalars(
            select(CrossCheck.person_id).where(
                CrossCheck.person_id.in_([person for person, _ in named]), CrossCheck.at >= since
            )
        )
    )
    return sorted(pair for pair in named if pair[0] not in asked)
