"""Writing an enterprise record into the store. What the record leaves out stays, and is marked absent."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.enterprises.models import (
    Certificate,
    Enterprise,
    ItemStatus,
    QualificationItem,
    RegisteredPoint,
    SafetyPermit,
)
from registry.sync.contract import CertificateRecord, EnterpriseRecord, ItemRecord
from registry.sync.leads import link_technical_leads

SOURCE = "upstream"


class _Tally(dict[str, int]):
    """Counts of what one record changed."""

    def add(self, what: str) -> None:
        self[what] = self.get(what, 0) + 1


def store_enterprise(
    session: Session, record: EnterpriseRecord, *, now: datetime
) -> tuple[int, dict[str, int]]:
    """Bring the rows to what the record says; the enterprise's id, and counts of what changed."""
    tally = _Tally()
    enterprise = _enterprise(session, record, now=now, tally=tally)
    certificates = _certificates(session, enterprise.id, record, now=now)
    _items(session, enterprise.id, record, certificates, now=now, tally=tally)
    _permits(session, enterprise.id, record, now=now, tally=tally)
    _point(session, enterprise.id, record, now=now, tally=tally)
    session.flush()
    link_technical_leads(session, enterprise.id)
    return enterprise.id, dict(tally)


def _enterprise(session: Session, record: EnterpriseRecord, *, now: datetime, tally: _Tally) -> Enterprise:
    values = {
        "name": record.name,
        "kind": record.kind,
        "legal_representative": record.legal_representative,
        "registered_address": record.registered_address,
        "district_code": record.district_code,
        "contact_name": record.contact.name,
        "contact_phone": record.contact.phone,
        "is_active": record.active,
        "upstream_version": record.version,
    }
    # Two syncs may meet a new enterprise at once: whoever inserts, both then lock the one row.
    made = session.scalar(
        insert(Enterprise)
        .values(uscc=record.uscc, synced_at=now, **values)
        .on_conflict_do_nothing()
        .returning(Enterprise.id)
    )
    enterprise = session.scalars(
        select(Enterprise)
        .where(Enterprise.uscc == record.uscc)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if made is not None:
        tally.add("created")
    elif _set(enterprise, values):
        tally.add("base_data")
    enterprise.synced_at = now
    return enterprise


def _set(row: object, values: dict[str, object]) -> bool:
    """Set what differs; whether anything did."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def _certificates(
    session: Session, enterprise_id: int, record: EnterpriseRecord, *, now: datetime
) -> dict[str, Certificate]:
    known = {
        row.number: row
        for row in session.scalars(select(Certificate).where(Certificate.enterprise_id == enterprise_id))
    }
    for given in record.certificates:
        values = {
            "licensing_authority": given.licensing_authority,
            "issued_on": given.issued_on,
            "synced_at": now,
        }
        if given.number in known:
            _set(known[given.number], values)
        else:
            known[given.number] = Certificate(enterprise_id=enterprise_id, number=given.number, **values)
            session.add(known[given.number])
    session.flush()
    return known


def _items(
    session: Session,
    enterprise_id: int,
    record: EnterpriseRecord,
    certificates: dict[str, Certificate],
    *,
    now: datetime,
    tally: _Tally,
) -> None:
    rows = list(
        session.scalars(
            select(QualificationItem)
            .where(QualificationItem.enterprise_id == enterprise_id)
            .order_by(QualificationItem.id)
        )
    )
    listed: set[int] = set()
    held_by = {certificate.id: number for number, certificate in certificates.items()}
    current = {certificate.number for certificate in record.certificates}
    for paper in record.certificates:
        for given in paper.items:
            row = _matching(rows, given, paper, held_by, current)
            if row is None:
                row = _new_item(enterprise_id, given)
                rows.append(row)
                tally.add("items_new")
            elif _set(row, _renewal(row, given, paper)):
                tally.add("items_changed")
            _set_always(row, given, paper, certificates[paper.number].id, now=now)
            session.add(row)
            session.flush()
            listed.add(row.id)
    for row in rows:
        if row.id not in listed and row.absent_since is None:
            row.absent_since = now
            tally.add("items_absent")


def _matching(
    rows: list[QualificationItem],
    given: ItemRecord,
    paper: CertificateRecord,
    held_by: dict[int, str],
    current: set[str],
) -> QualificationItem | None:
    """The row that the record means: on the same certificate, or on one that this certificate replaced.

    A 资质项 that ended here and is granted anew under another certificate is another item, with a history
    of its own.
    """
    same = [
        r for r in rows if (r.sequence, r.category, r.grade) == (given.sequence, given.category, given.grade)
    ]
    for row in same:
        if held_by[row.certificate_id] == paper.number:
            return row
    for row in same:
        if row.status == ItemStatus.VALID and held_by[row.certificate_id] not in current:
            return row
    return None


def _new_item(enterprise_id: int, given: ItemRecord) -> QualificationItem:
    return QualificationItem(
        enterprise_id=enterprise_id,
        sequence=given.sequence,
        category=given.category,
        grade=given.grade,
        origin=given.origin.value,
        first_issued_on=given.first_issued_on,
        valid_to=given.valid_to,
        status=ItemStatus.VALID.value,
        technical_lead_ref="",
    )


def _renewal(row: QualificationItem, given: ItemRecord, paper: CertificateRecord) -> dict[str, object]:
    """What may change on a known item. A re-issued paper does not move the first date forward (SZ-15)."""
    reissued = paper.issued_on <= row.valid_to and given.first_issued_on > row.first_issued_on
    return {
        "origin": given.origin.value,
        "first_issued_on": row.first_issued_on if reissued else given.first_issued_on,
        "valid_to": given.valid_to,
    }


def _set_always(
    row: QualificationItem, given: ItemRecord, paper: CertificateRecord, certificate_id: int, *, now: datetime
) -> None:
    row.certificate_id = certificate_id
    row.licensing_authority = paper.licensing_authority
    row.technical_lead_ref = given.technical_lead or ""
    row.synced_at = now
    row.absent_since = None


def _permits(
    session: Session, enterprise_id: int, record: EnterpriseRecord, *, now: datetime, tally: _Tally
) -> None:
    rows = {
        row.number: row
        for row in session.scalars(select(SafetyPermit).where(SafetyPermit.enterprise_id == enterprise_id))
    }
    for given in record.safety_permits:
        values = {"valid_from": given.valid_from, "valid_to": given.valid_to, "status": given.status.value}
        row = rows.pop(given.number, None)
        if row is None:
            row = SafetyPermit(enterprise_id=enterprise_id, number=given.number, **values)
            session.add(row)
            tally.add("permits_new")
        elif _set(row, {**values, "absent_since": None}):
            tally.add("permits_changed")
        row.synced_at = now
    for row in rows.values():
        if row.absent_since is None:
            row.absent_since = now
            tally.add("permits_absent")


def _point(
    session: Session, enterprise_id: int, record: EnterpriseRecord, *, now: datetime, tally: _Tally
) -> None:
    """A new, unconfirmed version if the upstream's point or address is another than last time."""
    if record.point is None:
        return
    last = session.scalars(
        select(RegisteredPoint)
        .where(RegisteredPoint.enterprise_id == enterprise_id, RegisteredPoint.source == SOURCE)
        .order_by(RegisteredPoint.id.desc())
        .limit(1)
    ).first()
    given = (record.registered_address, record.point.lng, record.point.lat, record.point.datum)
    if last is not None and (last.address, last.lng, last.lat, last.datum) == given:
        return
    address, lng, lat, datum = given
    session.add(
        RegisteredPoint(
            enterprise_id=enterprise_id, address=address, lng=lng, lat=lat, datum=datum,
            source=SOURCE, created_at=now,
        )
    )  # fmt: skip
    tally.add("point")
