"""Where carriers' receipts arrive.

The vendors do not sign what they push, so their address carries a token of ours (`?token=`); the gateway
signs the body. A receipt can start a deadline (SZ-32): no token, no receipt.
"""

import hmac
import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from sqlalchemy.orm import Session

from registry.errors import Forbidden, Invalid
from verify_api.http.deps import NowDep, PartsDep, SessionDep
from verify_api.messages.adapters import aliyun, gateway, tencent
from verify_api.messages.adapters.base import Receipt
from verify_api.messages.receipts import apply_receipt

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1/messages/receipts", include_in_schema=False)

BODY_LIMIT = 1024 * 1024
BATCH_LIMIT = 1000


class ReceiptNotAuthentic(Forbidden):
    """The caller does not show that it is the provider."""

    code = "receipt_not_authentic"
    message = "回执来源未通过验证"


class ReceiptMalformed(Invalid):
    """The body is not a JSON array of receipts."""

    code = "receipt_malformed"
    message = "回执格式有误"


async def _body(request: Request) -> bytes:
    """The raw body, since signatures are over bytes; read no further than the limit."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise ReceiptMalformed
    return body


def _shared_token(parts: PartsDep, token: str = "") -> None:
    expected = parts.settings.sms_callback_token.get_secret_value()
    if not expected or not hmac.compare_digest(token.encode(), expected.encode()):
        raise ReceiptNotAuthentic


Body = Annotated[bytes, Depends(_body)]


@router.post("/aliyun", dependencies=[Depends(_shared_token)])
def from_aliyun(body: Body, session: SessionDep, now: NowDep) -> dict[str, Any]:
    """SmsReport in HTTP batch mode; wants its answer within 700 ms."""
    _take(session, body, aliyun.parse_receipt, now=now)
    return {"code": 0, "msg": "接收成功"}


@router.post("/tencent", dependencies=[Depends(_shared_token)])
def from_tencent(body: Body, session: SessionDep, now: NowDep) -> dict[str, Any]:
    """短信下发状态通知."""
    _take(session, body, tencent.parse_receipt, now=now)
    return {"result": 0, "errmsg": "OK"}


@router.post("/gateway")
def from_gateway(
    body: Body,
    parts: PartsDep,
    session: SessionDep,
    now: NowDep,
    x_gateway_signature: Annotated[str, Header()] = "",
) -> dict[str, Any]:
    """The gateway's receipts, signed with the shared secret."""
    secret = parts.settings.sms_callback_token.get_secret_value()
    if not gateway.is_signed(body, x_gateway_signature, secret=secret):
        raise ReceiptNotAuthentic
    _take(session, body, gateway.parse_receipt, now=now)
    return {"code": 0}


def _take(
    session: Session, body: bytes, parse: Callable[[Mapping[str, Any]], Receipt | None], *, now: datetime
) -> None:
    """Apply each receipt of a batch. One that cannot be read is passed over: the provider would otherwise
    push the whole batch again and again, and the good ones would never count."""
    try:
        items = json.loads(body)
    except (ValueError, RecursionError):
        raise ReceiptMalformed from None
    if not isinstance(items, list) or len(items) > BATCH_LIMIT:
        raise ReceiptMalformed
    receipts = [parse(item) if isinstance(item, dict) else None for item in items]
    known = [receipt for receipt in receipts if receipt is not None]
    if len(known) < len(items):
        log.warning("%d of %d receipts could not be read", len(items) - len(known), len(items))
    # In one order, so that two batches that name the same messages cannot lock each other out.
    for receipt in sorted(known, key=lambda each: (each.provider_id or "", each.reference or "")):
        apply_receipt(session, receipt=receipt, now=now)
