"""How fast documents are issued, set, signed and stored: 1,000 of them, real database, real folder."""

import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from registry import embedded
from registry.db import Sessions, make_engine, make_sessions
from registry.enterprises.models import Enterprise
from registry.migrations import load_models, migrate
from verify_api.evidence.store import EvidenceStore
from verify_api.notices.batch import TOGETHER, produce_pending
from verify_api.notices.cutting import as_bytes
from verify_api.notices.document import Document, Office
from verify_api.notices.models import Notice, NoticeKind
from verify_api.notices.press import set_page, set_pages
from verify_api.notices.rules import code_from, letters_of, make_document, read_context, remedies_of
from verify_api.notices.seal import Seal
from verify_api.notices.service import issue
from verify_api.policy.values import Policy

DOCUMENTS = 1000
PROCESSES = 2
ROUNDS = 50
NOW = datetime(2026, 2, 6, 3, 0, tzinfo=UTC)
OFFICE = Office(is_demonstration=True)


def context(number: int) -> dict[str, Any]:
    """Facts of a 撤回决定书, a little different each time."""
    evidence = [
        {"label": f"打卡记录{n}", "detail": f"定位在核查范围外{number + n}米", "at": NOW} for n in range(6)
    ]
    return {
        "enterprise_name": f"深圳示例建设工程有限公司第{number}分公司",
        "uscc": "91440300MA5EXAMP1X",
        "registered_address": f"深圳市福田区示例路{number}号",
        "items": [{"name": "建筑工程施工总承包三级", "certificate_number": f"D344{number:06}"}],
        "case_reference": f"核查〔2026〕第{number}号",
        "facts": ["你单位在整改期限内未完成重新打卡。", f"应打卡{number % 9 + 3}人，实际打卡2人。"],
        "evidence": evidence,
        "rectification_reference": f"深建改〔2026〕第{number}号",
        "rectification_served_on": date(2025, 11, 3),
        "rectification_ended_on": date(2026, 2, 3),
    }


def document(number: int) -> Document:
    """A 撤回决定书 that no database knows."""
    kind, policy = NoticeKind.REVOCATION, Policy()
    return make_document(
        kind,
        read_context(kind, context(number)),
        letters=letters_of(kind, policy),
        number=number + 1,
        code=code_from(number),
        office=OFFICE,
        remedies=remedies_of(policy),
        issued_on=NOW.date(),
    )


def issue_one(sessions: Sessions, enterprise_id: int, number: int) -> None:
    """One document in a transaction of its own."""
    with sessions.begin() as session:
        issue(
            session,
            kind=NoticeKind.REVOCATION,
            case_id=None,
            enterprise_id=enterprise_id,
            context=context(number),
            office=OFFICE,
            policy=Policy(),
            policy_version="1",
            now=NOW,
        )


def median_ms(work: Callable[[], object]) -> float:
    """Median milliseconds of a call after one to warm up."""
    work()
    times = []
    for _ in range(ROUNDS - 1):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def show(made: int, of: int) -> None:
    """A line that fills up."""
    if made % 50 == 0 or made == of:
        sys.stdout.write(f"\r  pages of the first worker {made}, waiting at the start {of}")
        sys.stdout.flush()


def prepare(folder: Path) -> tuple[Sessions, int]:
    """An empty migrated database with one enterprise."""
    url = embedded.sibling(embedded.start(folder / "postgres"), "bench_notices", fresh=True)
    engine = make_engine(url)
    migrate(engine)
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        enterprise = Enterprise(
            uscc="91440300MA5EXAMP1X", name="示例", registered_address="示例", synced_at=NOW
        )
        session.add(enterprise)
        session.flush()
        return sessions, enterprise.id


def main() -> None:
    """Print medians of the parts, then the whole for 1,000 documents."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seal = Seal.self_made(folder, office=OFFICE.name, now=NOW)
        sessions, enterprise_id = prepare(folder)
        start = time.perf_counter()
        for number in range(DOCUMENTS):
            issue_one(sessions, enterprise_id, number)
        took = time.perf_counter() - start
        print(f"issue    {DOCUMENTS / took:7.0f} /s  (number and content, one transaction each)")
        documents = [document(number) for number in range(TOGETHER * ROUNDS)]
        runs = iter([documents[n : n + TOGETHER] for n in range(0, len(documents), TOGETHER)])
        size = len(as_bytes(set_pages(documents[:TOGETHER])[0]))
        alone = iter(documents)
        print(f"set      {median_ms(lambda: set_page(next(alone))):7.1f} ms  alone")
        together = median_ms(lambda: set_pages(next(runs))) / TOGETHER
        print(f"         {together:7.1f} ms  each of {TOGETHER} set together  ({size / 1024:.0f} KB)")
        pages = iter(page for n in range(ROUNDS // TOGETHER + 1) for page in set_pages(documents[:TOGETHER]))
        print(f"sign     {median_ms(lambda: seal.sign(next(pages), now=NOW, reason='x')):7.1f} ms")
        produce_all(folder, str(sessions.kw["bind"].url.render_as_string(hide_password=False)))


def produce_all(folder: Path, url: str) -> None:
    """All pages, by two processes side by side."""
    start = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=work, args=(folder, url, n == 0)) for n in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    took = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with make_sessions(make_engine(url))() as session:
        made = session.scalar(select(func.count()).where(Notice.produced_at.is_not(None))) or 0
    print(f"\nproduce  {made / took:7.0f} /s  ({made} set, signed, stored by {PROCESSES} in {took:.1f} s)")
    print(f"         {(used.ru_utime + used.ru_stime) / max(made, 1) * 1000:7.1f} ms of processor a document")


def work(folder: Path, url: str, tells: bool) -> None:
    """One worker process: it takes what the other does not hold."""
    load_models()
    produce_pending(
        make_sessions(make_engine(url)),
        seal=Seal.self_made(folder, office=OFFICE.name, now=NOW),
        store=EvidenceStore.open(str(folder / "files")),
        clock=lambda: NOW,
        limit=DOCUMENTS,
        progress=show if tells else lambda _made, _all: None,
    )


if __name__ == "__main__":
    main()
