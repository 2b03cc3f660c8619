"""STOCK cases from a file and by draw, on pages: what was received, how far it is, who approves."""

import pytest
from sqlalchemy import select

from registry.enterprises.models import Origin
from tests.verify_api.factories import make_firm
from tests.verify_api.pages.conftest import Site
from tests.verify_api.pages.world import valid_uscc
from verify_api.accounts.actor import Role
from verify_api.cases.batch_models import BatchRow, CaseDraw

PAGE = "/console/batches"


def _send(site: Site, text: str) -> str:
    """Upload a file; where it leads."""
    sheet = {"file": ("名单.csv", text.encode("utf-8-sig"), "text/csv")}
    answer = site.post(PAGE, {"name": "投诉<举报>"}, on=PAGE, files=sheet)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).split("?")[0]


def _csv(site: Site) -> str:
    firm = site.bureau.firms["passed"].enterprise
    head = "统一社会信用代码,核查原因,说明,资质项"
    return f"{head}\n{firm.uscc},被投诉举报,来信,\nnot-a-code,被投诉举报,来信,\n"


@pytest.mark.rule("SZ-31")
def test_a_file_is_received_and_every_row_has_an_outcome_to_look_at(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    here = _send(site, _csv(site))
    html = site.get(here).text
    assert "投诉&lt;举报&gt;" in html and "<b>1</b> / 2" in html and 'http-equiv="refresh"' in html
    refused = site.get(f"{here}?status=refused").text
    assert "not-a-code" in refused.lower() and site.bureau.firms["passed"].enterprise.uscc not in refused
    assert site.get(f"/api/v1{here}/report").status_code == 200
    assert "投诉&lt;举报&gt;" in site.get(PAGE).text


def test_what_is_no_list_is_refused_on_the_page(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    bad = {"file": ("a.csv", b"\x00\x01", "text/csv")}
    answer = site.post(PAGE, {"name": ""}, on=PAGE, files=bad)
    assert (answer.status_code, "批量发起与抽查" in answer.text) == (422, True)
    assert site.bureau.session.scalars(select(BatchRow)).all() == []


def test_only_an_administrator_finds_the_forms(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    assert "上传名单" not in site.get(PAGE).text
    assert site.get(f"{PAGE}/999999").status_code == 404


@pytest.mark.rule("SZ-31")
def test_a_draw_is_not_approved_by_whoever_drew(site: Site) -> None:
    make_firm(site.bureau.session, origin=Origin.ORDINARY, now=site.clock.now).enterprise.uscc = valid_uscc(
        901
    )
    site.bureau.session.commit()
    site.as_staff(Role.ADMIN)
    silent = site.post("/console/draws", {"size": "1", "reason": ""}, on=PAGE)
    assert (silent.status_code, "请填写理由" in silent.text) == (422, True)
    nothing = site.post("/console/draws", {"size": "很多", "reason": "季度抽查"}, on=PAGE)
    assert (nothing.status_code, "季度抽查" in nothing.text) == (422, True)
    drawn = site.post("/console/draws", {"size": "1", "reason": "季度抽查", "seed": "2026131"}, on=PAGE)
    assert drawn.status_code == 303
    html = site.get(PAGE).text
    assert "须由另一名工作人员批准" in html and "2026131" in html
    [row] = site.bureau.session.scalars(select(CaseDraw)).all()
    alone = site.post(f"/console/draws/{row.id}/decision", {"agreed": "yes"}, on=PAGE)
    assert alone.status_code == 422 and "须由另一名工作人员批准" in alone.text
