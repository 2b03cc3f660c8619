"""A phone without a screen: every call of the phone's contract, and the whole check-in in one go."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from miniapp_mock.client.camera import Camera
from miniapp_mock.client.line import Line
from miniapp_mock.client.problems import NoAnswer, Reason

ROOT = "/api/v1/miniapp"


@dataclass(frozen=True, slots=True)
class Position:
    """A fix as the phone reports it; degrees of `datum`, metres, aware time."""

    longitude: float
    latitude: float
    datum: str
    accuracy_m: float
    captured_at: datetime

    def to_mapping(self) -> dict[str, Any]:
        """The contract's JSON."""
        return {
            "longitude": self.longitude,
            "latitude": self.latitude,
            "datum": self.datum,
            "accuracy_m": self.accuracy_m,
            "captured_at": self.captured_at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Device:
    """The telephone itself."""

    id: str
    model: str = "示例手机 1"
    platform: str = "android"

    def to_mapping(self) -> dict[str, str]:
        """The contract's JSON."""
        return {"id": self.id, "model": self.model, "platform": self.platform}


@dataclass(frozen=True, slots=True)
class Task:
    """A check-in that this person is asked for."""

    case: str
    enterprise: str
    address: str
    fence: Mapping[str, Any]
    opens_at: datetime
    closes_at: datetime
    state: str
    done: int
    total: int

    @classmethod
    def read(cls, mapping: Mapping[str, Any]) -> Self:
        """From the contract's JSON."""
        return cls(
            case=mapping["case"],
            enterprise=mapping["enterprise"],
            address=mapping["address"],
            fence=mapping["fence"],
            opens_at=datetime.fromisoformat(mapping["opens_at"]),
            closes_at=datetime.fromisoformat(mapping["closes_at"]),
            state=mapping["state"],
            done=mapping["done"],
            total=mapping["total"],
        )


@dataclass(frozen=True, slots=True)
class Prompt:
    """One step of the challenge."""

    n: int
    ask: str
    say: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt whose place was accepted and whose challenge is running."""

    id: str
    place: Mapping[str, Any]
    prompts: tuple[Prompt, ...]
    expires_at: datetime

    @classmethod
    def read(cls, mapping: Mapping[str, Any]) -> Self:
        """From the contract's JSON."""
        return cls(
            id=mapping["attempt"],
            place=mapping["place"],
            prompts=tuple(Prompt(item["n"], item["ask"], item["say"]) for item in mapping["prompts"]),
            expires_at=datetime.fromisoformat(mapping["expires_at"]),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where an attempt stands: verifying | accepted | rejected | needs_review."""

    state: str
    reasons: tuple[Reason, ...] = ()
    done: int | None = None
    total: int | None = None

    @classmethod
    def read(cls, mapping: Mapping[str, Any]) -> Self:
        """From the contract's JSON."""
        return cls(
            state=mapping["state"],
            reasons=tuple(Reason.read(reason) for reason in mapping.get("reasons") or ()),
            done=mapping.get("done"),
            total=mapping.get("total"),
        )

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of all reasons."""
        return tuple(reason.code for reason in self.reasons)


@dataclass
class Phone:
    """One person's phone. `login_code` is what `wx.login` would hand out: a fresh code each time."""

    line: Line
    login_code: Callable[[], str]
    device: Device = field(default_factory=lambda: Device(uuid.uuid4().hex))
    bound: bool = False

    def __post_init__(self) -> None:
        """Log in again by itself whenever the session has ended."""
        self.line.sign_in = self.sign_in

    def sign_in(self) -> None:
        """Start a session; `bound` says whether the service knows who this is."""
        self.line.token = None
        answer = self.line.post(f"{ROOT}/sessions", {"code": self.login_code()})
        self.line.token = answer["token"]
        self.bound = bool(answer["person"]["bound"])

    def ask_bind_code(self, name: str, id_number: str) -> None:
        """Have the code sent to the phone number that the register knows for this person."""
        self.line.post(f"{ROOT}/sessions/bind/sms", {"name": name, "id_number": id_number})

    def bind(self, name: str, id_number: str, sms_code: str) -> None:
        """Tie this phone to the person."""
        answer = self.line.post(
            f"{ROOT}/sessions/bind",
            {"code": self.login_code(), "name": name, "id_number": id_number, "sms_code": sms_code},
        )
        self.line.token = answer["token"]
        self.bound = True

    def consent(self, notice_version: str, *, granted: bool = True) -> None:
        """Agree to the processing of face and position, or withdraw."""
        self.line.post(f"{ROOT}/consents", {"notice_version": notice_version, "granted": granted})

    def tasks(self, datum: str = "wgs84") -> list[Task]:
        """What this person is asked to do, with fences in the datum asked for."""
        return [Task.read(item) for item in self.line.get(f"{ROOT}/tasks", datum=datum)]

    def open_attempt(self, case: str, position: Position, *, key: str | None = None) -> Attempt:
        """Report the place; if it is right, receive the challenge."""
        body = {"case": case, "position": position.to_mapping(), "device": self.device.to_mapping()}
        return Attempt.read(self.line.post(f"{ROOT}/attempts", body, key=key))

    def send_frame(self, attempt: str, *, n: int, seq: int, picture: bytes) -> None:
        """One picture of one prompt."""
        path = f"{ROOT}/attempts/{attempt}/frames"
        self.line.upload(path, ("frame.jpg", picture, "image/jpeg"), {"n": n, "seq": seq})

    def submit(self, attempt: str, *, key: str | None = None) -> datetime:
        """Close the evidence; returns the moment that counts."""
        answer = self.line.post(f"{ROOT}/attempts/{attempt}/submit", {}, key=key)
        return datetime.fromisoformat(answer["received_at"])

    def verdict(self, attempt: str, *, wait_s: int = 0) -> Verdict:
        """Where the attempt stands, after at most `wait_s` seconds."""
        return Verdict.read(self.line.get(f"{ROOT}/attempts/{attempt}", wait_s=wait_s))

    def wait(self, attempt: str, *, limit_s: float = 60.0) -> Verdict:
        """The verdict, once there is one.

        Raises:
            NoAnswer: Still verifying after `limit_s`.
        """
        ends = time.monotonic() + limit_s
        while True:
            verdict = self.verdict(attempt, wait_s=8)
            if verdict.state != "verifying":
                return verdict
            if time.monotonic() >= ends:
                raise NoAnswer(f"attempt {attempt} is still being verified after {limit_s:.0f} s")

    def photograph(self, attempt: Attempt, camera: Camera) -> None:
        """Answer every prompt of the challenge, one file per request."""
        for prompt in attempt.prompts:
            for seq, picture in enumerate(camera.shoot(prompt.ask), start=1):
                self.send_frame(attempt.id, n=prompt.n, seq=seq, picture=picture)

    def check_in(self, case: str, position: Position, camera: Camera) -> Verdict:
        """The whole check-in, from the place to the verdict."""
        attempt = self.open_attempt(case, position)
        self.photograph(attempt, camera)
        self.submit(attempt.id)
        return self.wait(attempt.id)
