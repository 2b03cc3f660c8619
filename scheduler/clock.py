"""The scheduler process, and one tick of it for simulations."""

import logging
import signal
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler

from registry.clock import SHANGHAI
from scheduler.jobs import JOBS, Job
from verify_api.outside import Outside
from verify_api.parts import Parts

log = logging.getLogger(__name__)


def run(parts: Parts, outside: Outside) -> None:
    """Run the table of jobs until told to stop."""
    scheduler = make_scheduler(parts, outside)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        scheduler.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduler.start()


def make_scheduler(parts: Parts, outside: Outside) -> BlockingScheduler:
    """The scheduler with every job of the table.

    A late run is never dropped (the library's own grace is one second), missed runs become one, and a job
    never overtakes itself.
    """
    defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    executors = {"default": ThreadPoolExecutor(4)}
    scheduler = BlockingScheduler(job_defaults=defaults, executors=executors, timezone=SHANGHAI)
    for job in JOBS:
        scheduler.add_job(_safely, job.trigger, args=[job, parts, outside], id=job.name, name=job.name)
    return scheduler


def tick(parts: Parts, outside: Outside, *, names: frozenset[str] | None = None) -> None:
    """Run every job once, in the order of the table (only those named, if any are)."""
    for job in JOBS:
        if names is None or job.name in names:
            job.run(parts, outside)


def _safely(job: Job, parts: Parts, outside: Outside) -> None:
    """A job that fails is logged and comes again; it must not take the clock down with it."""
    try:
        job.run(parts, outside)
    except Exception:
        log.exception("job %s failed", job.name)
