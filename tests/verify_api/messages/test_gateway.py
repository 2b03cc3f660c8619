"""Our adapter against the stand-in gateway, over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from miniapp_mock.sms_gateway import create_app
from tests.verify_api.messages.fakes import at
from tests.verify_api.messages.serving import serving
from verify_api.messages.adapters.base import (
    Accepted,
    Answer,
    CannotTell,
    Fault,
    GiveUp,
    Inquiry,
    NotSeen,
    Outgoing,
    RetryLater,
    Seen,
)
from verify_api.messages.adapters.gateway import GatewayProvider

NOW = at("2026-03-02 10:00")
TOKEN = "gateway-token"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(create_app(token=TOKEN)) as address:
        yield address


@pytest.fixture
def provider(url: str) -> Iterator[GatewayProvider]:
    provider = GatewayProvider(url, TOKEN)
    yield provider
    provider.close()


def sms(reference: str, phone: str = "10000000001") -> Outgoing:
    return Outgoing(reference, "passed", "深圳市住房和建设局", phone, "示例：通过资质核查。", {})


def asked(provider: GatewayProvider, reference: str) -> Answer:
    inquiry = Inquiry(reference, None, "10000000001", started_at=NOW, now=NOW + timedelta(minutes=10))
    return provider.query(inquiry)


def behave(url: str, phone: str, **behaviour: Any) -> None:
    httpx.post(f"{url}/behaviour", json={"phone": phone} | behaviour).raise_for_status()


def test_a_message_is_taken_and_shown_with_its_signature(url: str, provider: GatewayProvider) -> None:
    taken = provider.send(sms("1-1-aa"), now=NOW)
    assert isinstance(taken, Accepted)
    inbox = httpx.get(f"{url}/inbox.json", params={"phone": "10000000001"}).json()["messages"]
    assert inbox[0]["text"] == "【深圳市住房和建设局】示例：通过资质核查。"
    assert inbox[0]["sent_at"] == NOW.isoformat()


def test_the_same_reference_twice_is_one_message(url: str, provider: GatewayProvider) -> None:
    first = provider.send(sms("2-1-aa", "10000000002"), now=NOW)
    assert provider.send(sms("2-1-aa", "10000000002"), now=NOW) == first
    inbox = httpx.get(f"{url}/inbox.json", params={"phone": "10000000002"}).json()["messages"]
    assert len(inbox) == 1


@pytest.mark.parametrize(
    ("phone", "acceptance", "outcome"),
    [
        ("10000000011", "throttled", RetryLater("throttled", after=timedelta(seconds=30))),
        ("10000000012", "no_balance", RetryLater("no_balance", after=timedelta(hours=1))),
        ("10000000013", "blocked", GiveUp("blocked_number", Fault.NUMBER)),
        ("10000000014", "down", RetryLater("down", is_uncertain=True)),
        ("1000000001", "ok", GiveUp("invalid_number", Fault.NUMBER)),
    ],
)
def test_refusals_are_sorted_by_who_must_act(
    url: str, provider: GatewayProvider, phone: str, acceptance: str, outcome: object
) -> None:
    if len(phone) == 11:
        behave(url, phone, acceptance=acceptance)
    assert provider.send(sms(f"3-1-{phone}", phone), now=NOW) == outcome


def test_a_wrong_token_is_ours_to_mend(url: str) -> None:
    stranger = GatewayProvider(url, "wrong")
    assert stranger.send(sms("4-1-aa"), now=NOW) == GiveUp("unauthorised", Fault.TECHNICAL)
    assert asked(stranger, "4-1-aa") == CannotTell("unauthorised")
    stranger.close()


def test_what_was_taken_in_silence_is_found_by_asking(url: str, provider: GatewayProvider) -> None:
    behave(url, "10000000005", acceptance="taken_but_silent", fate="never")
    assert provider.send(sms("5-1-aa", "10000000005"), now=NOW) == RetryLater(
        "broken_pipe", is_uncertain=True
    )
    seen = asked(provider, "5-1-aa")
    assert isinstance(seen, Seen) and seen.receipt is None


def test_what_was_never_sent_is_not_seen(provider: GatewayProvider) -> None:
    assert asked(provider, "6-1-aa") == NotSeen()


@pytest.mark.parametrize(
    ("phone", "fate", "delivered", "final"),
    [
        ("10000000021", "delivered", True, False),
        ("10000000022", "unreached", False, False),
        ("10000000023", "unreachable", False, True),
    ],
)
def test_what_became_of_a_message_can_be_asked(
    url: str, provider: GatewayProvider, phone: str, fate: str, delivered: bool, final: bool
) -> None:
    behave(url, phone, fate=fate, delay_s=0)
    provider.send(sms(f"7-1-{phone}", phone), now=NOW)
    seen = asked(provider, f"7-1-{phone}")
    assert isinstance(seen, Seen) and seen.receipt is not None
    assert (seen.receipt.is_delivered, seen.receipt.is_final_failure) == (delivered, final)
    assert (seen.receipt.phone, seen.receipt.reported_at) == (phone, NOW)


def test_a_gateway_that_cannot_be_reached_has_certainly_got_nothing() -> None:
    nobody = GatewayProvider("http://127.0.0.1:1", TOKEN)
    assert nobody.send(sms("8-1-aa"), now=NOW) == RetryLater("gateway_unreachable")
    assert asked(nobody, "8-1-aa") == CannotTell("gateway_unreachable")
    nobody.close()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.ReadTimeout("slow"), RetryLater("gateway_unreachable", is_uncertain=True)),
        (httpx.RemoteProtocolError("cut"), RetryLater("gateway_unreachable", is_uncertain=True)),
        (httpx.ConnectTimeout("slow"), RetryLater("gateway_unreachable")),
        (httpx.Response(200, text="<html>"), RetryLater("gateway_error", is_uncertain=True)),
        (httpx.Response(200, json={"id": 7}), RetryLater("gateway_error", is_uncertain=True)),
        (httpx.Response(418, json=["teapot"]), GiveUp("gateway_error", Fault.TECHNICAL)),
        (httpx.Response(429, json={"code": "throttled"}), RetryLater("throttled")),
    ],
)
def test_strange_answers_never_count_as_taken(answer: httpx.Response | Exception, outcome: object) -> None:
    def reply(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    provider = GatewayProvider("http://gateway", TOKEN, transport=httpx.MockTransport(reply))
    assert provider.send(sms("9-1-aa"), now=NOW) == outcome
    provider.close()
