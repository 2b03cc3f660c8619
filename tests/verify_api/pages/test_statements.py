"""陈述申辩: who is ordered to rectify finds the form, gets an answer, and may also write a letter."""

import pytest

from tests.verify_api.pages.conftest import Site
from verify_api.accounts.actor import Role
from verify_api.cases.facts import FactKind, standing
from verify_api.cases.findings import defence


def case_path(site: Site, name: str, side: str = "portal") -> str:
    return f"/{side}/cases/{site.number(name)}"


def appeals(site: Site, name: str) -> list[str]:
    """What stands unanswered."""
    site.bureau.session.expire_all()
    case = site.bureau.cases[name]
    return [fact.reason for fact in standing(site.bureau.session, case.id, FactKind.APPEAL)]


@pytest.mark.rule("SZ-37")
def test_who_is_ordered_to_rectify_finds_the_form_that_the_order_speaks_of(site: Site) -> None:
    site.as_firm("rectifying")
    path = case_path(site, "rectifying")
    stated = site.post(f"{path}/statement", {"reason": "人员当日在岗"}, on=path)
    assert (stated.status_code, appeals(site, "rectifying")) == (303, ["人员当日在岗"])
    page = site.get(path).text
    assert "人员当日在岗" in page and "正在处理" in page
    assert f"{path}/statement" not in page  # One after the other.


def test_the_firm_reads_how_its_statement_was_answered_and_may_speak_again(site: Site) -> None:
    site.as_firm("rectifying")
    path = case_path(site, "rectifying")
    site.post(f"{path}/statement", {"reason": "人员当日在岗"}, on=path)
    site.as_staff(Role.DECIDER)
    desk = case_path(site, "rectifying", "console")
    answer = {"upheld": "no", "reason": "打卡记录显示未到场"}
    assert site.post(f"{desk}/acts/appeal-decision", answer, on=desk).status_code == 303
    site.as_firm("rectifying")
    page = site.get(path).text
    assert "打卡记录显示未到场" in page and f"{path}/statement" in page


def test_nobody_is_asked_for_a_statement_where_nothing_adverse_is_in_sight(site: Site) -> None:
    site.as_firm("open")
    assert "陈述申辩" not in site.get(case_path(site, "open")).text


def test_a_letter_is_entered_by_an_officer_and_is_heard_like_any_other(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    desk = case_path(site, "rectifying", "console")
    said = {"reason": "来函称人员当日在岗"}
    assert site.post(f"{desk}/acts/statement", said, on=desk).status_code == 303
    assert appeals(site, "rectifying") == ["来函称人员当日在岗"]
    assert "来函称人员当日在岗" in defence(site.bureau.session, site.bureau.cases["rectifying"])


def test_when_the_case_has_ended_the_firm_is_shown_the_other_ways(site: Site) -> None:
    site.as_firm("passed")
    path = case_path(site, "passed")
    refused = site.post(f"{path}/statement", {"reason": "不服"}, on=path)
    assert refused.status_code == 422
    assert "任务已经结束" in refused.text and "行政复议" in refused.text
    assert appeals(site, "passed") == []
