"""What officers of the bureau do in the console."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyotp

from miniapp_mock.client.line import Line

ROOT = "/api/v1/console"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Officer:
    """An account of the bureau with its two factors."""

    account: str
    password: str
    totp_secret: str


class Bureau:
    """One officer at work. `clock` tells the officer's authenticator the time."""

    def __init__(self, line: Line, officer: Officer, *, clock: Callable[[], datetime]) -> None:
        """Log in on the first call that needs it."""
        self.line = line
        self._officer = officer
        self._password = officer.password
        self._clock = clock
        line.sign_in = self.sign_in

    @property
    def password(self) -> str:
        """The password in force."""
        return self._password

    def sign_in(self) -> None:
        """Password and one-time code; a password that must be changed is changed on the way."""
        if self._open()["must_change_password"]:
            new = secrets.token_urlsafe(18) + "-9aA"
            self.line.post("/api/v1/password", {"old": self._password, "new": new})
            self._password = new  # This session goes on; the token of this half minute is used up.

    def _open(self) -> Json:
        self.line.token = None
        totp = pyotp.TOTP(self._officer.totp_secret).at(self._clock())
        body = {"account": self._officer.account, "password": self._password, "totp": totp}
        answer: Json = self.line.post("/api/v1/staff/sessions", body)
        self.line.token = answer["token"]
        return answer

    # Starting cases.

    def include(self, uscc: str) -> list[str]:
        """Include an enterprise in the verification (SZ-02); returns the FIRST cases opened."""
        return [str(number) for number in self._post(f"/enterprises/{uscc}/inclusion", {})["cases"]]

    def open_stock_case(
        self, uscc: str, *, reasons: Mapping[str, str], items: Iterable[int] | None = None
    ) -> str:
        """Start a STOCK case; `reasons` maps codes of SZ-31 to the note."""
        body = {
            "uscc": uscc,
            "reasons": [{"code": code, "note": note} for code, note in reasons.items()],
            "items": None if items is None else list(items),
        }
        return str(self._post("/cases", body)["case"])

    def confirm_point(self, uscc: str, *, lng: float, lat: float, datum: str) -> None:
        """Stand for the point of a registered address, with the circle that the policy gives."""
        self._post(f"/enterprises/{uscc}/point", {"lng": lng, "lat": lat, "datum": datum})

    # Looking.

    def cases(self, **filters: str | int) -> Json:
        """A page of cases by state, track, text or page: `items`, `total`, `page`, `pages`."""
        answer: Json = self.line.get(f"{ROOT}/cases", **filters)
        return answer

    def case(self, number: str) -> Json:
        """One case with everything about it."""
        return self._get(f"/cases/{number}")

    def board(self) -> list[Json]:
        """The rectification board."""
        items: list[Json] = self.line.get(f"{ROOT}/board")
        return items

    def waiting(self) -> list[Json]:
        """The waiting room: why the sweep waits."""
        items: list[Json] = self.line.get(f"{ROOT}/waiting")
        return items

    def tonight(self, at: datetime) -> Json:
        """What the sweep would do at that moment."""
        answer: Json = self.line.get(f"{ROOT}/tonight", at=at.isoformat())
        return answer

    def attempts(self, state: str = "needs_review") -> list[Json]:
        """Attempts that wait for a person's eye."""
        items: list[Json] = self.line.get(f"{ROOT}/attempts", state=state)
        return items

    def notice_pdf(self, notice: int) -> bytes:
        """One document as PDF."""
        return self.line.fetch(f"{ROOT}/notices/{notice}/pdf")

    # Deciding.

    def claim(self, number: str) -> None:
        """Take a submitted list for review."""
        self._post(f"/cases/{number}/claim", {})

    def approve(self, number: str, opinion: str) -> None:
        """Approve the list: from now on it cannot be changed (SZ-27)."""
        self._post(f"/cases/{number}/approval", {"opinion": opinion})

    def reject(self, number: str, opinion: str) -> None:
        """Reject the list with an opinion (SZ-29)."""
        self._post(f"/cases/{number}/rejection", {"opinion": opinion})

    def serve(self, number: str, *, on: date, method: str, proof: str) -> None:
        """Enter a service by other means, with proof (SZ-32)."""
        body = {"served_on": on.isoformat(), "method": method, "proof": proof}
        self._post(f"/cases/{number}/service", body)

    def hold(self, number: str, reason: str) -> None:
        """Make the sweep wait."""
        self._post(f"/cases/{number}/hold", {"reason": reason})

    def release(self, number: str, reason: str) -> None:
        """Let the sweep go on."""
        self._post(f"/cases/{number}/release", {"reason": reason})

    def cancel(self, number: str, reason: str) -> None:
        """End a case without a verdict."""
        self._post(f"/cases/{number}/cancellation", {"reason": reason})

    def void_checkin(self, number: str, *, attempt: str, reason: str) -> None:
        """Declare an accepted check-in invalid (打卡不合格, SZ-33)."""
        self._post(f"/cases/{number}/checkin-void", {"attempt": attempt, "reason": reason})

    def decide_attempt(self, attempt: str, *, accept: bool, reason: str) -> None:
        """Judge an attempt that the machine could not."""
        body = {"decision": "accept" if accept else "refuse", "reason": reason}
        self._post(f"/attempts/{attempt}/decision", body)

    def sync(self) -> Json:
        """Run the nightly sync now."""
        return self._post("/sync", {})

    def _get(self, path: str) -> Json:
        answer: Json = self.line.get(ROOT + path)
        return answer

    def _post(self, path: str, body: Mapping[str, Any]) -> Json:
        answer: Json = self.line.post(ROOT + path, body)
        return answer
