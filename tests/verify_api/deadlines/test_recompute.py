"""A calendar year is loaded: what was a guess becomes certain, and what waited for it follows by itself."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.db import Sessions
from registry.enterprises.models import Origin
from tests.verify_api.factories import ADMIN, REVIEWER, at, make_firm
from verify_api.cases import handwork, lists, review
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.models import Case, CaseDeadline, CaseEvent, PersonList
from verify_api.cases.openings import GivenReason, StockReason, open_first_cases, open_stock_case
from verify_api.cases.serving import serve_by_receipt
from verify_api.cases.states import State
from verify_api.cases.timing import running
from verify_api.deadlines.cli import calendar
from verify_api.deadlines.recompute import recompute, renew_one, settle
from verify_api.deadlines.service import load_year
from verify_api.deadlines.sweep import act, sweep
from verify_api.deadlines.yearfile import read_json
from verify_api.settings import settings

Year = dict[str, Any]
LOADED = at("2026-11-20 10:00")


def load(session: Session, year: Year, now: datetime = LOADED) -> Any:
    return load_year(session, year_file=read_json(json.dumps(year)), actor="cli", now=now)


def first_case(session: Session, *, issued: date = date(2026, 3, 1)) -> Case:
    """A FIRST case whose ten months end on 2027-01-01, a day no calendar knows yet."""
    firm = make_firm(session, issued=issued, valid_to=date(2027, 6, 30), now=at("2026-03-02 09:00"))
    [case] = open_first_cases(session, enterprise=firm.enterprise, actor=ADMIN, now=at("2026-03-02 09:00"))
    return case


def history(session: Session, case: Case) -> list[str]:
    query = select(CaseEvent.event).where(CaseEvent.case_id == case.id).order_by(CaseEvent.seq)
    return list(session.scalars(query))


def rows(session: Session, case: Case) -> list[tuple[date, bool, str]]:
    query = select(CaseDeadline).where(CaseDeadline.case_id == case.id).order_by(CaseDeadline.id)
    return [(row.last_day, row.is_provisional, row.ended_reason) for row in session.scalars(query)]


@pytest.mark.rule("T-03")
def test_T_03_a_guessed_end_waits_and_the_step_follows_when_the_year_is_loaded(
    own_sessions: Sessions, year_2027: Year
) -> None:
    with own_sessions.begin() as session:
        case_id = first_case(session).id
    assert sweep(own_sessions, now=at("2027-01-05 00:00")) == []
    with own_sessions.begin() as session:
        [wait] = standing(session, case_id, FactKind.WAIT)
        assert wait.detail == {"reason": "calendar_unknown"}
        done = load(session, year_2027, at("2027-01-05 10:00"))
    [renewed] = recompute(own_sessions, done=done, now=at("2027-01-05 10:00"))
    assert (renewed.last_day, renewed.is_moved, renewed.is_settled) == (date(2027, 1, 4), True, True)
    [(_, step)] = sweep(own_sessions, now=at("2027-01-05 10:01"))
    assert step.to_state is State.AWAITING_LAPSE
    with own_sessions() as session:
        assert standing(session, case_id, FactKind.WAIT) == []


@pytest.mark.rule("T-03")
def test_T_03_the_former_row_stays_and_the_history_tells_it(session: Session, year_2027: Year) -> None:
    case = first_case(session)
    load(session, year_2027)
    renew_one(session, case.id, now=LOADED)
    assert rows(session, case) == [
        (date(2027, 1, 1), True, "recomputed"),
        (date(2027, 1, 4), False, ""),
    ]
    assert case.due_at == at("2027-01-05 00:00")
    assert history(session, case) == ["opened", "recomputed"]
    assert renew_one(session, case.id, now=LOADED) is None  # Once is enough.


def test_an_end_in_no_touched_year_is_left_alone(own_sessions: Sessions, year_2027: Year) -> None:
    with own_sessions.begin() as session:
        first_case(session, issued=date(2025, 12, 1))  # ends 2026-10-08
        done = load(session, year_2027)
    assert recompute(own_sessions, done=done, now=LOADED) == []


def test_nobody_recomputed_and_the_scheduler_does_it_within_the_hour(
    own_sessions: Sessions, year_2027: Year
) -> None:
    with own_sessions.begin() as session:
        first_case(session)
        first_case(session)
        load(session, year_2027)
    assert len(settle(own_sessions, now=LOADED)) == 2
    assert settle(own_sessions, now=LOADED) == []


@pytest.mark.parametrize(
    ("extended_to", "expected"), [("2027-01-02", "2027-01-04"), ("2027-01-20", "2027-01-20")]
)
def test_an_extension_keeps_its_day_unless_the_law_gives_a_later_one(
    session: Session, year_2027: Year, extended_to: str, expected: str
) -> None:
    case = first_case(session)
    day = date.fromisoformat(extended_to)
    handwork.extend(session, case, last_day=day, reason="台风", actor=ADMIN, now=at("2026-10-01 09:00"))
    load(session, year_2027)
    renew_one(session, case.id, now=LOADED)
    row = running(session, case.id)
    assert row is not None
    assert (row.last_day, row.is_provisional) == (date.fromisoformat(expected), False)


def test_an_extension_by_a_day_is_no_more_certain_than_what_it_extends(session: Session) -> None:
    case = first_case(session)
    near, far = date(2027, 1, 2), date(2027, 2, 20)
    row = handwork.extend(
        session, case, last_day=near, reason="台风", actor=ADMIN, now=at("2026-10-01 09:00")
    )
    assert row.is_provisional
    row = handwork.extend(session, case, last_day=far, reason="台风", actor=ADMIN, now=at("2026-10-02 09:00"))
    assert not row.is_provisional


def test_a_day_that_was_shown_is_never_taken_away(session: Session, year_2027: Year) -> None:
    case = first_case(session, issued=date(2026, 3, 2))  # 2027-01-02 is a Saturday: shown as Monday the 4th
    year_2027["workdays"].append("2027-01-02")
    year_2027["holidays"][0] = {"date": "2027-01-01", "name": "元旦"}
    load(session, year_2027)
    renew_one(session, case.id, now=LOADED)
    row = running(session, case.id)
    assert row is not None
    assert (row.last_day, row.is_provisional) == (date(2027, 1, 4), False)


def test_the_window_of_the_approved_list_follows(session: Session, year_2027: Year) -> None:
    firm = make_firm(session, issued=date(2026, 6, 1), valid_to=date(2027, 6, 30), permit_to=date(2030, 1, 1))
    [case] = open_first_cases(session, enterprise=firm.enterprise, actor=ADMIN, now=at("2026-06-02 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2026-12-01 09:00"))
    review.approve(session, case, opinion="", actor=REVIEWER, now=at("2026-12-01 10:00"))
    load(session, year_2027, at("2026-12-02 09:00"))
    renew_one(session, case.id, now=at("2026-12-02 09:00"))
    row = session.scalars(select(PersonList).where(PersonList.case_id == case.id)).one()
    assert row.window_closes_at == case.due_at == at("2027-01-05 00:00")


def test_what_a_pause_had_left_grows_with_the_deadline(session: Session, year_2027: Year) -> None:
    case = first_case(session)
    handwork.pause(session, case, reason="台风", actor=ADMIN, now=at("2026-11-10 00:00"))
    load(session, year_2027)
    renew_one(session, case.id, now=LOADED)  # 1 January becomes the 4th: three days more are left
    handwork.resume(session, case, reason="恢复", actor=ADMIN, now=at("2026-12-10 00:00"))
    row = running(session, case.id)
    assert row is not None
    # 10 November to 4 January, both days included, are 56 days; from 10 December they end on 3 February.
    assert row.last_day == date(2027, 2, 3)


def test_a_list_taken_back_after_the_year_was_loaded_runs_on_with_the_certain_day(
    session: Session, year_2027: Year
) -> None:
    firm = make_firm(session, issued=date(2026, 3, 1), valid_to=date(2027, 6, 30), permit_to=date(2030, 1, 1))
    [case] = open_first_cases(session, enterprise=firm.enterprise, actor=ADMIN, now=at("2026-03-02 09:00"))
    lists.submit(session, case, people=firm.enough, actor=firm.actor, now=at("2026-11-10 09:00"))
    load(session, year_2027)
    assert renew_one(session, case.id, now=LOADED) is None  # Nothing runs while the bureau has the list.
    lists.withdraw(session, case, actor=firm.actor, now=at("2026-11-21 09:00"))
    assert case.due_at == at("2027-01-05 00:00")


def test_nobody_waits_any_longer_for_a_deadline_that_was_moved(session: Session) -> None:
    firm = make_firm(session, origin=Origin.ORDINARY, valid_to=date(2028, 1, 1))
    case, _ = open_stock_case(
        session,
        enterprise=firm.enterprise,
        reasons=[GivenReason(StockReason.DORMANT, "一年无业绩")],
        item_ids=None,
        actor=ADMIN,
        now=at("2025-03-03 09:00"),
    )
    serve_by_receipt(
        session, case, delivered_at=at("2025-03-03 10:00"), message_id=1, now=at("2025-03-03 10:00")
    )
    handwork.hold(session, case, reason="核实", actor=ADMIN, now=at("2025-03-04 09:00"))
    assert act(session, case.id, now=at("2025-04-10 00:00")) is None
    assert [fact.detail for fact in standing(session, case.id, FactKind.WAIT)] == [{"reason": "held"}]
    last_day = date(2025, 5, 6)
    handwork.extend(session, case, last_day=last_day, reason="台风", actor=ADMIN, now=at("2025-04-10 09:00"))
    assert standing(session, case.id, FactKind.WAIT) == []


def test_loading_from_the_shell_says_what_it_recomputed(
    own_sessions: Sessions, year_2027: Year, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_sessions.begin() as session:
        first_case(session)
        url = session.get_bind().engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    settings.cache_clear()
    file = tmp_path / "2027.json"
    file.write_text(json.dumps(year_2027), "utf-8")
    answer = json.loads(CliRunner().invoke(calendar, ["load", str(file)]).output)
    again = json.loads(CliRunner().invoke(calendar, ["load", str(file)]).output)
    settings.cache_clear()
    assert (answer["is_new"], answer["recomputed"], answer["moved"], answer["settled"]) == (True, 1, 1, 1)
    assert (again["is_new"], again["recomputed"]) == (False, 0)
