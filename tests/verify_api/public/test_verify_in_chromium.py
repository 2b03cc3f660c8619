"""文书核验 in a real browser: the reader's own device compares the file, nothing is uploaded."""

import base64
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from sqlalchemy import select

from registry.crypto import Keyring
from registry.db import Sessions
from tests.served import served
from tests.verify_api.accounts.conftest import SetClock
from tests.verify_api.pages.world import Bureau, a_busy_autumn, evidence_in
from verify_api.app import create_app
from verify_api.notices.batch import produce_pending
from verify_api.notices.models import Notice
from verify_api.notices.seal import Seal
from verify_api.parts import Parts
from verify_api.settings import Settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, which CI installs"),
]


@pytest.fixture
def site(own_sessions: Sessions, seal: Seal, tmp_path: Path) -> Iterator[tuple[str, Notice, bytes]]:
    keys = Keyring({"t": base64.b64decode("A" * 43 + "=")})
    evidence = evidence_in(tmp_path / "evidence")
    with own_sessions.begin() as session:
        now: datetime = a_busy_autumn(Bureau(session, keys, evidence))
    produce_pending(own_sessions, seal=seal, store=evidence, clock=lambda: now)
    with own_sessions() as session:
        notice = session.scalars(select(Notice).order_by(Notice.id).limit(1)).one()
        engine = session.get_bind().engine
    assert notice.sha256 is not None
    settings = Settings(var=tmp_path, secure_cookies=False)
    parts = Parts(settings, SetClock(now), engine, own_sessions, evidence, keys)
    with served(create_app(parts)) as url:
        yield url, notice, evidence.get(notice.sha256)


def test_a_received_file_is_compared_on_the_readers_device(
    site: tuple[str, Notice, bytes], tmp_path: Path
) -> None:
    url, notice, pdf = site
    (tmp_path / "right.pdf").write_bytes(pdf)
    (tmp_path / "wrong.pdf").write_bytes(pdf.replace(b"%%EOF", b"%%EOG"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.method))
        page.goto(f"{url}/v/{notice.code}")
        page.set_input_files("#f-file", tmp_path / "right.pdf")
        page.get_by_text("一致：这是本平台发出的文件").wait_for()
        page.set_input_files("#f-file", tmp_path / "wrong.pdf")
        page.get_by_text("不一致").wait_for()
        assert set(sent) == {"GET"}
        width = page.evaluate("document.documentElement.scrollWidth")
        page.goto(f"{url}/public")
        widths = (width, page.evaluate("document.documentElement.scrollWidth"))
        browser.close()
    assert widths == (390, 390)  # Nothing runs off a phone's edge.
