"""Who is who: the service's actors as the store knows them, and the store's API with them."""

from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session

from registry.api.deps import Deps
from registry.api.router import make_router
from registry.enterprises.models import Enterprise
from registry.workflows.officers import Firm, Officer, officer_of
from registry.workflows.workdays import Calendar
from verify_api.accounts.actor import Actor, Kind
from verify_api.accounts.deps import EnterpriseDep, IpDep, KnownCallerDep, StaffDep
from verify_api.deadlines.service import current_calendar
from verify_api.http.deps import SessionDep, get_now, get_session


def firm_of(actor: EnterpriseDep, ip: IpDep) -> Firm:
    """The enterprise that is logged in. A password is no device key (GX-12)."""
    return Firm(actor.own_enterprise, actor.label, ip, has_device_key=False)


def officer_for(actor: StaffDep, session: SessionDep, ip: IpDep) -> Officer:
    """The post of the member of staff that is logged in.

    Raises:
        NoPost: The account holds none.
    """
    return officer_of(session, actor.label, ip=ip)


def viewer_of(caller: KnownCallerDep, session: SessionDep) -> str | None:
    """What the asker may see: a firm its own, staff everything, others what is public."""
    if caller is None or caller.signed.must_change:
        return None
    return viewer(session, caller.signed.actor)


def viewer(session: Session, actor: Actor) -> str | None:
    """As the store names a viewer."""
    if actor.kind is Kind.STAFF:
        return "*"
    if actor.kind is Kind.ENTERPRISE:
        return session.get_one(Enterprise, actor.own_enterprise).uscc
    return None


def calendar_of(session: SessionDep) -> Calendar:
    """The holidays as they are loaded now."""
    return current_calendar(session)


FirmDep = Annotated[Firm, Depends(firm_of)]
OfficerDep = Annotated[Officer, Depends(officer_for)]
CalendarDep = Annotated[Calendar, Depends(calendar_of)]

api = make_router(Deps(get_session, get_now, calendar_of, firm_of, officer_for, viewer_of))
