"""The pages in a real browser: live counters, nothing blocked, and everything without scripts too."""

import base64
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyotp
import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from registry import embedded
from registry.crypto import Keyring
from registry.db import make_engine, make_sessions
from registry.migrations import migrate
from tests.verify_api.accounts.conftest import SetClock
from tests.verify_api.pages.world import PASSWORD, SEED, Bureau, a_busy_autumn, evidence_in
from verify_api.app import create_app
from verify_api.parts import Parts
from verify_api.settings import Settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, which CI installs"),
]


@dataclass
class Served:
    """The service on a port of its own."""

    url: str
    uscc: dict[str, str]
    number: dict[str, str]
    now: datetime


@pytest.fixture(scope="module")
def served(admin_url: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("site")
    engine = make_engine(embedded.sibling(admin_url, f"daka_browser_{worker_id}", fresh=True))
    migrate(engine)
    sessions, evidence = make_sessions(engine), evidence_in(folder / "evidence")
    keys = Keyring({"t": base64.b64decode("A" * 43 + "=")})
    with sessions.begin() as session:
        bureau = Bureau(session, keys, evidence)
        now = a_busy_autumn(bureau)
        uscc = {name: firm.enterprise.uscc for name, firm in bureau.firms.items()}
        number = {name: case.number for name, case in bureau.cases.items()}
    settings = Settings(var=folder, secure_cookies=False)
    parts = Parts(settings, SetClock(now), engine, sessions, evidence, keys)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(create_app(parts), host="127.0.0.1", port=port, log_level="warning", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.05)
    yield Served(f"http://127.0.0.1:{port}", uscc, number, now)
    server.should_exit = True
    thread.join()
    engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


def _page(browser: Browser, *, width: int, scripts: bool) -> tuple[Page, list[str]]:
    context = browser.new_context(
        viewport={"width": width, "height": 850}, java_script_enabled=scripts, locale="zh-CN"
    )
    page, said = context.new_page(), []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            said.append(message.text)

    page.on("console", listen)
    return page, said


def _log_in(page: Page, served: Served, name: str) -> None:
    page.goto(f"{served.url}/login")
    page.get_by_label("统一社会信用代码").fill(served.uscc[name])
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(re.compile("/portal"))


@pytest.mark.rule("SZ-18")
def test_counters_follow_every_tick(browser: Browser, served: Served) -> None:
    page, said = _page(browser, width=1280, scripts=True)
    _log_in(page, served, "open")
    page.goto(f"{served.url}/portal/cases/{served.number['open']}/people")
    counters = page.locator("#counters")
    boxes = page.locator('input[name="people"]')
    assert page.locator("#check").is_hidden()
    for n in range(boxes.count()):
        boxes.nth(n).check()
    counters.get_by_text("符合提交要求").wait_for()
    boxes.first.uncheck()  # The technical lead stands first.
    counters.get_by_text("还不能提交").wait_for()
    assert said == []


@pytest.mark.rule("SZ-26")
def test_a_list_is_chosen_and_sent_without_any_script(browser: Browser, served: Served) -> None:
    page, _ = _page(browser, width=390, scripts=False)
    _log_in(page, served, "open")
    page.get_by_role("link", name="设置打卡人员").click()
    page.get_by_role("link", name="按最少人数推荐").click()
    page.locator("summary", has_text="提交审核").click()
    page.get_by_role("button", name="确定提交").click()
    page.get_by_text("名单已提交").wait_for()
    page.locator("summary", has_text="撤回名单").click()
    page.get_by_role("button", name="确定撤回").click()
    page.get_by_text("名单已撤回").wait_for()


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_page_is_wider_than_its_window(browser: Browser, served: Served, width: int) -> None:
    page, said = _page(browser, width=width, scripts=True)
    paths = ["/login", "/forgot", "/rules"]
    _check_widths(page, served, paths, width)
    _log_in(page, served, "rectifying")
    number = served.number["rectifying"]
    paths = [
        "/portal",
        "/portal/profile",
        "/portal/video",
        "/portal/rectification",
        f"/portal/cases/{number}",
    ]
    _check_widths(page, served, [*paths, f"/portal/cases/{number}/people"], width)
    assert said == []


def _check_widths(page: Page, served: Served, paths: list[str], width: int) -> None:
    for path in paths:
        page.goto(served.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_no_page_of_staff_is_wider_than_its_window_and_a_fence_is_previewed_in_place(
    browser: Browser, served: Served
) -> None:
    page, said = _page(browser, width=390, scripts=True)
    page.goto(f"{served.url}/console/login")
    page.get_by_label("登录名").fill("admin1")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("动态口令").fill(pyotp.TOTP(SEED).at(served.now))
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(re.compile("/console$"))
    fence = f"/console/enterprises/{served.uscc['open']}/fence"
    case = f"/console/cases/{served.number['checking']}"
    paths = ["/console?show=all", "/console/cases", "/console/batches", "/console/projects/imports"]
    for width in (360, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 850})
        _check_widths(page, served, [*paths, case, f"{case}/requirements", fence], width)
    page.get_by_label("坐标系").select_option("wgs84")
    page.get_by_label("角点或 GeoJSON").fill(
        "114.056, 22.545\n114.060, 22.545\n114.060, 22.541\n114.056, 22.541"
    )
    page.get_by_role("button", name="预览").click()
    page.locator("#preview svg").wait_for()
    assert page.get_by_role("button", name="确认打卡范围").is_visible()
    assert said == []


def test_after_a_refusal_the_keyboard_stands_at_the_reason(browser: Browser, served: Served) -> None:
    page, said = _page(browser, width=1280, scripts=True)
    page.goto(f"{served.url}/login")
    page.get_by_label("统一社会信用代码").fill("nobody")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    page.get_by_text("账号或密码不正确").wait_for()
    assert page.evaluate("document.activeElement.id") == "errors"
    # Chromium reports a page answered with 422 as a failed resource; nothing else was said.
    assert all("422" in line for line in said)


def test_a_large_upload_shows_its_progress_and_ends_on_the_next_page(
    browser: Browser, served: Served
) -> None:
    from tests.verify_api.accounts.films import film

    page, said = _page(browser, width=1280, scripts=True)
    _log_in(page, served, "passed")
    page.goto(f"{served.url}/portal/video")
    film_file = {"name": "企业.mp4", "mimeType": "video/mp4", "buffer": film(30) + bytes(2_000_000)}
    page.get_by_label("选择视频").set_input_files(film_file)  # type: ignore[arg-type]
    page.get_by_role("button", name="视频上传").click()
    page.get_by_text("企业视频已上传").wait_for()
    page.goto(f"{served.url}/portal/video")
    short = film_file | {"buffer": film(5)}
    page.get_by_label("选择视频").set_input_files(short)  # type: ignore[arg-type]
    page.get_by_role("button", name="视频上传").click()
    page.get_by_text("视频长 5 秒").wait_for()
    assert all("422" in line for line in said)
