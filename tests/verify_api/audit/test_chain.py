"""The audit chain shows every altered or missing row."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.verify_api.factories import ADMIN, REVIEWER, at, set_policy
from verify_api.audit.rules import START, Link, chained, digest_of, first_break
from verify_api.audit.service import link_new_rows, note_access, unlinked_count, verify_chain

NOW = at("2025-03-01 09:00")


def _look(session: Session, count: int) -> None:
    for number in range(count):
        note_access(session, actor=ADMIN, what="frame", subject=f"attempt/{number}", now=NOW)
    session.flush()


def test_new_rows_are_chained_once(session: Session) -> None:
    _look(session, 3)
    assert link_new_rows(session, now=NOW) == 3
    assert link_new_rows(session, now=NOW) == 0
    assert unlinked_count(session) == 0
    broken, head, links = verify_chain(session)
    assert (broken, links) == (None, 3)
    assert head != START


def test_the_chain_goes_on_where_it_ended(session: Session) -> None:
    _look(session, 2)
    link_new_rows(session, now=NOW)
    note_access(session, actor=REVIEWER, what="notice", subject="1", now=NOW)
    session.flush()
    assert link_new_rows(session, now=NOW) == 1
    assert verify_chain(session)[0] is None


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE access_entries SET actor = 'staff:1' WHERE subject = 'attempt/1'", "row_altered"),
        (
            "UPDATE access_entries SET at = at + interval '1 second' WHERE subject = 'attempt/1'",
            "row_altered",
        ),
        ("DELETE FROM access_entries WHERE subject = 'attempt/1'", "row_missing"),
        (
            "UPDATE audit_links SET digest = repeat('0', 64) WHERE id = (SELECT min(id) FROM audit_links)",
            "row_altered",
        ),
        (
            "UPDATE audit_links SET chain = repeat('0', 64) WHERE id = (SELECT min(id) FROM audit_links)",
            "chain_altered",
        ),
        ("DELETE FROM audit_links WHERE id = (SELECT min(id) FROM audit_links)", "chain_altered"),
    ],
)
def test_whatever_is_altered_is_found(session: Session, statement: str, why: str) -> None:
    _look(session, 3)
    link_new_rows(session, now=NOW)
    # Only the owner of the tables can switch the triggers off; that is whom the chain is for.
    for table in ("access_entries", "audit_links"):
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER refuse_change"))
    session.execute(text(statement))
    session.expire_all()
    broken, _, _ = verify_chain(session)
    assert broken is not None
    assert broken.why == why


def test_two_links_swapped_are_found() -> None:
    rows = [{"id": 1, "x": "a"}, {"id": 2, "x": "b"}]
    digests = [digest_of(row) for row in rows]
    one = chained(START, "h", 1, digests[0])
    two = chained(one, "h", 2, digests[1])
    links = [Link(1, "h", 1, digests[0], one, rows[0]), Link(2, "h", 2, digests[1], two, rows[1])]
    assert first_break(links)[0] is None
    assert first_break(reversed(links))[0] is not None


def test_every_step_of_a_policy_version_is_chained_and_cannot_be_altered(session: Session) -> None:
    set_policy(session, {"fence.radius_m": 400})
    steps = session.execute(text("SELECT event, actor FROM policy_events ORDER BY id")).all()
    assert [tuple(step) for step in steps] == [
        ("draft", "staff:1"),
        ("previewed", "staff:1"),
        ("active", "staff:2"),
    ]
    assert link_new_rows(session, now=NOW) == 3
    assert verify_chain(session)[0] is None
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text("UPDATE policy_events SET actor = 'staff:9'"))
