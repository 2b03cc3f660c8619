"""A line asks again where that may help, and never does a thing twice."""

import httpx
import pytest

from miniapp_mock.client import Line, NoAnswer, Patience, Problem, SignedOut
from tests.miniapp_mock.contract_service import CASE, Service


def line(url: str, waited: list[float] | None = None, *, tries: int = 4) -> Line:
    """A line that does not really sleep."""
    pauses = waited if waited is not None else []
    return Line(url, patience=Patience(timeout_s=5, tries=tries), sleep=pauses.append)


def signed_in(url: str, service: Service) -> Line:
    """A line with a session."""
    opened = line(url)
    opened.token = "known"
    service.tokens.add("known")
    return opened


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_refusal_is_asked_again(service: Service, service_url: str, status: int) -> None:
    service.faults["sessions"] = [status]
    answer = line(service_url).post("/api/v1/miniapp/sessions", {"code": "c1"})
    assert answer["person"]["bound"] is True
    assert service.calls.count("POST /api/v1/miniapp/sessions") == 2


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500])
def test_a_refusal_that_waiting_cannot_cure_is_raised_at_once(
    service: Service, service_url: str, status: int
) -> None:
    service.faults["sessions"] = [status]
    with pytest.raises(Problem) as refusal:
        line(service_url).post("/api/v1/miniapp/sessions", {"code": "c1"})
    assert refusal.value.status == status
    assert len(service.calls) == 1


def test_it_gives_up_after_the_last_try(service: Service, service_url: str) -> None:
    service.faults["sessions"] = [503] * 10
    with pytest.raises(Problem) as refusal:
        line(service_url, tries=3).post("/api/v1/miniapp/sessions", {"code": "c1"})
    assert refusal.value.code == "unavailable"
    assert len(service.calls) == 3


def test_an_answer_lost_on_the_way_back_does_not_submit_twice(service: Service, service_url: str) -> None:
    opened = signed_in(service_url, service)
    service.attempts["a"] = {"frames": {}, "submitted": False, "polls": 0}
    service.faults["submit"] = [-1]
    assert opened.post("/api/v1/miniapp/attempts/a/submit", {})["state"] == "verifying"
    assert service.done_work == ["submit"]


def test_a_repeated_upload_sends_the_same_bytes(service: Service, service_url: str) -> None:
    opened = signed_in(service_url, service)
    service.attempts["a"] = {"frames": {}, "submitted": False, "polls": 0}
    service.faults["frames"] = [-1, -1]
    opened.upload("/api/v1/miniapp/attempts/a/frames", ("f.jpg", b"jpeg", "image/jpeg"), {"n": 1, "seq": 1})
    assert service.done_work == ["frame (1, 1)"]
    assert service.attempts["a"]["frames"] == {(1, 1): b"jpeg"}


def test_a_session_that_ended_is_renewed_once(service: Service, service_url: str) -> None:
    opened = line(service_url)
    renewals = []

    def renew() -> None:
        renewals.append(1)
        opened.token = opened.post("/api/v1/miniapp/sessions", {"code": f"c{len(renewals)}"})["token"]

    opened.sign_in = renew
    assert opened.get("/api/v1/miniapp/tasks", datum="wgs84")[0]["case"] == CASE
    service.tokens.clear()
    assert opened.get("/api/v1/miniapp/tasks", datum="wgs84")[0]["case"] == CASE
    assert len(renewals) == 2


def test_a_refused_log_in_is_not_tried_for_ever(service: Service, service_url: str) -> None:
    opened = line(service_url)
    opened.sign_in = lambda: opened.post("/api/v1/miniapp/sessions", {"code": "used"}) and None
    service.codes.append("used")
    with pytest.raises(SignedOut):
        opened.get("/api/v1/miniapp/tasks", datum="wgs84")


def test_a_silent_service_is_no_answer() -> None:
    def silent(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("nothing came")

    waited: list[float] = []
    http = httpx.Client(transport=httpx.MockTransport(silent))
    quiet = Line("http://nowhere", http=http, patience=Patience(tries=3, pause_s=1), sleep=waited.append)
    with pytest.raises(NoAnswer):
        quiet.get("/x")
    assert waited == [1, 2]
    http.close()


@pytest.mark.parametrize(
    ("retry_after", "repeat", "pause"),
    [
        (None, 1, 0.25),
        (None, 2, 0.5),
        ("3", 1, 3.0),
        ("5", 1, 5.0),
        ("6", 1, None),
        ("3600", 1, None),
        ("soon", 1, 0.25),
        ("0", 1, 0.25),
    ],
)
def test_the_pause_is_what_the_service_asked_for_within_reason(
    retry_after: str | None, repeat: int, pause: float | None
) -> None:
    assert Patience().pause_before(repeat, retry_after) == pause


def test_a_refusal_carries_every_reason() -> None:
    reasons = [{"code": "outside_fence", "message": "在范围外", "hint": "向东"}]
    problem = Problem.read(422, {"code": "place_refused", "detail": "位置不符", "reasons": reasons})
    assert (
        problem.says("outside_fence") and problem.says("place_refused") and not problem.says("not_selected")
    )
    assert problem.codes == ("place_refused", "outside_fence")
    assert problem.reasons[0].hint == "向东"


def test_an_answer_without_a_problem_document_keeps_its_status() -> None:
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(418, text="teapot")))
    with pytest.raises(Problem) as refusal:
        Line("http://nowhere", http=http).get("/x")
    assert (refusal.value.status, refusal.value.code) == (418, "http_418")
    http.close()
