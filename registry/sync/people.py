"""Gathering an enterprise's people from the upstream, and writing them into the store."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from registry.crypto import Keyring
from registry.enterprises.models import Enterprise
from registry.errors import Reason
from registry.identifiers import masked
from registry.people.models import Person, PersonCertificate, RosterEntry
from registry.sync.contract import PersonRecord, Rejected, read_person
from registry.sync.leads import link_technical_leads
from registry.sync.upstream import Raw, RetryLater, Upstream, UpstreamError

PURPOSE_ID = "people.id_number"
_IMAGES = ((re.compile(rb"\xff\xd8\xff"), "image/jpeg"), (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"))


class Stored(Protocol):
    """What the photo store answers."""

    @property
    def sha256(self) -> str:
        """Digest under which the bytes are kept."""
        ...


class PhotoStore(Protocol):
    """Where reference photographs go: the evidence store of the service, or a twin."""

    def put(self, data: bytes, *, media_type: str) -> Stored:
        """Keep the bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the upstream said about a roster, before anything is written."""

    people: tuple[PersonRecord, ...]
    photos: Mapping[str, str]  # upstream id → SHA-256, for photographs that are new
    rejected: tuple[Rejected, ...]
    problems: tuple[Rejected, ...]  # photographs that did not arrive; the old ones stay


@dataclass(slots=True)
class _Photos:
    upstream: Upstream
    store: PhotoStore
    found: dict[str, str] = field(default_factory=dict)
    problems: list[Rejected] = field(default_factory=list)
    is_down: bool = False

    def fetch(self, person: PersonRecord, known_sha256: str | None) -> None:
        """Fetch one photograph; a failure is noted, and after an outage no further one is tried."""
        if self.is_down or not person.has_photo:
            return
        try:
            data = self.upstream.photo(person.id, known_sha256=known_sha256)
        except UpstreamError as error:
            self.is_down = isinstance(error, RetryLater)
            self.problems.append(Rejected(person.id, (Reason(error.code, error.message),)))
            return
        if data is not None:
            self._keep(person.id, data)

    def _keep(self, person: str, data: bytes) -> None:
        media_type = next((kind for mark, kind in _IMAGES if mark.match(data)), None)
        if media_type is None:
            self.problems.append(Rejected(person, (Reason("photo_unreadable", "照片不是JPEG或PNG图像"),)))
            return
        self.found[person] = self.store.put(data, media_type=media_type).sha256


def gather(
    raws: list[Raw],
    *,
    upstream: Upstream,
    store: PhotoStore,
    keyring: Keyring,
    known: Mapping[str, str | None],
) -> Gathered:
    """Judge the records and fetch the photographs. `known` maps ID digests to photographs already held."""
    read = [read_person(raw) for raw in raws]
    rejected = [found for found in read if isinstance(found, Rejected)]
    photos = _Photos(upstream, store)
    people: dict[str, PersonRecord] = {}
    handles: set[str] = set()
    for person in (found for found in read if isinstance(found, PersonRecord)):
        digest = keyring.digest(person.id_number, purpose=PURPOSE_ID)
        if digest in people or person.id in handles:
            rejected.append(Rejected(person.id, (Reason("person_repeated", "同一人员在名册中出现两次"),)))
            continue
        people[digest] = person
        handles.add(person.id)
        photos.fetch(person, known.get(digest))
    return Gathered(tuple(people.values()), photos.found, tuple(rejected), tuple(photos.problems))


def known_photos(session: Session, uscc: str) -> dict[str, str | None]:
    """ID digest → photograph held, of the people on one roster."""
    rows = session.execute(
        select(Person.id_digest, Person.photo_sha256)
        .join(RosterEntry, RosterEntry.person_id == Person.id)
        .join(Enterprise, Enterprise.id == RosterEntry.enterprise_id)
        .where(Enterprise.uscc == uscc)
    )
    return {digest: sha256 for digest, sha256 in rows}  # noqa: C416 - mypy cannot see dict(rows).


def store_people(
    session: Session, enterprise_id: int, gathered: Gathered, *, keyring: Keyring, now: datetime
) -> dict[str, int]:
    """Bring the roster to what was gathered; counts of what changed.

    Someone whose record was rejected stays as they were; someone who is not listed at all is dropped from
    the roster, never deleted.
    """
    session.execute(select(Enterprise.id).where(Enterprise.id == enterprise_id).with_for_update())
    counts = {"people": len(gathered.people), "new": 0, "changed": 0, "dropped": 0}
    listed: dict[int, PersonRecord] = {}
    # In the order of the digest, so that two rosters that share people cannot lock each other out.
    for digest, record in sorted(
        (keyring.digest(p.id_number, purpose=PURPOSE_ID), p) for p in gathered.people
    ):
        person, what = _person(session, record, digest, keyring=keyring, now=now)
        photo = gathered.photos.get(record.id)
        if photo is not None and person.photo_sha256 != photo:
            person.photo_sha256, what = photo, what or "changed"
        if _certificates(session, person.id, record, now=now):
            what = what or "changed"
        if what:
            counts[what] += 1
        listed[person.id] = record
    spared = {found.key for found in gathered.rejected}
    counts["dropped"] = _roster(session, enterprise_id, listed, spared, now=now)
    session.flush()
    link_technical_leads(session, enterprise_id)
    return counts


def _person(
    session: Session, record: PersonRecord, digest: str, *, keyring: Keyring, now: datetime
) -> tuple[Person, str]:
    values = {
        "name": record.name,
        "id_type": record.id_type,
        "id_masked": masked(record.id_number),
        "phone": record.phone,
        "education": record.education,
    }
    known = select(Person).where(Person.id_digest == digest).with_for_update()
    person = session.scalars(known).first()
    if person is None:
        _free_handle(session, record.id)
        sealed = keyring.seal(record.id_number.encode(), purpose=PURPOSE_ID)
        # Another roster's sync may be inserting the same person at this moment; one row results.
        session.execute(
            insert(Person)
            .values(upstream_id=record.id, id_digest=digest, id_cipher=sealed, synced_at=now, **values)
            .on_conflict_do_nothing(index_elements=[Person.id_digest])
        )
        return session.scalars(known).one(), "new"
    changed = {name: value for name, value in values.items() if getattr(person, name) != value}
    for name, value in changed.items():
        setattr(person, name, value)
    person.synced_at = now
    return person, "changed" if changed else ""


def _free_handle(session: Session, upstream_id: str) -> None:
    """Take the handle from whoever bears it: another ID number is another human being.

    Were the row simply overwritten, one person's check-ins and photograph would become another's.
    """
    bearer = session.scalars(
        select(Person).where(Person.upstream_id == upstream_id).with_for_update()
    ).first()
    if bearer is not None:
        bearer.upstream_id = f"{upstream_id}~{bearer.id}"
        session.flush()


def _certificates(session: Session, person_id: int, record: PersonRecord, *, now: datetime) -> bool:
    known = {
        (row.holding, row.number): row
        for row in session.scalars(select(PersonCertificate).where(PersonCertificate.person_id == person_id))
    }
    changed = False
    for given in record.certificates:
        values = {
            "title": given.title,
            "level": given.level,
            "specialty": given.specialty,
            "employer_uscc": given.employer_uscc,
            "valid_to": given.valid_to,
            "dropped_at": None,
        }
        row = known.pop((given.holding.value, given.number), None)
        if row is None:
            row = PersonCertificate(person_id=person_id, holding=given.holding.value, number=given.number)
            session.add(row)
        for name, value in values.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
                changed = True
        row.synced_at = now
    for row in known.values():
        if row.dropped_at is None:
            row.dropped_at, changed = now, True
    return changed


def _roster(
    session: Session, enterprise_id: int, listed: dict[int, PersonRecord], spared: set[str], *, now: datetime
) -> int:
    entries = session.scalars(
        select(RosterEntry)
        .where(RosterEntry.enterprise_id == enterprise_id, RosterEntry.dropped_at.is_(None))
        .options(selectinload(RosterEntry.person))
    )
    by_person = {entry.person_id: entry for entry in entries}
    for person_id, record in listed.items():
        entry = by_person.pop(person_id, None)
        if entry is None:
            entry = RosterEntry(enterprise_id=enterprise_id, person_id=person_id, joined_at=now)
            session.add(entry)
        entry.upstream_ref = record.id
        entry.years_in_management = record.years_in_management
    gone = [entry for entry in by_person.values() if entry.upstream_ref not in spared]
    for entry in gone:
        entry.dropped_at = now
    return len(gone)
