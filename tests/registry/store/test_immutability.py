"""Confirmed rows and the log: nobody changes them, and whoever gets behind the guards is seen."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.db import Sessions
from registry.enterprises.models import Enterprise
from registry.ledger.models import LedgerEntry
from registry.ledger.service import GENESIS, GUARDED, ranges_of, verify
from registry.projects.models import Level, StageRecord
from registry.workflows.models import Filing
from tests.registry.store.test_filings import COUNTY, NOW, Desk
from tests.registry.store.world import add_firm, at, identity, officer

CLERK = f"daka_clerk_{os.getpid()}"  # Roles belong to the whole server, and tests may run side by side.
TABLES = (
    "projects", "stage_records", "project_parties", "grade_entries", "filing_decisions", "ledger_entries",
    "credit_entries", "project_marks",
)  # fmt: skip


@pytest.fixture
def confirmed(sessions: Sessions) -> Sessions:
    """One confirmed project, marked false, so that every guarded table holds something."""
    from registry.credit.service import find_false
    from registry.projects.queries import project_by_code

    with sessions.begin() as session:
        desk = Desk(session, add_firm(session))
        desk.decided(desk.filed(), COUNTY)
        project = project_by_code(session, identity().code)
        assert project is not None
        find_false(session, project_id=project.id, uscc=desk.firm.uscc, officer=officer(Level.CITY),
                   reason="示例", basis="示例", now=NOW)  # fmt: skip
    return sessions


@pytest.fixture
def clerk(engine: Engine, confirmed: Sessions) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A database role with every privilege on every table, short of owning it."""
    with engine.begin() as connection:
        connection.execute(text(f"DROP ROLE IF EXISTS {CLERK}"))
        connection.execute(text(f"CREATE ROLE {CLERK} LOGIN NOSUPERUSER"))
        connection.execute(text(f"GRANT ALL ON SCHEMA public TO {CLERK}"))
        connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {CLERK}"))
        connection.execute(text(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {CLERK}"))
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET SESSION AUTHORIZATION {CLERK}")  # type: ignore[arg-type]
        yield connection
    with engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {CLERK}"))
        connection.execute(text(f"DROP ROLE {CLERK}"))


PATHS = {
    "update": "UPDATE {t} SET id = id",
    "delete": "DELETE FROM {t}",
    "truncate": "TRUNCATE {t} CASCADE",
    "update by row address": "UPDATE {t} SET id = id WHERE ctid = (SELECT ctid FROM {t} LIMIT 1)",
    "delete through a query": "WITH gone AS (DELETE FROM {t} RETURNING id) SELECT count(*) FROM gone",
    "merge": "MERGE INTO {t} USING (SELECT 1) AS x ON true WHEN MATCHED THEN DELETE",
    "switch the triggers off": "ALTER TABLE {t} DISABLE TRIGGER ALL",
    "replica mode": "SET session_replication_role = replica",
    "drop the trigger": "DROP TRIGGER {t}_append_only ON {t}",
    "replace the function": "CREATE OR REPLACE FUNCTION daka_append_only() RETURNS trigger"
    " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "a rule on top": "CREATE RULE r AS ON UPDATE TO {t} DO INSTEAD NOTHING",
    "drop the table": "DROP TABLE {t} CASCADE",
    "rename it away": "ALTER TABLE {t} RENAME TO gone",
    "rewrite a column": "ALTER TABLE {t} ALTER COLUMN id TYPE text",
    "through a view": "DO $$ BEGIN CREATE VIEW v_{t} AS SELECT * FROM {t}; DELETE FROM v_{t}; END $$",
    "in a prepared block": "DO $$ BEGIN EXECUTE 'DELETE FROM {t}'; END $$",
}


@pytest.mark.rule("JL-27")
@pytest.mark.rule("MO-08")
@pytest.mark.parametrize("table", TABLES)
def test_no_sql_of_an_ordinary_role_changes_a_confirmed_row(
    clerk: psycopg.Connection[tuple[object, ...]], confirmed: Sessions, table: str
) -> None:
    count = f"SELECT count(*) FROM {table}"
    before = clerk.execute(count).fetchone()  # type: ignore[arg-type]
    assert before is not None and int(str(before[0])) > 0, "there is something to change"
    for name, statement in PATHS.items():
        with pytest.raises(psycopg.Error):
            clerk.execute(statement.format(t=table))  # type: ignore[arg-type]
            pytest.fail(f"{name} went through on {table}")
    assert clerk.execute(count).fetchone() == before  # type: ignore[arg-type]
    with confirmed() as session:
        assert verify(session).problems == []


@pytest.mark.rule("JL-27")
@pytest.mark.parametrize("table", TABLES)
def test_not_even_the_owner_changes_a_row_by_mistake(session: Session, engine: Engine, table: str) -> None:
    desk = Desk(session, add_firm(session))
    from registry.credit.service import find_false
    from registry.projects.queries import project_by_code

    desk.decided(desk.filed(), COUNTY)
    project = project_by_code(session, identity().code)
    assert project is not None
    find_false(session, project_id=project.id, uscc=desk.firm.uscc, officer=officer(Level.CITY),
               reason="示例", basis="示例", now=NOW)  # fmt: skip
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(DBAPIError, match=r"append-only|cannot be changed"), session.begin_nested():
            session.execute(text(statement))


@pytest.mark.rule("GX-08")
def test_a_processed_filing_cannot_be_changed_by_sql(session: Session) -> None:
    desk = Desk(session, add_firm(session))
    filing = desk.decided(desk.filed(), COUNTY)
    for statement in (
        "UPDATE filings SET content = '{}'", "UPDATE filings SET state = 'filling'",
        "UPDATE filings SET locked_at = NULL", "DELETE FROM filings", "TRUNCATE filings CASCADE",
    ):  # fmt: skip
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))
    session.refresh(filing)
    assert filing.state == "confirmed"


def test_an_open_filing_is_its_firms_to_change(session: Session) -> None:
    desk = Desk(session, add_firm(session))
    filing = desk.filed()
    session.execute(update(Filing).where(Filing.id == filing.id).values(reason="改"))
    with pytest.raises(DBAPIError, match="cannot be changed"), session.begin_nested():
        session.execute(text("DELETE FROM filings"))


ATTACKS = {
    "content altered": "UPDATE stage_records SET content = content || '{\"area_m2\": 1}'",
    "grade altered": "UPDATE grade_entries SET grade = 'A' WHERE id = (SELECT min(id) FROM grade_entries)",
    "decision altered": "UPDATE filing_decisions SET actor = 'staff:9' WHERE outcome = 'approved'",
    "project renamed": "UPDATE projects SET name = '别名'",
    "entry altered": "UPDATE ledger_entries SET actor = 'x' WHERE id = (SELECT min(id) FROM ledger_entries)",
    "entry cut out": "DELETE FROM ledger_entries WHERE id = (SELECT min(id) + 1 FROM ledger_entries)",
    "grade slipped in": "INSERT INTO grade_entries (project_id, stage, grade, at, cause, actor)"
    " SELECT id, 'basic', 'A', now(), 'confirmed', 'x' FROM projects",
    "record removed": "DELETE FROM credit_entries",
}


@pytest.mark.rule("MO-08")
@pytest.mark.parametrize("statement", ATTACKS.values(), ids=ATTACKS)
def test_what_a_superuser_does_behind_the_guards_is_seen(confirmed: Sessions, statement: str) -> None:
    with confirmed.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(statement))
    with confirmed() as session:
        assert not verify(session).is_whole


def test_the_chain_begins_somewhere_and_every_entry_names_the_one_before(confirmed: Sessions) -> None:
    with confirmed() as session:
        entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)).all()
        assert entries[0].previous == GENESIS
        assert [e.previous for e in entries[1:]] == [e.hash for e in entries[:-1]]
        found = verify(session)
        assert (found.is_whole, found.entries, found.head) == (True, len(entries), entries[-1].hash)
        assert set(GUARDED) <= set(TABLES)


def test_two_writers_of_the_chain_take_turns(confirmed: Sessions) -> None:
    import threading

    from registry.ledger.service import Actor, append

    def write(n: int) -> None:
        with confirmed.begin() as session:
            append(session, action="test", subject=f"x:{n}", actor=Actor("x"), now=at("2025-01-01"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with confirmed() as session:
        assert verify(session).is_whole


@pytest.mark.parametrize(
    ("ids", "ranges"), [([], []), ([3], [[3, 3]]), ([1, 2, 3, 7, 9, 8], [[1, 3], [7, 9]])]
)
def test_ids_are_kept_as_ranges(ids: list[int], ranges: list[list[int]]) -> None:
    assert ranges_of(ids) == ranges


def test_times_are_digested_alike_whatever_zone_they_are_read_in(session: Session) -> None:
    firm: Enterprise = add_firm(session)
    desk = Desk(session, firm)
    desk.decided(desk.filed(), COUNTY)
    session.execute(text("SET LOCAL timezone = 'Asia/Shanghai'"))
    session.expire_all()
    assert session.scalars(select(StageRecord)).first() is not None
    assert verify(session).problems == []
