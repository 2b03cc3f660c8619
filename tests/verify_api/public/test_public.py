"""What anybody may see: documents with their standing, verification by code and digest, rates, draws."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from registry.enterprises.models import Enterprise, Origin
from tests.verify_api.cases.conftest import Office, moved_to
from tests.verify_api.cases.steps import stock_firm
from tests.verify_api.cases.test_handwork import propose, proposed, sign
from tests.verify_api.factories import ADMIN, DECIDER, SECOND, Firm, at
from verify_api.accounts.actor import SYSTEM
from verify_api.cases import handwork, lists, review, serving
from verify_api.cases.cli import draw as command
from verify_api.cases.draws import Criteria, decide_draw, propose_draw
from verify_api.cases.models import Case
from verify_api.cases.openings import GivenReason, StockReason, open_first_cases, open_stock_case
from verify_api.checkins.queries import approved_list
from verify_api.checkins.verification import accept
from verify_api.deadlines.sweep import act
from verify_api.notices.batch import produce_pending
from verify_api.notices.models import Notice
from verify_api.notices.seal import Seal

NOW = at("2026-03-02 10:00")
HTML = {"Accept": "text/html"}


def rectifying(
    office: Office, seal: Seal | None, name: str = "firm", n: int = 1
) -> tuple[Firm, Case, Notice]:
    """A firm whose STOCK case was missed; its notice is issued, and produced if there is a seal."""
    valid_to = at("2029-01-01 00:00").date()
    firm = office.add_firm(name, n, origin=Origin.ORDINARY, valid_to=valid_to, now=NOW)
    case, _ = open_stock_case(
        office.session,
        enterprise=firm.enterprise,
        reasons=[GivenReason(StockReason.COMPLAINT, "来信")],
        item_ids=None,
        actor=ADMIN,
        now=NOW,
    )
    serving.serve_by_receipt(office.session, case, delivered_at=NOW, message_id=1, now=NOW)
    now = moved_to(office, "2026-04-10 10:00")
    act(office.session, case.id, now=now)
    if seal is not None:
        press(office, seal)
    return firm, case, office.session.scalars(select(Notice).where(Notice.case_id == case.id)).one()


def press(office: Office, seal: Seal) -> None:
    """Make the pages of what was issued."""
    office.session.commit()
    produce_pending(office.parts.sessions, seal=seal, store=office.parts.evidence, clock=office.clock)
    office.session.expire_all()


def come(office: Office, case: Case, firm: Firm, now: datetime) -> None:
    """Everybody on the list checks in at the window."""
    row = approved_list(office.session, case.id)
    assert row is not None
    for person in firm.enough:
        accept(
            office.session,
            case,
            list_id=row.id,
            person_id=person,
            attempt_id=None,
            method="window",
            received_at=now,
            actor=SYSTEM,
            now=now,
        )


def test_nobody_has_to_log_in_and_an_empty_list_is_a_list(office: Office) -> None:
    for path in ("/public/notices", "/public/pass-rate", "/public/draws"):
        assert office.call(None, "GET", path).status_code == 200
    for path in ("/public", "/v"):
        answer = office.client.get(path, headers=HTML)
        assert answer.status_code == 200
        assert "核查公示" in answer.text


def test_an_order_is_announced_with_the_days_to_object(office: Office, seal: Seal) -> None:
    firm, _, notice = rectifying(office, seal)
    [line] = office.get(None, "/public/notices")["items"]
    assert (line["reference"], line["enterprise"]["uscc"]) == (notice.reference, firm.enterprise.uscc)
    # Seven working days after Friday 10 April 2026.
    assert line["objections"] == {"until": "2026-04-21", "is_open": True, "is_provisional": False}
    assert (line["standing"], line["outcome"]) == ("有效", "整改中")
    moved_to(office, "2026-04-22 00:00")
    [line] = office.get(None, "/public/notices")["items"]
    assert line["objections"]["is_open"] is False


def test_nothing_public_names_a_person(office: Office, seal: Seal) -> None:
    firm, case, notice = rectifying(office, seal)
    body = json.dumps(office.get(None, "/public/notices"), ensure_ascii=False)
    pages = [body, office.client.get("/public").text, office.client.get(f"/v/{notice.code}").text]
    private = [person.name for person in firm.people] + [firm.enterprise.contact_phone, case.number]
    for text in pages:
        assert firm.enterprise.name in text
        assert not [word for word in private if word in text]


def test_what_is_not_produced_is_not_listed_and_its_code_says_so(office: Office) -> None:
    _, _, notice = rectifying(office, None)
    assert office.get(None, "/public/notices")["items"] == []
    assert "文书正在生成" in office.client.get(f"/v/{notice.code}").text


def test_the_qr_code_leads_to_the_page_of_its_document(office: Office, seal: Seal) -> None:
    firm, _, notice = rectifying(office, seal)
    assert notice.document["verify_url"].endswith(f"/v/{notice.code}")
    page = office.client.get(f"/v/{notice.code}", headers=HTML)
    for word in (notice.reference, firm.enterprise.name, notice.sha256, "有效"):
        assert word in page.text
    by_digest = office.get(None, f"/public/verification?sha256={notice.sha256}")
    by_code = office.get(None, f"/public/verification?code={notice.code.lower()}")
    assert by_digest == by_code
    typed = office.client.get(f"/v?code={notice.code}", headers=HTML, follow_redirects=False)
    assert typed.headers["location"] == f"/v/{notice.code}"
    spaced = f"{notice.code[:4]}%20{notice.code[4:]}"
    assert notice.reference in office.client.get(f"/v?code={spaced}", headers=HTML).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", (422, "code_or_digest_needed")),
        ("?code=000000000000", (404, "document_unknown")),
        ("?sha256=" + "0" * 64, (404, "document_unknown")),
        ("?code=%27%20OR%201=1", (404, "document_unknown")),
    ],
)
def test_an_unknown_code_is_told_as_such(office: Office, query: str, found: tuple[int, str]) -> None:
    assert office.refused(None, "GET", f"/public/verification{query}") == found


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
@pytest.mark.parametrize(
    "path",
    [
        "/v/%00",
        "/v?code=%00",
        "/public?q=%00",
        "/public?before=99999999999999999999",
        "/api/v1/public/notices?q=a%00",
        "/api/v1/public/notices?before=99999999999999999999",
        "/api/v1/public/verification?code=%00",
        "/api/v1/public/verification?sha256=%00",
        "/api/v1/public/draws/99999999999999999999",
    ],
)
def test_what_no_column_can_hold_is_the_askers_mistake(office: Office, path: str, accept: str) -> None:
    answer = office.client.get(path, headers={"Accept": accept})
    assert answer.status_code == 422
    assert "有误" in answer.text or "无法处理" in answer.text


def test_a_forged_code_gets_a_page_that_warns(office: Office) -> None:
    page = office.client.get("/v/FORGED", headers=HTML)
    assert page.status_code == 404
    assert "查不到的文书不是本平台发出的" in page.text
    assert "<script>" not in office.client.get("/v/%3Cscript%3E", headers=HTML).text


def test_a_rescinded_notice_stays_with_its_mark(office: Office, seal: Seal) -> None:
    _, case, notice = rectifying(office, seal)
    now = office.clock.now
    step = handwork.propose(
        office.session, case, action="rescind_notice", reason="认定有误", actor=ADMIN, now=now
    )
    handwork.confirm(office.session, case, step, is_agreed=True, reason="", actor=SECOND, now=now)
    [line] = office.get(None, "/public/notices")["items"]
    assert (line["standing"], line["is_in_force"], line["outcome"]) == ("已撤销", False, None)
    page = office.client.get(f"/v/{notice.code}").text
    assert "该文书已撤销" in page
    assert "认定有误" not in page


def test_a_revocation_joins_its_order_and_search_finds_the_firm(office: Office, seal: Seal) -> None:
    firm, case, _ = rectifying(office, seal)
    rectifying(office, seal, "other", 2)
    now = moved_to(office, "2026-04-13 10:00")
    serving.serve_by_receipt(office.session, case, delivered_at=now, message_id=2, now=now)
    act(office.session, case.id, now=moved_to(office, "2026-05-14 00:00"))
    press(office, seal)
    found = office.get(None, f"/public/notices?q={firm.enterprise.uscc}")["items"]
    assert [(one["kind"], one["outcome"]) for one in found] == [
        ("撤回决定书", None),
        ("责令整改通知书", "已撤回"),
    ]
    only = office.get(None, "/public/notices?kind=撤回决定书")["items"]
    assert [one["kind"] for one in only] == ["撤回决定书"]
    assert office.call(None, "GET", "/public/notices?kind=密件").status_code == 422
    assert office.get(None, "/public/notices?kind=送达回证")["items"] == []


def test_the_pass_rate_shows_what_it_is_a_share_of(office: Office, seal: Seal) -> None:
    rectifying(office, seal)
    moved_to(office, "2026-04-10 11:00")
    issued, valid_to = at("2025-05-20 00:00").date(), at("2026-12-31 00:00").date()
    now = at("2026-03-03 10:00")
    for n, name in enumerate(("passed", "lapsing", "gone", "open", "cancelled"), start=11):
        firm = office.add_firm(name, n, issued=issued, valid_to=valid_to, now=NOW)
        [case] = open_first_cases(office.session, enterprise=firm.enterprise, actor=ADMIN, now=NOW)
        if name == "passed":
            lists.submit(office.session, case, people=firm.enough, actor=firm.actor, now=now)
            review.approve(office.session, case, opinion="", actor=office.actor("reviewer1"), now=now)
            come(office, case, firm, now)
        elif name in ("lapsing", "gone"):
            act(office.session, case.id, now=at("2026-03-21 00:00"))
            firm.enterprise.is_active = name != "gone"
        elif name == "cancelled":
            handwork.cancel(office.session, case, reason="重复", actor=ADMIN, now=now)
    first, stock = office.get(None, "/public/pass-rate")
    assert (first["passed"], first["due"], first["running"], first["excluded"]) == (1, 2, 1, 2)
    assert (first["percent"], first["text"]) == (50.0, "50.0%（1/2，进行中 1，不计 2：取消 1、注销或迁出 1）")
    assert (stock["due"], stock["percent"], stock["running"]) == (0, None, 1)
    for row in office.session.scalars(select(Enterprise)):
        row.is_active = False  # Whoever is gone after the outcome stays in the figure.
    first = office.get(None, "/public/pass-rate")[0]
    assert (first["passed"], first["running"], first["cancelled"], first["gone"]) == (1, 0, 1, 3)
    before = office.get(None, "/public/pass-rate?year=2025")
    assert [one["due"] + one["running"] for one in before] == [0, 0]


@pytest.mark.rule("SZ-31")
def test_an_approved_draw_can_be_replayed_from_the_public_record(office: Office, tmp_path: Path) -> None:
    for n in range(1, 6):
        office.add_firm(f"f{n}", n, origin=Origin.ORDINARY, valid_to=at("2029-01-01 00:00").date())
    criteria, actor = Criteria(), office.actor("admin1")
    row = propose_draw(office.session, size=2, criteria=criteria, reason="季度", actor=actor, now=NOW)
    assert office.get(None, "/public/draws") == []
    assert office.refused(None, "GET", f"/public/draws/{row.id}") == (404, "draw_not_found")
    second = office.actor("admin2")
    decide_draw(office.session, row.id, is_agreed=True, reason="", actor=second, now=NOW)
    assert [one["draw"] for one in office.get(None, "/public/draws")] == [row.id]
    record = office.get(None, f"/public/draws/{row.id}")
    assert "reviewer1" not in json.dumps(record)
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record), "utf-8")
    result = CliRunner().invoke(command, ["replay", str(file)])
    assert (result.exit_code, json.loads(result.output)["ok"]) == (0, True)
    assert record["seed"] in office.client.get("/public").text


@pytest.mark.parametrize(
    ("decided", "led_to"),
    [(None, "待决定"), ("keep", "不予撤回"), ("revoke", "已撤回"), ("cancel", "已取消")],
)
def test_an_intention_to_revoke_says_what_became_of_it(
    office: Office, seal: Seal, decided: str | None, led_to: str
) -> None:
    case = proposed(office.session, stock_firm(office.session))
    press(office, seal)
    now = at("2025-05-19 10:00")
    if decided == "cancel":
        handwork.cancel(office.session, case, reason="迁出", actor=ADMIN, now=now)
    elif decided is not None:
        row = propose(office.session, case, decided, now)
        sign(office.session, case, row, now, DECIDER)
    listed = office.get(None, "/public/notices")["items"]
    assert [one["outcome"] for one in listed if one["kind"] == "撤回告知书"] == [led_to]


def test_who_reads_of_a_draw_is_told_how_to_do_it_again(office: Office) -> None:
    office.add_firm("firm", 40, origin=Origin.ORDINARY)
    criteria = Criteria()
    drawn = propose_draw(office.session, size=1, criteria=criteria, reason="季度抽查", actor=ADMIN, now=NOW)
    decide_draw(office.session, drawn.id, is_agreed=True, reason="", actor=SECOND, now=NOW)
    office.session.commit()
    page = office.client.get("/public", headers=HTML).text
    assert f"/api/v1/public/draws/{drawn.id}" in page
    assert "daka draw replay" in page
    assert "sha256sum" in page
