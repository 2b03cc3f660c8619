"""Two officers change what the service decides by, over the pages, without any script (§0)."""

from datetime import date
from html import unescape

import pytest

from tests.verify_api.pages.conftest import Site
from verify_api.accounts.actor import Role
from verify_api.policy.consent import TEXT
from verify_api.policy.inputs import inputs
from verify_api.policy.models import StoredPolicy
from verify_api.policy.service import policy_on, versions
from verify_api.policy.values import Policy

PAGE = "/console/policies"
DRAFT = {
    "effective_from": "2030-01-01",
    "reason": "听取陈述申辩后再作决定",
    "basis": "本局〔2026〕示例号文",
    "revocation.mode": "decision",
    "fence.radius_m": "250",
}


def _newest(site: Site) -> StoredPolicy:
    site.bureau.session.expire_all()
    return versions(site.bureau.session)[0]


def _mode(site: Site, day: date) -> str:
    return policy_on(site.bureau.session, on=day).policy.revocation.mode.value


def test_a_draft_is_looked_through_and_put_into_force_by_another_officer(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    assert site.post(PAGE, DRAFT, on=PAGE).status_code == 303
    row = _newest(site)
    page = f"{PAGE}/{row.version}"
    html = site.get(page).text
    assert "告知并听取陈述申辩后，由决定人作出" in html and "300" in html and "250" in html
    assert site.post(f"{page}/preview", {}, on=page).status_code == 303
    assert "须由起草人以外的工作人员启用" in site.get(page).text
    refused = site.post(f"{page}/activation", {}, on=page)
    assert refused.status_code == 422 and "起草人以外" in refused.text
    assert _newest(site).status == "previewed"

    site.as_staff(Role.DECIDER)
    assert site.post(f"{page}/activation", {}, on=page).status_code == 303
    assert _newest(site).status == "active"
    assert (_mode(site, date(2029, 12, 31)), _mode(site, date(2030, 1, 1))) == ("automatic", "decision")


def test_nothing_comes_into_force_that_nobody_looked_through(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    site.post(PAGE, DRAFT, on=PAGE)
    page = f"{PAGE}/{_newest(site).version}"
    site.as_staff(Role.DECIDER)
    assert site.post(f"{page}/activation", {}, on=page).status_code == 422
    assert _newest(site).status == "draft"


def test_every_value_is_shown_with_its_basis_and_can_be_changed_in_the_form(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    html = unescape(site.get(PAGE).text)
    for one in inputs(Policy()):
        assert f'name="{one.row.path}"' in html
        assert f'<td class="first">{one.row.label}</td>' in html and one.row.basis in html
        assert f"<b>{one.shown}</b>" in html


def test_a_text_of_several_lines_is_drafted_as_it_was_typed(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    words = {"consent.notice_version": "2030-1", "consent.notice_text": f"{TEXT}\r\n照片不出本市政务云。"}
    assert site.post(PAGE, DRAFT | words, on=PAGE).status_code == 303
    assert _newest(site).values["consent"]["notice_text"] == f"{TEXT}\n照片不出本市政务云。"
    assert "照片不出本市政务云" in site.get(f"{PAGE}/{_newest(site).version}").text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fence.radius_m": "20"}, "不得小于 50"),
        ({"fence.radius_m": "两百"}, "无法识别"),
        ({"effective_from": "2020-01-01"}, "不溯及既往"),
        ({"effective_from": ""}, "请填写生效日期"),
        ({"reason": " "}, "须填写修改理由和依据"),
        ({"revocation.mode": "automatic", "fence.radius_m": "300"}, "没有修改任何参数"),
        ({"messages.quiet_from": "25:00"}, "格式不正确"),
        ({"consent.notice_version": "2", "consent.notice_text": "同意" * 40}, "须写明"),
    ],
)
def test_what_does_not_fit_is_said_beside_the_form_and_nothing_typed_is_lost(
    site: Site, change: dict[str, str], said: str
) -> None:
    site.as_staff(Role.ADMIN)
    before = _newest(site).version
    answer = site.post(PAGE, DRAFT | change, on=PAGE)
    assert answer.status_code == 422 and said in answer.text
    assert DRAFT["basis"] in answer.text
    assert _newest(site).version == before


def test_a_version_that_has_not_come_into_force_is_taken_back(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    site.post(PAGE, DRAFT, on=PAGE)
    page = f"{PAGE}/{_newest(site).version}"
    assert site.post(f"{page}/withdrawal", {}, on=page).status_code == 303
    assert _newest(site).status == "withdrawn"
    assert "撤回该版本" not in site.get(page).text


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.DECIDER, Role.AUDITOR])
def test_who_does_not_draft_reads_the_policies_with_their_basis(site: Site, role: Role) -> None:
    site.as_staff(role)
    html = site.get(PAGE).text
    assert "第二十八条" in html and "整改期限上限" in html and "起草新版本" not in html
    assert site.post(PAGE, DRAFT, on=PAGE).status_code == 403
    assert _newest(site).status == "active"
