"""The table of jobs. The truth is in the rows: a job may run late, twice, or in two processes at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from registry.addresses.jobs import propose_missing
from registry.clock import SHANGHAI
from registry.sync.delivery import deliver_changes
from registry.sync.service import last_night, sync_all
from verify_api.accounts.cleaning import purge as purge_accounts
from verify_api.accounts.mailing import Mailing
from verify_api.audit.service import link_new_rows
from verify_api.cases.batches import work_off
from verify_api.checkins.requeue import expire_open, requeue_stuck
from verify_api.deadlines.receipts import pull_deliveries, pull_failures
from verify_api.deadlines.recompute import settle
from verify_api.deadlines.reminders import remind
from verify_api.deadlines.sweep import sweep
from verify_api.http.idempotency import purge
from verify_api.messages.dispatch import deliver_due, poll
from verify_api.messages.outbox import Sender
from verify_api.notices.batch import produce_pending
from verify_api.outside import Outside
from verify_api.parts import Parts
from verify_api.policy.service import rules_at
from verify_api.retention.service import purge_faces
from verify_api.selection.jobs import light_rosters
from verify_api.store_pages.jobs import ask_registers, deem_filings, publish_projects

Run = Callable[[Parts, Outside], object]


@dataclass(frozen=True, slots=True)
class Job:
    """A name, when, and the one service function it calls."""

    name: str
    trigger: BaseTrigger
    run: Run


def every(seconds: int) -> IntervalTrigger:
    """Every so many seconds."""
    return IntervalTrigger(seconds=seconds, timezone=SHANGHAI)


def daily(hour: int, minute: int = 0) -> CronTrigger:
    """Once a day, at Shanghai's time."""
    return CronTrigger(hour=hour, minute=minute, timezone=SHANGHAI)


def minutely() -> CronTrigger:
    """At every full minute: for what has an hour that the policy sets."""
    return CronTrigger(second=0, timezone=SHANGHAI)


# In the order a tick of a simulation runs them: what starts clocks before what acts on them.
JOBS: tuple[Job, ...] = (
    Job("nightly_sync", minutely(), lambda p, o: _sync(p, o)),
    Job("open_batches", every(5), lambda p, _o: _batches(p)),
    Job("roster_lights", daily(2, 40), lambda p, _o: light_rosters(p.sessions, clock=p.clock)),
    Job("deliver_messages", every(10), lambda p, o: deliver_due(p, o.sms)),
    Job("poll_receipts", every(60), lambda p, o: poll(p, o.sms)),
    Job("start_clocks", every(30), lambda p, _o: pull_deliveries(p.sessions, now=p.clock())),
    Job("failed_services", every(300), lambda p, _o: pull_failures(p.sessions, now=p.clock())),
    Job("requeue_stuck_attempts", every(60), lambda p, _o: requeue_stuck(p.sessions, now=p.clock())),
    Job("expire_attempts", every(60), lambda p, _o: expire_open(p.sessions, now=p.clock())),
    Job("settle_deadlines", every(3600), lambda p, _o: settle(p.sessions, now=p.clock())),
    Job("deadline_sweep", every(60), lambda p, _o: _sweep(p)),
    Job("reminders", every(1800), lambda p, _o: remind(p.sessions, now=p.clock())),
    Job("produce_documents", every(15), lambda p, o: _produce(p, o)),
    Job("report_changes", every(60), lambda p, o: _report(p, o)),
    Job("link_audit", every(60), lambda p, _o: _link(p)),
    Job("purge_answers", daily(3, 30), lambda p, _o: purge(p.sessions)),
    Job("place_addresses", daily(4), lambda p, o: propose_missing(p.sessions, o.geocoder, clock=p.clock)),
    Job("purge_faces", daily(3, 50), lambda p, _o: purge_faces(p.sessions, p.evidence, now=p.clock())),
    Job("purge_accounts", daily(3, 40), lambda p, _o: _purge_accounts(p)),
    Job("deem_filings", every(300), lambda p, _o: deem_filings(p)),
    Job("publish_projects", every(60), lambda p, _o: publish_projects(p)),
    Job("ask_registers", daily(5), lambda p, _o: ask_registers(p)),
)


def _sync(parts: Parts, outside: Outside) -> None:
    """Once a night from the hour that the policy sets; a scheduler that was down then makes it up."""
    with parts.sessions() as session:
        now = parts.clock()
        if last_night(session) >= begun_at(rules_at(session, now).sync.nightly_at, now=now):
            return
    if outside.upstream is not None:
        sync_all(
            parts.sessions,
            upstream=outside.upstream,
            store=parts.evidence,
            keyring=parts.keyring,
            now=parts.clock(),
        )


def begun_at(hour: str, *, now: datetime) -> datetime:
    """The last moment at which this hour (`02:00`, Shanghai) struck."""
    struck = datetime.combine(now.astimezone(SHANGHAI).date(), time.fromisoformat(hour), SHANGHAI)
    return struck if struck <= now else struck - timedelta(days=1)


def _batches(parts: Parts) -> None:
    sender = Sender(parts.settings.sms_signature, parts.settings.help_phone)
    work_off(parts.sessions, mailing=Mailing(parts.keyring, sender), now=parts.clock())


def _purge_accounts(parts: Parts) -> None:
    with parts.sessions.begin() as session:
        purge_accounts(session, now=parts.clock())


def _sweep(parts: Parts) -> None:
    sweep(parts.sessions, now=parts.clock())


def _link(parts: Parts) -> None:
    with parts.sessions.begin() as session:
        link_new_rows(session, now=parts.clock())


def _produce(parts: Parts, outside: Outside) -> None:
    produce_pending(parts.sessions, seal=outside.seal, store=parts.evidence, clock=parts.clock)


def _report(parts: Parts, outside: Outside) -> None:
    if outside.upstream is not None:
        deliver_changes(parts.sessions, outside.upstream, parts.clock())
