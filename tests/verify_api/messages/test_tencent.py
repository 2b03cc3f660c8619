"""腾讯云 through its own SDK against a server that checks its signature."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.verify_api.messages.fakes import at
from tests.verify_api.messages.vendors import (
    KEY_ID,
    KEY_SECRET,
    TencentHandler,
    Vendor,
    sent_by_tencent,
    serving,
)
from verify_api.messages.adapters.base import (
    Accepted,
    CannotTell,
    Fault,
    GiveUp,
    Inquiry,
    Outgoing,
    RetryLater,
    Seen,
)
from verify_api.messages.adapters.tencent import TencentConfig, TencentProvider

NOW = at("2026-03-02 10:00")
SERIAL = "5000:1045710669157053657849499619"
SMS = Outgoing(
    reference="17-1-0a1b2c3d",
    template="reset_code",
    signature="深圳市住房和建设局",
    phone="13800001111",
    text="示例",
    params={"code": "482913", "minutes": "5", "hotline": "0755-83788725"},
)
ASKED = Inquiry(SMS.reference, None, SMS.phone, started_at=NOW, now=NOW + timedelta(minutes=10))
STATUS = {
    "UserReceiveTime": int(at("2026-03-02 10:00:09").timestamp()),
    "CountryCode": "86",
    "SubscriberNumber": "13800001111",
    "PhoneNumber": "+8613800001111",
    "SerialNo": SERIAL,
    "ReportStatus": "SUCCESS",
    "Description": "DELIVRD",
    "SessionContext": SMS.reference,
}


@pytest.fixture(scope="module")
def server() -> Iterator[Vendor]:
    with serving(TencentHandler) as vendor:
        yield vendor


@pytest.fixture
def vendor(server: Vendor) -> Vendor:
    server.calls.clear()
    server.answers.clear()
    server.delay_s, server.hang_up = 0.0, False
    return server


def provider(vendor: Vendor, **other: Any) -> TencentProvider:
    usual = {
        "secret_id": KEY_ID,
        "secret_key": KEY_SECRET,
        "app_id": "1400006666",
        "templates": {"reset_code": "449739"},
    }
    return TencentProvider(TencentConfig(**usual | other, endpoint=vendor.endpoint, protocol="http"))


def error(code: str) -> tuple[int, dict[str, Any]]:
    return 200, {"Response": {"Error": {"Code": code, "Message": "x"}, "RequestId": "r"}}


def statuses(*found: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, {"Response": {"PullSmsSendStatusSet": list(found), "RequestId": "r"}}


def test_a_signed_call_carries_parameters_by_position_and_our_reference(vendor: Vendor) -> None:
    assert provider(vendor).send(SMS, now=NOW) == Accepted(SERIAL)
    (call,) = vendor.calls
    assert (call["Action"], call["Version"]) == ("SendSms", "2021-01-11")
    assert call["PhoneNumberSet"] == ["+8613800001111"]
    assert call["TemplateParamSet"] == ["482913", "5", "0755-83788725"]
    assert (call["SmsSdkAppId"], call["TemplateId"], call["SignName"], call["SessionContext"]) == (
        "1400006666",
        "449739",
        "深圳市住房和建设局",
        "17-1-0a1b2c3d",
    )


@pytest.mark.parametrize(
    ("key_id", "secret", "code"),
    [
        (KEY_ID, "wrong", "AuthFailure.SignatureFailure"),
        ("somebody", KEY_SECRET, "AuthFailure.SecretIdNotFound"),
    ],
)
def test_a_wrong_key_is_ours_to_mend(vendor: Vendor, key_id: str, secret: str, code: str) -> None:
    refused = provider(vendor, secret_id=key_id, secret_key=secret).send(SMS, now=NOW)
    assert refused == GiveUp(code, Fault.TECHNICAL)
    assert vendor.calls == []


REFUSALS = [
    ("LimitExceeded.PhoneNumberThirtySecondLimit", timedelta(seconds=30), False),
    ("LimitExceeded.PhoneNumberDailyLimit", timedelta(hours=6), False),
    ("LimitExceeded.DeliveryFrequencyLimit", None, False),
    ("FailedOperation.InsufficientBalanceInSmsPackage", timedelta(hours=1), False),
    ("UnauthorizedOperation.ServiceSuspendDueToArrears", timedelta(hours=1), False),
    ("InternalError.Timeout", None, True),
    ("InternalError.SendAndRecvFail", None, True),
    ("FailedOperation.OtherError", None, True),
    ("LimitExceeded.GlobalSmsSendingRateLimit", None, False),
]
FINAL = [
    ("FailedOperation.PhoneNumberInBlacklist", Fault.NUMBER),
    ("InvalidParameterValue.IncorrectPhoneNumber", Fault.NUMBER),
    ("FailedOperation.TemplateIncorrectOrUnapproved", Fault.TECHNICAL),
    ("FailedOperation.ContainSensitiveWord", Fault.TECHNICAL),
    ("InternalError.SigVerificationFail", Fault.TECHNICAL),
    ("LimitExceeded.AppCountryOrRegionInBlacklist", Fault.TECHNICAL),
    ("UnauthorizedOperation.RequestIpNotInWhitelist", Fault.TECHNICAL),
    ("AuthFailure.SignatureExpire", Fault.TECHNICAL),
    ("InvalidParameterValue.SomethingNew", Fault.TECHNICAL),
]


@pytest.mark.parametrize(("code", "after", "is_uncertain"), REFUSALS)
def test_what_passes_is_tried_again(
    vendor: Vendor, code: str, after: timedelta | None, is_uncertain: bool
) -> None:
    expected = RetryLater(code, after=after, is_uncertain=is_uncertain)
    vendor.answers = [(200, sent_by_tencent({"PhoneNumberSet": ["+86"]}, code)), error(code)]
    assert provider(vendor).send(SMS, now=NOW) == expected
    assert provider(vendor).send(SMS, now=NOW) == expected


@pytest.mark.parametrize(("code", "fault"), FINAL)
def test_what_would_be_refused_again_is_given_up(vendor: Vendor, code: str, fault: Fault) -> None:
    vendor.answers = [(200, sent_by_tencent({"PhoneNumberSet": ["+86"]}, code)), error(code)]
    assert provider(vendor).send(SMS, now=NOW) == GiveUp(code, fault)
    assert provider(vendor).send(SMS, now=NOW) == GiveUp(code, fault)


def test_a_request_limit_of_the_api_passes(vendor: Vendor) -> None:
    vendor.answers = [error("RequestLimitExceeded")]
    assert provider(vendor).send(SMS, now=NOW) == RetryLater("RequestLimitExceeded")


def test_a_timeout_leaves_open_whether_it_arrived_and_the_sdk_does_not_repeat_it(
    vendor: Vendor,
) -> None:
    vendor.delay_s = 0.6
    assert provider(vendor, timeout_s=0.2).send(SMS, now=NOW) == RetryLater("no_answer", is_uncertain=True)
    assert len(vendor.calls) == 1


def test_a_connection_that_breaks_leaves_open_whether_it_arrived(vendor: Vendor) -> None:
    vendor.hang_up = True
    assert provider(vendor).send(SMS, now=NOW) == RetryLater("no_answer", is_uncertain=True)


def test_a_breakdown_of_the_vendor_leaves_open_whether_it_arrived(vendor: Vendor) -> None:
    vendor.answers = [(502, {})]
    assert provider(vendor).send(SMS, now=NOW) == RetryLater("no_answer", is_uncertain=True)


def test_a_host_that_cannot_be_reached_has_certainly_got_nothing() -> None:
    nobody = Vendor()
    nobody.port = 1
    assert provider(nobody).send(SMS, now=NOW) == RetryLater("no_answer", is_uncertain=False)


def test_a_text_without_an_approved_template_is_ours_to_mend(vendor: Vendor) -> None:
    other = Outgoing("17-1-0a1b2c3d", "passed", "深圳市住房和建设局", "13800001111", "示例", {})
    assert provider(vendor).send(other, now=NOW) == GiveUp("template_not_registered")


@pytest.mark.parametrize(
    ("report", "code", "delivered", "final"),
    [
        ("SUCCESS", "DELIVRD", True, False),
        ("FAIL", "MK:0001", False, True),
        ("FAIL", "UNDELIV", False, False),
    ],
)
def test_asked_by_number_it_tells_what_the_carrier_said(
    vendor: Vendor, report: str, code: str, delivered: bool, final: bool
) -> None:
    stranger = STATUS | {"SessionContext": "16-1-00000000"}
    vendor.answers = [statuses(stranger, STATUS | {"ReportStatus": report, "Description": code})]
    seen = provider(vendor).query(ASKED)
    assert isinstance(seen, Seen) and seen.receipt is not None
    receipt = seen.receipt
    assert (receipt.is_delivered, receipt.code, receipt.is_final_failure) == (delivered, code, final)
    assert (seen.provider_id, receipt.reported_at) == (SERIAL, at("2026-03-02 10:00:09"))
    (call,) = vendor.calls
    assert call["PhoneNumber"] == "+8613800001111" and call["EndTime"] == int(ASKED.now.timestamp())


def test_without_an_echo_of_our_reference_the_serial_number_serves(vendor: Vendor) -> None:
    vendor.answers = [statuses(STATUS | {"SessionContext": ""})] * 2
    known = Inquiry(SMS.reference, SERIAL, SMS.phone, started_at=NOW, now=NOW)
    assert isinstance(provider(vendor).query(known), Seen)
    assert provider(vendor).query(ASKED) == CannotTell("no_status_yet")


def test_a_missing_status_never_proves_that_nothing_was_sent(vendor: Vendor) -> None:
    days = Inquiry(SMS.reference, None, SMS.phone, started_at=NOW, now=NOW + timedelta(days=3))
    assert provider(vendor).query(days) == CannotTell("no_status_yet")


def test_a_query_that_fails_concludes_nothing(vendor: Vendor) -> None:
    vendor.answers = [error("UnauthorizedOperation.RequestPermissionDeny")]
    denied = CannotTell("UnauthorizedOperation.RequestPermissionDeny")
    assert provider(vendor).query(ASKED) == denied
    vendor.hang_up = True
    assert provider(vendor).query(ASKED) == CannotTell("no_answer")


def test_the_sdk_does_not_log_what_a_phone_reads(vendor: Vendor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        provider(vendor).send(SMS, now=NOW)
    assert "482913" not in caplog.text and "13800001111" not in caplog.text


def test_secrets_of_the_account_do_not_show() -> None:
    assert KEY_SECRET not in repr(TencentConfig(KEY_ID, KEY_SECRET, "1400006666"))
