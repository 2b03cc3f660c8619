"""A headless phone goes the contract's whole way."""

from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from miniapp_mock.client import Device, Line, Patience, Phone, PortraitCamera, Position, Problem
from miniapp_mock.client.camera import ANSWERS
from tests.miniapp_mock.contract_service import CASE, Service

HERE = Position(114.0580, 22.5432, "wgs84", 12.0, datetime(2025, 3, 1, 9, tzinfo=UTC))


@pytest.fixture(scope="module")
def portraits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the portrait tool leaves it, with patterns in place of faces."""
    folder = tmp_path_factory.mktemp("portrait")
    pattern = cv2.GaussianBlur(
        np.random.default_rng(3).integers(0, 255, (120, 96, 3), dtype=np.uint8), (0, 0), 5
    )
    for name in {picture for pictures in ANSWERS.values() for picture in pictures}:
        cv2.imwrite(str(folder / f"{name}.jpg"), pattern)
    return folder


def phone(url: str) -> Phone:
    """A phone whose WeChat hands out c1, c2, …"""
    codes = count(1)
    line = Line(url, patience=Patience(timeout_s=5), sleep=lambda _: None)
    return Phone(line, lambda: f"c{next(codes)}", Device("device-0001"))


def test_a_person_binds_consents_and_checks_in(service: Service, service_url: str, portraits: Path) -> None:
    service.bound = service.consented = False
    mine = phone(service_url)
    mine.sign_in()
    assert not mine.bound
    mine.ask_bind_code("陈甲子", "11010519491231002X")
    mine.bind("陈甲子", "11010519491231002X", "123456")
    with pytest.raises(Problem) as refusal:
        mine.tasks()
    assert refusal.value.says("consent_required")
    mine.consent("1")
    (task,) = mine.tasks()
    assert (task.case, task.done, task.total, task.fence["datum"]) == (CASE, 3, 7, "wgs84")
    verdict = mine.check_in(task.case, HERE, PortraitCamera(portraits))
    assert (verdict.state, verdict.done, verdict.total) == ("accepted", 4, 7)
    (kept,) = service.attempts.values()
    assert sorted(kept["frames"]) == [(1, 1), (2, 1), (2, 2), (2, 3), (3, 1)]
    assert all(picture.startswith(b"\xff\xd8\xff") for picture in kept["frames"].values())
    assert kept["submitted"]


def test_the_fix_is_sent_as_the_contract_has_it(service: Service, service_url: str) -> None:
    phone(service_url).open_attempt(CASE, HERE)
    assert service.opened == [
        {
            "case": CASE,
            "position": {
                "longitude": 114.058,
                "latitude": 22.5432,
                "datum": "wgs84",
                "accuracy_m": 12.0,
                "captured_at": "2025-03-01T09:00:00+00:00",
            },
            "device": {"id": "device-0001", "model": "示例手机 1", "platform": "android"},
        }
    ]


@pytest.mark.parametrize("end", ["attempts", "frames", "submit"])
def test_a_broken_line_costs_no_attempt(
    service: Service, service_url: str, portraits: Path, end: str
) -> None:
    service.faults[end] = [-1, 503]
    verdict = phone(service_url).check_in(CASE, HERE, PortraitCamera(portraits))
    assert verdict.state == "accepted"
    assert len(service.opened) == 1
    assert len(service.done_work) == len(set(service.done_work))


def test_a_refused_place_says_why(service: Service, service_url: str) -> None:
    service.refuse_place = {
        "code": "outside_fence",
        "detail": "您在打卡范围外约 900 米",
        "hint": "向西南前往",
    }
    with pytest.raises(Problem) as refusal:
        phone(service_url).open_attempt(CASE, HERE)
    assert refusal.value.says("outside_fence")
    assert refusal.value.hint == "向西南前往"


def test_a_rejection_is_a_verdict_with_reasons(service: Service, service_url: str, portraits: Path) -> None:
    reason = {"code": "face_differs", "message": "不是同一人", "hint": "请本人打卡"}
    service.verdict = {"state": "rejected", "reasons": [reason], "done": 3, "total": 7}
    verdict = phone(service_url).check_in(CASE, HERE, PortraitCamera(portraits))
    assert (verdict.state, verdict.codes) == ("rejected", ("face_differs",))


def test_no_two_pictures_are_the_same(portraits: Path) -> None:
    camera = PortraitCamera(portraits)
    pictures = [picture for _ in range(4) for picture in camera.shoot("blink")]
    assert len(set(pictures)) == 12
    decoded = [cv2.imdecode(np.frombuffer(p, np.uint8), cv2.IMREAD_COLOR).astype(float) for p in pictures]
    for one, other in pairwise(decoded):
        assert np.abs(one - other).mean() > 0.5


def test_the_same_hand_takes_the_same_pictures(portraits: Path) -> None:
    assert PortraitCamera(portraits, seed=7).shoot("front") == PortraitCamera(portraits, seed=7).shoot(
        "front"
    )
    assert PortraitCamera(portraits, seed=7).shoot("front") != PortraitCamera(portraits, seed=8).shoot(
        "front"
    )


def test_a_portrait_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        PortraitCamera(tmp_path).shoot("front")


def test_the_wechat_stand_in_gives_codes_that_log_in(identity_url: str) -> None:
    code = httpx.post(f"{identity_url}/stand-in/login", json={"user": "u1"}).json()["code"]
    asked = {"appid": "wxtest", "secret": "test-secret", "js_code": code, "grant_type": "authorization_code"}
    first = httpx.get(f"{identity_url}/sns/jscode2session", params=asked).json()
    assert first["openid"].startswith("o") and "errcode" not in first
    assert httpx.get(f"{identity_url}/sns/jscode2session", params=asked).json()["errcode"] == 40163
