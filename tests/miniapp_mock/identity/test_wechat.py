"""WeChat's stand-in answers in WeChat's shapes and with its codes."""

from collections.abc import Iterator

import httpx
import pytest

from miniapp_mock.identity import WeChat, create_app
from miniapp_mock.identity.wechat import cert_hash
from tests.miniapp_mock.contract_service import serve

CERT = {"cert_type": "IDENTITY_CARD", "cert_name": "张三", "cert_no": "310101199801011234"}
APP = {"appid": "wxtest", "secret": "s3cret"}


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    """The stand-in's clock."""
    return Clock()


@pytest.fixture
def wechat(clock: Clock) -> Iterator[httpx.Client]:
    """The stand-in."""
    with (
        serve(create_app(WeChat("wxtest", "s3cret", now=clock))) as url,
        httpx.Client(base_url=url) as client,
    ):
        yield client


def login(wechat: httpx.Client, user: str = "u1") -> str:
    """What wx.login hands out."""
    code: str = wechat.post("/stand-in/login", json={"user": user}).json()["code"]
    return code


def session(wechat: httpx.Client, code: str, **changed: str) -> dict[str, object]:
    """jscode2session."""
    asked = APP | {"js_code": code, "grant_type": "authorization_code"} | changed
    answer: dict[str, object] = wechat.get("/sns/jscode2session", params=asked).json()
    return answer


def token(wechat: httpx.Client) -> str:
    """An access token."""
    asked = APP | {"grant_type": "client_credential"}
    answer: str = wechat.get("/cgi-bin/token", params=asked).json()["access_token"]
    return answer


def test_a_code_opens_one_session(wechat: httpx.Client) -> None:
    code = login(wechat)
    first = session(wechat, code)
    assert set(first) == {"openid", "session_key", "unionid"}
    assert session(wechat, code)["errcode"] == 40163


def test_one_user_has_one_openid_and_two_have_two(wechat: httpx.Client) -> None:
    mine, again, other = (session(wechat, login(wechat, user))["openid"] for user in ("a", "a", "b"))
    assert mine == again != other


@pytest.mark.parametrize(("later_s", "errcode"), [(300.0, None), (300.1, 40029)])
def test_a_code_lives_five_minutes(
    wechat: httpx.Client, clock: Clock, later_s: float, errcode: int | None
) -> None:
    code = login(wechat)
    clock.at += later_s
    assert session(wechat, code).get("errcode") == errcode


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"appid": "wxother"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({"grant_type": "password"}, 40002),
        ({"js_code": "invented"}, 40029),
    ],
)
def test_wrong_calls_have_wechats_codes(wechat: httpx.Client, changed: dict[str, str], errcode: int) -> None:
    answer = session(wechat, login(wechat), **changed)
    assert answer["errcode"] == errcode
    assert set(answer) == {"errcode", "errmsg"}


def test_the_digest_is_the_documentations_own() -> None:
    assert cert_hash(CERT) == "3c241f7ff324977aeb91f173bb2a7b06569e6fd784d5573db34a636d8671108b"


def ask(wechat: httpx.Client, path: str, access_token: str, **body: object) -> dict[str, object]:
    """One of the face calls."""
    where = f"/cityservice/face/identify/{path}"
    answer: dict[str, object] = wechat.post(where, params={"access_token": access_token}, json=body).json()
    return answer


def verified(wechat: httpx.Client, result: int | None) -> tuple[str, str, str]:
    """(access token, verify_id, openid) of a check that ended with `result`, or was never done."""
    access, openid = token(wechat), str(session(wechat, login(wechat))["openid"])
    opened = ask(wechat, "getverifyid", access, out_seq_no="attempt-0001", cert_info=CERT, openid=openid)
    assert opened["errcode"] == 0 and opened["expires_in"] == 3600
    verify_id = str(opened["verify_id"])
    if result is not None:
        wechat.post("/stand-in/facial-verify", json={"verify_id": verify_id, "user": "u1", "result": result})
    return access, verify_id, openid


def query(verify_id: str, openid: str) -> dict[str, str]:
    """The body of queryverifyinfo."""
    seq = "attempt-0001"
    return {"verify_id": verify_id, "out_seq_no": seq, "cert_hash": cert_hash(CERT), "openid": openid}


@pytest.mark.parametrize(("result", "told"), [(10000, 10000), (90011, 90011), (None, 90002)])
def test_the_true_result_is_told_to_the_service_alone(
    wechat: httpx.Client, result: int | None, told: int
) -> None:
    access, verify_id, openid = verified(wechat, result)
    asked = {
        "verify_id": verify_id,
        "out_seq_no": "attempt-0001",
        "cert_hash": cert_hash(CERT),
        "openid": openid,
    }
    assert ask(wechat, "queryverifyinfo", access, **asked) == {
        "errcode": 0,
        "errmsg": "ok",
        "verify_ret": told,
    }


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"out_seq_no": "attempt-0002"}, 40097),
        ({"openid": "oSomebodyElse"}, 40003),
        ({"cert_hash": "0" * 64}, 40097),
        ({"verify_id": "invented"}, 40097),
    ],
)
def test_a_query_about_other_papers_is_an_errcode_not_a_result(
    wechat: httpx.Client, changed: dict[str, str], errcode: int
) -> None:
    access, verify_id, openid = verified(wechat, 10000)
    asked = {
        "verify_id": verify_id,
        "out_seq_no": "attempt-0001",
        "cert_hash": cert_hash(CERT),
        "openid": openid,
    }
    answer = ask(wechat, "queryverifyinfo", access, **(asked | changed))
    assert answer["errcode"] == errcode and "verify_ret" not in answer


def test_a_face_check_is_done_once(wechat: httpx.Client) -> None:
    _, verify_id, _ = verified(wechat, 10000)
    again = {"verify_id": verify_id, "user": "u1", "result": 10000}
    assert wechat.post("/stand-in/facial-verify", json=again).json()["errcode"] == 40097


@pytest.mark.parametrize("seq", ["abc", "x" * 33, "带中文的流水号"])
def test_a_running_number_out_of_shape_is_refused(wechat: httpx.Client, seq: str) -> None:
    answer = ask(wechat, "getverifyid", token(wechat), out_seq_no=seq, cert_info=CERT, openid="o1")
    assert answer["errcode"] == 40097


def test_a_running_number_is_used_once(wechat: httpx.Client) -> None:
    access = token(wechat)
    codes = [
        ask(wechat, "getverifyid", access, out_seq_no="seq-00001", cert_info=CERT, openid="o1")["errcode"]
        for _ in range(2)
    ]
    assert codes == [0, 40097]


@pytest.mark.parametrize(("given", "errcode"), [("", 41001), ("invented", 40001)])
def test_an_access_token_is_needed(wechat: httpx.Client, given: str, errcode: int) -> None:
    assert ask(wechat, "getverifyid", given)["errcode"] == errcode


def test_an_access_token_ends_after_two_hours(wechat: httpx.Client, clock: Clock) -> None:
    access = token(wechat)
    clock.at += 7201
    assert ask(wechat, "getverifyid", access)["errcode"] == 42001


def test_it_is_busy_when_told_to(wechat: httpx.Client) -> None:
    wechat.post("/stand-in/failure", json={"times": 1})
    code = login(wechat)
    assert session(wechat, code)["errcode"] == -1
    assert "openid" in session(wechat, code)
