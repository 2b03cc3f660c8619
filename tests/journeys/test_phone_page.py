"""A person checks in with the phone page in Chromium, against the real service with its real face check."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from daka.simulation.desk import Desk
from daka.stack import Stack
from miniapp_mock.city import Staff
from miniapp_mock.client.camera import ANSWERS
from tests.journeys.test_check_in import open_for_check_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VIRTUAL_PERSON = Path(__file__).with_name("virtual_person.js")


def pictures_of(person: Staff) -> str:
    """The person's portrait folder as data addresses, for the browser."""
    assert person.portrait is not None
    names = {name for answers in ANSWERS.values() for name in answers}
    files = {name: (person.portrait / f"{name}.jpg").read_bytes() for name in names}
    return json.dumps(
        {name: f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" for name, data in files.items()}
    )


@pytest.fixture
def context(desk: Desk) -> Iterator[BrowserContext]:
    """A phone at the registered address, with the firm's first person in front of its camera."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium (apt install chromium)")
    (person,) = desk.firm.going
    lng, lat = desk.firm.point
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 390, "height": 844},
            geolocation={"longitude": lng, "latitude": lat, "accuracy": 15},
            permissions=["geolocation"],
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        context.add_init_script(f"({VIRTUAL_PERSON.read_text()})({pictures_of(person)})")
        context.set_default_timeout(30_000)
        yield context
        browser.close()


@pytest.mark.firm("browser")
def test_a_person_binds_goes_there_and_is_recognised(
    desk: Desk, city_stack: Stack, context: BrowserContext
) -> None:
    open_for_check_in(desk, on="2025-07-07")
    (person,) = desk.firm.going
    page = context.new_page()
    page.goto(city_stack.urls["phone"])
    page.fill('input[name="name"]', person.name)
    page.fill('input[name="id_number"]', person.id_number)
    page.click("text=获取验证码")
    page.wait_for_selector("text=验证码已发往")
    desk.world.tick()
    page.fill('input[name="sms_code"]', desk.world.inbox.code(person.phone))
    page.click("text=绑定本人")
    page.click("#agree")
    page.click(f'[data-case="{desk.case}"]')
    page.click("#begin:not([disabled])")
    page.wait_for_selector('.stage[data-camera="live"]')
    page.click("#go")
    shown = page.wait_for_selector(".outcome[data-state]")
    assert shown.get_attribute("data-state") == "accepted", shown.inner_text()
    assert desk.state() == "PASSED"
