"""Two schedulers at once, and one that dies in the middle: nothing happens twice, nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from registry.db import Sessions
from registry.enterprises.models import Enterprise, ItemStatus, Origin, QualificationItem
from tests.verify_api.factories import ADMIN, at, make_firm
from verify_api.cases import handwork
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.ground import ground_on
from verify_api.cases.models import Case, CaseEvent
from verify_api.cases.openings import GivenReason, StockReason, open_first_cases, open_stock_case
from verify_api.cases.serving import serve_by_receipt
from verify_api.cases.states import State
from verify_api.deadlines.reminders import remind
from verify_api.deadlines.sweep import _is_alone, _visit, act, due_ids, sweep
from verify_api.messages.models import Message
from verify_api.notices.models import Notice
from verify_api.notices.queries import missing_numbers

FIRMS = 12


@pytest.fixture
def city(own_sessions: Sessions) -> Sessions:
    """Committed cases in a database of their own: two schedulers need two connections."""
    with own_sessions.begin() as session:
        for _ in range(FIRMS):
            _missed_stock_case(session)
            firm = make_firm(session)
            open_first_cases(session, enterprise=firm.enterprise, actor=ADMIN, now=at("2025-01-07 09:00"))
    return own_sessions


def _missed_stock_case(session: Session) -> None:
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


def _count(sessions: Sessions, column: object, *where: object) -> int:
    with sessions() as session:
        return session.scalar(select(func.count(column)).where(*where)) or 0  # type: ignore[call-overload, no-any-return]


def test_two_schedulers_sweep_every_case_once(city: Sessions) -> None:
    now = at("2025-12-01 00:00")
    with ThreadPoolExecutor(4) as pool:
        taken = [step for found in pool.map(lambda _: sweep(city, now=now), range(4)) for step in found]
    assert len(taken) == len({case for case, _ in taken}) == 2 * FIRMS
    assert _count(city, Notice.id) == FIRMS
    assert _count(city, CaseEvent.id, CaseEvent.event == "missed") == 2 * FIRMS
    assert _count(city, Message.id, Message.kind == "notice_issued") == FIRMS
    with city() as session:
        letters, year = session.execute(select(Notice.letters, Notice.year).limit(1)).one()
        assert missing_numbers(session, letters, year) == []


def test_while_one_sweeps_another_leaves_it_the_rest_at_once_and_nothing_is_left_undone(
    city: Sessions,
) -> None:
    now = at("2025-12-01 00:00")
    with city.begin() as session:
        assert _is_alone(session)
        with ThreadPoolExecutor(1) as pool:  # Another connection, as of another process.
            assert pool.submit(sweep, city, now=now).result(timeout=20) == []
    assert len(sweep(city, now=now)) == 2 * FIRMS


def test_a_sweep_that_dies_gives_its_turn_back(city: Sessions) -> None:
    with pytest.raises(KeyboardInterrupt), city.begin() as session:
        assert _is_alone(session)
        raise KeyboardInterrupt
    assert len(sweep(city, now=at("2025-12-01 00:00"))) == 2 * FIRMS


def test_whoever_waits_does_not_keep_those_behind_from_their_step(city: Sessions) -> None:
    now = at("2025-12-01 00:00")
    with city.begin() as session:
        ids = due_ids(session, now=now)
        for case_id in ids[::3]:
            case = session.get_one(Case, case_id)
            handwork.hold(session, case, reason="核实", actor=ADMIN, now=now)
    assert [len(sweep(city, now=now)) for _ in range(2)] == [16, 0]


def test_two_schedulers_send_every_reminder_once(city: Sessions) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: remind(city, now=at("2025-03-28 09:00")), range(4)))
    remind(city, now=at("2025-03-28 18:00"))
    assert _count(city, Message.id, Message.kind == "reminder") == FIRMS


def test_a_sweep_that_dies_between_two_cases_is_taken_up_by_the_next(city: Sessions) -> None:
    now = at("2025-12-01 00:00")
    with city() as session:
        ids = due_ids(session, now=now)
    for case_id in ids[:5]:
        with city.begin() as session:
            act(session, case_id, now=now)
    with pytest.raises(KeyboardInterrupt), city.begin() as session:
        act(session, ids[5], now=now)
        raise KeyboardInterrupt  # The power goes off before the commit.
    assert _count(city, CaseEvent.id, CaseEvent.event == "missed") == 5
    sweep(city, now=now)
    assert _count(city, CaseEvent.id, CaseEvent.event == "missed") == 2 * FIRMS


def test_a_scheduler_down_for_a_year_catches_up_step_by_step(city: Sessions) -> None:
    sweep(city, now=at("2026-06-01 00:00"))
    assert _count(city, Case.id, Case.state == State.RECTIFYING.value) == FIRMS
    # Nobody was served meanwhile, so nobody may be revoked; the first track has lapsed in two steps.
    assert _count(city, Case.id, Case.state == State.REVOKED.value) == 0
    sweep(city, now=at("2026-06-01 00:01"))
    assert _count(city, Case.id, Case.state == State.LAPSED.value) == FIRMS
    lapsed = QualificationItem.status == ItemStatus.LAPSED.value
    assert _count(city, QualificationItem.id, lapsed) == FIRMS


def test_a_clock_that_steps_back_undoes_and_repeats_nothing(city: Sessions) -> None:
    sweep(city, now=at("2025-12-01 00:00"))
    before = _count(city, CaseEvent.id)
    assert sweep(city, now=at("2025-03-01 00:00")) == []
    assert sweep(city, now=at("2025-12-01 00:00")) == []
    assert _count(city, CaseEvent.id) == before


def test_a_case_whose_step_fails_waits_and_does_not_stop_the_others(city: Sessions) -> None:
    now = at("2025-12-01 00:00")
    with city.begin() as session:
        broken = session.scalars(select(Case).order_by(Case.id).limit(1)).one()
        # An enterprise without a name: the notice cannot be written, so no step may happen.
        session.get_one(Enterprise, broken.enterprise_id).name = ""
    assert len(sweep(city, now=now)) == 2 * FIRMS - 1
    with city() as session:
        assert session.get_one(Case, broken.id).state == State.OPEN
        [wait] = standing(session, broken.id, FactKind.WAIT)
    assert wait.detail == {"reason": "step_failed"}
    with city.begin() as session:
        session.get_one(Enterprise, broken.enterprise_id).name = "示例建设有限公司"
    [(case_id, _)] = sweep(city, now=now)
    assert case_id == broken.id
    with city() as session:
        assert standing(session, broken.id, FactKind.WAIT) == []


def test_twenty_cases_are_read_with_the_queries_of_one(city: Sessions) -> None:
    now = at("2025-12-01 00:00")
    with city.begin() as session:
        ids = due_ids(session, now=now)
        for case_id in ids:
            case = session.get_one(Case, case_id)
            handwork.hold(session, case, reason="核实", actor=ADMIN, now=now)
    sweep(city, now=now)  # Each stands in the waiting room from here on.
    few, many = _queries_of_a_visit(city, ids[:2], now), _queries_of_a_visit(city, ids, now)
    assert len(ids) == 2 * FIRMS
    assert many == few > 0


def _queries_of_a_visit(sessions: Sessions, ids: list[int], now: datetime) -> int:
    asked: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine = sessions.kw["bind"]
    with sessions.begin() as session:
        ground = ground_on(session, now=now)
        event.listen(engine, "before_cursor_execute", hear)
        try:
            _visit(session, ids, ground=ground, now=now)
        finally:
            event.remove(engine, "before_cursor_execute", hear)
    return len(asked)
