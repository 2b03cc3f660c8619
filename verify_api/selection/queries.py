"""Lists and counts of the selection, one named query per number."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from verify_api.selection.models import PersonCheck, RequirementOverride, RosterLight


def current_override(session: Session, case_id: int | None, item_id: int) -> RequirementOverride | None:
    """The numbers that staff entered last for the item of the case."""
    if case_id is None:
        return None
    return session.scalars(
        select(RequirementOverride)
        .where(RequirementOverride.case_id == case_id, RequirementOverride.item_id == item_id)
        .order_by(RequirementOverride.version.desc())
        .limit(1)
    ).first()


def overrides_of(session: Session, case_id: int) -> list[RequirementOverride]:
    """Every entry for a case, oldest first: the history that the case page shows."""
    return list(
        session.scalars(
            select(RequirementOverride)
            .where(RequirementOverride.case_id == case_id)
            .order_by(RequirementOverride.id)
        )
    )


def current_lights(session: Session, enterprise_id: int) -> list[RosterLight]:
    """The lights of an enterprise now, for its portal and the console."""
    return list(
        session.scalars(
            select(RosterLight)
            .where(RosterLight.enterprise_id == enterprise_id, RosterLight.ended_at.is_(None))
            .order_by(RosterLight.item_id)
        )
    )


def lights_by_colour(session: Session) -> dict[str, int]:
    """How many items stand in each colour now."""
    query = select(RosterLight.colour, func.count()).where(RosterLight.ended_at.is_(None))
    rows = session.execute(query.group_by(RosterLight.colour)).all()
    return {row[0]: row[1] for row in rows}


def standing_lights(session: Session, *, colour: str, limit: int, after: int = 0) -> list[RosterLight]:
    """Current lights of one colour by id, a page at a time; the console's list."""
    return list(
        session.scalars(
            select(RosterLight)
            .where(RosterLight.ended_at.is_(None), RosterLight.colour == colour, RosterLight.id > after)
            .order_by(RosterLight.id)
            .limit(limit)
        )
    )


def latest_checks(session: Session, *, enterprise_id: int) -> list[PersonCheck]:
    """The newest cross-check of each kind for each person of the enterprise."""
    return list(
        session.scalars(
            select(PersonCheck)
            .where(PersonCheck.enterprise_id == enterprise_id)
            .ext(distinct_on(PersonCheck.person_id, PersonCheck.kind))
            .order_by(PersonCheck.person_id, PersonCheck.kind, PersonCheck.id.desc())
        )
    )
