"""Files an enterprise hands in: certificates of people (SZ-25) and the 整改报告 (SZ-35)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.errors import Invalid, NotFound
from registry.people.models import PersonCertificate
from registry.people.queries import is_on_roster
from verify_api.accounts.actor import Actor
from verify_api.cases.ground import ground_on
from verify_api.cases.models import Case, CertificateFile, RectificationReport
from verify_api.cases.states import Capability
from verify_api.cases.transition import note, require
from verify_api.evidence.store import StoredFile


class PersonNotOnRoster(NotFound):
    """Nobody of this enterprise."""

    code = "person_not_on_roster"
    message = "该人员不在企业的人员名册中"


class NoSuchCertificate(Invalid):
    """The person holds no certificate of this kind."""

    code = "no_such_certificate"
    message = "该人员没有此类证书"


class FileUnknown(NotFound):
    """No such file of this enterprise."""

    code = "file_not_found"
    message = "文件不存在"


class TextMissing(Invalid):
    """A report needs words, too."""

    code = "text_missing"
    message = "请填写整改情况说明"


def add_certificate_file(
    session: Session,
    case: Case,
    *,
    person_id: int,
    holding: str,
    file: StoredFile,
    actor: Actor,
    now: datetime,
) -> CertificateFile:
    """Keep a scan for a person's certificate of a kind; the same scan again is the same file.

    It counts for every later case while the certificate's number is unchanged (SZ-25).

    Raises:
        PersonNotOnRoster, NoSuchCertificate: As they say.
    """
    require(case, Capability.CHOOSE_PEOPLE)
    if not is_on_roster(session, case.enterprise_id, person_id):
        raise PersonNotOnRoster
    certificate = _certificate(session, person_id, holding)
    known = session.scalar(
        select(CertificateFile).where(
            CertificateFile.enterprise_id == case.enterprise_id,
            CertificateFile.person_id == person_id,
            CertificateFile.holding == holding,
            CertificateFile.certificate_number == certificate.number,
            CertificateFile.sha256 == file.sha256,
            CertificateFile.removed_at.is_(None),
        )
    )
    if known is not None:
        return known
    row = CertificateFile(
        enterprise_id=case.enterprise_id,
        person_id=person_id,
        holding=holding,
        certificate_number=certificate.number,
        sha256=file.sha256,
        media_type=file.media_type,
        size=file.size,
        uploaded_at=now,
        uploaded_by=actor.label,
    )
    session.add(row)
    session.flush()
    return row


def remove_certificate_file(session: Session, case: Case, *, file_id: int, now: datetime) -> None:
    """Take a scan away; the person is no longer selectable by it. Lists already sent keep their copy."""
    require(case, Capability.CHOOSE_PEOPLE)
    row = session.get(CertificateFile, file_id)
    if row is None or row.enterprise_id != case.enterprise_id or row.removed_at is not None:
        raise FileUnknown
    row.removed_at = now


def add_report(
    session: Session, case: Case, *, text: str, file: StoredFile, actor: Actor, now: datetime
) -> RectificationReport:
    """Hand in a 整改报告. Every version is kept; the newest one goes with the next list."""
    require(case, Capability.REPORT)
    if not text.strip():
        raise TextMissing
    row = RectificationReport(
        case_id=case.id,
        text=text.strip(),
        sha256=file.sha256,
        media_type=file.media_type,
        uploaded_at=now,
        uploaded_by=actor.label,
    )
    session.add(row)
    session.flush()
    ground = ground_on(session, now=now)
    note(session, case, "report_uploaded", ground=ground, actor=actor, facts={"report": row.id}, now=now)
    return row


def _certificate(session: Session, person_id: int, holding: str) -> PersonCertificate:
    query = select(PersonCertificate).where(
        PersonCertificate.person_id == person_id,
        PersonCertificate.holding == holding,
        PersonCertificate.dropped_at.is_(None),
    )
    found = session.scalar(query.order_by(PersonCertificate.id).limit(1))
    if found is None:
        raise NoSuchCertificate
    return found
