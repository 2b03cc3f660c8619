"""阿里云 SendSms (2017-05-25) through the vendor's SDK, an extra: `pip install daka[aliyun]`.

SendSms is **not idempotent**; `OutId` carries our reference and QuerySendDetails returns it. The push of
receipts (SmsReport) is not signed, so its address carries a token of ours (see routes.py).
Error codes: help.aliyun.com/document_detail/101346.html (calls), …/101347.html (receipts).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from registry.clock import SHANGHAI
from verify_api.messages.adapters.base import (
    Accepted,
    Answer,
    CannotTell,
    Fault,
    GiveUp,
    Inquiry,
    NotSeen,
    Outcome,
    Outgoing,
    Receipt,
    RetryLater,
    Seen,
)
from verify_api.messages.adapters.transport import may_have_arrived, shanghai_time, word

NAME = "aliyun"
PAGE, PAGES = 50, 6
# Details appear some time after the call; until then "not found" means nothing.
RECORDS_LAG = timedelta(minutes=10)
WAITING, FAILED, RECEIVED = 1, 2, 3

# The account or a quota: somebody tops up or a day passes, the message stays good.
LATER: dict[str, timedelta | None] = {
    "isv.BUSINESS_LIMIT_CONTROL": timedelta(hours=1),
    "isv.DAY_LIMIT_CONTROL": timedelta(hours=6),
    "isv.MONTH_LIMIT_CONTROL": timedelta(hours=6),
    "isv.HOUR_LIMIT_CONTROL": timedelta(hours=1),
    "isv.OUT_OF_SERVICE": timedelta(hours=1),
    "isv.AMOUNT_NOT_ENOUGH": timedelta(hours=1),
    "isv.BILLING_DEDUCTION_ERROR": timedelta(hours=1),
    "Throttling": None,
    "Throttling.User": None,
    "Throttling.Api": None,
    "ServiceUnavailable": None,
    "SignatureNonceUsed": None,
}
# The vendor's own breakdowns: what became of the request is open. The first is spelled like an error of ours.
BREAKDOWNS = frozenset({"isv.SYSTEM_ERROR", "SystemBusy", "InternalError"})
NUMBER = frozenset(
    {
        "isv.MOBILE_NUMBER_ILLEGAL",
        "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
        "isv.BLACK_LIST",
        "isv.PHONENUMBER_IN_BLACKLIST",
    }
)
# Receipt codes that say the number itself is dead or barred. All others may be a phone that is off.
FINAL_RECEIPTS = frozenset(
    {"MOBILE_NOT_ON_SERVICE", "MOBILE_NUMBER_ILLEGAL", "MK:0000", "MK:0001", "DB:0101", "BLACK", "MBBLACK"}
)


@dataclass(frozen=True, slots=True)
class AliyunConfig:
    """Account, and for each of our template names the code it was approved under (`SMS_…`)."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    templates: Mapping[str, str] = field(default_factory=dict)
    endpoint: str = "dysmsapi.aliyuncs.com"
    protocol: str = "HTTPS"
    connect_s: float = 3.0
    read_s: float = 8.0


class AliyunProvider:
    """SendSms and QuerySendDetails. One instance may be shared by threads."""

    def __init__(self, config: AliyunConfig) -> None:
        """Make the SDK's client; raises ImportError where the extra is not installed."""
        from alibabacloud_dysmsapi20170525.client import Client
        from alibabacloud_tea_openapi.utils_models import Config

        self._config = config
        self._client = Client(
            Config(
                access_key_id=config.access_key_id,
                access_key_secret=config.access_key_secret,
                endpoint=config.endpoint,
                protocol=config.protocol,
            )
        )

    @property
    def name(self) -> str:
        """`aliyun`."""
        return NAME

    @property
    def reaches_people(self) -> bool:
        """Always."""
        return True

    def send(self, outgoing: Outgoing, *, now: datetime) -> Outcome:
        """SendSms to one number."""
        from alibabacloud_dysmsapi20170525.models import SendSmsRequest

        template = self._config.templates.get(outgoing.template)
        if template is None:
            return GiveUp("template_not_registered")
        request = SendSmsRequest(
            phone_numbers=outgoing.phone,
            sign_name=outgoing.signature,
            template_code=template,
            template_param=json.dumps(dict(outgoing.params), ensure_ascii=False),
            out_id=outgoing.reference,
        )
        try:
            answer = self._client.send_sms_with_options(request, self._runtime()).body
        except Exception as error:
            return _failed(error)
        if answer is None or not answer.code:
            return RetryLater("empty_answer", is_uncertain=True)
        return Accepted(answer.biz_id) if answer.code == "OK" and answer.biz_id else sort_error(answer.code)

    def query(self, inquiry: Inquiry) -> Answer:
        """QuerySendDetails of the day (and the next, for a call around midnight), found by `OutId`."""
        first = inquiry.started_at.astimezone(SHANGHAI).date()
        last = min(first + timedelta(days=1), inquiry.now.astimezone(SHANGHAI).date())
        try:
            for day in sorted({first, last}):
                for detail in self._details(inquiry, day):
                    if detail.out_id == inquiry.reference:
                        return Seen(inquiry.provider_id, _receipt_of(detail, inquiry))
        except Exception as error:
            return CannotTell(_failed(error).code)
        if inquiry.now - inquiry.started_at < RECORDS_LAG:
            return CannotTell("records_lag")
        return NotSeen()

    def _runtime(self) -> Any:
        from darabonba.runtime import RuntimeOptions

        # The SDK must not repeat a call by itself: that would be a second text.
        return RuntimeOptions(
            autoretry=False,
            connect_timeout=int(self._config.connect_s * 1000),
            read_timeout=int(self._config.read_s * 1000),
        )

    def _details(self, inquiry: Inquiry, day: date) -> Iterator[Any]:
        from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest

        for page in range(1, PAGES + 1):
            request = QuerySendDetailsRequest(
                phone_number=inquiry.phone,
                biz_id=inquiry.provider_id,
                send_date=f"{day:%Y%m%d}",
                page_size=PAGE,
                current_page=page,
            )
            body = self._client.query_send_details_with_options(request, self._runtime()).body
            if body.code != "OK":
                raise QueryRefused(body.code)
            found = body.sms_send_detail_dtos.sms_send_detail_dto if body.sms_send_detail_dtos else []
            yield from found
            if len(found) < PAGE:
                return
        # More than this many texts to one number on one day is beyond every limit; do not conclude anything.
        raise QueryRefused("too_many_records")


class QueryRefused(Exception):
    """QuerySendDetails answered with a code other than OK."""

    def __init__(self, code: str) -> None:
        """Keep the vendor's code."""
        self.code = code
        super().__init__(code)


def _failed(error: Exception) -> RetryLater | GiveUp:
    code = getattr(error, "code", None)
    status = getattr(error, "status_code", None)
    if not isinstance(code, str) or not code or code == "None":
        return RetryLater("no_answer", is_uncertain=may_have_arrived(error))
    if isinstance(status, int) and status >= 500 and code not in LATER:
        return RetryLater(code, is_uncertain=True)
    return sort_error(code)


def sort_error(code: str) -> RetryLater | GiveUp:
    """Who must act on a call's error code. Unknown `isv.` codes are ours to mend, all others the vendor's."""
    if code in LATER or code.startswith("Throttling"):
        return RetryLater(code, after=LATER.get(code))
    if code in NUMBER:
        return GiveUp(code, Fault.NUMBER)
    if code in BREAKDOWNS or (code.startswith("isp.") and code != "isp.RAM_PERMISSION_DENY"):
        return RetryLater(code, is_uncertain=True)
    return GiveUp(code, Fault.TECHNICAL)


def _receipt_of(detail: Any, inquiry: Inquiry) -> Receipt | None:
    if detail.send_status not in (FAILED, RECEIVED):
        return None
    code = detail.err_code or ("DELIVERED" if detail.send_status == RECEIVED else "UNKNOWN")
    return Receipt(
        provider=NAME,
        is_delivered=detail.send_status == RECEIVED,
        code=code,
        reference=inquiry.reference,
        provider_id=inquiry.provider_id,
        phone=detail.phone_num,
        reported_at=shanghai_time(detail.receive_date),
        is_final_failure=code in FINAL_RECEIPTS,
    )


def parse_receipt(item: Mapping[str, Any]) -> Receipt | None:
    """One element of the pushed JSON array; None if it is not a receipt."""
    success = {"true": True, "false": False}.get(str(item.get("success")).lower())
    if success is None or not (word(item.get("out_id")) or word(item.get("biz_id"))):
        return None
    code = word(item.get("err_code"), limit=40) or "UNKNOWN"
    return Receipt(
        provider=NAME,
        is_delivered=success,
        code=code,
        reference=word(item.get("out_id")),
        provider_id=word(item.get("biz_id")),
        phone=word(item.get("phone_number"), limit=20),
        reported_at=shanghai_time(item.get("report_time")),
        is_final_failure=not success and code in FINAL_RECEIPTS,
    )
