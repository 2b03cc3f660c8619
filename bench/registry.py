"""The store in numbers: a bulk import (rate, memory) and eligibility over a firm with a thousand projects.

`BENCH_PROJECTS` sets how many projects are imported; the full measure is 100 000.
"""

import json
import os
import resource
import statistics
import sys
import tempfile
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, insert, select

from registry.clock import SHANGHAI
from registry.crypto import Keyring
from registry.db import make_engine, make_sessions
from registry.eligibility.rules import Use
from registry.eligibility.service import eligible
from registry.enterprises.models import Enterprise
from registry.imports.service import run_import
from registry.ledger.service import Actor, verify
from registry.migrations import migrate
from registry.projects.models import Project, StageRecord
from registry.publication.models import Publication

PROJECTS = int(os.environ.get("BENCH_PROJECTS", "100000"))
OWN = 1000
FIRM, OTHER, BUILDER = "91440300MA5F00001A", "91440300MA5F00002D", "91440300MA5F00003G"


def project(n: int) -> dict[str, Any]:
    """A project with five stages; the first thousand are one firm's."""
    code, name = f"2401-220102-04-01-{n:06d}", f"示例工程{n}"
    firm = FIRM if n < OWN else OTHER
    contents = {
        "basic": {
            "approval_code": code, "approval_name": name, "approval_document": "示发改〔2020〕1号",
            "address": "示例路1号", "builder_name": "示例建设单位", "builder_uscc": BUILDER,
            "investment_wan": 12000, "area_m2": 35000.5,
        },
        "drawing_review": {"number": f"ST-{n}", "institution": "示例审图中心", "passed_on": "2020-06-01"},
        "permit": {"kind": "施工许可证", "number": f"P-{n}", "issued_on": "2020-07-01"},
        "completion": {"number": f"J-{n}", "completed_on": "2022-09-30", "result": "合格"},
        "indicators": {"items": [{"name": "建筑面积", "value": 35000.5, "unit": "平方米"}]},
    }  # fmt: skip
    return {
        "code": code, "name": name, "location_code": "220102", "category": "房建", "work_type": "总承包",
        "stages": [{"stage": s, "approver_level": "city", "content": c} for s, c in contents.items()],
        "parties": [{"role": "施工", "uscc": firm, "name": "示例企业"}],
    }  # fmt: skip


def database() -> Engine:
    """An empty, migrated database of its own."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from registry import embedded

    given = os.environ.get("DATABASE_URL")
    admin = given or embedded.start(Path(os.environ.get("DAKA_VAR", "var")) / "postgres")
    engine = make_engine(embedded.sibling(admin, "daka_bench_registry", fresh=True))
    migrate(engine)
    return engine


def bulk_import(engine: Engine, folder: Path) -> None:
    """Projects with five stages each from a file of JSON lines."""
    path = folder / "projects.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for n in range(PROJECTS):
            file.write(json.dumps(project(n), ensure_ascii=False) + "\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    run = run_import(
        make_sessions(engine),
        path,
        keyring=Keyring({"k1": bytes(32)}),
        actor=Actor("bench"),
        clock=lambda: datetime.now(UTC),
    )
    took = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stages = run.counts["stages_new"]
    print(f"import      {run.next_row} projects, {stages} stages in {took:.1f} s:"
          f" {run.next_row / took:,.0f} projects/s, {stages / took:,.0f} stages/s")  # fmt: skip
    print(
        f"import      memory at most {peak / 1024:.0f} MB ({(peak - before) / 1024:.0f} MB more than before)"
    )
    begun = time.perf_counter()
    run_import(
        make_sessions(engine), path, keyring=Keyring({"k1": bytes(32)}), actor=Actor("bench"),
        clock=lambda: datetime.now(UTC),
    )  # fmt: skip
    print(f"import      the same file again: {time.perf_counter() - begun:.2f} s")


def eligibility(engine: Engine) -> None:
    """The whole answer for a firm with a thousand projects, in milliseconds."""
    now = datetime.now(UTC)
    with make_sessions(engine).begin() as session:
        session.execute(
            insert(Enterprise).values(
                uscc=FIRM, name="示例企业", registered_address="示例路1号", synced_at=now, upstream_version=""
            )
        )
        session.execute(Publication.__table__.update().values(delivered_at=now))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    times = []
    for _ in range(21):
        with make_sessions(engine)() as session:
            begun = time.perf_counter()
            answer = eligible(session, uscc=FIRM, use=Use.NATIONAL, on=now.astimezone(SHANGHAI).date())
            times.append((time.perf_counter() - begun) * 1000)
    print(f"eligible    {len(answer.projects)} projects: {statistics.median(times):.1f} ms,"
          f" slowest {max(times):.1f} ms")  # fmt: skip


def chain(engine: Engine) -> None:
    """Verification of the log with every row it speaks of."""
    with make_sessions(engine)() as session:
        rows = session.scalar(select(func.count()).select_from(StageRecord)) or 0
        projects = session.scalar(select(func.count()).select_from(Project)) or 0
        begun = time.perf_counter()
        found = verify(session)
        took = time.perf_counter() - begun
    print(f"verify      {projects} projects, {rows} stages: {took:.1f} s, whole: {found.is_whole}")


def main() -> None:
    """Print the figures."""
    engine = database()
    with tempfile.TemporaryDirectory() as folder:
        bulk_import(engine, Path(folder))
    eligibility(engine)
    if PROJECTS <= 20_000 or "--verify" in sys.argv:
        chain(engine)
    engine.dispose()


if __name__ == "__main__":
    main()
