"""The worker process: takes queued verifications and brings each to its verdict."""

import asyncio
import logging
import signal

import procrastinate
from procrastinate import PsycopgConnector, RetryStrategy

from verify_api.checkins.queue import QUEUE, TASK
from verify_api.checkins.requeue import requeue_all
from verify_api.checkins.verification import verify
from verify_api.faces.engine import FaceEngine
from verify_api.faces.engines import load_engine
from verify_api.parts import Parts

log = logging.getLogger(__name__)


def make_queue(parts: Parts, engine: FaceEngine) -> procrastinate.App:
    """The queue with its one task. Whatever fails is tried again, ever more slowly; no verdict meanwhile."""
    queue = procrastinate.App(connector=PsycopgConnector(conninfo=parts.database_url))
    retry = RetryStrategy(max_attempts=12, exponential_wait=2)

    @queue.task(name=TASK, queue=QUEUE, retry=retry)
    def verify_attempt(attempt_id: int) -> None:
        state = verify(parts, engine, attempt_id)
        log.info("attempt %s: %s", attempt_id, state)

    return queue


def run(parts: Parts) -> None:
    """Work until told to stop. What an earlier worker left unfinished is queued again first."""
    engine = load_engine(parts.settings.cache_folder, parts.settings.face_model_file)
    queue = make_queue(parts, engine)
    requeue_all(parts.sessions)
    asyncio.run(_work(queue, parts.settings.worker_threads))


async def _work(queue: procrastinate.App, threads: int) -> None:
    async with queue.open_async():
        loop = asyncio.get_running_loop()
        running = asyncio.ensure_future(
            queue.run_worker_async(
                queues=[QUEUE],
                concurrency=threads,
                install_signal_handlers=False,
                fetch_job_polling_interval=1.0,
                delete_jobs="successful",
            )
        )
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, running.cancel)
        try:
            await running
        except asyncio.CancelledError:
            log.info("worker stopped")
