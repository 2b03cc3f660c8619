"""The carrier behind the gateway: after a while it decides a message's fate and reports it, signed."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx

from miniapp_mock.sms_gateway.store import Fate, Sms, Store

log = logging.getLogger(__name__)

CODES = {Fate.DELIVERED: "delivrd", Fate.UNREACHED: "phone_off", Fate.UNREACHABLE: "no_such_number"}
PUSH_AGAIN_S = (1.0, 3.0, 10.0, 30.0)


class Carrier:
    """Runs inside the app's event loop; every message has a task of its own until its receipt is pushed."""

    def __init__(
        self,
        store: Store,
        *,
        callback_url: str | None,
        callback_secret: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Push receipts to `callback_url` (none: they can only be asked for), signed with the secret."""
        self._store = store
        self._url = callback_url
        self._secret = callback_secret
        self._transport = transport
        self._http: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take up messages that a former process left without a fate, and stop all tasks in the end."""
        async with httpx.AsyncClient(timeout=5.0, transport=self._transport, trust_env=False) as http:
            self._http = http
            for sms in self._store.unreported():
                self.take(sms)
            yield
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def take(self, sms: Sms) -> None:
        """See to one message's fate."""
        task = asyncio.get_running_loop().create_task(self._carry(sms))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, sms: Sms) -> None:
        behaviour = self._store.behaviour(sms.to)
        if behaviour.fate is Fate.NEVER:
            return
        await asyncio.sleep(behaviour.delay_s)
        reported_at = sms.moment + timedelta(seconds=behaviour.delay_s)
        known = self._store.report(
            sms.reference, state=behaviour.fate, code=CODES[behaviour.fate], reported_at=reported_at
        )
        await self._push(known)

    async def _push(self, sms: Sms) -> None:
        if self._url is None or self._http is None:
            return
        body = json.dumps([receipt(sms)], ensure_ascii=False).encode()
        signature = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Gateway-Signature": f"sha256={signature}"}
        for wait_s in (*PUSH_AGAIN_S, None):
            try:
                response = await self._http.post(self._url, content=body, headers=headers)
                if response.is_success:
                    return
                log.warning("receipt of %s refused with %d", sms.id, response.status_code)
            except httpx.HTTPError as error:
                log.warning("receipt of %s not pushed: %s", sms.id, type(error).__name__)
            if wait_s is not None:
                await asyncio.sleep(wait_s)


def receipt(sms: Sms) -> dict[str, object]:
    """What the gateway tells of a message, pushed or asked for."""
    return {
        "id": sms.id,
        "reference": sms.reference,
        "to": sms.to,
        "state": sms.state,
        "code": sms.code,
        "reported_at": sms.reported_at,
    }
