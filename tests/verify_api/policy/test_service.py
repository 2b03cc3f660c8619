"""A policy comes into force by two officers, from a later day on, and stays readable for ever."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.errors import Invalid
from verify_api.policy.builtin import builtin
from verify_api.policy.consent import TEXT
from verify_api.policy.models import StoredPolicy
from verify_api.policy.rules import PolicyInvalid
from verify_api.policy.service import (
    NoPolicy,
    PolicyDateTooEarly,
    PolicyNotFound,
    PolicyNotOpen,
    SameOfficer,
    activate,
    compare,
    draft,
    policy_named,
    policy_on,
    preview,
    withdraw,
)
from verify_api.policy.values import RevocationMode

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)  # noon in Shanghai
TODAY = date(2026, 3, 1)
FIRST, SECOND = "staff:1", "staff:2"


def drafted(session: Session, *, effective_from: date = date(2026, 4, 1), **changes: Any) -> str:
    named = {name.replace("__", "."): value for name, value in changes.items()}
    row = draft(
        session,
        changes=named or {"revocation.mode": "decision"},
        effective_from=effective_from,
        reason="法制机构意见",
        basis="22号令第二十八条",
        actor=FIRST,
        now=NOW,
    )
    return row.version


def activated(session: Session, **given: Any) -> str:
    version = drafted(session, **given)
    preview(session, version, actor=FIRST, now=NOW)
    activate(session, version, actor=SECOND, now=NOW)
    return version


WORDS = TEXT + "照片不出本市政务云。"


@pytest.mark.parametrize(
    ("changes", "is_refused"),
    [
        ({"consent__notice_text": WORDS}, True),
        ({"consent__notice_text": WORDS, "consent__notice_version": "2"}, False),
        ({"consent__notice_version": "2"}, False),
    ],
)
def test_new_words_of_the_notice_need_a_version_of_their_own(
    session: Session, changes: dict[str, str], is_refused: bool
) -> None:
    if not is_refused:
        assert drafted(session, **changes)
        return
    with pytest.raises(PolicyInvalid, match="未用过的版本号"):
        drafted(session, **changes)


def test_a_version_of_the_notice_never_gets_other_words_though_it_has_been_replaced(session: Session) -> None:
    activated(session, consent__notice_text=WORDS, consent__notice_version="2")
    with pytest.raises(PolicyInvalid, match="版本“1”"):
        drafted(session, consent__notice_text=WORDS + "以本版为准。", consent__notice_version="1")
    assert drafted(session, consent__notice_text=TEXT, consent__notice_version="1")


def test_the_migration_installs_the_first_version(session: Session) -> None:
    assert policy_on(session, on=TODAY) == builtin()


def test_before_the_first_version_nothing_can_be_decided(session: Session) -> None:
    with pytest.raises(NoPolicy):
        policy_on(session, on=builtin().effective_from - timedelta(days=1))


def test_a_version_holds_from_its_day_on_and_not_before(session: Session) -> None:
    version = activated(session)
    assert policy_on(session, on=date(2026, 3, 31)).version == builtin().version
    found = policy_on(session, on=date(2026, 4, 1))
    assert found.version == version
    assert found.policy.revocation.mode is RevocationMode.DECISION


def test_a_past_decisions_version_stays_readable(session: Session) -> None:
    activated(session)
    assert policy_named(session, builtin().version) == builtin()
    with pytest.raises(PolicyNotFound):
        policy_named(session, "99")


def test_the_drafter_cannot_activate(session: Session) -> None:
    version = drafted(session)
    preview(session, version, actor=SECOND, now=NOW)
    with pytest.raises(SameOfficer):
        activate(session, version, actor=FIRST, now=NOW)
    activate(session, version, actor=SECOND, now=NOW)


def test_the_database_itself_refuses_one_officer_twice(session: Session) -> None:
    version = activated(session)
    row = session.query(StoredPolicy).filter_by(version=version).one()
    row.activated_by = FIRST
    with pytest.raises(IntegrityError):
        session.flush()


def test_what_nobody_previewed_cannot_be_activated(session: Session) -> None:
    version = drafted(session)
    with pytest.raises(PolicyNotOpen):
        activate(session, version, actor=SECOND, now=NOW)


def test_the_preview_shows_exactly_what_changes(session: Session) -> None:
    version = drafted(session, fence__radius_m=500)
    seen = preview(session, version, actor=FIRST, now=NOW)
    assert (seen.against, seen.effective_from) == (builtin().version, date(2026, 4, 1))
    assert [(c.path, c.old, c.new) for c in seen.changes] == [("fence.radius_m", 300, 500)]
    assert compare(session, version) == seen


@pytest.mark.parametrize(
    ("day", "is_allowed"), [(date(2026, 2, 28), False), (TODAY, False), (date(2026, 3, 2), True)]
)
def test_a_version_takes_effect_tomorrow_at_the_earliest(
    session: Session, day: date, is_allowed: bool
) -> None:
    if is_allowed:
        drafted(session, effective_from=day)
        return
    with pytest.raises(PolicyDateTooEarly):
        drafted(session, effective_from=day)


def test_a_version_whose_day_has_come_unactivated_is_too_late(session: Session) -> None:
    version = drafted(session)
    preview(session, version, actor=FIRST, now=NOW)
    with pytest.raises(PolicyDateTooEarly):
        activate(session, version, actor=SECOND, now=NOW + timedelta(days=31))


def test_a_draft_made_on_an_older_base_cannot_undo_a_later_change(session: Session) -> None:
    stale = drafted(session, fence__radius_m=500, effective_from=date(2026, 5, 1))
    preview(session, stale, actor=FIRST, now=NOW)
    activated(session)
    with pytest.raises(PolicyNotOpen):
        activate(session, stale, actor=SECOND, now=NOW)


def test_a_version_cannot_take_effect_before_the_one_it_changes(session: Session) -> None:
    activated(session, effective_from=date(2026, 6, 1))
    with pytest.raises(PolicyDateTooEarly):
        drafted(session, effective_from=date(2026, 5, 1))
    both = activated(session, fence__radius_m=500, effective_from=date(2026, 7, 1))
    assert policy_named(session, both).policy.revocation.mode is RevocationMode.DECISION


def test_what_has_not_taken_effect_can_be_withdrawn(session: Session) -> None:
    version = activated(session)
    withdraw(session, version, actor=FIRST, now=NOW)
    assert policy_on(session, on=date(2026, 4, 1)) == builtin()
    with pytest.raises(PolicyNotOpen):
        withdraw(session, version, actor=FIRST, now=NOW)


def test_what_is_in_force_cannot_be_withdrawn(session: Session) -> None:
    version = activated(session)
    with pytest.raises(PolicyNotOpen):
        withdraw(session, version, actor=FIRST, now=NOW + timedelta(days=31))


@pytest.mark.parametrize(("reason", "basis"), [("", "x"), ("x", " ")])
def test_a_draft_needs_a_reason_and_a_basis(session: Session, reason: str, basis: str) -> None:
    with pytest.raises(Invalid):
        draft(
            session,
            changes={"fence.radius_m": 500},
            effective_from=date(2026, 4, 1),
            reason=reason,
            basis=basis,
            actor=FIRST,
            now=NOW,
        )


def test_an_impossible_value_never_becomes_a_draft(session: Session) -> None:
    with pytest.raises(PolicyInvalid):
        drafted(session, rectification__cap_months=4)


def test_versions_are_numbered_one_after_the_other(session: Session, engine: Engine) -> None:
    assert [drafted(session), drafted(session)] == ["2", "3"]
