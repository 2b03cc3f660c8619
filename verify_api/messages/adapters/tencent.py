"""腾讯云 SendSms (2021-01-11) through the vendor's SDK, an extra: `pip install daka[tencent]`.

SendSms is not idempotent. `SessionContext` carries our reference, but a status only exists once the carrier
has reported, so a missing one never proves that nothing was sent: such a message ends on a person's list.
Codes: cloud.tencent.com/document/api/382/55981; push of receipts: …/document/product/382/43547 (not signed).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from verify_api.messages.adapters.base import (
    Accepted,
    Answer,
    CannotTell,
    Fault,
    GiveUp,
    Inquiry,
    Outcome,
    Outgoing,
    Receipt,
    RetryLater,
    Seen,
)
from verify_api.messages.adapters.transport import may_have_arrived, shanghai_time, word

NAME = "tencent"
PAGE = 100

LATER: dict[str, timedelta | None] = {
    "FailedOperation.InsufficientBalanceInSmsPackage": timedelta(hours=1),
    "UnauthorizedOperation.ServiceSuspendDueToArrears": timedelta(hours=1),
    "LimitExceeded.AppDailyLimit": timedelta(hours=6),
    "LimitExceeded.AppMainlandChinaDailyLimit": timedelta(hours=6),
    "LimitExceeded.DailyLimit": timedelta(hours=6),
    "LimitExceeded.PhoneNumberDailyLimit": timedelta(hours=6),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": timedelta(hours=6),
    "LimitExceeded.PhoneNumberOneHourLimit": timedelta(hours=1),
    "LimitExceeded.PhoneNumberThirtySecondLimit": timedelta(seconds=30),
    "RequestLimitExceeded": None,
}
NUMBER = frozenset(
    {
        "FailedOperation.PhoneNumberInBlacklist",
        "FailedOperation.PhoneNumberParseFail",
        "InvalidParameterValue.IncorrectPhoneNumber",
    }
)
# Some internal errors are refusals of the request itself; the others leave open what happened to it.
REFUSALS = frozenset(
    {
        "InternalError.SigFieldMissing",
        "InternalError.SigVerificationFail",
        "InternalError.RequestTimeException",
        "InternalError.RestApiInterfaceNotExist",
        "InternalError.JsonParseFail",
    }
)
# Refusals without a reason, which the vendor asks to have looked up: whether anything left is open.
UNEXPLAINED = frozenset({"FailedOperation", "FailedOperation.OtherError"})
# Limits by name that no waiting lifts.
SET_UP = frozenset({"LimitExceeded.AppCountryOrRegionInBlacklist", "LimitExceeded.PhoneNumberCountLimit"})
FINAL_RECEIPTS = frozenset({"MK:0000", "MK:0001", "DB:0101", "MBBLACK", "DBBLACK", "BLACK", "NOTEXIST"})


@dataclass(frozen=True, slots=True)
class TencentConfig:
    """Account, application, and for each of our template names the id it was approved under."""

    secret_id: str
    secret_key: str = field(repr=False)
    app_id: str
    templates: Mapping[str, str] = field(default_factory=dict)
    region: str = "ap-guangzhou"
    endpoint: str = "sms.tencentcloudapi.com"
    protocol: str = "https"
    timeout_s: float = 8.0


class TencentProvider:
    """SendSms and PullSmsSendStatusByPhoneNumber. One instance may be shared by threads."""

    def __init__(self, config: TencentConfig) -> None:
        """Make the SDK's client; raises ImportError where the extra is not installed."""
        from tencentcloud.common.credential import Credential
        from tencentcloud.common.profile.client_profile import ClientProfile
        from tencentcloud.common.profile.http_profile import HttpProfile
        from tencentcloud.sms.v20210111.sms_client import SmsClient

        # At DEBUG the SDK writes whole requests, numbers and codes included.
        logging.getLogger("tencentcloud_sdk_common").setLevel(logging.WARNING)
        http = HttpProfile(protocol=config.protocol, endpoint=config.endpoint, reqTimeout=config.timeout_s)
        profile = ClientProfile(httpProfile=http)
        profile.disable_region_breaker = True
        self._config = config
        credential = Credential(config.secret_id, config.secret_key)
        self._client = SmsClient(credential, config.region, profile)

    @property
    def name(self) -> str:
        """`tencent`."""
        return NAME

    @property
    def reaches_people(self) -> bool:
        """Always."""
        return True

    def send(self, outgoing: Outgoing, *, now: datetime) -> Outcome:
        """SendSms to one number; the variables go by position."""
        from tencentcloud.sms.v20210111.models import SendSmsRequest

        template = self._config.templates.get(outgoing.template)
        if template is None:
            return GiveUp("template_not_registered")
        request = SendSmsRequest()
        request.PhoneNumberSet = [f"+86{outgoing.phone}"]
        request.SmsSdkAppId = self._config.app_id
        request.SignName = outgoing.signature
        request.TemplateId = template
        request.TemplateParamSet = list(outgoing.params.values())
        request.SessionContext = outgoing.reference
        try:
            statuses = self._client.SendSms(request).SendStatusSet or []
        except Exception as error:
            return _failed(error)
        if len(statuses) != 1:
            return RetryLater("empty_answer", is_uncertain=True)
        status = statuses[0]
        return Accepted(status.SerialNo) if status.Code == "Ok" else sort_error(status.Code or "")

    def query(self, inquiry: Inquiry) -> Answer:
        """Statuses of this number since the try began. They never prove that a message was not sent."""
        from tencentcloud.sms.v20210111.models import PullSmsSendStatusByPhoneNumberRequest

        request = PullSmsSendStatusByPhoneNumberRequest()
        request.BeginTime = int(inquiry.started_at.timestamp()) - 60
        request.EndTime = int(inquiry.now.timestamp())
        request.Offset, request.Limit = 0, PAGE  # The vendor serves no second page.
        request.PhoneNumber = f"+86{inquiry.phone}"
        request.SmsSdkAppId = self._config.app_id
        try:
            found = self._client.PullSmsSendStatusByPhoneNumber(request).PullSmsSendStatusSet or []
        except Exception as error:
            return CannotTell(_failed(error).code)
        for status in found:
            if _is_ours(status, inquiry):
                return Seen(status.SerialNo, _receipt_of(status, inquiry))
        return CannotTell("no_status_yet")


def _is_ours(status: Any, inquiry: Inquiry) -> bool:
    if status.SessionContext:
        return bool(status.SessionContext == inquiry.reference)
    return inquiry.provider_id is not None and status.SerialNo == inquiry.provider_id


def _failed(error: Exception) -> RetryLater | GiveUp:
    code = getattr(error, "code", None)
    if not isinstance(code, str) or code in ("ClientNetworkError", "ServerNetworkError"):
        return RetryLater("no_answer", is_uncertain=may_have_arrived(error))
    return sort_error(code)


def sort_error(code: str) -> RetryLater | GiveUp:
    """Who must act on an error code; what is not known is ours to look at."""
    if code in SET_UP:
        return GiveUp(code, Fault.TECHNICAL)
    if code in LATER or code.startswith(("LimitExceeded.", "RequestLimitExceeded")):
        return RetryLater(code, after=LATER.get(code))
    if code in NUMBER:
        return GiveUp(code, Fault.NUMBER)
    if code in UNEXPLAINED or (code.startswith("InternalError") and code not in REFUSALS):
        return RetryLater(code, is_uncertain=True)
    return GiveUp(code or "unknown", Fault.TECHNICAL)


def _receipt_of(status: Any, inquiry: Inquiry) -> Receipt | None:
    if status.ReportStatus not in ("SUCCESS", "FAIL"):
        return None
    received = status.UserReceiveTime
    code = str(status.Description or status.ReportStatus)[:40]
    return Receipt(
        provider=NAME,
        is_delivered=status.ReportStatus == "SUCCESS",
        code=code,
        reference=inquiry.reference,
        provider_id=status.SerialNo,
        phone=status.PhoneNumber or status.SubscriberNumber,
        reported_at=datetime.fromtimestamp(received, UTC) if received else None,
        is_final_failure=status.ReportStatus == "FAIL" and code in FINAL_RECEIPTS,
    )


def parse_receipt(item: Mapping[str, Any]) -> Receipt | None:
    """One element of the pushed JSON array; None if it is not a receipt."""
    status = item.get("report_status")
    if status not in ("SUCCESS", "FAIL") or not word(item.get("sid")):
        return None
    code = word(item.get("errmsg"), limit=40) or str(status)
    return Receipt(
        provider=NAME,
        is_delivered=status == "SUCCESS",
        code=code,
        # Echoed only for accounts for which the vendor has switched it on.
        reference=word(item.get("ext")) or word(item.get("session_context")),
        provider_id=word(item.get("sid")),
        phone=word(item.get("mobile"), limit=20),
        reported_at=shanghai_time(item.get("user_receive_time")),
        is_final_failure=status == "FAIL" and code in FINAL_RECEIPTS,
    )
