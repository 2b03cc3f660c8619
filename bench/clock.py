"""The deadline sweep in a city of a million open cases: nomination, and steps with their signed documents.

`BENCH_OPEN` sets how many cases are open (1,000,000 by default); a thousand more are due.
"""

import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.orm import Session

from bench.notices import document
from registry import embedded
from registry.db import Sessions, make_engine, make_sessions
from registry.migrations import load_models, migrate
from verify_api.deadlines.sweep import SETTLING, due_ids, sweep
from verify_api.evidence.store import EvidenceStore
from verify_api.notices.batch import produce_pending
from verify_api.notices.models import Notice
from verify_api.notices.press import set_pages
from verify_api.notices.seal import Seal

OPEN = int(os.environ.get("BENCH_OPEN", "1000000"))
DUE = 1000
CORES = 2
PROCESSES = 3  # One more than cores: while one waits for the disk or for the database, another works.
ROUNDS = 15
PAUSE_S = 0.05  # The scheduler looks for new documents more seldom.
NOW = datetime(2026, 4, 10, 16, 0, tzinfo=UTC)  # Midnight in Shenzhen.
OFFICE = "深圳示例建设局"

# Each enterprise holds one 资质项 on one certificate; ids run in step, so that cases can name them by number.
FIRMS = """
INSERT INTO enterprises (uscc, name, registered_address, contact_phone, synced_at)
SELECT 'B' || lpad(n::text, 17, '0'), '示例建设' || n || '有限公司', '深圳市福田区示例路' || n || '号',
       '1000' || lpad(n::text, 7, '0'), CAST(:now AS timestamptz)
FROM generate_series(1, CAST(:firms AS int)) n;
INSERT INTO certificates (enterprise_id, number, licensing_authority, issued_on, synced_at)
SELECT id, 'D344' || lpad(id::text, 6, '0'), '深圳市住房和建设局', '2024-05-06', CAST(:now AS timestamptz)
FROM enterprises ORDER BY id;
INSERT INTO qualification_items (enterprise_id, certificate_id, sequence, category, grade, origin,
    first_issued_on, valid_to, licensing_authority, synced_at)
SELECT enterprise_id, id, '施工总承包', '建筑工程', '三级', 'ordinary', '2024-05-06', '2029-05-05',
       '深圳市住房和建设局', CAST(:now AS timestamptz) FROM certificates ORDER BY id
"""
# Served in the past month, so due in the coming one; `n` runs on from what is there already.
CASES = """
INSERT INTO cases (number, enterprise_id, track, state, opened_at, opened_by, due_at, version)
SELECT 'RC2026-' || lpad(n::text, 7, '0'), 1 + n % CAST(:firms AS int), 'STOCK', 'OPEN',
       CAST(:start AS timestamptz), 'staff:1',
       CAST(:due AS timestamptz) + (n % CAST(:spread AS int)) * interval '1 hour', 1
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n;
INSERT INTO case_items (case_id, item_id, title)
SELECT id, enterprise_id, '建筑工程施工总承包三级' FROM cases WHERE id >= :first;
INSERT INTO case_events (case_id, seq, at, event, to_state, actor, policy_version)
SELECT id, 1, opened_at, 'opened', 'OPEN', 'staff:1', '1' FROM cases WHERE id >= :first;
INSERT INTO case_deadlines (case_id, kind, start_day, rule, last_day, due_at, is_provisional,
    calendar_version, basis, policy_version, created_at)
SELECT id, 'initiate', '2026-03-09', 'P1M+roll', '2026-04-09', due_at, false,
    'bench', '民法典', '1', opened_at
FROM cases WHERE id >= :first
"""


def fill(connection: Connection, first: int, last: int, *, due: datetime, spread: int) -> None:
    """Cases `first` … `last`, due at `due` and up to `spread` hours later."""
    values = {
        "first": first,
        "last": last,
        "firms": DUE,
        "start": NOW - timedelta(days=32),
        "due": due,
        "spread": spread,
    }
    for statement in CASES.split(";"):
        connection.execute(text(statement), values)


def nomination_ms(session: Session, now: datetime) -> tuple[float, int]:
    """Median milliseconds of one nomination, and how many it named."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = due_ids(session, now=now)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000, len(found)


def main() -> None:
    """Fill a city step by step, measuring; then let processes act and make the documents."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = embedded.sibling(embedded.start(folder / "postgres"), "bench_clock", fresh=True)
        engine = make_engine(url)
        migrate(engine)
        with engine.begin() as connection:
            for statement in FIRMS.split(";"):
                connection.execute(text(statement), {"firms": DUE, "now": NOW - timedelta(days=60)})
        growth_with_open(engine.begin, make_sessions(engine))
        growth_with_due(make_sessions(engine))
        settle(engine)
        engine.dispose()
        Seal.self_made(folder, office=OFFICE, now=NOW)
        steps(folder, url)


def settle(engine: Engine) -> None:
    """A city's cases do not come in one minute: what is still to be done for them is no part of the night."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
        connection.execute(text("CHECKPOINT"))


def growth_with_open(
    begin: Callable[[], AbstractContextManager[Connection]], sessions: Callable[[], Session]
) -> None:
    """A thousand due among ever more open cases."""
    with begin() as connection:
        fill(connection, 1, DUE, due=NOW - timedelta(hours=1), spread=1)
    last = DUE
    for size in (OPEN // 100, OPEN // 10, OPEN):
        start = time.perf_counter()
        with begin() as connection:
            fill(connection, last + 1, DUE + size, due=NOW + timedelta(hours=1), spread=24 * 30)
            connection.execute(text("ANALYZE cases, case_deadlines, case_events, case_items"))
        last = DUE + size
        took = time.perf_counter() - start
        with sessions() as session:
            ms, found = nomination_ms(session, NOW)
        print(f"nominate {ms:7.2f} ms  {found:,} due of {size:,} open  (filled in {took:.0f} s)")
        sys.stdout.flush()


def growth_with_due(sessions: Callable[[], Session]) -> None:
    """Ever more due among all the open cases: by looking at later moments."""
    for later in (0, 2, 4, 8):
        with sessions() as session:
            now = NOW + timedelta(hours=later)
            query = text("SELECT count(*) FROM cases WHERE due_at <= :now")
            due = session.execute(query, {"now": now}).scalar_one()
            ms, found = nomination_ms(session, now)
        print(f"nominate {ms:7.2f} ms  the first {found:,} of {due:,} due")


def steps(folder: Path, url: str) -> None:
    """The sweep and the documents of the night: one process sweeps, the others make pages, then all do."""
    context = multiprocessing.get_context("spawn")
    ready, is_swept, used_by = context.Barrier(PROCESSES + 1), context.Event(), context.SimpleQueue()
    given = (folder, url, ready, is_swept, used_by)
    workers = [context.Process(target=work, args=given) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    ready.wait()
    start, before = time.perf_counter(), _used_by_server(folder)
    used = sum(used_by.get() for _ in workers)  # Each tells when it has nothing left to do.
    took, served = time.perf_counter() - start, _used_by_server(folder) - before
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    with make_sessions(make_engine(url))() as session:
        made = session.scalar(select(func.count()).where(Notice.produced_at.is_not(None))) or 0
    each, server = (used + served) / max(made, 1), served / max(made, 1)
    print(f"steps    {made / took:7.0f} /s  ({made} cases moved, notices set and signed, in {took:.1f} s)")
    print(f"         {each * 1000:7.1f} ms of processor a step, {server * 1000:.1f} of it the server's")
    print(f"         {CORES / each:7.0f} /s if {CORES} processors did nothing else")


def _used_by_server(folder: Path) -> float:
    """Seconds of processor the database server and its ended children have used; 0 where /proc is missing."""
    try:
        pid = (folder / "postgres" / "postmaster.pid").read_text().split()[0]
        family = [pid, *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:15] for one in family]
    except OSError:
        return 0.0
    return sum(int(ticks) for of_one in fields for ticks in of_one) / os.sysconf("SC_CLK_TCK")


def work(folder: Path, url: str, ready: Barrier, is_swept: Event, used_by: "SimpleQueue[float]") -> None:
    """One process, warm: it sweeps if the other does not, and then makes pages; it takes what is not held."""
    load_models()
    sessions = make_sessions(make_engine(url))
    seal = Seal.self_made(folder, office=OFFICE, now=NOW)
    store = EvidenceStore.open(str(folder / "files"))
    _warm_up(seal)
    ready.wait()
    start, began = time.perf_counter(), time.process_time()
    steps = len(sweep(sessions, now=NOW))
    swept, used = time.perf_counter() - start, time.process_time() - began
    with sessions() as session:
        if not due_ids(session, now=NOW - SETTLING):
            is_swept.set()  # If not, the other process is at it.
    pages = _produce(sessions, seal, store, is_swept)
    whole = time.process_time() - began
    used_by.put(whole)
    for what, count, seconds in (("steps", steps, used), ("pages", pages, whole - used)):
        if count:
            print(f"         a process: {count} {what}, {seconds / count * 1000:.1f} ms of processor each")
    print(f"         a process: swept in {swept:.1f} s of {time.perf_counter() - start:.1f} s")


def _warm_up(seal: Seal) -> None:
    """One page, as of the day before: typefaces and the pattern of a signature are read once a process."""
    (page,) = set_pages([document(0)])
    seal.sign(page, now=NOW, reason="x")


def _produce(sessions: Sessions, seal: Seal, store: EvidenceStore, is_swept: Event) -> int:
    """How many pages until there are none left to come."""
    made, is_last = 0, False
    while not is_last:
        is_last = is_swept.is_set()
        some = produce_pending(sessions, seal=seal, store=store, clock=lambda: NOW).made
        made += some
        if not some:
            time.sleep(PAUSE_S)
    return made


if __name__ == "__main__":
    main()
