"""Five outcomes, two payers are a flag, and a register that fails never counts as knowing nothing."""

import json
from collections.abc import Callable, Iterator
from datetime import date

import httpx
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry.crypto import Keyring, load_keyring
from registry.db import Sessions, make_sessions
from tests.verify_api.selection.firms import NOW, TODAY, add_firm, add_item, add_person, staffed_firm
from verify_api.selection.adapters.http import HttpRegister
from verify_api.selection.adapters.offline import OfflineRegister
from verify_api.selection.checking import (
    NoAuthority,
    find_moved_leads,
    keep,
    months_before,
    prepare,
    record_verified_leads,
    run,
)
from verify_api.selection.crosscheck import Answer, CheckKind, Flag, Judged, Outcome, Question, judge
from verify_api.selection.models import PersonCheck
from verify_api.selection.queries import latest_checks

HERE, OTHER = "91440300HERE", "91440300OTHER"
CLAIMS = (("employer", HERE), ("month", "2026-02"))


def about(kind: CheckKind = CheckKind.INSURANCE, claims: tuple[tuple[str, str], ...] = CLAIMS) -> Question:
    return Question("17", kind, "示例人员", "居民身份证", "440300198001010011", "授权书-1", claims)


@pytest.mark.rule("MO-11")
@pytest.mark.parametrize(
    ("payers", "outcome", "flags"),
    [
        ([HERE], Outcome.MATCH, []),
        ([HERE, OTHER], Outcome.MATCH, [Flag.SEVERAL_PAYERS]),
        ([OTHER], Outcome.MISMATCH, [Flag.OTHER_PAYER]),
        ([OTHER, OTHER], Outcome.MISMATCH, [Flag.OTHER_PAYER]),
        (["A", OTHER], Outcome.MISMATCH, [Flag.SEVERAL_PAYERS, Flag.OTHER_PAYER]),
        ([], Outcome.NOT_FOUND, []),
    ],
)
def test_the_payers_decide_and_two_of_them_are_a_flag(
    payers: list[str], outcome: Outcome, flags: list[Flag]
) -> None:
    found = judge(about(), Answer(Outcome.MATCH, payers=tuple(payers)))
    assert (found.outcome, list(found.flags)) == (outcome, flags)
    assert OTHER not in json.dumps(found.detail)  # Counts only: whose money it is stays with the register.


@pytest.mark.parametrize("outcome", [Outcome.MATCH, Outcome.MISMATCH, Outcome.NOT_FOUND, Outcome.FAILED])
def test_every_answer_of_a_register_keeps_its_outcome(outcome: Outcome) -> None:
    assert judge(about(CheckKind.EDUCATION), Answer(outcome)).outcome is outcome


def over_http(handler: Callable[[httpx.Request], httpx.Response]) -> Answer:
    with HttpRegister(
        "https://register.invalid", "token", transport=httpx.MockTransport(handler)
    ) as register:
        return register.ask(about())


def saying(body: object, status: int = 200) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: httpx.Response(status, json=body)


def unreachable(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectTimeout("register.invalid?id=440300198001010011")


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (unreachable, "unreachable"),
        (saying({}, 500), "status_500"),
        (saying({}, 404), "status_404"),
        (saying({"reference": "17", "outcome": "match"}, 302), "status_302"),
        (saying({"reference": "18", "outcome": "match"}), "other_reference"),
        (saying({"reference": "17"}), "unreadable"),
        (saying({"reference": "17", "outcome": "failed"}), "unreadable"),
        (saying({"reference": 17, "outcome": "match"}), "unreadable"),
        (saying(["match"]), "unreadable"),
        (lambda _r: httpx.Response(200, content=b"\xff\xfe<html>"), "unreadable"),
        (lambda _r: httpx.Response(200, content=b" " * 70_000), "too_large"),
    ],
)
def test_whatever_goes_wrong_on_the_way_is_a_failure_and_never_not_found(
    handler: Callable[[httpx.Request], httpx.Response], error: str
) -> None:
    assert over_http(handler) == Answer(Outcome.FAILED, error=error)


def test_the_question_goes_out_as_the_contract_says() -> None:
    seen: list[httpx.Request] = []

    def register(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"reference": "17", "outcome": "match", "payers": [HERE], "more": 1})

    assert over_http(register) == Answer(Outcome.MATCH, payers=(HERE,))
    (request,) = seen
    assert (request.method, request.url.path) == ("POST", "/v1/checks/insurance")
    assert request.headers["authorization"] == "Bearer token"
    assert json.loads(request.content) == {
        "reference": "17",
        "name": "示例人员",
        "id_type": "居民身份证",
        "id_number": "440300198001010011",
        "authority": "授权书-1",
        "claims": {"employer": HERE, "month": "2026-02"},
    }


RECORDS = {
    "440300198001010011": {
        "education": {"education": "本科"},
        "title": [{"number": "T1", "title": "工程师", "level": "中级"}],
        "insurance": {"2026-02": [HERE, OTHER]},
    }
}


@pytest.mark.parametrize(
    ("kind", "claims", "answer"),
    [
        (CheckKind.EDUCATION, (("education", "本科"),), Answer(Outcome.MATCH)),
        (CheckKind.EDUCATION, (("education", "硕士"),), Answer(Outcome.MISMATCH, ("education",))),
        (CheckKind.TITLE, (("number", "T1"), ("level", "中级")), Answer(Outcome.MATCH)),
        (CheckKind.TITLE, (("number", "T1"), ("level", "高级")), Answer(Outcome.MISMATCH, ("level",))),
        (CheckKind.TITLE, (("number", "T2"),), Answer(Outcome.NOT_FOUND)),
        (CheckKind.INSURANCE, CLAIMS, Answer(Outcome.MATCH, payers=(HERE, OTHER))),
        (CheckKind.INSURANCE, (("month", "2026-01"),), Answer(Outcome.NOT_FOUND)),
    ],
)
def test_the_offline_twin_compares_like_a_register(
    kind: CheckKind, claims: tuple[tuple[str, str], ...], answer: Answer
) -> None:
    assert OfflineRegister(RECORDS).ask(about(kind, claims)) == answer
    assert OfflineRegister({}).ask(about(kind, claims)) == Answer(Outcome.NOT_FOUND)


@pytest.fixture
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return load_keyring("", tmp_path_factory.mktemp("keys"))


@pytest.fixture
def sessions(engine: Engine) -> Iterator[Sessions]:
    """Sessions on one connection, all rolled back in the end."""
    with engine.connect() as connection:
        outer = connection.begin()
        made = make_sessions(engine)
        made.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield made
        outer.rollback()


def test_rows_are_written_before_the_questions_leave(session: Session, keyring: Keyring) -> None:
    firm, _, people = staffed_firm(session, keyring=keyring)
    asked = prepare(
        session,
        enterprise_id=firm.id,
        person_ids=[people[5].id],
        kinds=list(CheckKind),
        authority="授权书-1",
        asked_by="staff:7",
        keyring=keyring,
        now=NOW,
    )
    assert [one.question.kind for one in asked] == [CheckKind.EDUCATION, CheckKind.TITLE, CheckKind.INSURANCE]
    assert {one.question.id_number for one in asked} == {"440300198001000110"}
    assert asked[2].question.claimed == {"employer": firm.uscc, "month": "2026-02"}
    rows = latest_checks(session, enterprise_id=firm.id)
    assert {row.outcome for row in rows} == {"not_queried"}
    assert {str(row.id) for row in rows} == {one.question.reference for one in asked}


def test_an_answer_is_kept_once(session: Session, keyring: Keyring) -> None:
    firm, _, people = staffed_firm(session, keyring=keyring)
    (one,) = prepare(
        session,
        enterprise_id=firm.id,
        person_ids=[people[5].id],
        kinds=[CheckKind.EDUCATION],
        authority="授权书-1",
        asked_by="system",
        keyring=keyring,
        now=NOW,
    )
    keep(session, {one.row_id: Judged(Outcome.MATCH, (), {})}, now=NOW)
    keep(session, {one.row_id: Judged(Outcome.MISMATCH, (), {})}, now=NOW)
    assert session.get_one(PersonCheck, one.row_id).outcome == "match"


@pytest.mark.parametrize("authority", ["", "  "])
def test_nobody_is_looked_up_without_an_authorisation(
    session: Session, keyring: Keyring, authority: str
) -> None:
    firm, _, _ = staffed_firm(session, keyring=keyring)
    with pytest.raises(NoAuthority):
        prepare(
            session,
            enterprise_id=firm.id,
            person_ids=None,
            kinds=list(CheckKind),
            authority=authority,
            asked_by="staff:7",
            keyring=keyring,
            now=NOW,
        )


class FailsOnce:
    """A register that breaks on its second question."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self, question: Question) -> Answer:
        self.asked += 1
        if self.asked == 2:
            raise RuntimeError("broken twin")
        return Answer(Outcome.MATCH)


def test_answers_before_a_breakdown_stay_and_the_rest_is_not_queried(
    sessions: Sessions, keyring: Keyring
) -> None:
    with sessions.begin() as session:
        firm, _, people = staffed_firm(session, keyring=keyring)
    with pytest.raises(RuntimeError, match="broken twin"):
        run(
            sessions,
            FailsOnce(),
            enterprise_id=firm.id,
            person_ids=[p.id for p in people[:3]],
            kinds=[CheckKind.EDUCATION],
            authority="授权书-1",
            asked_by="system",
            keyring=keyring,
            clock=lambda: NOW,
        )
    with sessions() as session:
        rows = session.scalars(select(PersonCheck).order_by(PersonCheck.id)).all()
    assert [row.outcome for row in rows] == ["match", "not_queried", "not_queried"]


def test_a_run_counts_its_outcomes(sessions: Sessions, keyring: Keyring) -> None:
    with sessions.begin() as session:
        firm, _, _ = staffed_firm(session, keyring=keyring)
    counts = run(
        sessions,
        OfflineRegister({}),
        enterprise_id=firm.id,
        kinds=[CheckKind.INSURANCE],
        authority="授权书-1",
        asked_by="system",
        keyring=keyring,
        clock=lambda: NOW,
    )
    assert counts == {Outcome.NOT_FOUND: 11}


@pytest.mark.parametrize(
    ("verified_on", "flagged"),
    [
        (date(2025, 9, 1), False),
        (date(2025, 9, 2), True),
        (TODAY, True),
        (date(2026, 3, 3), False),
    ],
)
def test_a_lead_verified_elsewhere_within_six_months_is_pointed_at(
    session: Session, verified_on: date, flagged: bool
) -> None:
    first, item, people = staffed_firm(session, 1)
    count = record_verified_leads(
        session, case_id=1, enterprise_id=first.id, item_ids=[item.id], on=verified_on, now=NOW
    )
    assert count == 1
    second = add_firm(session, 2)
    taken = add_item(session, second, people[0])
    found = find_moved_leads(session, on=TODAY, months=6)
    assert [(m.person_id, m.enterprise_id, m.item_id, m.seen_at.enterprise_id) for m in found] == (
        [(people[0].id, second.id, taken.id, first.id)] if flagged else []
    )


def test_a_lead_in_one_firm_only_is_not_pointed_at_and_recording_twice_is_harmless(session: Session) -> None:
    firm, item, _ = staffed_firm(session)
    stranger = add_item(session, add_firm(session, 2), add_person(session, firm, 999, titled="结构"))
    ids = [item.id, stranger.id]
    counts = [
        record_verified_leads(session, case_id=1, enterprise_id=firm.id, item_ids=ids, on=TODAY, now=NOW)
        for _ in range(2)
    ]
    assert counts == [1, 0]
    assert find_moved_leads(session, on=TODAY, months=6) == []


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 3, 2), 6, date(2025, 9, 2)),
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2026, 1, 31), 1, date(2025, 12, 31)),
        (date(2026, 1, 15), 0, date(2026, 1, 15)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
    ],
)
def test_months_are_counted_back_to_the_same_day_or_the_months_last(
    day: date, months: int, before: date
) -> None:
    assert months_before(day, months) == before
