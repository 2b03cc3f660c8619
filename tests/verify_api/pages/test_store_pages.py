"""The project store for people: a firm's wizard, an authority's review, a correction side by side."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from registry.credit.models import CrossCheck
from registry.credit.queries import credit_file
from registry.projects.models import Level
from registry.workflows.administration import appoint
from registry.workflows.models import Filing
from registry.workflows.officers import Officer
from tests.registry.store.world import DOCUMENT, basic, identity, stages
from tests.verify_api.pages.conftest import Site
from verify_api.accounts.actor import Role
from verify_api.accounts.models import Account
from verify_api.store_pages.jobs import (
    ask_registers,
    deem_filings,
    people_to_ask,
    platform_addresses,
    publish_projects,
)

FIRM = "passed"
HERE = identity(1, "44")


def plain(html: str) -> str:
    """The words of a page."""
    return re.sub(r"<[^>]+>|\s+", " ", html)


def posted(site: Site, role: Role, level: Level, region: str) -> Officer:
    """Give the staff account of the role a post."""
    session = site.bureau.session
    account = session.scalars(select(Account).where(Account.role == role.value)).first()
    assert account is not None
    label = f"staff:{account.id}"
    officer = Officer(label, level, region, "示例主管部门")
    appoint(session, account=label, level=level, region=region, authority="示例主管部门", businesses=[],
            requested_by="示例函", actor=officer.actor, now=site.clock.now)  # fmt: skip
    session.commit()
    return officer


def fields_of(content: dict[str, dict[str, Any]]) -> dict[str, object]:
    """Stage data as the wizard posts them."""
    fields: dict[str, object] = {}
    for stage, values in content.items():
        for name, value in values.items():
            if isinstance(value, list):
                for n, row in enumerate(value):
                    fields |= {f"{stage}.{name}.{n}.{key}": inner for key, inner in row.items()}
            else:
                fields[f"{stage}.{name}"] = value
    return fields


def begun(site: Site, kind: str, **more: str) -> str:
    """Begin a filing on the page; its address."""
    site.as_firm(FIRM)
    given = {slot: getattr(HERE, slot) for slot in HERE.__slots__}
    answer = site.post("/portal/projects/new", {"kind": kind, **given, **more}, on="/portal/projects/new")
    assert answer.status_code == 303, plain(answer.text)
    return str(answer.headers["location"])


def submitted(site: Site) -> str:
    page = begun(site, "supplement")
    site.post(page, {"act": "submit", **fields_of(stages(HERE))}, on=page)
    return page.rsplit("/", 1)[1]


def test_the_wizard_tells_every_gap_keeps_what_was_typed_and_hands_in(site: Site) -> None:
    page = begun(site, "supplement")
    partial = fields_of({"basic": basic(HERE, area_m2="很大", approval_name="别的名称")})
    checked = site.post(page, {"act": "check", **partial}, on=page)
    words = plain(checked.text)
    assert "还不能提交" in words and "总建筑面积" in words and "立项文件不一致" in words
    assert 'value="很大"' in checked.text, "what was typed is still there"
    done = site.post(page, {"act": "submit", **fields_of(stages(HERE))}, on=page)
    assert done.status_code == 303
    assert "主管部门审核" in plain(site.get(page).text)
    assert site.get("/portal/projects").text.count(HERE.name) == 1, "a filing, not yet a project"


def test_a_filing_that_breaks_rules_is_refused_on_the_page_with_its_reasons(site: Site) -> None:
    page = begun(site, "supplement")
    refused = site.post(page, {"act": "submit"}, on=page)
    assert refused.status_code == 422 and "未填报任何环节" in refused.text
    elsewhere = {slot: getattr(HERE, slot) for slot in HERE.__slots__} | {
        "location_code": "110101",
        "kind": "supplement",
    }
    answer = site.post("/portal/projects/new", elsewhere, on="/portal/projects/new")
    assert answer.status_code == 422 and "尚未接入项目库" in answer.text and 'value="110101"' in answer.text


def test_an_officer_sees_the_queue_decides_and_everybody_sees_the_grade(site: Site) -> None:
    number = submitted(site)
    posted(site, Role.REVIEWER, Level.COUNTY, "440304")
    site.as_staff(Role.REVIEWER)
    assert HERE.name in site.get("/console/projects").text
    page = f"/console/projects/filings/{number}"
    unticked = site.post(page + "/decision", {"verdict": "approve", "reason": "一致"}, on=page)
    assert unticked.status_code == 422 and "核对方式" in unticked.text
    done = site.post(page + "/decision", {"verdict": "approve", "reason": "一致", "method.0": "1"}, on=page)
    assert done.status_code == 303
    project = site.bureau.session.get_one(Filing, int(number)).project_id
    shown = site.get(f"/console/projects/{project}")
    assert shown.status_code == 200 and "环节与数据等级" in shown.text and 'class="chart"' in shown.text
    assert plain(shown.text).count("主管部门确认") == 7
    site.as_firm("open")
    assert site.get(f"/portal/projects/{project}").status_code == 200, "confirmed data are public"


def test_what_nobody_confirmed_is_nobody_elses(site: Site) -> None:
    number = submitted(site)
    site.as_firm("open")
    assert site.get(f"/portal/projects/filings/{number}").status_code == 404
    assert HERE.name not in site.get("/portal/projects").text


def test_staff_without_a_post_decide_nothing(site: Site) -> None:
    number = submitted(site)
    site.as_staff(Role.ADMIN)
    assert "没有待审核的申请" in site.get("/console/projects").text
    assert site.get(f"/console/projects/filings/{number}").status_code == 403
    site.client.cookies.clear()
    assert site.get("/console/projects").status_code in {303, 401}


def test_an_officer_of_another_place_does_not_even_see_it(site: Site) -> None:
    number = submitted(site)
    posted(site, Role.REVIEWER, Level.COUNTY, "440305")
    site.as_staff(Role.REVIEWER)
    assert site.get(f"/console/projects/filings/{number}").status_code == 404


def test_a_correction_stands_side_by_side_and_needs_its_document(site: Site) -> None:
    number = submitted(site)
    posted(site, Role.REVIEWER, Level.COUNTY, "440304")
    site.as_staff(Role.REVIEWER)
    page = f"/console/projects/filings/{number}"
    site.post(page + "/decision", {"verdict": "approve", "reason": "一致", "method.0": "1"}, on=page)
    wizard = begun(site, "erratum", reason="录入错误")
    assert 'value="35000.5"' in site.get(wizard).text, "it starts from what is on record"
    site.post(wizard, {"act": "submit", **fields_of({"basic": basic(HERE, area_m2=53000.5)})}, on=wizard)
    site.as_staff(Role.REVIEWER)
    page = f"/console/projects/filings/{wizard.rsplit('/', 1)[1]}"
    shown = site.get(page).text
    assert re.search(r"<del>35000\.5</del>.*<ins>53000\.5</ins>", shown, re.S)
    without = site.post(page + "/decision", {"verdict": "approve", "reason": "同意"}, on=page)
    assert without.status_code == 422 and "公文" in without.text
    given = {"document": DOCUMENT["number"], "document_sha256": DOCUMENT["sha256"]}
    agreed = site.post(page + "/decision", {"verdict": "approve", "reason": "同意", **given}, on=page)
    assert agreed.status_code == 303
    site.bureau.session.expire_all()
    assert site.bureau.session.get_one(Filing, int(page.rsplit("/", 1)[1])).at_level == "city"


@pytest.mark.parametrize("use", ["provincial", "national"])
def test_eligibility_says_why_not_and_what_to_do(site: Site, use: str) -> None:
    site.as_firm(FIRM)
    words = plain(site.get(f"/portal/projects/eligibility?use={use}").text)
    assert "暂不能申请" in words and "没有可作为企业业绩的项目" in words
    site.as_staff(Role.REVIEWER)
    uscc = site.bureau.firms[FIRM].enterprise.uscc
    assert "暂不能申请" in plain(site.get(f"/console/projects/eligibility?use={use}&uscc={uscc}").text)


def test_the_api_speaks_with_the_services_own_accounts(site: Site) -> None:
    assert site.client.get("/api/v1/store/projects").json() == []
    site.client.cookies.clear()
    refused = site.client.get("/api/v1/store/queue")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    site.as_staff(Role.ADMIN)
    refused = site.client.get("/api/v1/store/queue")
    assert (refused.status_code, refused.json()["code"]) == (403, "no_post")
    site.as_firm(FIRM)
    uscc = site.bureau.firms[FIRM].enterprise.uscc
    other = site.bureau.firms["open"].enterprise.uscc
    query = "/api/v1/store/eligibility?use=national&on=2026-01-01&uscc="
    assert site.client.get(query + uscc).json()["eligible"] is False
    assert site.client.get(query + other).status_code == 403


def test_the_schedulers_jobs_find_nothing_to_do_and_know_their_addresses(site: Site) -> None:
    assert deem_filings(site.parts) == []
    assert publish_projects(site.parts) is None
    assert ask_registers(site.parts) == 0
    given = "national=https://a.example/ , provincial=https://b.example,else=https://c.example,"
    assert platform_addresses(given) == {"national": "https://a.example", "provincial": "https://b.example"}


def test_the_case_and_its_reviewer_see_performance_and_what_the_lead_lacks(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    number = site.number("submitted")
    for page in (f"/console/cases/{number}/review", f"/console/cases/{number}"):
        words = plain(site.get(page).text)
        assert "业绩与等级" in words and "企业项目 0 个" in words
        assert "未登记技术负责人申报时的个人业绩" in words


def test_a_pass_is_on_the_credit_file_with_the_case(site: Site) -> None:
    firm = site.bureau.firms["passed"].enterprise
    entries = credit_file(site.bureau.session, firm.uscc)
    assert [entry.kind for entry in entries] == ["verified"] * len(site.bureau.firms["passed"].items)
    assert site.number("passed") in entries[0].sentence


def test_people_named_in_a_filing_under_review_are_asked_about_once(site: Site) -> None:
    page = begun(site, "supplement")
    person = site.bureau.firms[FIRM].people[0]
    filled = {**fields_of(stages(HERE)), "personal.note": "随企业业绩", f"person.{person.id}": "项目经理"}
    assert site.post(page, {"act": "submit", **filled}, on=page).status_code == 303
    session, long_ago = site.bureau.session, site.clock.now - timedelta(days=30)
    uscc = site.bureau.firms[FIRM].enterprise.uscc
    assert people_to_ask(session, since=long_ago) == [(person.id, uscc)]
    session.add(CrossCheck(person_id=person.id, kind="title", result="一致", at=site.clock.now, actor="x"))
    session.flush()
    assert people_to_ask(session, since=long_ago) == []
