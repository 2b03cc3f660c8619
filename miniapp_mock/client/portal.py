"""What an enterprise's contact does in the portal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from miniapp_mock.client.inbox import Inbox
from miniapp_mock.client.line import Line, Upload

ROOT = "/api/v1/portal"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person the enterprise could choose, and why not where it cannot."""

    person: int
    name: str
    holdings: tuple[Mapping[str, Any], ...]
    files: tuple[Any, ...]
    selectable: bool
    why_not: tuple[Any, ...]
    technical_lead_of: tuple[Any, ...]

    @classmethod
    def read(cls, mapping: Mapping[str, Any]) -> Self:
        """From the API's JSON."""
        return cls(
            person=mapping["person"],
            name=mapping["name"],
            holdings=tuple(mapping["holdings"]),
            files=tuple(mapping["files"]),
            selectable=mapping["selectable"],
            why_not=tuple(mapping["why_not"]),
            technical_lead_of=tuple(mapping["technical_lead_of"]),
        )


class EnterprisePortal:
    """One enterprise's account."""

    def __init__(self, line: Line, *, account: str, password: str = "") -> None:
        """`account` is the 统一社会信用代码; the password comes by SMS and is changed at first use."""
        self.line = line
        self.account = account
        self._password = password
        line.sign_in = self.sign_in

    def sign_in(self) -> None:
        """Log in with the known password."""
        self._open(self._password)

    def first_sign_in(self, inbox: Inbox, phone: str, *, password: str) -> None:
        """Log in with the password from the SMS and change it, as the service demands (SZ-02)."""
        once = inbox.password(phone)
        self._password = once
        if self._open(once)["must_change_password"]:
            self.change_password(once, password)

    def change_password(self, old: str, new: str) -> None:
        """Replace the password."""
        self.line.post("/api/v1/password", {"old": old, "new": new})
        self._password = new

    def ask_reset_code(self) -> None:
        """Forgotten password: have a code sent to the contact in force (SZ-05)."""
        self.line.token = None
        self.line.post("/api/v1/password/reset/code", {"account": self.account})

    def reset_with(self, code: str, *, password: str) -> None:
        """Set a new password with the code, and log in with it."""
        self.line.post("/api/v1/password/reset", {"account": self.account, "code": code, "new": password})
        self._password = password
        self.sign_in()

    def _open(self, password: str) -> Json:
        self.line.token = None
        answer: Json = self.line.post("/api/v1/sessions", {"account": self.account, "password": password})
        self.line.token = answer["token"]
        return answer

    # The gates (SZ-06, SZ-10, SZ-11).

    def profile(self) -> Json:
        """Base data, gate and contact."""
        return self._get("/profile")

    def pass_gates(self, *, rules_version: str, licence: Upload, video: Upload) -> str:
        """Read the rules, confirm the base data, upload licence and video; returns the gate reached."""
        self.line.post(f"{ROOT}/profile/rules-read", {"version": rules_version})
        self.line.post(f"{ROOT}/profile/confirm", {})
        self.line.upload(f"{ROOT}/profile/licence", licence)
        self.line.upload(f"{ROOT}/profile/video", video)
        return str(self.profile()["gate"])

    def ask_contact_code(self, phone: str) -> None:
        """Have a code sent to the old contact, who must allow the new number (SZ-08)."""
        self.line.post(f"{ROOT}/profile/contact/code", {"phone": phone})

    def change_contact(self, *, name: str, phone: str, code: str) -> None:
        """Name a new contact with that code; the new one is sent account and password."""
        self.line.post(f"{ROOT}/profile/contact", {"name": name, "phone": phone, "code": code})

    def sync(self, scope: str = "people") -> Json:
        """Fetch from the upstream library now (SZ-07, SZ-17)."""
        answer: Json = self.line.post(f"{ROOT}/sync", {"scope": scope})
        return answer

    # The case.

    def cases(self) -> list[Json]:
        """All cases of the enterprise."""
        items: list[Json] = self.line.get(f"{ROOT}/cases")
        return items

    def case(self, number: str) -> Json:
        """One case."""
        return self._get(f"/cases/{number}")

    def candidates(self, number: str) -> list[Candidate]:
        """Everybody on the roster."""
        return [Candidate.read(item) for item in self.line.get(f"{ROOT}/cases/{number}/candidates")]

    def plan(self, number: str) -> Json:
        """A smallest list, computed by the service."""
        return self._get(f"/cases/{number}/selection/plan")

    def check(self, number: str, people: Iterable[int]) -> Json:
        """Would this list do? Every reason at once."""
        answer: Json = self.line.post(f"{ROOT}/cases/{number}/selection/check", {"people": list(people)})
        return answer

    def upload_certificate(self, number: str, *, person: int, holding: str | int, file: Upload) -> Json:
        """A scan of one certificate; without it the person cannot be ticked (SZ-25)."""
        fields = {"person": person, "holding": holding}
        answer: Json = self.line.upload(f"{ROOT}/cases/{number}/certificate-files", file, fields)
        return answer

    def save_draft(self, number: str, people: Iterable[int]) -> None:
        """Keep a choice without sending it."""
        self.line.put(f"{ROOT}/cases/{number}/draft", {"people": list(people)})

    def submit(self, number: str, people: Iterable[int]) -> Json:
        """Send the list for review."""
        answer: Json = self.line.post(f"{ROOT}/cases/{number}/submissions", {"people": list(people)})
        return answer

    def withdraw(self, number: str) -> None:
        """Take the list back before an officer has claimed it."""
        self.line.post(f"{ROOT}/cases/{number}/withdrawal", {})

    def report_rectification(self, number: str, *, text: str, file: Upload) -> Json:
        """Hand in the 整改报告 (SZ-35)."""
        answer: Json = self.line.upload(f"{ROOT}/cases/{number}/rectification-report", file, {"text": text})
        return answer

    def notices(self, number: str) -> list[Json]:
        """Documents of the case."""
        items: list[Json] = self.line.get(f"{ROOT}/cases/{number}/notices")
        return items

    def notice_pdf(self, notice: int) -> bytes:
        """One document as PDF."""
        return self.line.fetch(f"{ROOT}/notices/{notice}/pdf")

    def _get(self, path: str) -> Json:
        answer: Json = self.line.get(ROOT + path)
        return answer
