"""A person checks in with the phone page in a real browser, with a camera and a position."""

import cv2
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.miniapp_mock.contract_service import CASE, CENTRE, Service

pytestmark = pytest.mark.browser


def open_task(page: Page) -> None:
    """From the list to the place."""
    page.click(f'[data-case="{CASE}"]')


def stand_here(page: Page) -> None:
    """Report the place once the phone has found it."""
    page.click("#begin:not([disabled])")


def shoot(page: Page) -> None:
    """Start the challenge once the camera is live."""
    page.wait_for_selector('.stage[data-camera="live"]')
    page.click("#go")


def check_in(page: Page) -> None:
    """The whole way from the list to the hand-in."""
    open_task(page)
    stand_here(page)
    shoot(page)


def outcome(page: Page) -> str:
    """The verdict shown."""
    return page.wait_for_selector(".outcome[data-state]").get_attribute("data-state") or ""


def test_a_new_person_binds_consents_and_checks_in(service: Service, blank: Page, page_url: str) -> None:
    service.bound = service.consented = False
    service.prompts = ("turn_right", "front", "blink")
    page = blank
    page.goto(page_url)
    page.fill('input[name="name"]', "陈甲子")
    page.fill('input[name="id_number"]', "11010519491231002x")
    page.click("text=获取验证码")
    page.fill('input[name="sms_code"]', "123456")
    page.click("text=绑定本人")
    page.click("#agree")
    check_in(page)
    assert outcome(page) == "accepted"
    (kept,) = service.attempts.values()
    # A turn and a front view twice; a blink open, closed twice, open again.
    assert sorted(kept["frames"]) == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3), (3, 4)]
    assert kept["submitted"]
    assert service.consented
    (opened,) = service.opened
    assert opened["position"]["datum"] == "wgs84"
    assert opened["position"]["accuracy_m"] == 18


def test_pictures_are_jpeg_as_the_lens_saw_them_and_no_two_alike(quick: Service, page: Page) -> None:
    check_in(page)
    assert outcome(page) == "accepted"
    pictures = [data for kept in quick.attempts.values() for data in kept["frames"].values()]
    assert len(pictures) == 2 and pictures[0] != pictures[1]
    for data in pictures:
        assert data.startswith(b"\xff\xd8\xff") and len(data) < 2 * 1024 * 1024
        seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        left, right = seen[:, :60].mean((0, 1)), seen[:, -60:].mean((0, 1))
        assert left[2] > left[0] and right[0] > right[2], "the preview is mirrored, the picture must not be"


def test_a_refused_place_is_told_and_can_be_mended(
    quick: Service, page: Page, context: BrowserContext
) -> None:
    quick.refuse_place = {"code": "outside_fence", "detail": "您在打卡范围外", "hint": "向西南约 900 米"}
    open_task(page)
    stand_here(page)
    told = page.wait_for_selector('[data-code="outside_fence"]').inner_text()
    assert "您在打卡范围外" in told and "向西南约 900 米" in told
    quick.refuse_place = None
    context.set_geolocation({"longitude": CENTRE[0], "latitude": CENTRE[1], "accuracy": 9})
    page.click("#relocate")
    stand_here(page)
    shoot(page)
    assert outcome(page) == "accepted"
    assert [body["position"]["accuracy_m"] for body in quick.opened] == [18, 9]


def test_a_rejection_is_told_in_words_and_tried_again(quick: Service, page: Page) -> None:
    reason = {"code": "blurred", "message": "照片模糊", "hint": "请擦拭镜头"}
    quick.verdict = {"state": "rejected", "reasons": [reason], "done": 3, "total": 7}
    check_in(page)
    assert outcome(page) == "rejected"
    told = page.inner_text('[data-code="blurred"]')
    assert "照片模糊" in told and "请擦拭镜头" in told
    quick.verdict = {"state": "accepted", "reasons": [], "done": 4, "total": 7}
    page.click("#again")
    check_in(page)
    assert outcome(page) == "accepted"
    assert len(quick.attempts) == 2


def test_review_says_that_nothing_more_is_to_be_done(quick: Service, page: Page) -> None:
    quick.verdict = {"state": "needs_review", "reasons": [], "done": 3, "total": 7}
    check_in(page)
    assert outcome(page) == "needs_review"
    assert "不会因等待复核而逾期" in page.inner_text("#screen")


def test_a_dead_spot_while_sending_costs_nothing(quick: Service, page: Page) -> None:
    lost = []

    def drop(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.request.url)
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/frames", drop)
    check_in(page)
    assert outcome(page) == "accepted"
    assert len(lost) == 2
    assert sorted(quick.done_work) == ["frame (1, 1)", "frame (1, 2)", "submit"]


def test_an_answer_lost_on_the_way_is_not_sent_twice(quick: Service, page: Page) -> None:
    quick.faults = {"frames": [-1], "submit": [-1]}
    check_in(page)
    assert outcome(page) == "accepted"
    assert sorted(quick.done_work) == ["frame (1, 1)", "frame (1, 2)", "submit"]


def test_a_page_closed_while_sending_goes_on_where_it_was(
    quick: Service, page: Page, context: BrowserContext, page_url: str
) -> None:
    context.route("**/submit", lambda route: route.abort("internetdisconnected"))
    check_in(page)
    page.wait_for_selector("text=网络不稳")
    page.close()
    context.unroute("**/submit")
    again = context.new_page()
    again.goto(page_url)
    assert outcome(again) == "accepted"
    assert len(quick.opened) == 1
    assert quick.done_work.count("submit") == 1


def test_a_page_closed_while_waiting_still_shows_the_verdict(
    quick: Service, page: Page, context: BrowserContext, page_url: str
) -> None:
    verdict, quick.verdict = quick.verdict, {"state": "verifying", "reasons": [], "done": 3, "total": 7}
    check_in(page)
    page.wait_for_selector("text=已收到，正在核验")
    page.close()
    quick.verdict = verdict
    again = context.new_page()
    again.goto(page_url)
    assert outcome(again) == "accepted"


def test_consent_is_asked_for_where_the_service_wants_it(quick: Service, page: Page) -> None:
    quick.refuse_place = {"code": "consent_required", "detail": "需要您单独同意"}
    open_task(page)
    stand_here(page)
    page.wait_for_selector("#agree")
    assert "窗口" in page.inner_text("#screen")


def test_a_refused_camera_is_told_with_what_to_do(
    quick: Service, page: Page, context: BrowserContext
) -> None:
    context.clear_permissions()
    context.grant_permissions(["geolocation"])
    refuse = "Promise.reject(new DOMException('', 'NotAllowedError'))"
    page.evaluate(f"() => {{ navigator.mediaDevices.getUserMedia = () => {refuse} }}")
    open_task(page)
    stand_here(page)
    told = page.wait_for_selector('[role="alert"]').inner_text()
    assert "相机权限" in told and "网站设置" in told
    assert quick.opened == [], "a refused camera uses up no try"
    page.evaluate("() => { delete navigator.mediaDevices.getUserMedia }")
    context.grant_permissions(["camera", "geolocation"])
    stand_here(page)
    shoot(page)
    assert outcome(page) == "accepted"


def test_a_refused_position_is_told_with_what_to_do(
    quick: Service, page: Page, context: BrowserContext
) -> None:
    context.clear_permissions()
    open_task(page)
    assert "定位" in page.wait_for_selector('[role="alert"]').inner_text()
    assert page.is_disabled("#begin") and page.is_hidden("#begin")
    assert page.get_attribute("#relocate", "class") == "main"
    context.grant_permissions(["camera", "geolocation"])
    page.click("#relocate")
    page.wait_for_selector("#begin:not([disabled])")


def test_a_refused_place_lets_go_of_the_camera(quick: Service, page: Page) -> None:
    page.evaluate("""() => {
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (what) => (window.stream = await ask(what));
    }""")
    quick.refuse_place = {"code": "outside_fence", "detail": "您在打卡范围外"}
    open_task(page)
    stand_here(page)
    page.wait_for_selector('[data-code="outside_fence"]')
    assert page.evaluate("window.stream.getTracks().map((track) => track.readyState)") == ["ended"]


def test_running_short_of_time_is_shown_and_said_once(quick: Service, page: Page) -> None:
    quick.life_s = 15.0
    open_task(page)
    stand_here(page)
    page.wait_for_selector('.stage[data-camera="live"]')
    page.wait_for_selector(".clock.hurry")
    assert "请尽快完成" in page.inner_text(".unseen")


def test_another_datum_is_declared_where_chosen(quick: Service, page: Page) -> None:
    page.click("summary")
    page.select_option('select[name="datum"]', "gcj02")
    page.wait_for_function("localStorage.getItem('daka.datum') === 'gcj02'")
    check_in(page)
    assert outcome(page) == "accepted"
    assert quick.opened[0]["position"]["datum"] == "gcj02"


def test_while_tasks_are_read_anew_the_old_ones_cannot_be_touched(quick: Service, page: Page) -> None:
    page.wait_for_selector(f'[data-case="{CASE}"]')
    # In one breath, as no finger could be: the cards are gone before anything else can happen.
    left = page.evaluate("""() => {
        const choice = document.querySelector('select[name="datum"]');
        choice.value = 'gcj02';
        choice.dispatchEvent(new Event('change'));
        return document.querySelectorAll('[data-case]').length;
    }""")
    assert left == 0
    page.wait_for_selector(f'[data-case="{CASE}"]')


def test_it_loads_nothing_from_elsewhere_and_breaks_no_policy(
    quick: Service, context: BrowserContext, page_url: str
) -> None:
    page = context.new_page()
    hosts: set[str] = set()
    said: list[str] = []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(page_url)
    check_in(page)
    assert outcome(page) == "accepted"
    assert hosts == {page_url.split("/")[2]}
    assert said == []


def test_the_service_being_away_is_told_and_mends_itself(quick: Service, blank: Page, page_url: str) -> None:
    quick.faults = {"tasks": [500]}
    page = blank
    page.goto(page_url)
    assert page.wait_for_selector('[role="alert"]')
    page.click("text=重试")
    page.wait_for_selector(f'[data-case="{CASE}"]')
