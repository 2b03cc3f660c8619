"""Staff at work on their pages: what they see at a glance, what they may do, what they may not."""

import re

import pytest
from sqlalchemy import select, update

from registry.enterprises.models import RegisteredPoint
from registry.people.models import Person
from tests.verify_api.notices.conftest import issued
from tests.verify_api.pages.conftest import Site
from verify_api.accounts.actor import Role
from verify_api.audit.models import AccessEntry
from verify_api.cases.facts import standing
from verify_api.cases.models import PersonList, Proposal
from verify_api.checkins.models import Attempt, AttemptFrame, AttemptState
from verify_api.checkins.queries import standing_checkin
from verify_api.faces.models import FaceLookalike, PhotoFault
from verify_api.faces.quality import BLUR


def _state(site: Site, name: str) -> str:
    site.bureau.session.expire_all()
    return site.bureau.cases[name].state


def _row(html: str, text: str) -> str:
    """The table row that holds the text, without markup."""
    rows = [row for row in re.findall(r"<tr.*?</tr>", html, re.S) if text in row]
    return re.sub(r"<[^>]+>|\s+", " ", rows[0])


def test_the_board_says_at_a_glance_what_happens_next_and_when(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    html = site.get("/console").text
    row = _row(html, site.bureau.firms["rechecking"].enterprise.name)
    assert "整改打卡中" in row
    assert re.search(r"剩余\d+天", row)
    assert "逾期将依法撤回相应资质" in row
    assert site.bureau.firms["revoked"].enterprise.name not in html
    assert site.bureau.firms["revoked"].enterprise.name in site.get("/console?show=closed").text


def test_the_board_says_whose_turn_it_is_and_what_a_case_went_through(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    going = _row(site.get("/console?show=rechecking").text, site.bureau.firms["rechecking"].enterprise.name)
    assert re.search(r"打卡人员\s*：到注册地址打卡，还差\d人", going)
    assert re.search(r"整改报告\s+\d+月\d+日", going)
    ended = _row(site.get("/console?show=revoked").text, site.bureau.firms["revoked"].enterprise.name)
    assert re.search(r"(整改报告|打卡)\s+未进行", ended)
    assert site.bureau.firms["rechecking"].enterprise.name not in site.get("/console?show=revoked").text
    assert site.get("/console?show=nonsense").status_code == 200


def test_a_case_shows_its_deadline_with_the_basis_and_a_line_drawn(site: Site) -> None:
    site.as_staff(Role.AUDITOR)
    html = site.get(f"/console/cases/{site.number('rectifying')}").text
    assert re.search(r"自\d+年\d+月\d+日（周.）起算，一个月，末日遇休息日顺延", html)
    assert 'class="chart period' in html
    assert "现在轮到" in html and "到期自动" in html and "<b>企业</b>" in html


def test_both_faces_of_those_who_came_stand_side_by_side_and_not_for_an_auditor(site: Site) -> None:
    case = f"/console/cases/{site.number('checking')}"
    attempt = site.bureau.session.scalars(select(Attempt).order_by(Attempt.id)).all()[1]
    attempt.state = AttemptState.ACCEPTED.value
    site.bureau.session.commit()
    site.as_staff(Role.REVIEWER)
    html = site.get(case).text
    pictures = re.findall(r'<img src="([^"]+)" alt="[^"]+" loading="lazy"', html)
    assert any("/photo" in one for one in pictures) and any("/frames/" in one for one in pictures)
    assert [site.get(one).status_code for one in pictures] == [200] * len(pictures)
    site.as_staff(Role.AUDITOR)
    assert "<img" not in site.get(case).text


def test_a_held_case_shows_that_it_waits_instead_of_what_would_happen(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    row = _row(site.get("/console/cases").text, site.bureau.firms["held"].enterprise.name)
    assert "已暂缓" in row
    assert "逾期将" not in row
    assert "企业正在办理注册地址变更" in site.get("/console/waiting").text


def test_cases_are_found_by_state_track_and_words(site: Site) -> None:
    site.as_staff(Role.AUDITOR)
    name = site.bureau.firms["passed"].enterprise.name
    assert name in site.get("/console/cases?state=PASSED").text
    assert name not in site.get("/console/cases?state=OPEN").text
    assert name not in site.get("/console/cases?track=STOCK").text
    assert name in site.get(f"/console/cases?q={site.number('passed')}").text
    assert "没有符合条件的核查" in site.get("/console/cases?q=没有这家").text
    assert site.get("/console/cases?state=nonsense&page=99").status_code == 200
    assert site.get("/console/cases?page=0").status_code == 422


@pytest.mark.rule("SZ-29")
def test_a_rejection_needs_an_opinion_and_an_approval_opens_the_check_in(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    path = f"/console/cases/{site.number('submitted')}/review"
    silent = site.post(path, {"decision": "reject", "opinion": " "}, on=path)
    assert (silent.status_code, "审核不通过须填写审核意见" in silent.text) == (422, True)
    assert _state(site, "submitted") == "SUBMITTED"
    approved = site.post(path, {"decision": "approve", "opinion": "材料齐全"}, on=path)
    assert approved.status_code == 303
    assert _state(site, "submitted") == "CHECKING_IN"


@pytest.mark.rule("SZ-30a")
def test_an_approval_that_is_refused_leaves_nothing_behind(site: Site) -> None:
    session, firm = site.bureau.session, site.bureau.firms["submitted"]
    mine = RegisteredPoint.enterprise_id == firm.enterprise.id
    session.execute(update(RegisteredPoint).where(mine).values(confirmed_at=None, confirmed_by=None))
    session.commit()
    site.as_staff(Role.REVIEWER)
    path = f"/console/cases/{site.number('submitted')}/review"
    answer = site.post(path, {"decision": "approve", "opinion": ""}, on=path)
    assert (answer.status_code, "坐标尚未由工作人员确认" in answer.text) == (422, True)
    session.expire_all()
    row = session.scalars(
        select(PersonList).where(PersonList.case_id == site.bureau.cases["submitted"].id)
    ).one()
    assert (row.status, row.claimed_by) == ("submitted", None)


@pytest.mark.rule("SZ-29")
def test_the_opinion_of_a_rejection_is_shown_to_the_firm(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    path = f"/console/cases/{site.number('submitted')}/review"
    site.post(path, {"decision": "reject", "opinion": "证件<b>不清晰"}, on=path)
    site.as_firm("submitted")
    page = site.get(f"/portal/cases/{site.number('submitted')}").text
    assert "证件&lt;b&gt;不清晰" in page
    assert "审核员甲" not in page  # The enterprise learns the department, not the person (A.1.2).


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.DECIDER])
def test_a_role_that_may_not_review_cannot(site: Site, role: Role) -> None:
    site.as_staff(role)
    path = f"/console/cases/{site.number('submitted')}/review"
    answer = site.post(path, {"decision": "approve", "opinion": ""}, on=path)
    assert answer.status_code == 422
    assert _state(site, "submitted") == "SUBMITTED"


def test_an_auditor_sees_no_faces(site: Site) -> None:
    site.as_staff(Role.AUDITOR)
    person = site.bureau.firms["checking"].enough[0]
    for path in ("/console/attempts", f"/console/attempts/{2:032x}", f"/console/people/{person}/photo"):
        assert site.get(path).status_code == 403


def test_a_doubtful_check_in_is_judged_by_both_pictures_and_a_reason(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    doubt = f"/console/attempts/{2:032x}"
    html = site.get(doubt).text
    pictures = re.findall(r'<img src="([^"]+)"', html)
    assert len(pictures) >= 2
    for picture in pictures:
        answer = site.get(picture)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert "<svg" in html
    silent = site.post(doubt, {"decision": "accept", "reason": ""}, on=doubt)
    assert "请填写理由" in silent.text
    assert site.post(doubt, {"decision": "refuse", "reason": "眼距明显不同"}, on=doubt).status_code == 303
    assert "没有待复核的打卡" in site.get("/console/attempts").text


def test_the_front_view_lies_beside_the_reference_wherever_it_was_asked_for(site: Site) -> None:
    session = site.bureau.session
    row = session.scalars(select(Attempt).where(Attempt.public_id == f"{2:032x}")).one()
    row.prompts = [row.prompts[0] | {"ask": "blink"}, row.prompts[1] | {"ask": "front"}]
    session.flush()
    site.as_staff(Role.REVIEWER)
    shown = re.findall(
        r'<img src="/console/attempts/[^"]+/frames/(\d+)" alt="打卡照片"',
        site.get(f"/console/attempts/{row.public_id}").text,
    )
    wanted = select(AttemptFrame.id).where(AttemptFrame.attempt_id == row.id, AttemptFrame.n == 2)
    assert shown == [str(session.scalars(wanted).one())]


def _pair(site: Site) -> FaceLookalike:
    """Two people of the firm that checks in, found to have one face."""
    one, other = sorted(site.bureau.firms["checking"].enough[:2])
    pair = FaceLookalike(
        person_id=one, other_person_id=other, model_id="m", distance=0.31, occasion="checkin",
        found_at=site.clock.now,
    )  # fmt: skip
    site.bureau.session.add(pair)
    site.bureau.session.flush()
    return pair


def test_one_face_under_two_names_is_laid_before_staff_with_both_pictures(site: Site) -> None:
    session, pair = site.bureau.session, _pair(site)
    late = session.scalars(select(Attempt).where(Attempt.public_id == f"{2:032x}")).one()
    late.risks = [{"code": "face_known_under_other_name", "message": "相近", "people": [pair.person_id]}]
    session.flush()
    site.as_staff(Role.REVIEWER)
    assert 'href="/console/lookalikes"' in site.get("/console/attempts").text
    name = session.get_one(Person, pair.person_id).name
    assert name in re.sub(r"<h1.*?</h1>", "", site.get(f"/console/attempts/{late.public_id}").text)
    html = site.get("/console/lookalikes").text
    pictures = re.findall(r'<img src="(/console/people/\d+/photo)"', html)
    assert pictures == [f"/console/people/{one}/photo" for one in (pair.person_id, pair.other_person_id)]
    assert all(site.get(picture).status_code == 200 for picture in pictures)
    assert name in html and site.bureau.firms["checking"].enterprise.name in html and "0.31" in html


@pytest.mark.parametrize(
    ("finding", "reason", "said"),
    [("", "像", "请选择核对结论"), ("twins", "像", "请选择核对结论"), ("related", " ", "请填写核对的依据")],
)
def test_a_pair_is_settled_with_a_finding_and_its_grounds_only(
    site: Site, finding: str, reason: str, said: str
) -> None:
    pair = _pair(site)
    here, path = "/console/lookalikes", f"/console/lookalikes/{pair.id}"
    site.as_staff(Role.REVIEWER)
    wrong = site.post(path, {"finding": finding, "reason": reason}, on=here)
    assert (wrong.status_code, said in wrong.text) == (422, True)
    done = site.post(path, {"finding": "related", "reason": "户口簿"}, on=here)
    assert done.status_code == 303
    site.bureau.session.expire_all()
    assert (pair.finding, pair.reason, pair.settled_by) == (
        "related", "户口簿", site.bureau.staff[Role.REVIEWER].label,
    )  # fmt: skip
    assert "没有待核对的相近人脸" in site.get(here).text
    again = site.post(path, {"finding": "related", "reason": "户口簿"}, on=here)
    assert "已有结论" in again.text


def test_look_alikes_are_for_those_who_may_see_faces_and_settled_by_reviewers(site: Site) -> None:
    path = f"/console/lookalikes/{_pair(site).id}"
    site.as_staff(Role.AUDITOR)
    assert site.get("/console/lookalikes").status_code == 403
    site.as_staff(Role.DECIDER)
    assert "/console/lookalikes/" not in site.get("/console/lookalikes").text
    assert site.post(path, {"finding": "related", "reason": "x"}, on="/console").status_code == 403


def _unphotographed(site: Site) -> tuple[Person, Person]:
    """Of those who have yet to come to `checking`: one without a photograph, one with a blurred one."""
    session, firm = site.bureau.session, site.bureau.firms["checking"]
    none, blurred = (session.get_one(Person, one) for one in firm.enough[-2:])
    none.photo_sha256 = None
    assert blurred.photo_sha256 is not None
    session.add(
        PhotoFault(
            person_id=blurred.id, model_id="m", source_sha256=blurred.photo_sha256,
            reasons=[BLUR.to_mapping()], is_final=True, found_at=site.clock.now,
        )
    )  # fmt: skip
    session.flush()
    return none, blurred


def _line(html: str, person: Person) -> str:
    """The row of the table that names the person."""
    return next((row for row in html.split("<tr>") if person.name in row and person.id_masked in row), "")


def test_staff_see_who_cannot_be_compared_and_why_until_another_photograph_comes(site: Site) -> None:
    site.bureau.session.execute(update(Person).values(photo_sha256="a" * 64))
    site.as_staff(Role.REVIEWER)
    assert "/console/photos" not in site.get("/console/attempts").text
    none, blurred = _unphotographed(site)
    assert 'href="/console/photos"' in site.get("/console/attempts").text
    html = site.get("/console/photos").text
    assert "没有该人员的照片" in _line(html, none) and BLUR.message in _line(html, blurred)
    assert site.number("checking") in _line(html, none)
    none.photo_sha256, blurred.photo_sha256 = "b" * 64, "c" * 64
    site.bureau.session.flush()
    assert "都有可用的登记照片" in site.get("/console/photos").text


def test_who_has_checked_in_needs_no_photograph_any_more(site: Site) -> None:
    came, *_, waited_for = site.bureau.firms["checking"].enough
    people = [site.bureau.session.get_one(Person, one) for one in (came, waited_for)]
    for person in people:
        person.photo_sha256 = None
    site.bureau.session.flush()
    site.as_staff(Role.REVIEWER)
    html = site.get("/console/photos").text
    assert [bool(_line(html, person)) for person in people] == [False, True]


def test_the_enterprise_is_told_on_its_task_whose_photograph_is_wanting(site: Site) -> None:
    site.as_firm("checking")
    path = f"/portal/cases/{site.number('checking')}"
    assert "登记照片" not in site.get(path).text
    none, blurred = _unphotographed(site)
    html = site.get(path).text
    assert "没有该人员的照片" in _line(html, none) and BLUR.message in _line(html, blurred)
    assert "人工复核" in html


def test_faces_of_people_on_no_list_are_not_shown(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    nobody = site.bureau.firms["checking"].people[-1].id
    assert site.get(f"/console/people/{nobody}/photo").status_code == 404


def test_a_hold_needs_a_reason_and_is_released(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    case = f"/console/cases/{site.number('rectifying')}"
    assert "请填写理由" in site.post(f"{case}/acts/hold", {"reason": ""}, on=case).text
    assert site.post(f"{case}/acts/hold", {"reason": "听取意见"}, on=case).status_code == 303
    row = site.bureau.cases["rectifying"]
    assert [fact.kind for fact in standing(site.bureau.session, row.id)].count("hold") == 1
    assert site.post(f"{case}/acts/release", {"reason": "已听取"}, on=case).status_code == 303
    assert site.post(f"{case}/acts/anything", {"reason": "x"}, on=case).status_code == 404


@pytest.mark.parametrize(
    ("name", "act", "field"),
    [
        ("checking", "extension", 'name="last_day"'),
        ("checking", "proposal", 'name="action" value="void_approval"'),
        ("checking", "checkin-void", 'name="attempt"'),
        ("rectifying", "proposal", 'name="action" value="rescind_notice"'),
        ("revoked", "proposal", 'name="action" value="rescind_decision"'),
    ],
)
def test_a_form_of_a_case_holds_what_its_step_needs(site: Site, name: str, act: str, field: str) -> None:
    site.as_staff(Role.ADMIN)
    html = site.get(f"/console/cases/{site.number(name)}").text
    forms = re.findall(rf'<form [^>]*/acts/{act}".*?</form>', html, re.S)
    assert any(field in form and 'name="reason"' in form for form in forms)


def test_a_step_for_two_officers_takes_two(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    case = f"/console/cases/{site.number('revoked')}"
    asked = site.post(
        f"{case}/acts/proposal", {"action": "rescind_decision", "reason": "复议决定撤销"}, on=case
    )
    assert asked.status_code == 303
    html = site.get(case).text
    assert "须由另一名工作人员复核" in html
    assert _state(site, "revoked") == "REVOKED"


def test_a_voided_checkin_is_chosen_by_name_and_counts_again_when_another_officer_agrees(site: Site) -> None:
    case, session = f"/console/cases/{site.number('rechecking')}", site.bureau.session
    firm, of_case = site.bureau.firms["rechecking"], site.bureau.cases["rechecking"]
    site.as_staff(Role.REVIEWER)
    assert "被认定不合格的打卡" not in site.get(case).text
    row = session.scalars(
        select(PersonList).where(PersonList.case_id == of_case.id).order_by(PersonList.version.desc())
    ).first()
    assert row is not None
    said = {"attempt": f"person:{firm.enough[0]}", "reason": "冒名"}
    assert site.post(f"{case}/acts/checkin-void", said, on=case).status_code == 303
    name = firm.people[0].name
    assert re.search(rf'value="{firm.enough[0]}">{name} [^<]+：冒名</option>', site.get(case).text)
    step = {"action": "restore_checkin", "reason": "查明"}
    assert "请选择被认定打卡不合格的人员" in site.post(f"{case}/acts/proposal", step, on=case).text
    step |= {"person": str(firm.enough[0])}
    assert site.post(f"{case}/acts/proposal", step, on=case).status_code == 303
    site.as_staff(Role.ADMIN)
    assert f"<p>{name}：查明</p>" in site.get(case).text
    [waits] = session.scalars(select(Proposal).where(Proposal.outcome.is_(None))).all()
    agreed = {"proposal": str(waits.id), "agreed": "yes", "reason": ""}
    assert site.post(f"{case}/acts/signature", agreed, on=case).status_code == 303
    assert "撤销打卡不合格认定" in site.get(case).text
    assert standing_checkin(session, row.id, firm.enough[0]) is not None


def test_who_comes_to_the_window_is_signed_for_by_two(site: Site) -> None:
    case = f"/console/cases/{site.number('checking')}"
    person = site.bureau.firms["checking"].enough[5]
    site.as_staff(Role.REVIEWER)
    typed = {"person": str(person), "document": "居民身份证", "note": ""}
    assert site.post(f"{case}/acts/window", typed, on=case).status_code == 303
    session = site.bureau.session
    [row] = session.scalars(select(Proposal).where(Proposal.outcome.is_(None))).all()
    silent = {"proposal": str(row.id)}
    second = silent | {"agreed": "yes"}
    alone = site.post(f"{case}/acts/window-signature", second, on=case)
    assert (alone.status_code, "须由两名工作人员" in alone.text) == (422, True)
    site.as_staff(Role.ADMIN)
    assert site.post(f"{case}/acts/window-signature", silent, on=case).status_code == 422
    assert "<b>4</b> / 6" in site.get(case).text, "silence is no check-in"
    assert site.post(f"{case}/acts/window-signature", second, on=case).status_code == 303
    assert "<b>5</b> / 6" in site.get(case).text


def test_the_register_of_documents_fills_while_pages_are_being_made(site: Site) -> None:
    site.as_staff(Role.AUDITOR)
    session = site.bureau.session
    notice = issued(session, site.bureau.firms["revoked"].enterprise, now=site.clock.now)
    session.commit()
    html = site.get("/console/notices").text
    assert "今日签发的文书已制作" in html and 'http-equiv="refresh"' in html
    row = _row(html, notice.reference)
    assert "待制作" in row and f"/console/notices/{notice.id}" not in row
    assert 'http-equiv="refresh"' not in site.get("/console/notices?still=1").text
    told = site.get("/api/v1/console/notices?stage=pending").json()
    assert notice.reference in [one["reference"] for one in told["notices"]]
    assert told["progress"]["pending"] == told["progress"]["issued"] - told["progress"]["made"] >= 1


def test_looking_at_tonight_changes_nothing(site: Site) -> None:
    site.as_staff(Role.ADMIN)
    before = {name: _state(site, name) for name in site.bureau.cases}
    html = site.get("/console/tonight?days=30").text
    assert site.bureau.firms["rectifying"].enterprise.name in html
    assert "工作人员已暂缓处理" in html
    assert {name: _state(site, name) for name in site.bureau.cases} == before


def test_an_enterprise_is_included_and_its_case_opened(site: Site) -> None:
    from tests.verify_api.factories import make_firm
    from tests.verify_api.pages.world import valid_uscc

    firm = make_firm(site.bureau.session, now=site.clock.now)
    firm.enterprise.uscc = valid_uscc(900)
    site.bureau.session.commit()
    site.as_staff(Role.ADMIN)
    page = f"/console/enterprises/{firm.enterprise.uscc}"
    assert site.post(f"{page}/acts/inclusion", {}, on=page).status_code == 303
    assert "首次核查" in site.get(page).text
    site.as_staff(Role.REVIEWER)
    again = site.post(f"{page}/acts/inclusion", {}, on=page)
    assert (again.status_code, "岗位" in again.text) == (422, True)


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"lng": "114.05", "lat": "22.54", "datum": "gcj02"}, 303),
        ({"lng": "114.05", "lat": "22.54", "datum": "gcj02", "radius_m": "500"}, 303),
        ({"lng": "114.05", "lat": "95", "datum": "gcj02"}, 422),
        ({"lng": "nan", "lat": "22.54", "datum": "gcj02"}, 422),
        ({"lng": "114.05", "lat": "22.54", "datum": "mars"}, 422),
        ({"lng": "", "lat": "", "datum": "gcj02"}, 422),
        ({"lng": "114.05", "lat": "22.54", "datum": "gcj02", "radius_m": "-1"}, 422),
    ],
)
def test_a_point_is_confirmed_or_refused_with_a_sentence(
    site: Site, typed: dict[str, object], status: int
) -> None:
    site.as_staff(Role.REVIEWER)
    page = f"/console/enterprises/{site.bureau.firms['open'].enterprise.uscc}"
    assert site.post(f"{page}/acts/point", typed, on=page).status_code == status


@pytest.mark.parametrize("path", ["/console/cases/none", "/console/attempts/none", "/console/notices/999999"])
def test_what_is_absent_is_a_page_that_says_so(site: Site, path: str) -> None:
    site.as_staff(Role.ADMIN)
    answer = site.get(path)
    assert answer.status_code == 404
    assert "text/html" in answer.headers["content-type"]


def test_every_look_at_a_face_is_noted(site: Site) -> None:
    site.as_staff(Role.REVIEWER)
    html = site.get(f"/console/attempts/{2:032x}").text
    pictures = re.findall(r'<img src="([^"]+)"', html)
    for picture in pictures:
        site.get(picture)
    site.bureau.session.expire_all()
    noted = site.bureau.session.scalars(select(AccessEntry.what).order_by(AccessEntry.id)).all()
    assert noted == ["photo"] + ["frame"] * (len(pictures) - 1)
