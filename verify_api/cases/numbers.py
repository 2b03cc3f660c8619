"""标准人数 that staff enter for a case: the entry, and the line in the case's history that tells of it."""

from datetime import datetime

from sqlalchemy.orm import Session

from verify_api.accounts.actor import Actor
from verify_api.cases.choosing import items_under
from verify_api.cases.ground import ground_on
from verify_api.cases.models import Case
from verify_api.cases.transition import note
from verify_api.selection.models import RequirementOverride
from verify_api.selection.service import ItemNotFound, set_requirement


def enter_numbers(
    session: Session,
    case: Case,
    *,
    item_id: int,
    registered: int | None,
    titled: int | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> RequirementOverride:
    """Enter required numbers for an item of the case; both None takes an earlier entry back.

    Raises:
        ItemNotFound: The item is not under this case.
        NotStaff, BadRequirement: As `set_requirement`.
    """
    if item_id not in {item.id for item in items_under(session, case)}:
        raise ItemNotFound
    row = set_requirement(
        session,
        case_id=case.id,
        item_id=item_id,
        registered=registered,
        titled=titled,
        reason=reason,
        actor=actor,
        now=now,
    )
    is_back = registered is None and titled is None
    facts = {"item": item_id, "version": row.version, "registered": registered, "titled": titled}
    what = "requirement_withdrawn" if is_back else "requirement_entered"
    ground = ground_on(session, now=now)
    note(session, case, what, ground=ground, actor=actor, reason=row.reason, facts=facts, now=now)
    return row
