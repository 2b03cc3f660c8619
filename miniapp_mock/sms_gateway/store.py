"""What the gateway knows: messages by reference, behaviour by number. In memory, and in a file if wanted."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class Acceptance(StrEnum):
    """How the gateway answers `POST /send` for a number."""

    OK = "ok"
    THROTTLED = "throttled"
    BLOCKED = "blocked"
    NO_BALANCE = "no_balance"
    DOWN = "down"
    # Takes the message, but the caller is told of a breakdown: what a broken connection looks like.
    TAKEN_BUT_SILENT = "taken_but_silent"


class Fate(StrEnum):
    """What becomes of an accepted message."""

    DELIVERED = "delivered"
    UNREACHED = "unreached"
    UNREACHABLE = "unreachable"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What happens to messages for one number."""

    acceptance: Acceptance = Acceptance.OK
    fate: Fate = Fate.DELIVERED
    delay_s: float = 0.2


@dataclass(frozen=True, slots=True)
class Sms:
    """One message. `sent_at` is the sender's clock, `received_at` and `reported_at` follow it."""

    id: str
    seq: int
    reference: str
    to: str
    signature: str
    text: str
    template: str
    sent_at: str
    state: str = "accepted"
    code: str = ""
    reported_at: str | None = None

    @property
    def moment(self) -> datetime:
        """When it was sent, aware."""
        return datetime.fromisoformat(self.sent_at)

    @property
    def full_text(self) -> str:
        """As the phone shows it."""
        return f"【{self.signature}】{self.text}"


class Store:
    """All messages and behaviours. Used from one event loop only, so it needs no locks."""

    def __init__(self, file: Path | None = None) -> None:
        """Read what `file` holds, if there is one; further changes are appended to it."""
        self._by_reference: dict[str, Sms] = {}
        self._behaviours: dict[str, Behaviour] = {}
        self._file = file
        if file is not None and file.exists():
            self._read(file)

    def add(
        self, *, reference: str, to: str, signature: str, text: str, template: str, sent_at: datetime
    ) -> tuple[Sms, bool]:
        """The message of this reference and whether it is new: a second copy is the first one."""
        known = self._by_reference.get(reference)
        if known is not None:
            return known, False
        seq = len(self._by_reference) + 1
        sms = Sms(f"G{seq:08d}", seq, reference, to, signature, text, template, sent_at.isoformat())
        self._put(sms)
        return sms, True

    def report(self, reference: str, *, state: str, code: str, reported_at: datetime) -> Sms:
        """Write down what became of a message."""
        sms = self._by_reference[reference]
        known = replace(sms, state=state, code=code, reported_at=reported_at.isoformat())
        self._put(known)
        return known

    def get(self, reference: str) -> Sms | None:
        """The message of this reference."""
        return self._by_reference.get(reference)

    def messages(self, *, phone: str = "", after: int = 0, text: str = "") -> list[Sms]:
        """Messages in order of arrival, of one number, after a sequence number, holding a text."""
        return [
            sms
            for sms in self._by_reference.values()
            if sms.seq > after and phone in ("", sms.to) and (text in sms.full_text or text in sms.to)
        ]

    def unreported(self) -> Iterable[Sms]:
        """Accepted messages that have no fate yet."""
        return [sms for sms in self._by_reference.values() if sms.state == "accepted"]

    def behaviour(self, phone: str) -> Behaviour:
        """What happens to messages for this number."""
        return self._behaviours.get(phone, self._behaviours.get("*", Behaviour()))

    def behave(self, phone: str, behaviour: Behaviour) -> None:
        """Set what happens to messages for this number; `*` is every number without a setting of its own."""
        self._behaviours[phone] = behaviour
        self._append({"phone": phone, "behaviour": asdict(behaviour)})

    def _put(self, sms: Sms) -> None:
        self._by_reference[sms.reference] = sms
        self._append({"sms": asdict(sms)})

    def _append(self, line: dict[str, object]) -> None:
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as out:
                out.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _read(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        if text and not text.endswith("\n"):
            with file.open("a", encoding="utf-8") as out:
                out.write("\n")  # So that what comes next is not joined to a line cut off by a kill.
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if "sms" in entry:
                sms = Sms(**entry["sms"])
                self._by_reference[sms.reference] = sms
            else:
                told = entry["behaviour"]
                self._behaviours[entry["phone"]] = Behaviour(
                    Acceptance(told["acceptance"]), Fate(told["fate"]), told["delay_s"]
                )
