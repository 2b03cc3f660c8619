"""What others ask about people. ID numbers leave the store only through `id_number`."""

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from registry.crypto import Keyring
from registry.identifiers import RESIDENT_ID, BadIdNumber, normal_id_number
from registry.people.models import Person, RosterEntry
from registry.sync.people import PURPOSE_ID


def roster(session: Session, enterprise_id: int) -> list[RosterEntry]:
    """The people on the roster now, each with `person` and `person.certificates` loaded (SZ-16).

    Certificates are those the upstream still lists, expired ones included: visible, but not selectable.
    """
    return list(
        session.scalars(
            select(RosterEntry)
            .where(RosterEntry.enterprise_id == enterprise_id, RosterEntry.dropped_at.is_(None))
            .options(selectinload(RosterEntry.person).selectinload(Person.certificates))
            .order_by(RosterEntry.upstream_ref, RosterEntry.id)
        )
    )


def person_with_certificates(session: Session, person_id: int) -> Person | None:
    """One person with `certificates` loaded."""
    return session.scalars(
        select(Person).where(Person.id == person_id).options(selectinload(Person.certificates))
    ).first()


def person_by_id_number(
    session: Session, number: str, *, keyring: Keyring, id_type: str = RESIDENT_ID
) -> Person | None:
    """The person of that ID number, None if unknown or not a number at all."""
    try:
        normal = normal_id_number(number, id_type=id_type)
    except BadIdNumber:
        return None
    digest = keyring.digest(normal, purpose=PURPOSE_ID)
    return session.scalars(select(Person).where(Person.id_digest == digest)).first()


def id_number(person: Person, *, keyring: Keyring) -> str:
    """The ID number in clear, for the identity check alone.

    Raises:
        Unreadable: Sealed under a key that is not here.
    """
    return keyring.open(person.id_cipher, purpose=PURPOSE_ID).decode()


def is_on_roster(session: Session, enterprise_id: int, person_id: int) -> bool:
    """Whether the person is on that roster now (SZ-17: 已离职 otherwise)."""
    found = select(RosterEntry.id).where(
        RosterEntry.enterprise_id == enterprise_id,
        RosterEntry.person_id == person_id,
        RosterEntry.dropped_at.is_(None),
    )
    return session.scalar(found.limit(1)) is not None


def enterprises_of(session: Session, person_id: int) -> list[int]:
    """Ids of the enterprises on whose rosters the person stands now. More than one is a sign of 挂证."""
    return list(
        session.scalars(
            select(RosterEntry.enterprise_id)
            .where(RosterEntry.person_id == person_id, RosterEntry.dropped_at.is_(None))
            .order_by(RosterEntry.enterprise_id)
        )
    )
