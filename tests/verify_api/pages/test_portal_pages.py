"""An enterprise at work on its pages, and at pages that are not its own."""

import re

import pytest
from sqlalchemy import select

from tests.verify_api.accounts.films import JPEG, PDF, film
from tests.verify_api.pages.conftest import Site
from verify_api.accounts.models import Onboarding, OnboardingFile
from verify_api.accounts.onboarding import RULES_VERSION
from verify_api.accounts.rules import Gate
from verify_api.cases.models import CertificateFile, Draft, PersonList, RectificationReport


def _people(site: Site, name: str) -> list[int]:
    return site.bureau.firms[name].enough


def _state(site: Site, name: str) -> str:
    site.bureau.session.expire_all()
    return site.bureau.cases[name].state


@pytest.fixture
def newcomer(site: Site) -> Site:
    """The firm `open` before it has confirmed anything."""
    row = site.bureau.session.get_one(Onboarding, site.bureau.firms["open"].enterprise.id)
    row.gate, row.rules_version, row.rules_read_at = Gate.INVITED, "", None
    site.bureau.session.commit()
    site.as_firm("open")
    return site


@pytest.mark.rule("SZ-12")
def test_a_newcomer_sees_the_clock_but_is_led_through_the_gates_first(newcomer: Site) -> None:
    tasks = newcomer.get("/portal")
    assert "期限已经开始计算" in tasks.text
    assert "剩余<b>" in tasks.text
    for path in (f"/portal/cases/{newcomer.number('open')}", "/portal/rectification"):
        assert newcomer.get(path).headers["location"] == "/portal/profile"
    assert newcomer.get("/portal/video").headers["location"] == "/portal/profile"


@pytest.mark.rule("SZ-06")
@pytest.mark.rule("SZ-10")
@pytest.mark.rule("SZ-11")
@pytest.mark.rule("SZ-13")
def test_a_newcomer_passes_the_gates_without_any_script(newcomer: Site) -> None:
    unread = newcomer.post("/portal/profile", {}, on="/portal/profile")
    assert (unread.status_code, "请先阅读操作细则" in unread.text) == (422, True)
    confirmed = newcomer.post("/portal/profile", {"rules": RULES_VERSION}, on="/portal/profile")
    assert confirmed.headers["location"] == "/portal/licence?done=confirmed"
    wrong = newcomer.post("/portal/licence", {}, on="/portal/licence", files={"file": ("a.jpg", b"<html>")})
    assert (wrong.status_code, "文件不是 JPG、PNG 或 PDF" in wrong.text) == (422, True)
    licence = newcomer.post("/portal/licence", {}, on="/portal/licence", files={"file": ("a.pdf", PDF)})
    assert licence.headers["location"].startswith("/portal/video")
    short = newcomer.post("/portal/video", {}, on="/portal/video", files={"file": ("a.mp4", film(5))})
    assert "视频长 5 秒" in short.text
    video = newcomer.post("/portal/video", {}, on="/portal/video", files={"file": ("a.mp4", film(30))})
    assert video.headers["location"].startswith("/portal?")


def test_an_upload_is_shown_as_what_it_is_and_in_a_sandbox(site: Site) -> None:
    site.as_firm("open")
    licence = site.get("/portal/files/licence")
    assert licence.headers["content-type"] == "image/jpeg"
    assert licence.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in licence.headers["content-security-policy"]
    site.post("/portal/licence", {}, on="/portal/licence", files={"file": ("a.html", PDF, "text/html")})
    newest = site.get("/portal/files/licence")
    assert newest.headers["content-type"] == "application/pdf"
    assert newest.headers["content-disposition"].startswith("attachment")
    assert site.get("/portal/files/else").status_code == 404


@pytest.mark.parametrize(
    ("part", "status", "shown"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=0-999999999", 206, slice(0, None)),
        ("bytes=999999999-", 416, slice(0, 0)),
        ("bytes=9-3", 416, slice(0, 0)),
        ("bytes=-5", 200, slice(0, None)),
        ("nonsense", 200, slice(0, None)),
    ],
)
def test_a_film_is_handed_out_in_parts(site: Site, part: str, status: int, shown: slice) -> None:
    site.as_firm("open")
    answer = site.client.get("/portal/files/video", headers={"Range": part})
    assert (answer.status_code, answer.content) == (status, film(30)[shown])


def test_a_picture_that_hides_a_page_is_never_served_as_one(site: Site) -> None:
    site.as_firm("open")
    both = JPEG + b"<html><script>alert(1)</script></html>"
    site.post("/portal/licence", {}, on="/portal/licence", files={"file": ("a.html", both, "text/html")})
    answer = site.get("/portal/files/licence")
    assert answer.headers["content-type"] == "image/jpeg"
    assert "sandbox" in answer.headers["content-security-policy"]


def _choose(site: Site, do: str, people: list[int], name: str = "open"):  # type: ignore[no-untyped-def]
    path = f"/portal/cases/{site.number(name)}/people"
    return site.post(path, {"people": [str(one) for one in people], "do": do}, on=path)


@pytest.mark.rule("SZ-18")
def test_without_scripts_the_button_counts(site: Site) -> None:
    site.as_firm("open")
    some = _choose(site, "check", _people(site, "open")[:2])
    assert some.status_code == 200
    assert "还不能提交" in some.text
    enough = _choose(site, "check", _people(site, "open"))
    assert "符合提交要求" in enough.text


def test_with_scripts_only_the_counters_are_fetched(site: Site) -> None:
    site.as_firm("open")
    base = f"/portal/cases/{site.number('open')}/people"
    people = [str(one) for one in _people(site, "open")]
    answer = site.post(f"{base}/counters", {"people": people}, on=base)
    assert "符合提交要求" in answer.text
    assert "<html" not in answer.text
    assert site.bureau.session.get(Draft, site.bureau.cases["open"].id) is None


@pytest.mark.rule("SZ-26")
def test_a_list_is_sent_and_withdrawn(site: Site) -> None:
    site.as_firm("open")
    refused = _choose(site, "submit", _people(site, "open")[1:])
    assert (refused.status_code, _state(site, "open")) == (422, "OPEN")
    assert "技术负责人" in refused.text
    sent = _choose(site, "submit", _people(site, "open"))
    assert sent.headers["location"] == f"/portal/cases/{site.number('open')}?done=submitted"
    assert _state(site, "open") == "SUBMITTED"
    case = f"/portal/cases/{site.number('open')}"
    assert site.post(f"{case}/withdrawal", {}, on=case).status_code == 303
    assert _state(site, "open") == "OPEN"


def test_what_a_refused_list_had_written_is_undone_but_the_draft_is_kept(site: Site) -> None:
    site.as_firm("open")
    _choose(site, "submit", _people(site, "open")[:1])
    session = site.bureau.session
    session.expire_all()
    case = site.bureau.cases["open"]
    assert session.get_one(Draft, case.id).people == _people(site, "open")[:1]
    assert session.scalars(select(PersonList).where(PersonList.case_id == case.id)).all() == []


def test_the_smallest_list_is_suggested(site: Site) -> None:
    site.as_firm("open")
    page = site.get(f"/portal/cases/{site.number('open')}/people?suggest=1").text
    assert "已按最少人数勾选 6 人" in page
    assert len(re.findall(r"type=\"checkbox\"[^>]* checked", page)) == 6


@pytest.mark.rule("SZ-25")
def test_without_a_scan_nobody_can_be_ticked_and_with_one_he_can(site: Site) -> None:
    site.as_firm("open")
    session, person = site.bureau.session, site.bureau.firms["open"].people[4]
    base = f"/portal/cases/{site.number('open')}"
    row = session.scalars(select(CertificateFile).where(CertificateFile.person_id == person.id)).one()
    removed = site.post(f"{base}/files/{row.id}/removal", {}, on=f"{base}/people")
    assert removed.status_code == 303
    box = rf'value="{person.id}" id="p-{person.id}"[^>]* disabled'
    assert re.search(box, site.get(f"{base}/people").text)
    fields = {"person": str(person.id), "holding": "registered"}
    added = site.post(f"{base}/files", fields, on=f"{base}/people", files={"file": ("a.jpg", JPEG)})
    assert added.headers["location"].endswith(f"#person-{person.id}")
    assert not re.search(box, site.get(f"{base}/people").text)


@pytest.mark.rule("SZ-35")
def test_a_report_needs_words_and_a_file(site: Site) -> None:
    site.as_firm("rectifying")
    path = f"/portal/cases/{site.number('rectifying')}/report"
    silent = site.post(path, {"text": " "}, on=path, files={"file": ("a.pdf", PDF)})
    assert (silent.status_code, "请填写整改情况说明" in silent.text) == (422, True)
    given = site.post(path, {"text": "已补齐人员"}, on=path, files={"file": ("a.pdf", PDF)})
    assert given.status_code == 303
    found = select(RectificationReport).where(
        RectificationReport.case_id == site.bureau.cases["rectifying"].id
    )
    row = site.bureau.session.scalars(found).one()
    assert site.get(f"/portal/cases/{site.number('rectifying')}/reports/{row.id}").content == PDF


@pytest.mark.parametrize(
    "path",
    [
        "/portal/cases/{number}",
        "/portal/cases/{number}/people",
        "/portal/cases/{number}/report",
        "/portal/cases/{number}/files/{file}",
        "/portal/cases/{number}/reports/{report}",
        "/portal/notices/{notice}",
        "/console",
        "/console/cases/{number}",
        "/console/people/{person}/photo",
    ],
)
def test_a_strangers_things_are_refused_like_absent_ones(site: Site, path: str) -> None:
    from verify_api.notices.models import Notice

    session, case = site.bureau.session, site.bureau.cases["reported"]
    theirs = site.bureau.firms["reported"]
    values = {
        "number": case.number,
        "file": session.scalars(
            select(CertificateFile.id).where(CertificateFile.enterprise_id == theirs.enterprise.id)
        ).first(),
        "report": session.scalars(
            select(RectificationReport.id).where(RectificationReport.case_id == case.id)
        ).one(),
        "notice": session.scalars(select(Notice.id).where(Notice.case_id == case.id)).first(),
        "person": theirs.people[0].id,
    }
    site.as_firm("open")
    answer = site.get(path.format(**values))
    assert answer.status_code == (403 if path.startswith("/console") else 404)
    assert theirs.enterprise.name not in answer.text
    own = site.number("open")
    for kind in ("files/{file}", "reports/{report}"):
        crossed = site.get(f"/portal/cases/{own}/" + kind.format(**values))
        assert crossed.status_code == 404


def test_the_contact_is_changed_with_the_old_ones_code(site: Site) -> None:
    from verify_api.messages.models import Message
    from verify_api.messages.outbox import unseal

    site.as_firm("open")
    typed = {"name": "示例丙", "phone": "10000000002"}
    asked = site.post("/portal/contact/code", typed, on="/portal/contact")
    assert "验证码已发送" in asked.text
    newest = site.bureau.session.scalars(select(Message).where(Message.kind == "contact_change_code")).one()
    code = unseal(newest, site.bureau.keys)["code"]
    wrong = site.post("/portal/contact", typed | {"code": "0"}, on="/portal/contact")
    assert "验证码不正确" in wrong.text
    done = site.post("/portal/contact", typed | {"code": code}, on="/portal/contact")
    assert done.headers["location"].startswith("/login")
    assert site.get("/portal").status_code == 303


def test_files_uploaded_are_counted_once_per_upload(site: Site) -> None:
    site.as_firm("open")
    before = len(site.bureau.session.scalars(select(OnboardingFile)).all())
    site.post("/portal/licence", {}, on="/portal/licence", files={"file": ("a.jpg", JPEG)})
    assert len(site.bureau.session.scalars(select(OnboardingFile)).all()) == before + 1
