"""Reading the SMS that the gateway's stand-in keeps: what somebody would read on a phone."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from miniapp_mock.client.line import Line
from miniapp_mock.client.problems import NoAnswer

_CODE = re.compile(r"(?<![0-9A-Za-z])(\d{6})(?!\d)")
_PASSWORD = re.compile(r"(?:密码|口令)(?:为|是)?[:：]?\s*([!-~]{8,64}?)(?=[，。；,;\s】]|$)")


@dataclass(frozen=True, slots=True)
class Sms:
    """One message as it arrived."""

    id: str
    phone: str
    text: str


class Inbox:
    """The messages of all simulated numbers, each read once by whoever waits for it."""

    def __init__(
        self, line: Line, *, limit_s: float = 20.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`limit_s` is how long to wait for a message before giving up."""
        self._line = line
        self._limit_s = limit_s
        self._sleep = sleep

    def messages(self, phone: str) -> list[Sms]:
        """All messages to this number, oldest first."""
        found = self._line.get("/inbox.json", phone=phone)["messages"]
        return [Sms(str(item["id"]), str(item["to"]), str(item["text"])) for item in found]

    def mark(self, phone: str) -> frozenset[str]:
        """Ids of what has already arrived: pass it to the next wait to read only what comes after."""
        return frozenset(sms.id for sms in self.messages(phone))

    def code(self, phone: str, *, after: frozenset[str] = frozenset()) -> str:
        """The newest six-digit code that arrived after the mark."""
        return self._wait(phone, _CODE, after)

    def password(self, phone: str, *, after: frozenset[str] = frozenset()) -> str:
        """The newest one-time password that arrived after the mark."""
        return self._wait(phone, _PASSWORD, after)

    def _wait(self, phone: str, wanted: re.Pattern[str], after: frozenset[str]) -> str:
        ends = time.monotonic() + self._limit_s
        while True:
            for sms in reversed(self.messages(phone)):
                found = None if sms.id in after else wanted.search(sms.text)
                if found:
                    return found.group(1)
            if time.monotonic() >= ends:
                raise NoAnswer(f"no such SMS within {self._limit_s:.0f} s")
            self._sleep(0.1)
