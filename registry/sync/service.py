"""One enterprise now, or the whole city at night. The upstream's silence changes nothing here."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.crypto import Keyring
from registry.db import Sessions
from registry.enterprises.models import Enterprise, QualificationItem, SyncRun
from registry.enterprises.service import EnterpriseUnknown
from registry.errors import Reason
from registry.people.models import RosterEntry
from registry.sync.contract import EnterpriseRecord, Rejected, read_enterprise
from registry.sync.enterprises import store_enterprise
from registry.sync.people import Gathered, PhotoStore, gather, known_photos, store_people
from registry.sync.upstream import Raw, RetryLater, Upstream, UpstreamError

log = logging.getLogger(__name__)

OUTAGES_MAX = 5  # Consecutive ones after which the night's run stops instead of timing out for every firm.


def sync_enterprise(
    session: Session, *, upstream: Upstream, uscc: str, store: PhotoStore, keyring: Keyring, now: datetime
) -> SyncRun:
    """Read base data, certificates, permits and point of one enterprise (SZ-07).

    The upstream is asked before the session is touched. Whatever happens ends as a row of `sync_runs`; when
    `ok` is false the old data stand, with their `synced_at`.
    """
    del store, keyring  # One signature for both scopes; base data need neither.
    found = _fetch_enterprise(upstream, uscc, now=now)
    return _store_enterprise(session, uscc, found, now=now)


def sync_people(
    session: Session, *, upstream: Upstream, uscc: str, store: PhotoStore, keyring: Keyring, now: datetime
) -> SyncRun:
    """Read the roster of one enterprise with certificates and photographs (SZ-17).

    The session is only read before the upstream is asked, and written afterwards; `refresh` does the same
    with no transaction open in between.

    Raises:
        EnterpriseUnknown: Its base data have not been read yet.
    """
    known = known_photos(session, uscc)
    found = _fetch_people(upstream, uscc, store=store, keyring=keyring, known=known)
    return _store_people(session, uscc, found, keyring=keyring, now=now)


def refresh(
    sessions: Sessions,
    *,
    upstream: Upstream,
    uscc: str,
    store: PhotoStore,
    keyring: Keyring,
    now: datetime,
    scopes: Iterable[str] = ("enterprise", "people"),
) -> list[SyncRun]:
    """Both scopes of one enterprise, a transaction each, none open while the upstream answers."""
    runs = []
    for scope in scopes:
        if scope == "enterprise":
            base = _fetch_enterprise(upstream, uscc, now=now)
            with sessions.begin() as session:
                runs.append(_store_enterprise(session, uscc, base, now=now))
        else:
            with sessions() as session:
                known = known_photos(session, uscc)
            people = _fetch_people(upstream, uscc, store=store, keyring=keyring, known=known)
            with sessions.begin() as session:
                runs.append(_store_people(session, uscc, people, keyring=keyring, now=now))
    return runs


def sync_all(
    sessions: Sessions, *, upstream: Upstream, store: PhotoStore, keyring: Keyring, now: datetime
) -> SyncRun:
    """The nightly run: every enterprise the upstream lists, each in its own transaction."""
    night = _Night(sessions, upstream, store, keyring, now)
    with sessions.begin() as session:
        run = SyncRun(scope="nightly", started_at=now)
        session.add(run)
    try:
        for page in upstream.enterprises():
            for raw in page:
                night.one_or_failed(raw)
        error = ""
    except UpstreamError as failure:
        error = failure.code
    with sessions.begin() as session:
        run = session.get_one(SyncRun, run.id)
        known = set(session.scalars(select(Enterprise.uscc)))
        unlisted = sorted(known - night.listed) if not error else []
        run.finished_at, run.ok, run.error = now, not error and not night.failed, error or night.summary
        run.counts = {**night.counts, "failed": night.failed, "not_listed": unlisted}
        return run


def last_night(session: Session) -> datetime:
    """When the last nightly run began, however it ended; long ago if none ever did."""
    found = session.scalar(select(func.max(SyncRun.started_at)).where(SyncRun.scope == "nightly"))
    return found or datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Night:
    """Tally of the nightly run."""

    sessions: Sessions
    upstream: Upstream
    store: PhotoStore
    keyring: Keyring
    now: datetime
    listed: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    outages: int = 0

    @property
    def summary(self) -> str:
        return f"{len(self.failed)} enterprises kept old data" if self.failed else ""

    def one_or_failed(self, raw: Raw) -> None:
        """One enterprise; trouble with its rows must not cost the others their night."""
        try:
            self.one(raw)
        except SQLAlchemyError as error:
            log.warning("nightly sync: an enterprise could not be stored (%s)", type(error).__name__)
            self.failed.append(str(raw.get("uscc"))[:18])

    def one(self, raw: Raw) -> None:
        """Base data from the page, people by a call of their own."""
        base = _judge(raw, asked=None, now=self.now)
        uscc = base.uscc if isinstance(base, EnterpriseRecord) else base.key
        self.listed.add(uscc)
        with self.sessions.begin() as session:
            run = _store_enterprise(session, uscc, base, now=self.now)
        self._count(uscc, run)
        if isinstance(base, Rejected):
            return
        with self.sessions() as session:
            known = known_photos(session, uscc)
        people = _fetch_people(self.upstream, uscc, store=self.store, keyring=self.keyring, known=known)
        with self.sessions.begin() as session:
            run = _store_people(session, uscc, people, keyring=self.keyring, now=self.now)
        self._count(uscc, run)
        self._watch(people)

    def _count(self, uscc: str, run: SyncRun) -> None:
        if not run.ok and uscc not in self.failed:
            self.failed.append(uscc)
        for name, value in run.counts.items():
            if isinstance(value, int):
                self.counts[name] = self.counts.get(name, 0) + value

    def _watch(self, people: Gathered | UpstreamError) -> None:
        self.outages = self.outages + 1 if isinstance(people, RetryLater) else 0
        if self.outages >= OUTAGES_MAX:
            raise RetryLater(code="upstream_outage")


def _fetch_enterprise(
    upstream: Upstream, uscc: str, *, now: datetime
) -> EnterpriseRecord | Rejected | UpstreamError:
    try:
        raw = upstream.enterprise(uscc)
    except UpstreamError as error:
        return error
    return _judge(raw, asked=uscc, now=now)


def _judge(raw: Raw, *, asked: str | None, now: datetime) -> EnterpriseRecord | Rejected:
    record = read_enterprise(raw, today=now.astimezone(SHANGHAI).date())
    if isinstance(record, EnterpriseRecord) and asked is not None and record.uscc != asked:
        return Rejected(asked, (Reason("other_enterprise", "返回的不是所查询的企业"),))
    return record


def _fetch_people(
    upstream: Upstream, uscc: str, *, store: PhotoStore, keyring: Keyring, known: dict[str, str | None]
) -> Gathered | UpstreamError:
    try:
        raws = upstream.people(uscc)
    except UpstreamError as error:
        return error
    return gather(raws, upstream=upstream, store=store, keyring=keyring, known=known)


def _store_enterprise(
    session: Session, uscc: str, found: EnterpriseRecord | Rejected | UpstreamError, *, now: datetime
) -> SyncRun:
    enterprise_id = session.scalar(select(Enterprise.id).where(Enterprise.uscc == uscc))
    if isinstance(found, EnterpriseRecord) and enterprise_id is not None and not found.certificates:
        held = select(QualificationItem.id).where(
            QualificationItem.enterprise_id == enterprise_id, QualificationItem.absent_since.is_(None)
        )
        if session.scalar(held.limit(1)) is not None:
            # An empty answer is far more often a fault than the loss of every qualification at once.
            found = Rejected(
                uscc, (Reason("certificates_vanished", "上级库未返回任何资质证书，已保留原有数据"),)
            )
    if isinstance(found, UpstreamError):
        return _record(session, "enterprise", enterprise_id, now=now, error=found.code)
    if isinstance(found, Rejected):
        counts = {"rejected": [found.to_mapping()]}
        return _record(session, "enterprise", enterprise_id, now=now, error="record_rejected", counts=counts)
    enterprise_id, tally = store_enterprise(session, found, now=now)
    return _record(session, "enterprise", enterprise_id, now=now, counts=tally)


def _store_people(
    session: Session, uscc: str, found: Gathered | UpstreamError, *, keyring: Keyring, now: datetime
) -> SyncRun:
    enterprise_id = session.scalar(select(Enterprise.id).where(Enterprise.uscc == uscc))
    if enterprise_id is None:
        raise EnterpriseUnknown
    if isinstance(found, UpstreamError):
        return _record(session, "people", enterprise_id, now=now, error=found.code)
    if not found.people and not found.rejected and _has_roster(session, enterprise_id):
        return _record(session, "people", enterprise_id, now=now, error="roster_vanished")
    tally = store_people(session, enterprise_id, found, keyring=keyring, now=now)
    counts: dict[str, Any] = {
        **tally,
        "rejected": [one.to_mapping() for one in found.rejected],
        "photos": [one.to_mapping() for one in found.problems],
    }
    error = "records_rejected" if found.rejected else ""
    return _record(session, "people", enterprise_id, now=now, error=error, counts=counts)


def _has_roster(session: Session, enterprise_id: int) -> bool:
    open_entry = select(RosterEntry.id).where(
        RosterEntry.enterprise_id == enterprise_id, RosterEntry.dropped_at.is_(None)
    )
    return session.scalar(open_entry.limit(1)) is not None


def _record(
    session: Session,
    scope: str,
    enterprise_id: int | None,
    *,
    now: datetime,
    error: str = "",
    counts: dict[str, Any] | None = None,
) -> SyncRun:
    run = SyncRun(
        scope=scope, enterprise_id=enterprise_id, started_at=now, finished_at=now,
        ok=not error, error=error, counts=counts or {},
    )  # fmt: skip
    session.add(run)
    session.flush()
    return run
