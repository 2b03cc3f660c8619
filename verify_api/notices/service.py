"""Issuing documents and recording what happens to them.

`issue` takes a number and freezes the content in the caller's transaction; `produce` sets, signs and stores
the page, usually in a transaction of its own right after. Between the two the number is locked for no longer
than the caller's transaction, and a crash leaves a document that is produced later and says the same.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from pikepdf import Pdf
from sqlalchemy import Table, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.errors import Conflict, Forbidden, Invalid, NotFound
from verify_api.evidence.store import EvidenceStore
from verify_api.notices.contexts import Context
from verify_api.notices.document import Document, Office
from verify_api.notices.models import (
    EventKind,
    Notice,
    NoticeCounter,
    NoticeEvent,
    NoticeKind,
    ServiceMethod,
)
from verify_api.notices.press import Mark, set_page, set_pages
from verify_api.notices.rules import code_from, letters_of, make_document, read_context, remedies_of
from verify_api.notices.seal import Seal
from verify_api.policy.values import Policy

PDF = "application/pdf"
RANDOM_BITS = 60
DIGEST_LENGTH = 64
CARRIER_CLOCK = timedelta(minutes=10)
COUNTERS = cast(Table, NoticeCounter.__table__)
NEXT_NUMBER = (
    insert(COUNTERS)
    .values(letters=bindparam("letters"), year=bindparam("year"), last=1)
    .on_conflict_do_update(index_elements=["letters", "year"], set_={"last": COUNTERS.c.last + 1})
    .returning(COUNTERS.c.last)
)


class NoticeNotFound(NotFound):
    """There is no such document."""

    code = "notice_not_found"
    message = "没有这份文书"


class NoticeNotInForce(Conflict):
    """It was replaced or rescinded."""

    code = "notice_not_in_force"
    message = "文书已被替代或撤销"


class ReplacementMismatch(Conflict):
    """A document replaces one of the same kind and enterprise only."""

    code = "notice_replacement_mismatch"
    message = "只能以同一企业的同种文书替代"


class ServiceTimeInvalid(Invalid):
    """Nothing is served before it was issued, nor in the future."""

    code = "service_time_invalid"
    message = "送达时间须在文书发出之后、当前时间之前"


class ProofMissing(Invalid):
    """Service without proof starts no clock."""

    code = "proof_missing"
    message = "须上传送达凭证"


class TwoOfficersNeeded(Forbidden):
    """One officer proposes, another confirms."""

    code = "two_officers_needed"
    message = "撤销文书须由两名不同的工作人员办理"


def issue(
    session: Session,
    *,
    kind: NoticeKind,
    case_id: int | None,
    enterprise_id: int,
    context: Context | Mapping[str, Any],
    office: Office,
    policy: Policy,
    policy_version: str,
    now: datetime,
    actor: str = "system",
    replaces: int | None = None,
) -> Notice:
    """Number a document and freeze what it says. The page itself is made by `produce`.

    Numbers have no gaps: the counter's row stays locked until the caller's transaction ends, and a rollback
    gives the number back. Nothing is flushed, so the row has no id yet.
    `replaces` is the id of a document in force that this one takes the place of.

    Raises:
        NoticeContentInvalid: With one reason per fact that is missing or wrong.
        NoticeNotInForce, ReplacementMismatch: `replaces` cannot be replaced.
    """
    facts = read_context(kind, context)
    old = None if replaces is None else _replaceable(session, replaces, kind, enterprise_id)
    document = _numbered_document(session, kind, facts, office=office, policy=policy, now=now)
    notice = Notice(
        kind=kind.value,
        letters=document.letters,
        year=document.issued_on.year,
        number=document.number,
        reference=document.reference,
        code=document.code,
        case_id=case_id,
        enterprise_id=enterprise_id,
        context=facts.model_dump(mode="json", exclude={"sketch_svg"}),
        document=document.model_dump(mode="json"),
        policy_version=policy_version,
        issued_at=now,
        issued_on=document.issued_on,
        replaces_id=replaces,
    )
    session.add(notice)
    _record(session, notice, EventKind.ISSUED, at=now, actor=actor, now=now)
    if old is not None:
        old.replaced_at = now
        _record(session, old, EventKind.REPLACED, at=now, actor=actor, now=now, by=notice.reference)
    return notice


def produce(session: Session, notice_id: int, *, seal: Seal, store: EvidenceStore, now: datetime) -> Notice:
    """Set, sign and store the page of an issued document; once made it stays.

    Raises:
        NoticeNotFound: No such document.
        NotSet, SealUnusable: The page could not be made; nothing is stored, the next try starts afresh.
    """
    notice = _lock(session, notice_id)
    if notice.produced_at is None:
        make_page(session, notice, seal=seal, store=store, now=now)
    return notice


def make_page(session: Session, notice: Notice, *, seal: Seal, store: EvidenceStore, now: datetime) -> None:
    """The page of a document that is locked and has none. Whatever raises has changed nothing in the row.

    Raises:
        NotSet, SealUnusable: The page could not be made.
    """
    (page,) = set_pages([Document.model_validate(notice.document)])
    keep_page(session, notice, page, seal=seal, store=store, now=now)


def keep_page(
    session: Session, notice: Notice, page: Pdf, *, seal: Seal, store: EvidenceStore, now: datetime
) -> None:
    """Sign and store a page that has been set. Whatever raises has changed nothing in the row.

    Raises:
        SealUnusable: It could not be signed.
    """
    signed = seal.sign(page, now=now, reason=f"{notice.kind} {notice.reference}")
    file = store.put(signed, media_type=PDF)
    notice.produced_at = now
    notice.sha256, notice.size = file.sha256, file.size
    _record(session, notice, EventKind.PRODUCED, at=now, actor="system", now=now, sha256=file.sha256)


def mark_delivered(session: Session, notice_id: int, *, at: datetime, receipt: str, now: datetime) -> Notice:
    """The carrier's delivery receipt: the first one counts, a resend does not start anything anew (SZ-32).

    Carriers tell whole seconds by clocks of their own, so a time just before the issue or just ahead of now
    is taken as the issue or as now.

    Raises:
        ServiceTimeInvalid: Well before the issue or well in the future.
    """
    notice = _in_force(session, notice_id)
    _check_time(notice, at, now=now, tolerance=CARRIER_CLOCK)
    at = min(max(at, notice.issued_at), now)
    notice.delivered_at = _earlier(notice.delivered_at, at)
    _record(session, notice, EventKind.DELIVERED, at=at, actor="system", now=now, receipt=receipt)
    return notice


def mark_viewed(session: Session, notice_id: int, *, actor: str, now: datetime) -> Notice:
    """The enterprise opened it. Viewing is logged and is not 送达 by itself (SZ-34)."""
    notice = _lock(session, notice_id)
    notice.viewed_at = _earlier(notice.viewed_at, now)
    _record(session, notice, EventKind.VIEWED, at=now, actor=actor, now=now)
    return notice


def mark_served(
    session: Session,
    notice_id: int,
    *,
    method: ServiceMethod,
    at: datetime,
    proof_sha256: str,
    note: str = "",
    actor: str,
    now: datetime,
) -> Notice:
    """Service by other means, entered by an officer with the proof's file (SZ-32, SZ-34).

    Raises:
        ProofMissing: No file was named.
        ServiceTimeInvalid: Before the issue or in the future.
    """
    if len(proof_sha256) != DIGEST_LENGTH:
        raise ProofMissing
    notice = _in_force(session, notice_id)
    _check_time(notice, at, now=now)
    notice.served_at = _earlier(notice.served_at, at)
    detail = {"method": method.value, "proof_sha256": proof_sha256, "note": note}
    _record(session, notice, EventKind.SERVED, at=at, actor=actor, now=now, **detail)
    return notice


def rescind(
    session: Session,
    notice_id: int,
    *,
    reason: str,
    proposed_by: str,
    confirmed_by: str,
    now: datetime,
) -> Notice:
    """Take a document back: two officers and a reason; the document stays in the file, marked.

    Raises:
        TwoOfficersNeeded: The same officer twice, or one unnamed.
        NoticeNotInForce: It is replaced or rescinded already.
    """
    first, second = proposed_by.strip(), confirmed_by.strip()
    if not first or not second or first == second:
        raise TwoOfficersNeeded
    if not reason.strip():
        raise Invalid("须填写撤销理由", code="rescission_reason_missing")
    notice = _in_force(session, notice_id)
    notice.rescinded_at, notice.rescission_reason = now, reason.strip()
    notice.rescission_proposed_by, notice.rescinded_by = first, second
    detail = {"reason": reason.strip(), "proposed_by": first}
    _record(session, notice, EventKind.RESCINDED, at=now, actor=second, now=now, **detail)
    return notice


def marked_copy(session: Session, notice_id: int) -> bytes:
    """The page as it reads today, 已撤销 or 已替代 across it. Unsigned; the signed file stays as it was."""
    notice = session.get(Notice, notice_id)
    if notice is None:
        raise NoticeNotFound
    document = Document.model_validate(notice.document)
    if notice.rescinded_at is not None:
        return set_page(document, mark=Mark("已撤销", f"本文书已于{_day(notice.rescinded_at)}撤销"))
    if notice.replaced_at is not None:
        follower = session.scalar(select(Notice.reference).where(Notice.replaces_id == notice.id))
        note = f"本文书已于{_day(notice.replaced_at)}由{follower}替代"
        return set_page(document, mark=Mark("已替代", note))
    return set_page(document)


def _numbered_document(
    session: Session, kind: NoticeKind, facts: Context, *, office: Office, policy: Policy, now: datetime
) -> Document:
    """The whole document under the next number of its series in this Shanghai year."""
    issued_on = now.astimezone(SHANGHAI).date()
    letters = letters_of(kind, policy)
    return make_document(
        kind,
        facts,
        letters=letters,
        number=_next_number(session, letters, issued_on.year),
        code=code_from(secrets.randbits(RANDOM_BITS)),
        office=office,
        remedies=remedies_of(policy),
        issued_on=issued_on,
    )


def _next_number(session: Session, letters: str, year: int) -> int:
    """The next number of a series; the row it comes from is locked until the transaction ends."""
    # What waits to be written does not bear on the number: many documents may go with one flush.
    with session.no_autoflush:
        return int(session.execute(NEXT_NUMBER, {"letters": letters, "year": year}).scalar_one())


def _replaceable(session: Session, notice_id: int, kind: NoticeKind, enterprise_id: int) -> Notice:
    old = _in_force(session, notice_id)
    if old.kind != kind or old.enterprise_id != enterprise_id:
        raise ReplacementMismatch
    return old


def _lock(session: Session, notice_id: int) -> Notice:
    query = select(Notice).where(Notice.id == notice_id).with_for_update()
    notice = session.scalar(query.execution_options(populate_existing=True))
    if notice is None:
        raise NoticeNotFound
    return notice


def _in_force(session: Session, notice_id: int) -> Notice:
    notice = _lock(session, notice_id)
    if not notice.is_in_force:
        raise NoticeNotInForce
    return notice


def _record(
    session: Session,
    notice: Notice,
    kind: EventKind,
    *,
    at: datetime,
    actor: str,
    now: datetime,
    **detail: Any,
) -> None:
    session.add(
        NoticeEvent(notice=notice, kind=kind.value, at=at, recorded_at=now, actor=actor, detail=detail)
    )


def _check_time(notice: Notice, at: datetime, *, now: datetime, tolerance: timedelta = timedelta()) -> None:
    if not notice.issued_at - tolerance <= at <= now + tolerance:
        raise ServiceTimeInvalid


def _earlier(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)


def _day(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日"
