"""What the scheduler does for the store: deemed approvals, and publications on their way."""

from registry.publication.adapters.http import HttpPlatform
from registry.publication.models import Target
from registry.publication.service import Delivered, deliver_publications
from registry.workflows.review import deem_overdue
from verify_api.deadlines.service import current_calendar
from verify_api.parts import Parts


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
