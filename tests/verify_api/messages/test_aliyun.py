"""阿里云 through its own SDK against a server that checks its signature."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.verify_api.messages.fakes import at
from tests.verify_api.messages.vendors import KEY_ID, KEY_SECRET, AliyunHandler, Vendor, serving
from verify_api.messages.adapters.aliyun import AliyunConfig, AliyunProvider
from verify_api.messages.adapters.base import (
    Accepted,
    CannotTell,
    Fault,
    GiveUp,
    Inquiry,
    NotSeen,
    Outgoing,
    RetryLater,
    Seen,
)

NOW = at("2026-03-02 10:00")
SMS = Outgoing(
    reference="17-1-0a1b2c3d",
    template="review_approved",
    signature="深圳市住房和建设局",
    phone="13800001111",
    text="示例",
    params={"enterprise": "示例建设 & 安装（深圳）有限公司", "until": "2026年4月2日"},
)
ASKED = Inquiry(SMS.reference, None, SMS.phone, started_at=NOW, now=NOW + timedelta(minutes=10))
DETAIL = {
    "PhoneNum": SMS.phone,
    "OutId": SMS.reference,
    "SendStatus": 3,
    "ErrCode": "DELIVERED",
    "SendDate": "2026-03-02 10:00:01",
    "ReceiveDate": "2026-03-02 10:00:09",
    "TemplateCode": "SMS_1",
    "Content": "【深圳市住房和建设局】示例",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Vendor]:
    with serving(AliyunHandler) as vendor:
        yield vendor


@pytest.fixture
def vendor(server: Vendor) -> Vendor:
    server.calls.clear()
    server.answers.clear()
    server.delay_s, server.hang_up = 0.0, False
    return server


def provider(vendor: Vendor, **other: Any) -> AliyunProvider:
    usual = {
        "access_key_id": KEY_ID,
        "access_key_secret": KEY_SECRET,
        "templates": {"review_approved": "SMS_154950909"},
    }
    return AliyunProvider(AliyunConfig(**usual | other, endpoint=vendor.endpoint, protocol="http"))


def details(*found: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    dtos = {"SmsSendDetailDTO": list(found)}
    answer = {"Code": "OK", "Message": "OK", "RequestId": "r", "TotalCount": "1", "SmsSendDetailDTOs": dtos}
    return 200, answer


def test_a_signed_call_carries_template_parameters_and_our_reference(vendor: Vendor) -> None:
    assert provider(vendor).send(SMS, now=NOW) == Accepted("9006197469364984^0")
    (call,) = vendor.calls
    assert (call["Action"], call["Version"]) == ("SendSms", "2017-05-25")
    assert (call["PhoneNumbers"], call["SignName"], call["TemplateCode"], call["OutId"]) == (
        "13800001111",
        "深圳市住房和建设局",
        "SMS_154950909",
        "17-1-0a1b2c3d",
    )
    assert json.loads(call["TemplateParam"]) == dict(SMS.params)


@pytest.mark.parametrize(
    ("key_id", "secret", "code"),
    [
        (KEY_ID, "wrong", "SignatureDoesNotMatch"),
        ("somebody", KEY_SECRET, "InvalidAccessKeyId.NotFound"),
    ],
)
def test_a_wrong_key_is_ours_to_mend(vendor: Vendor, key_id: str, secret: str, code: str) -> None:
    refused = provider(vendor, access_key_id=key_id, access_key_secret=secret).send(SMS, now=NOW)
    assert refused == GiveUp(code, Fault.TECHNICAL)
    assert vendor.calls == []


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (
            "isv.BUSINESS_LIMIT_CONTROL",
            RetryLater("isv.BUSINESS_LIMIT_CONTROL", after=timedelta(hours=1)),
        ),
        ("isv.DAY_LIMIT_CONTROL", RetryLater("isv.DAY_LIMIT_CONTROL", after=timedelta(hours=6))),
        ("isv.OUT_OF_SERVICE", RetryLater("isv.OUT_OF_SERVICE", after=timedelta(hours=1))),
        ("isv.AMOUNT_NOT_ENOUGH", RetryLater("isv.AMOUNT_NOT_ENOUGH", after=timedelta(hours=1))),
        ("isp.SYSTEM_ERROR", RetryLater("isp.SYSTEM_ERROR", is_uncertain=True)),
        ("isv.SYSTEM_ERROR", RetryLater("isv.SYSTEM_ERROR", is_uncertain=True)),
        ("SystemBusy", RetryLater("SystemBusy", is_uncertain=True)),
        ("isv.HOUR_LIMIT_CONTROL", RetryLater("isv.HOUR_LIMIT_CONTROL", after=timedelta(hours=1))),
        ("isv.MOBILE_COUNT_OVER_LIMIT", GiveUp("isv.MOBILE_COUNT_OVER_LIMIT", Fault.TECHNICAL)),
        ("isv.MOBILE_NUMBER_ILLEGAL", GiveUp("isv.MOBILE_NUMBER_ILLEGAL", Fault.NUMBER)),
        ("isv.SMS_SIGNATURE_ILLEGAL", GiveUp("isv.SMS_SIGNATURE_ILLEGAL", Fault.TECHNICAL)),
        ("isv.SMS_TEMPLATE_ILLEGAL", GiveUp("isv.SMS_TEMPLATE_ILLEGAL", Fault.TECHNICAL)),
        ("isv.BLACK_KEY_CONTROL_LIMIT", GiveUp("isv.BLACK_KEY_CONTROL_LIMIT", Fault.TECHNICAL)),
        ("isp.RAM_PERMISSION_DENY", GiveUp("isp.RAM_PERMISSION_DENY", Fault.TECHNICAL)),
        ("isv.SOMETHING_NEW", GiveUp("isv.SOMETHING_NEW", Fault.TECHNICAL)),
    ],
)
def test_refusals_are_sorted_by_who_must_act(vendor: Vendor, code: str, outcome: object) -> None:
    vendor.answers = [(200, {"Code": code, "Message": "x", "RequestId": "r"})]
    assert provider(vendor).send(SMS, now=NOW) == outcome


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, "Throttling.User", RetryLater("Throttling.User")),
        (400, "SignatureNonceUsed", RetryLater("SignatureNonceUsed")),
        (503, "ServiceUnavailable", RetryLater("ServiceUnavailable")),
        (500, "InternalError", RetryLater("InternalError", is_uncertain=True)),
        (403, "Forbidden.RAM", GiveUp("Forbidden.RAM", Fault.TECHNICAL)),
    ],
)
def test_http_errors_are_sorted_too(vendor: Vendor, status: int, code: str, outcome: object) -> None:
    vendor.answers = [(status, {"Code": code, "Message": "x", "RequestId": "r"})]
    assert provider(vendor).send(SMS, now=NOW) == outcome


def test_a_timeout_leaves_open_whether_it_arrived_and_the_sdk_does_not_repeat_it(
    vendor: Vendor,
) -> None:
    vendor.delay_s = 0.6
    assert provider(vendor, read_s=0.2).send(SMS, now=NOW) == RetryLater("no_answer", is_uncertain=True)
    assert len(vendor.calls) == 1


def test_a_connection_that_breaks_leaves_open_whether_it_arrived(vendor: Vendor) -> None:
    vendor.hang_up = True
    assert provider(vendor).send(SMS, now=NOW) == RetryLater("no_answer", is_uncertain=True)


def test_a_host_that_cannot_be_reached_has_certainly_got_nothing(vendor: Vendor) -> None:
    nobody = Vendor()
    nobody.port = 1
    assert provider(nobody).send(SMS, now=NOW) == RetryLater("no_answer", is_uncertain=False)


def test_a_text_without_an_approved_template_is_ours_to_mend(vendor: Vendor) -> None:
    other = Outgoing("17-1-0a1b2c3d", "passed", "深圳市住房和建设局", "13800001111", "示例", {})
    assert provider(vendor).send(other, now=NOW) == GiveUp("template_not_registered")
    assert vendor.calls == []


@pytest.mark.parametrize(
    ("status", "code", "delivered", "final"),
    [(3, "DELIVERED", True, False), (2, "MK:0001", False, True), (2, "MK:0010", False, False)],
)
def test_asked_by_our_reference_it_tells_what_the_carrier_said(
    vendor: Vendor, status: int, code: str, delivered: bool, final: bool
) -> None:
    stranger = DETAIL | {"OutId": "16-1-00000000"}
    vendor.answers = [details(stranger, DETAIL | {"SendStatus": status, "ErrCode": code})]
    seen = provider(vendor).query(ASKED)
    assert isinstance(seen, Seen) and seen.receipt is not None
    receipt = seen.receipt
    assert (receipt.is_delivered, receipt.code, receipt.is_final_failure) == (delivered, code, final)
    assert (receipt.reference, receipt.reported_at) == (SMS.reference, at("2026-03-02 10:00:09"))
    assert (vendor.calls[0]["Action"], vendor.calls[0]["SendDate"]) == ("QuerySendDetails", "20260302")


def test_a_message_still_under_way_is_seen_without_a_receipt(vendor: Vendor) -> None:
    vendor.answers = [details(DETAIL | {"SendStatus": 1, "ErrCode": None, "ReceiveDate": None})]
    assert provider(vendor).query(ASKED) == Seen(None, None)


def test_not_found_means_not_sent_only_after_the_records_have_caught_up(vendor: Vendor) -> None:
    early = Inquiry(SMS.reference, None, SMS.phone, started_at=NOW, now=NOW + timedelta(minutes=9))
    assert provider(vendor).query(early) == CannotTell("records_lag")
    assert provider(vendor).query(ASKED) == NotSeen()


def test_a_call_around_midnight_is_looked_for_on_both_days(vendor: Vendor) -> None:
    late = at("2026-03-02 23:59:59")
    inquiry = Inquiry(SMS.reference, None, SMS.phone, started_at=late, now=late + timedelta(minutes=10))
    vendor.answers = [details(), details(DETAIL)]
    assert isinstance(provider(vendor).query(inquiry), Seen)
    assert [call["SendDate"] for call in vendor.calls] == ["20260302", "20260303"]


def test_all_pages_are_read_before_a_message_is_called_missing(vendor: Vendor) -> None:
    other = DETAIL | {"OutId": "16-1-00000000"}
    vendor.answers = [details(*[other] * 50), details(other, DETAIL)]
    assert isinstance(provider(vendor).query(ASKED), Seen)
    assert [call["CurrentPage"] for call in vendor.calls] == ["1", "2"]


def test_a_query_that_fails_concludes_nothing(vendor: Vendor) -> None:
    vendor.answers = [(200, {"Code": "isp.SYSTEM_ERROR", "Message": "x", "RequestId": "r"})]
    assert provider(vendor).query(ASKED) == CannotTell("isp.SYSTEM_ERROR")
    vendor.hang_up = True
    assert provider(vendor).query(ASKED) == CannotTell("no_answer")


def test_secrets_of_the_account_do_not_show() -> None:
    assert KEY_SECRET not in repr(AliyunConfig(KEY_ID, KEY_SECRET))
