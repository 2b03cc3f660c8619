"""STOCK cases from a file: row by row, resumable, never twice; and from a draw two officers stand for."""

import csv
import io

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.crypto import Keyring
from registry.db import Sessions
from registry.enterprises.models import Enterprise, Origin
from tests.verify_api.cases.conftest import Office, valid_uscc
from tests.verify_api.factories import ADMIN, Firm, at, make_firm
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.models import Account
from verify_api.cases import batches
from verify_api.cases.batch_models import BatchRow, CaseDraw, RowStatus
from verify_api.cases.batchfile import read
from verify_api.cases.models import Case, CaseReason
from verify_api.cases.openings import DrawNeeded, GivenReason, StockReason, open_stock_case
from verify_api.messages.outbox import BUREAU

HEAD = "统一社会信用代码,核查原因,说明,资质项\n"
NOW = at("2026-03-02 10:00")


def table(*rows: str) -> bytes:
    return (HEAD + "\n".join(rows)).encode()


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEAD.strip().split(","), *rows):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ordinary(session: Session, n: int) -> Firm:
    firm = make_firm(session, origin=Origin.ORDINARY, valid_to=at("2029-01-01 00:00").date())
    firm.enterprise.uscc = valid_uscc(n)
    session.flush()
    return firm


@pytest.mark.rule("SZ-31")
def test_a_batch_opens_what_it_can_and_says_what_it_cannot(office: Office) -> None:
    ordinary(office.session, 1)
    ordinary(office.session, 2)
    gone = ordinary(office.session, 3)
    gone.enterprise.is_active = False
    first = make_firm(office.session)
    first.enterprise.uscc = valid_uscc(4)
    data = table(
        f"{valid_uscc(1)},发生施工生产安全事故,通报",
        f"{valid_uscc(1)},转包,同一企业的另一原因",
        f"{valid_uscc(2)},被投诉举报,来信,建筑工程施工总承包一级",
        f"{valid_uscc(3)},转包,来信",
        f"{valid_uscc(4)},转包,来信",
        f"{valid_uscc(5)},转包,来信",
        "x,转包,来信",
    )
    batch = office.post("admin1", "/console/batches", files={"file": ("a.csv", data, "text/csv")})
    assert batch["progress"]["by_status"] == {
        "pending": 6, "opened": 0, "attached": 0, "repeated": 0, "refused": 1, "failed": 0,
    }  # fmt: skip
    batches.work_off(office.parts.sessions, mailing=office.mailing, now=NOW)
    shown = office.get("reviewer1", f"/console/batches/{batch['batch']}")
    assert shown["progress"]["is_finished"] is True
    assert [(row["line"], row["status"], row["code"]) for row in shown["rows"]] == [
        (2, "opened", None),
        (3, "attached", None),
        (4, "refused", "item_unknown"),
        (5, "refused", "enterprise_inactive"),
        (6, "refused", "no_items"),
        (7, "refused", "enterprise_not_found"),
        (8, "refused", "bad_uscc"),
    ]
    assert shown["rows"][0]["case"] == shown["rows"][1]["case"]
    case = office.session.scalars(select(Case).where(Case.number == shown["rows"][0]["case"])).one()
    assert case.opened_by == office.actor("admin1").label
    codes = select(CaseReason.code).where(CaseReason.case_id == case.id).order_by(CaseReason.id)
    assert list(office.session.scalars(codes)) == ["accident", "subcontracting"]
    known = select(func.count(Account.id)).where(Account.enterprise_id == case.enterprise_id)
    assert office.session.scalar(known) == 1  # Included with it: somebody has to be able to log in.


def test_a_crash_between_two_rows_loses_and_repeats_nothing(own_sessions: Sessions, keyring: Keyring) -> None:
    mailing = Mailing(keyring, BUREAU)
    with own_sessions.begin() as session:
        for n in range(1, 6):
            ordinary(session, n)
        rows = [f"{valid_uscc(n)},转包,来信" for n in range(1, 6)]
        batch = batches.receive(session, name="a", data=table(*rows), actor=ADMIN, now=NOW)
    assert batches.work_off(own_sessions, mailing=mailing, now=NOW, limit=2) == 2
    with own_sessions() as session:
        third = session.scalars(select(BatchRow.id).where(BatchRow.line == 4)).one()
    with pytest.raises(KeyboardInterrupt), own_sessions.begin() as session:
        batches.open_row(session, third, mailing=mailing, now=NOW)
        raise KeyboardInterrupt  # The power goes off before the commit.
    with own_sessions.begin() as session:
        again = batches.receive(session, name="a", data=table(*rows), actor=ADMIN, now=NOW)
        assert again.id == batch.id  # Sent again while it is not worked off: the same batch.
    assert batches.work_off(own_sessions, mailing=mailing, now=NOW) == 3
    assert batches.work_off(own_sessions, mailing=mailing, now=NOW) == 0
    with own_sessions() as session:
        assert session.scalar(select(func.count(Case.id))) == 5
        numbers = session.scalars(select(Case.number).order_by(Case.id)).all()
    assert numbers == [f"RC2026-{n:06d}" for n in range(1, 6)]


def test_a_file_sent_again_afterwards_adds_no_second_reason(own_sessions: Sessions, keyring: Keyring) -> None:
    mailing = Mailing(keyring, BUREAU)
    data = table(f"{valid_uscc(1)},转包,来信")
    for _ in range(2):
        with own_sessions.begin() as session:
            if session.scalar(select(func.count(Enterprise.id))) == 0:
                ordinary(session, 1)
            batches.receive(session, name="a", data=data, actor=ADMIN, now=NOW)
        batches.work_off(own_sessions, mailing=mailing, now=NOW)
    with own_sessions() as session:
        statuses = list(session.scalars(select(BatchRow.status).order_by(BatchRow.id)))
        assert statuses == [RowStatus.OPENED, RowStatus.REPEATED]
        assert session.scalar(select(func.count(CaseReason.id))) == 1


def test_a_row_at_which_the_service_failed_is_tried_again(own_sessions: Sessions, keyring: Keyring) -> None:
    mailing = Mailing(keyring, BUREAU)
    with own_sessions.begin() as session:
        ordinary(session, 1)
        batch = batches.receive(
            session, name="a", data=table(f"{valid_uscc(1)},转包,来信"), actor=ADMIN, now=NOW
        )
        session.execute(text("ALTER TABLE case_reasons RENAME TO mislaid"))
    batches.work_off(own_sessions, mailing=mailing, now=NOW)
    with own_sessions.begin() as session:
        [(row, _)] = batches.rows_of(session, batch.id)
        assert (row.status, row.code) == (RowStatus.FAILED, "internal_error")
        session.execute(text("ALTER TABLE mislaid RENAME TO case_reasons"))
        assert batches.resume(session, batch.id, actor=ADMIN) == 1
    batches.work_off(own_sessions, mailing=mailing, now=NOW)
    with own_sessions() as session:
        [(row, number)] = batches.rows_of(session, batch.id)
    assert (row.status, number) == (RowStatus.OPENED, "RC2026-000001")


def test_the_report_is_a_table_and_runs_no_formula(office: Office) -> None:
    data = table(f'{valid_uscc(1)},转包,"=HYPERLINK(1)"', f"{valid_uscc(2)},转包,来信")
    batch = office.post("admin1", "/console/batches", files={"file": ("a.csv", data, "text/csv")})
    batches.work_off(office.parts.sessions, mailing=office.mailing, now=NOW)
    answer = office.call("admin1", "GET", f"/console/batches/{batch['batch']}/report")
    head, first, _ = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert head[0] == "行号"
    assert first[3] == "'=HYPERLINK(1)"
    assert first[5:8] == ["不能处理", "", "enterprise_not_found"]


def test_the_template_is_a_file_that_the_service_reads(office: Office) -> None:
    answer = office.call("admin1", "GET", "/console/batches/template")
    book = load_workbook(io.BytesIO(answer.content))
    book["核查对象"].append([valid_uscc(1), "拖欠工人工资", "来信"])
    out = io.BytesIO()
    book.save(out)
    assert [row.code for row in read(out.getvalue())] == [""]


@pytest.mark.parametrize("who", ["reviewer1", "auditor1", "decider1"])
def test_only_an_administrator_sends_a_batch_or_draws(office: Office, who: str) -> None:
    data = table(f"{valid_uscc(1)},转包,来信")
    files = {"file": ("a.csv", data, "text/csv")}
    assert office.refused(who, "POST", "/console/batches", files=files) == (403, "role_missing")
    body = {"size": 1, "reason": "季度抽查"}
    assert office.refused(who, "POST", "/console/draws", json=body) == (403, "role_missing")


def test_an_enterprise_sees_no_batch(office: Office) -> None:
    office.add_firm("firm", 9)
    assert office.refused("firm", "GET", "/console/batches")[0] == 403
    assert office.refused(None, "GET", "/console/batches")[0] == 401


def test_an_item_that_is_not_the_firms_is_refused_although_a_case_runs(office: Office) -> None:
    firm = office.add_firm("firm", 12, origin=Origin.ORDINARY)
    body = {"uscc": firm.enterprise.uscc, "reasons": [{"code": "complaint", "note": "来信"}]}
    assert office.post("admin1", "/console/cases", body)["is_new"]
    wrong = body | {"items": [firm.items[0].id + 1000]}
    assert office.refused("admin1", "POST", "/console/cases", json=wrong) == (422, "item_not_verifiable")
    assert office.post("admin1", "/console/cases", body | {"items": [firm.items[0].id]})["is_new"] is False


class TestTheDraw:
    """双随机 (SZ-31): drawn by one, approved by another, replayable by anybody."""

    def test_nobody_is_drawn_who_no_longer_works_here(self, office: Office) -> None:
        office.add_firm("firm", 30, origin=Origin.ORDINARY)
        office.accounts["reviewer1"].disabled_at = NOW
        body = {"size": 1, "reason": "季度抽查"}
        assert office.post("admin1", "/console/draws", body)["record"]["officers"] == []

    @pytest.mark.rule("SZ-31")
    def test_nothing_is_opened_before_another_officer_approves(self, office: Office) -> None:
        for n in range(1, 6):
            ordinary(office.session, n)
        drawn = office.post("admin1", "/console/draws", {"size": 2, "reason": "季度抽查"})
        assert (drawn["population"], len(drawn["drawn"]), drawn["is_approved"]) == (5, 2, None)
        assert {one["officer"] for one in drawn["drawn"]} == {"reviewer1"}
        path = f"/console/draws/{drawn['draw']}/decision"
        batches.work_off(office.parts.sessions, mailing=office.mailing, now=NOW)
        assert office.session.scalar(select(func.count(Case.id))) == 0
        body = {"agreed": True}
        assert office.refused("admin1", "POST", path, json=body) == (403, "second_officer_needed")
        assert office.refused("reviewer1", "POST", path, json=body) == (403, "role_missing")
        office.post("admin2", path, body)
        assert office.refused("decider1", "POST", path, json=body) == (409, "draw_decided")
        batches.work_off(office.parts.sessions, mailing=office.mailing, now=NOW)
        opened = select(Enterprise.uscc).join(Case, Case.enterprise_id == Enterprise.id)
        assert sorted(office.session.scalars(opened)) == sorted(one["uscc"] for one in drawn["drawn"])

    def test_a_refused_draw_stays_on_record_and_opens_nothing(self, office: Office) -> None:
        ordinary(office.session, 1)
        drawn = office.post("admin1", "/console/draws", {"size": 1, "reason": "季度抽查"})
        path = f"/console/draws/{drawn['draw']}/decision"
        assert office.refused("admin2", "POST", path, json={"agreed": False})[1] == "reason_missing"
        answer = office.post("admin2", path, {"agreed": False, "reason": "范围有误"})
        assert (answer["is_approved"], answer["batch"]) == (False, None)
        assert [one["draw"] for one in office.get("auditor1", "/console/draws")] == [drawn["draw"]]
        assert office.session.scalar(select(func.count(BatchRow.id))) == 0

    def test_who_is_under_verification_or_was_lately_is_not_drawn(self, office: Office) -> None:
        busy, rested, _first = (
            ordinary(office.session, 1),
            ordinary(office.session, 2),
            make_firm(office.session),
        )
        open_stock_case(
            office.session,
            enterprise=busy.enterprise,
            reasons=[GivenReason(StockReason.ACCIDENT, "通报")],
            item_ids=None,
            actor=ADMIN,
            now=NOW,
        )
        drawn = office.post("admin1", "/console/draws", {"size": 1, "reason": "季度抽查"})
        assert office.get("admin1", f"/console/draws/{drawn['draw']}")["record"]["population"] == [
            rested.enterprise.uscc
        ]
        too_many = {"size": 2, "reason": "季度抽查"}
        assert office.refused("admin1", "POST", "/console/draws", json=too_many)[1] == "draw_impossible"

    def test_what_was_drawn_cannot_be_changed_even_in_the_database(self, office: Office) -> None:
        ordinary(office.session, 1)
        office.post("admin1", "/console/draws", {"size": 1, "reason": "季度抽查"})
        for statement in ("UPDATE case_draws SET seed = 'x'", "DELETE FROM case_draws"):
            with pytest.raises(DBAPIError), office.session.begin_nested():
                office.session.execute(text(statement))
        assert office.session.scalars(select(CaseDraw.seed)).one() != "x"

    def test_nobody_simply_gives_the_draw_as_a_reason(self, office: Office) -> None:
        firm = ordinary(office.session, 1)
        with pytest.raises(DrawNeeded):
            open_stock_case(
                office.session,
                enterprise=firm.enterprise,
                reasons=[GivenReason(StockReason.RANDOM_DRAW, "抽查")],
                item_ids=None,
                actor=ADMIN,
                now=NOW,
            )
