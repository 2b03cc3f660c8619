"""The waiting room: what waits for an officer is named, counted, and marked when it has waited too long."""

from datetime import datetime

from tests.verify_api.factories import at
from tests.verify_api.pages.conftest import Site
from verify_api.accounts.actor import Role
from verify_api.cases.statements import put_forward
from verify_api.checkins.windows import propose_window

TAB = "/console/waiting"


def row_of(site: Site, name: str, moment: datetime) -> str:
    """The line of a firm in the waiting room at a moment; empty if there is none."""
    site.bureau.session.commit()
    site.clock.now = moment
    site.as_staff(Role.DECIDER)
    html = site.get(TAB).text
    firm = site.bureau.firms[name].enterprise.name
    return next((row for row in html.split("<tr>") if firm in row), "")


def waiting_count(site: Site) -> int:
    """The number beside the tab."""
    tab = site.get("/console").text.split(f'href="{TAB}"')[1].split("</a>")[0]
    return int(tab.split('class="count">')[1].split("<")[0]) if "count" in tab else 0


def test_a_statement_is_counted_and_marked_late_after_five_working_days(site: Site) -> None:
    case = site.bureau.cases["rectifying"]
    actor = site.bureau.firms["rectifying"].actor
    site.as_staff(Role.DECIDER)
    before = waiting_count(site)
    put_forward(site.bureau.session, case, reason="人员在岗", actor=actor, now=at("2026-11-20 10:30"))
    fresh = row_of(site, "rectifying", at("2026-11-27 09:00"))
    assert "人员在岗" in fresh and "超期未办" not in fresh
    assert waiting_count(site) == before + 1
    assert "超期未办" in row_of(site, "rectifying", at("2026-11-28 09:00"))


def test_a_step_that_lacks_its_second_signature_is_found_without_opening_the_case(site: Site) -> None:
    case, firm = site.bureau.cases["checking"], site.bureau.firms["checking"]
    site.as_staff(Role.DECIDER)
    before = waiting_count(site)
    propose_window(
        site.bureau.session,
        case,
        person_id=firm.enough[-1],
        record={"document": "居民身份证"},
        actor=site.bureau.staff[Role.REVIEWER],
        now=at("2026-11-20 10:30"),
    )
    row = row_of(site, "checking", at("2026-11-20 11:00"))
    assert "待复核" in row and "窗口现场核验" in row and case.number in row
    assert waiting_count(site) == before + 1


def test_a_hold_is_nobodys_delay(site: Site) -> None:
    assert "超期未办" not in row_of(site, "held", at("2026-12-20 09:00"))
