"""An item whose numbers no standard gives: staff enter them with their clause, and it goes on."""

import pytest

from registry.enterprises.models import QualificationItem
from tests.verify_api.pages.conftest import Site
from verify_api.accounts.actor import Role
from verify_api.selection.models import RequirementOverride
from verify_api.selection.queries import overrides_of

BASIS = {"document": "《建筑业企业资质标准》（建市〔2014〕159号）", "clause": "第9章 企业主要人员"}


@pytest.fixture
def page(site: Site) -> str:
    """The page of a case whose item the standards have without numbers."""
    [item] = site.bureau.firms["open"].items
    row = site.bureau.session.get_one(QualificationItem, item.id)
    row.category, row.grade = "冶金工程", "二级"
    site.bureau.session.commit()
    site.as_staff(Role.REVIEWER)
    return f"/console/cases/{site.number('open')}/requirements"


def _item(site: Site) -> str:
    return str(site.bureau.firms["open"].items[0].id)


def _entries(site: Site) -> list[RequirementOverride]:
    site.bureau.session.expire_all()
    return overrides_of(site.bureau.session, site.bureau.cases["open"].id)


def test_unknown_numbers_are_said_where_the_case_is_looked_at_and_entered_with_their_clause(
    site: Site, page: str
) -> None:
    case = page.removesuffix("/requirements")
    assert "标准人数未知" in site.get(case).text and page in site.get(case).text
    assert "人数未知，不能提交名单" in site.get(page).text
    typed = {"item": _item(site), "registered": "5", "titled": "12", "reason": "已核对原文"} | BASIS
    assert site.post(page, typed, on=page).status_code == 303
    [row] = _entries(site)
    assert (row.registered_required, row.titled_required) == (5, 12)
    assert row.reason == f"{BASIS['document']} {BASIS['clause']}。已核对原文"
    html = site.get(page).text
    assert "按录入人数核查" in html and "审核员甲" in html and "已核对原文" in html
    told = site.get(case).text
    assert "标准人数未知" not in told
    assert "录入标准人数" in told, "the history tells of it"


def test_an_entry_is_taken_back_with_a_reason_and_stays_in_the_record(site: Site, page: str) -> None:
    typed = {"item": _item(site), "registered": "5", "titled": "12", "reason": ""} | BASIS
    site.post(page, typed, on=page)
    back = {"item": _item(site), "withdraw": "yes", "reason": ""}
    assert site.post(page, back, on=page).status_code == 422
    assert site.post(page, back | {"reason": "录入有误"}, on=page).status_code == 303
    assert [row.registered_required for row in _entries(site)] == [5, None]
    assert "人数未知，不能提交名单" in site.get(page).text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"registered": "", "titled": ""}, "至少填写一个人数"),
        ({"registered": "-1"}, "0 至 10000 的整数"),
        ({"registered": "五"}, "0 至 10000 的整数"),
        ({"titled": "10001"}, "0 至 10000 的整数"),
        ({"registered": "5", "document": ""}, "依据的文件和条款"),
        ({"registered": "5", "clause": " "}, "依据的文件和条款"),
        ({"registered": "5", "item": "999999"}, "没有这个资质项"),
    ],
)
def test_what_cannot_be_an_entry_is_refused_with_a_sentence_and_stays_typed(
    site: Site, page: str, typed: dict[str, str], said: str
) -> None:
    sent = {"item": _item(site), "reason": "查得<原文>"} | BASIS | typed
    answer = site.post(page, sent, on=page)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert _entries(site) == []
    if "item" not in typed:
        assert "查得&lt;原文&gt;" in answer.text


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.DECIDER])
def test_others_see_the_numbers_and_cannot_enter_any(site: Site, page: str, role: Role) -> None:
    site.as_staff(role)
    assert "录入人数</summary>" not in site.get(page).text
    typed = {"item": _item(site), "registered": "5", "titled": "12", "reason": ""} | BASIS
    case = page.removesuffix("/requirements")
    answer = site.post(page, typed, on=case)
    assert (answer.status_code, "只能由核查部门录入" in answer.text) == (422, True)
    assert _entries(site) == []
