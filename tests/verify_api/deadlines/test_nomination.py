"""A nomination reads the cases that are due, wherever they lie among the open ones."""

from datetime import timedelta

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from tests.verify_api.factories import at
from verify_api.deadlines.sweep import due_ids

NOW = at("2026-04-11 00:00")
# One firm and its cases: the old ones are not due, the last `:due` of `:all` are.
CITY = """
INSERT INTO enterprises (id, uscc, name, registered_address, synced_at)
VALUES (1, '91440300MA5EXAMP1X', '示例', '示例', :now);
INSERT INTO cases (number, enterprise_id, track, state, opened_at, opened_by, due_at, version)
SELECT 'RC2026-' || lpad(n::text, 7, '0'), 1, 'STOCK', 'OPEN', :now, 'staff:1',
       :now + (CASE WHEN n > :all - :due THEN -1 ELSE n % 720 END)
       * interval '1 hour' + interval '1 minute', 1
FROM generate_series(1, :all) n;
"""


def _fill(session: Session, all_of_them: int, due: int) -> None:
    for statement in CITY.strip().rstrip(";").split(";\n"):
        session.execute(text(statement), {"now": NOW, "all": all_of_them, "due": due})
    session.execute(text("ANALYZE cases"))


def _plan(session: Session, **options: object) -> tuple[list[int], str]:
    """What was nominated and how the database looked for it."""
    asked: list[tuple[str, object]] = []
    connection = session.connection()

    def listen(_connection, _cursor, statement, parameters, _context, _many) -> None:  # type: ignore[no-untyped-def]
        asked.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", listen)
    found = due_ids(session, now=NOW, **options)  # type: ignore[arg-type]
    event.remove(connection, "before_cursor_execute", listen)
    ((statement, parameters),) = asked
    lines = connection.exec_driver_sql("EXPLAIN " + statement, parameters).scalars()  # type: ignore[arg-type]
    return found, "\n".join(lines)


def test_the_due_ones_are_found_by_their_deadline_though_they_are_the_newest_cases(session: Session) -> None:
    _fill(session, 30_000, due=3_000)
    first = session.execute(text("SELECT min(id) FROM cases WHERE due_at <= :now"), {"now": NOW}).scalar_one()
    found, plan = _plan(session, limit=1000)
    assert found == list(range(first, first + 1000))
    assert "ix_cases_due" in plan and "pk_cases" not in plan, plan


def test_the_next_ones_follow_those_that_were_named(session: Session) -> None:
    _fill(session, 3_000, due=30)
    everything = due_ids(session, now=NOW)
    assert len(everything) == 30 and everything == sorted(everything)
    assert due_ids(session, now=NOW, after=everything[9], limit=5) == everything[10:15]
    assert due_ids(session, now=NOW - timedelta(hours=2)) == []
