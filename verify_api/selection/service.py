"""Questions put together from the registry, numbers that staff enter, and the roster's lights."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises.models import Enterprise, ItemStatus, QualificationItem
from registry.enterprises.queries import permits_of
from registry.errors import DakaError, Forbidden, Invalid, NotFound
from registry.people.models import PersonCertificate, RosterEntry
from registry.people.queries import roster
from registry.standards import Basis, ItemRequirement, requirement
from registry.standards.report import requirement_mapping
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.policy.service import policy_on
from verify_api.policy.values import Policy
from verify_api.selection import values
from verify_api.selection.holdings import Files, permit_state, person_of
from verify_api.selection.lights import Light, light
from verify_api.selection.models import RequirementOverride, RosterLight
from verify_api.selection.queries import current_lights, current_override
from verify_api.selection.report import light_mapping
from verify_api.selection.required import item_of
from verify_api.selection.values import AtHalf, Item, SelectionInput

OVERRIDE_LOCK = 4_031_931
LIGHTS_LOCK = 4_031_932
MOST_REQUIRED = 10_000
MAY_ENTER = (Role.REVIEWER, Role.ADMIN)


class NotStaff(Forbidden):
    """Required numbers are entered by the 核查部门 alone."""

    code = "requirement_not_staff"
    message = "标准人数只能由核查部门录入"


class BadRequirement(Invalid):
    """The numbers or the reason cannot be taken."""

    code = "bad_requirement"


class ItemNotFound(NotFound):
    """There is no such 资质项."""

    code = "item_not_found"
    message = "没有这个资质项"


def requirement_for(item: QualificationItem, *, on: date, policy: Policy) -> ItemRequirement | DakaError:
    """What the standard demands of the item on the day; the refusal itself for names it does not have."""
    try:
        return requirement(item.category, item.grade, on, Basis(policy.selection.personnel_basis.value))
    except DakaError as error:
        return error


def item_for(
    item: QualificationItem, override: RequirementOverride | None, *, on: date, policy: Policy
) -> Item:
    """The item as a check uses it: the standard's numbers, or those that staff entered for the case."""
    lead = str(item.technical_lead_id) if item.technical_lead_id is not None else None
    found = requirement_for(item, on=on, policy=policy)
    if isinstance(found, ItemRequirement):
        asked = item_of(found, technical_lead=lead, code=item.title)
    else:
        asked = Item(item.title, None, None, lead, blocks=(found.message,))
    return asked if override is None else _overridden(asked, override)


def _overridden(asked: Item, override: RequirementOverride) -> Item:
    """Entered numbers replace the standard's, and a minimum inside a number never exceeds that number."""
    a = (
        override.registered_required
        if override.registered_required is not None
        else asked.registered_required
    )
    b = override.titled_required if override.titled_required is not None else asked.titled_required
    return replace(
        asked,
        registered_required=a,
        titled_required=b,
        registered_specialties=_inside(asked.registered_specialties, a),
        titled_specialties=_inside(asked.titled_specialties, b),
    )


def _inside(minimums: tuple[values.SpecialtyMin, ...], most: int | None) -> tuple[values.SpecialtyMin, ...]:
    if most is None:
        return minimums
    return tuple(replace(m, minimum=min(m.minimum, most)) for m in minimums if most > 0)


def question(
    session: Session,
    *,
    enterprise_id: int,
    items: Sequence[QualificationItem],
    on: date,
    policy: Policy,
    case_id: int | None = None,
    files: Mapping[int, Files] | None = None,
    in_open_case: Collection[int] = (),
    also: Collection[int] = (),
) -> SelectionInput:
    """What a list for these items is judged by on the day (SZ-16 … SZ-25).

    `files` are the uploaded certificate files per person as (holding, number); None leaves files out of the
    question. `also` names people to be told about even if the roster has dropped them (a draft's), as far
    as they ever stood on it; the items' leads always are. Numbers that staff entered for `case_id` stand in
    for the standard's.
    """
    enterprise = session.get_one(Enterprise, enterprise_id)
    asked = tuple(
        item_for(item, current_override(session, case_id, item.id), on=on, policy=policy) for item in items
    )
    leads = [item.technical_lead_id for item in items if item.technical_lead_id is not None]
    return SelectionInput(
        items=asked,
        people=tuple(
            _people(
                session,
                enterprise_id,
                leads + _once_here(session, enterprise_id, also),
                files,
                set(in_open_case),
            )
        ),
        permit=permit_state(permits_of(session, enterprise_id), on=on),
        on=on,
        enterprise=enterprise.uscc,
        specialties_at_half=AtHalf(policy.selection.specialties_at_half.value),
        specialties_at_full=AtHalf(policy.selection.specialties_at_full.value),
        with_permit_percent=policy.selection.with_permit_percent,
        without_permit_percent=policy.selection.without_permit_percent,
        dual_certificate=policy.selection.dual_certificate,
    )


def _once_here(session: Session, enterprise_id: int, people: Collection[int]) -> list[int]:
    """Those who stand or stood on the roster: a stranger's certificates are nobody's business here."""
    if not people:
        return []
    query = select(RosterEntry.person_id).where(
        RosterEntry.enterprise_id == enterprise_id, RosterEntry.person_id.in_(people)
    )
    return list(session.scalars(query.distinct()))


def _people(
    session: Session,
    enterprise_id: int,
    named: Iterable[int],
    files: Mapping[int, Files] | None,
    in_open_case: set[int],
) -> Iterable[values.Person]:
    entries: dict[int, RosterEntry] = {e.person_id: e for e in roster(session, enterprise_id)}
    dropped = sorted(set(named) - set(entries))
    held = _certificates(session, dropped)
    for person_id in (*entries, *dropped):
        entry = entries.get(person_id)
        yield person_of(
            person_id,
            entry.person.certificates if entry is not None else held.get(person_id, []),
            files=None if files is None else files.get(person_id, frozenset()),
            on_roster=entry is not None,
            in_open_case=person_id in in_open_case,
            years=entry.years_in_management if entry is not None else None,
        )


def _certificates(session: Session, people: list[int]) -> dict[int, list[PersonCertificate]]:
    found: dict[int, list[PersonCertificate]] = {}
    if people:
        query = select(PersonCertificate).where(
            PersonCertificate.person_id.in_(people), PersonCertificate.dropped_at.is_(None)
        )
        for one in session.scalars(query.order_by(PersonCertificate.id)):
            found.setdefault(one.person_id, []).append(one)
    return found


def set_requirement(
    session: Session,
    *,
    case_id: int,
    item_id: int,
    registered: int | None,
    titled: int | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> RequirementOverride:
    """Enter required numbers for an item of a case, with the reason; a new version, the old ones stay.

    None leaves a number to the standard; both None takes an earlier entry back. The caller has established
    that the item belongs to the case and that the actor may see it.

    Raises:
        NotStaff: The actor is neither 审核员 nor 管理员.
        BadRequirement: A number below zero or absurd, or no reason.
        ItemNotFound: There is no such item.
    """
    if actor.kind is not Kind.STAFF or actor.role not in MAY_ENTER:
        raise NotStaff
    _refuse_bad(registered, titled, reason)
    item = session.get(QualificationItem, item_id)
    if item is None:
        raise ItemNotFound
    # Two officers who enter at once get versions one after the other, not one of them an error.
    session.execute(select(func.pg_advisory_xact_lock(OVERRIDE_LOCK, case_id % 2**31)))
    before = current_override(session, case_id, item_id)
    today = now.astimezone(SHANGHAI).date()
    found = requirement_for(item, on=today, policy=policy_on(session, on=today).policy)
    row = RequirementOverride(
        case_id=case_id,
        item_id=item_id,
        version=1 if before is None else before.version + 1,
        registered_required=registered,
        titled_required=titled,
        reason=reason.strip(),
        stated=requirement_mapping(found) if isinstance(found, ItemRequirement) else {"error": found.code},
        entered_by=actor.label,
        entered_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _refuse_bad(registered: int | None, titled: int | None, reason: str) -> None:
    if not reason.strip():
        raise BadRequirement("须说明录入的依据")
    for name, number in (("注册人员", registered), ("职称技术人员", titled)):
        if number is not None and (isinstance(number, bool) or not 0 <= number <= MOST_REQUIRED):
            raise BadRequirement(f"{name}人数须在 0 至 {MOST_REQUIRED} 之间")


def refresh_lights(
    session: Session, *, enterprise_ids: Collection[int] | None, now: datetime
) -> dict[str, int]:
    """Set the lights of every valid item of these enterprises (None: all). Returns items per colour.

    Raises:
        NoPolicy: No policy is in force, so nothing can be judged.
    """
    today = now.astimezone(SHANGHAI).date()
    version = policy_on(session, on=today)
    counts: dict[str, int] = {}
    for enterprise in session.scalars(_enterprises(enterprise_ids)).all():
        # Two processes set the same lights one after the other, not one of them with an error.
        session.execute(select(func.pg_advisory_xact_lock(LIGHTS_LOCK, enterprise.id % 2**31)))
        # A firm that is gone (注销, 迁出) has no lights; what it had is ended.
        items = list(session.scalars(_valid_items(enterprise.id))) if enterprise.is_active else []
        given = question(session, enterprise_id=enterprise.id, items=items, on=today, policy=version.policy)
        found = {item.id: light(given, asked) for item, asked in zip(items, given.items, strict=True)}
        _keep(session, enterprise, found, policy_version=version.version, now=now)
        for one in found.values():
            counts[one.colour] = counts.get(one.colour, 0) + 1
    session.flush()
    return counts


def _enterprises(ids: Collection[int] | None) -> Select[Enterprise]:
    query = select(Enterprise).order_by(Enterprise.id)
    return query if ids is None else query.where(Enterprise.id.in_(ids))


def _valid_items(enterprise_id: int) -> Select[QualificationItem]:
    return (
        select(QualificationItem)
        .where(
            QualificationItem.enterprise_id == enterprise_id,
            QualificationItem.status == ItemStatus.VALID,
            QualificationItem.absent_since.is_(None),
        )
        .order_by(QualificationItem.id)
    )


def _keep(
    session: Session, enterprise: Enterprise, found: dict[int, Light], *, policy_version: str, now: datetime
) -> None:
    """A row per colour in time; an item that is no longer there or valid has no current light."""
    standing: dict[int, RosterLight] = {}
    for old in current_lights(session, enterprise.id):
        if old.item_id in found and old.colour == found[old.item_id].colour:
            standing[old.item_id] = old
        else:
            old.ended_at = now
    session.flush()  # The index allows one current row per item.
    for item_id, one in found.items():
        row = standing.get(item_id) or RosterLight(
            enterprise_id=enterprise.id, item_id=item_id, colour=one.colour, since=now
        )
        session.add(row)
        row.computed_at = now
        row.roster_synced_at = enterprise.synced_at
        row.findings = light_mapping(one)
        row.policy_version = policy_version
