"""The gates before an enterprise's first task."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from tests.verify_api.accounts.conftest import NOW, Web
from tests.verify_api.accounts.films import JPEG, PDF, film
from verify_api.accounts.actor import Actor
from verify_api.accounts.inclusion import NoAccount
from verify_api.accounts.models import InfoConfirmation, OnboardingFile
from verify_api.accounts.onboarding import (
    RULES_VERSION,
    RulesNotRead,
    RulesOutdated,
    confirm_info,
    gate_of,
    profile_of,
    read_rules,
    require_ready,
    store_licence,
    store_video,
)
from verify_api.accounts.rules import Gate, GateClosed
from verify_api.evidence.store import StoredFile

LICENCE = StoredFile("a" * 64, 100, "image/jpeg")
VIDEO = StoredFile("b" * 64, 1000, "video/mp4")


@pytest.mark.rule("SZ-06")
@pytest.mark.rule("SZ-12")
def test_each_gate_names_the_step_that_comes_next_until_all_are_done(session: Session, actor: Actor) -> None:
    told = []

    def look() -> None:
        try:
            require_ready(session, actor.own_enterprise)
            told.append("ready")
        except GateClosed as closed:
            told.append(closed.code)

    look()
    read_rules(session, actor=actor, version=RULES_VERSION, now=NOW)
    confirm_info(session, actor=actor, now=NOW)
    look()
    store_licence(session, actor=actor, file=LICENCE, now=NOW)
    look()
    store_video(session, actor=actor, file=VIDEO, duration_s=30, now=NOW)
    look()
    assert told == ["info_not_confirmed", "licence_missing", "video_missing", "ready"]


@pytest.mark.rule("SZ-13")
def test_nothing_is_confirmed_before_the_rules_in_force_are_read(session: Session, actor: Actor) -> None:
    with pytest.raises(RulesNotRead):
        confirm_info(session, actor=actor, now=NOW)
    with pytest.raises(RulesOutdated):
        read_rules(session, actor=actor, version="2019-1", now=NOW)
    assert gate_of(session, actor.own_enterprise) is Gate.INVITED


@pytest.mark.parametrize("step", ["licence", "video"])
def test_a_step_out_of_turn_is_refused_and_keeps_no_file(session: Session, actor: Actor, step: str) -> None:
    with pytest.raises(GateClosed):
        if step == "licence":
            store_licence(session, actor=actor, file=LICENCE, now=NOW)
        else:
            store_video(session, actor=actor, file=VIDEO, duration_s=30, now=NOW)
    assert session.scalars(select(OnboardingFile)).all() == []


def _ready(session: Session, actor: Actor) -> None:
    read_rules(session, actor=actor, version=RULES_VERSION, now=NOW)
    confirm_info(session, actor=actor, now=NOW)
    store_licence(session, actor=actor, file=LICENCE, now=NOW)
    store_video(session, actor=actor, file=VIDEO, duration_s=30, now=NOW)


@pytest.mark.rule("SZ-06")
def test_base_data_that_change_later_ask_for_a_new_confirmation_but_close_no_gate(
    session: Session, enterprise: Enterprise, actor: Actor
) -> None:
    _ready(session, actor)
    assert not profile_of(session, enterprise.id).is_changed
    enterprise.registered_address = "深圳市南山区示例路2号"
    session.flush()
    assert profile_of(session, enterprise.id).is_changed
    require_ready(session, enterprise.id)
    confirm_info(session, actor=actor, now=NOW)
    assert not profile_of(session, enterprise.id).is_changed
    kept = session.scalars(select(InfoConfirmation).order_by(InfoConfirmation.id)).all()
    assert [row.snapshot["registered_address"] for row in kept] == [
        "深圳市福田区示例路1号",
        "深圳市南山区示例路2号",
    ]
    assert {row.confirmer for row in kept} == {"示例乙"}


def test_a_better_scan_is_in_force_and_the_first_one_stays(session: Session, actor: Actor) -> None:
    _ready(session, actor)
    better = StoredFile("c" * 64, 200, "application/pdf")
    assert store_licence(session, actor=actor, file=better, now=NOW) is Gate.READY
    licence = profile_of(session, actor.own_enterprise).licence
    assert licence is not None
    assert licence.sha256 == better.sha256
    assert len(session.scalars(select(OnboardingFile).where(OnboardingFile.kind == "licence")).all()) == 2


def test_a_firm_that_is_not_included_is_not_ready(session: Session, enterprise: Enterprise) -> None:
    with pytest.raises(NoAccount):
        require_ready(session, enterprise.id)


def _signed_in(web: Web) -> dict[str, str]:
    first = web.secret("login_password")
    headers = web.bearer(str(web.log_in(first)["token"]))
    web.client.post("/api/v1/password", headers=headers, json={"old": first, "new": "Xin-mima-2026"})
    return headers


def test_over_http_a_firm_passes_all_gates(web: Web) -> None:
    headers = _signed_in(web)
    base = "/api/v1/portal/profile"

    def post(path: str, **what: object) -> tuple[int, object]:
        answer = web.client.post(base + path, headers=headers, **what)  # type: ignore[arg-type]
        return answer.status_code, (answer.json() if answer.content else None)

    assert web.client.get(base, headers=headers).json()["gate"] == "INVITED"
    status, body = post("/licence", files={"file": ("执照.jpg", JPEG)})
    assert (status, body["code"]) == (409, "info_not_confirmed")  # type: ignore[index]
    assert post("/confirm", json={})[0] == 409
    assert post("/rules-read", json={"version": RULES_VERSION}) == (204, None)
    assert post("/confirm", json={}) == (200, {"gate": "INFO_CONFIRMED"})
    assert post("/licence", files={"file": ("执照.pdf", PDF)}) == (200, {"gate": "LICENCE_UPLOADED"})
    assert post("/video", files={"file": ("企业.mp4", film(30))}) == (200, {"gate": "READY"})
    shown = web.client.get(base, headers=headers).json()
    assert (shown["gate"], shown["video"]["duration_s"]) == ("READY", 30.0)
    assert web.parts.evidence.get(shown["licence"]["sha256"]) == PDF


@pytest.mark.parametrize(
    ("path", "what", "status", "code"),
    [
        ("/licence", {"files": {"file": ("a.jpg", b"<html><script>alert(1)</script>")}}, 422, None),
        ("/licence", {"files": {"file": ("a.jpg", b"")}}, 422, "file_empty"),
        ("/licence", {"files": {"other": ("a.jpg", JPEG)}}, 422, "file_required"),
        ("/licence", {"data": {"file": "text"}}, 422, "file_required"),
        ("/licence", {"json": {}}, 422, "file_required"),
        ("/licence", {"files": {"file": ("a.jpg", JPEG + bytes(10 * 1024 * 1024))}}, 422, "file_too_large"),
        ("/video", {"files": {"file": ("a.mp4", JPEG)}}, 422, "file_type_not_accepted"),
        ("/video", {"files": {"file": ("a.mp4", film(5))}}, 422, "video_length_not_accepted"),
        ("/confirm", {"json": {"surprise": 1}}, 422, "malformed_request"),
    ],
)
def test_bad_files_and_fields_are_refused_by_name(
    web: Web, path: str, what: dict[str, object], status: int, code: str | None
) -> None:
    headers = _signed_in(web)
    answer = web.client.post(f"/api/v1/portal/profile{path}", headers=headers, **what)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert answer.json()["code"] == (code or "file_type_not_accepted")
    assert answer.headers["content-type"] == "application/problem+json"


def test_two_files_in_one_form_are_refused(web: Web) -> None:
    headers = _signed_in(web)
    files = [("file", ("a.jpg", JPEG)), ("file", ("b.jpg", JPEG))]
    answer = web.client.post("/api/v1/portal/profile/licence", headers=headers, files=files)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_strangers_upload_is_refused_before_it_is_read(web: Web) -> None:
    def endless() -> object:
        yield b"--x\r\n"
        raise AssertionError("the body was read")

    answer = web.client.post(
        "/api/v1/portal/profile/video",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        content=endless(),  # type: ignore[arg-type]
    )
    assert answer.status_code == 401
