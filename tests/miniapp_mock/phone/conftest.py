"""A browser with a camera that films a test card, standing in Shenzhen."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from miniapp_mock.phone import create_app as page_app
from tests.miniapp_mock.contract_service import CENTRE, Service, serve

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a grainy card, red on the left and blue on the right."""
    file = tmp_path_factory.mktemp("film") / "card.mjpeg"
    grain = np.random.default_rng(5)
    with file.open("wb") as out:
        for n in range(40):
            card = np.full((480, 640, 3), 128, np.uint8)
            card[:, :120] = (40, 40, 200)
            card[:, -120:] = (200, 60, 40)
            cv2.circle(card, (320 + n % 9, 240), 110, (150, 190, 220), -1)
            noisy = np.clip(card.astype(np.int16) + grain.normal(0, 4, card.shape), 0, 255).astype(np.uint8)
            out.write(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())
    return file


@pytest.fixture(scope="module")
def browser(film: Path) -> Iterator[Browser]:
    """Chromium with that film as its camera."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def page_url(service_url: str, identity_url: str) -> Iterator[str]:
    """The phone page before the fake service."""
    with serve(page_app(api_url=service_url, identity_url=identity_url)) as url:
        yield url


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh phone that allows camera and position, 100 metres from the centre."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        geolocation={"longitude": CENTRE[0] + 0.0008, "latitude": CENTRE[1] + 0.0005, "accuracy": 18},
        permissions=["camera", "geolocation"],
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def blank(context: BrowserContext) -> Page:
    """A browser that shows nothing yet, for tests that arrange first what the opened page will meet.

    Arranged after `page` has been opened, its first calls would meet it or not, as the machine has time.
    """
    return context.new_page()


@pytest.fixture
def page(blank: Page, page_url: str) -> Page:
    """The page, opened before a service as it usually is."""
    blank.goto(page_url)
    return blank


@pytest.fixture
def quick(service: Service) -> Service:
    """A service that asks for one front view only."""
    service.prompts = ("front",)
    return service
