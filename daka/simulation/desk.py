"""One firm in a story: its contact at the portal and its people with their phones."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from daka.simulation import papers
from daka.simulation.world import World
from miniapp_mock.city import Firm, Staff
from miniapp_mock.city.datums import from_wgs84, moved
from miniapp_mock.client import (
    Candidate,
    Device,
    EnterprisePortal,
    Phone,
    PortraitCamera,
    Position,
    Verdict,
)

CONSENT_NOTICE = "1"
TRIES = 6  # Whoever is told that a movement was not seen does it again; nobody tries for ever.


@dataclass
class Desk:
    """What the story of one firm has to hand."""

    world: World
    firm: Firm
    case: str = ""
    refusals: list[str] = field(default_factory=list)
    repeats: int = 0
    reviews: int = 0
    marks: dict[str, str] = field(default_factory=dict)
    _portal: EnterprisePortal | None = None
    _phones: dict[str, Phone] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The same hand every time."""
        self.hand = random.Random(self.firm.key)  # noqa: S311 - a story is repeatable.
        self.contact_phone = self.firm.contact_phone

    # The contact.

    @property
    def portal(self) -> EnterprisePortal:
        """The firm's account."""
        if self._portal is None:
            self._portal = EnterprisePortal(self.world.line(), account=self.firm.uscc)
        return self._portal

    def password(self) -> str:
        """A password this firm would choose."""
        return f"Sz-{self.hand.randrange(10**8):08d}-kx"

    def sign_up(self) -> None:
        """First log-in with the password from the SMS (SZ-02)."""
        self.portal.first_sign_in(self.world.inbox, self.contact_phone, password=self.password())

    def reset_password(self) -> None:
        """Forgotten password (SZ-05): a code to the contact's phone."""
        mark = self.world.inbox.mark(self.contact_phone)
        self.portal.ask_reset_code()
        self.world.tick()
        code = self.world.inbox.code(self.contact_phone, after=mark)
        self.portal.reset_with(code, password=self.password())

    def pass_gates(self) -> None:
        """基本情况, 营业执照, 企业视频."""
        version = self.portal.profile()["rules"]["version"]
        gate = self.portal.pass_gates(
            rules_version=version, licence=papers.licence(self.firm.uscc), video=papers.video()
        )
        if gate != "READY":
            raise AssertionError(f"{self.firm.key}: the gates are passed, yet the firm stands at {gate}")

    def candidates(self) -> dict[str, Candidate]:
        """The roster by name."""
        return {candidate.name: candidate for candidate in self.portal.candidates(self.case)}

    def upload_papers(self, people: Sequence[Staff]) -> list[int]:
        """A scan of every certificate of these people (SZ-25); their numbers in the service."""
        known = self.candidates()
        chosen = [known[person.name] for person in people]
        for candidate in chosen:
            if candidate.files:
                continue
            for holding in candidate.holdings:
                self.portal.upload_certificate(
                    self.case,
                    person=candidate.person,
                    holding=str(holding["holding"]),
                    file=papers.scan(f"{self.firm.key}-{candidate.person}-{holding['number']}"),
                )
        return [candidate.person for candidate in chosen]

    def submit(self, people: Sequence[Staff] | None = None) -> int:
        """Choose, upload, check, send; returns how many are on the list."""
        chosen = self.upload_papers(self.firm.going if people is None else people)
        answer = self.portal.check(self.case, chosen)
        if not answer["ok"]:
            raise AssertionError(f"{self.firm.key}: the list would be refused: {answer['reasons']}")
        self.portal.submit(self.case, chosen)
        return len(chosen)

    def report_rectification(self) -> None:
        """Hand in the 整改报告."""
        self.portal.report_rectification(
            self.case, text="已按通知书要求整改，人员已全部到岗。", file=papers.report(self.firm.key)
        )

    # The people.

    def phone(self, person: Staff) -> Phone:
        """The phone of somebody on the roster."""
        if person.id not in self._phones:
            user = f"wx-{person.id}"
            self._phones[person.id] = Phone(
                self.world.line(),
                lambda: str(self.world.identity.post("/stand-in/login", {"user": user})["code"]),
                Device(f"device-{person.id}"),
            )
        return self._phones[person.id]

    def bind(self, people: Sequence[Staff], *, consent: bool = True) -> None:
        """Tie phones to people: one code each, then the separate consent."""
        bind_all(self.world, [(self, person) for person in people], consent=consent)

    def position(
        self,
        *,
        away_m: float | None = None,
        accuracy_m: float | None = None,
        datum: str | None = None,
        declared: str | None = None,
        age_s: float = 2.0,
    ) -> Position:
        """A fix near the registered point, or as wrong as the story wants it."""
        distance = self.hand.uniform(5, 140) if away_m is None else away_m
        lng, lat = moved(*self.firm.point, east_m=distance * 0.8, north_m=distance * 0.6)
        spoken = datum or self.hand.choice(("wgs84", "gcj02"))
        lng, lat = from_wgs84(lng, lat, spoken)
        accuracy = round(self.hand.uniform(6, 45), 1) if accuracy_m is None else accuracy_m
        captured = self.world.now() - timedelta(seconds=age_s)
        return Position(lng, lat, declared or spoken, accuracy, captured)

    def camera(self, person: Staff) -> PortraitCamera:
        """That person in front of a lens."""
        if person.portrait is None:
            raise AssertionError(f"{person.id} has no portrait and cannot stand before a camera")
        return PortraitCamera(person.portrait, seed=self.hand.randrange(2**31))

    def check_in(self, people: Sequence[Staff]) -> None:
        """These people go to the address and check in."""
        check_in_all(self.world, [(self, person) for person in people])

    def check_in_one(self, person: Staff, cameras: Sequence[PortraitCamera]) -> Verdict:
        """One person, trying again as often as there are cameras prepared."""
        verdict: Verdict | None = None
        for n, camera in enumerate(cameras):
            self.repeats += n > 0
            verdict = self.phone(person).check_in(self.case, self.position(), camera)
            if verdict.state != "rejected":
                break
        assert verdict is not None
        if verdict.state != "accepted":
            raise AssertionError(f"{self.firm.key}: {person.id} honestly at the place: {verdict}")
        return verdict

    # What the bureau's file says.

    def file(self) -> dict[str, Any]:
        """The case as the console shows it."""
        return self.world.admin.case(self.case)

    def state(self) -> str:
        """The case's state now."""
        return str(self.file()["state"])

    def remember(self, what: str) -> None:
        """Keep the state of this moment for the reckoning at the end."""
        self.marks[what] = self.state()


Someone = tuple[Desk, Staff]


def together(desks: Sequence[Desk]) -> None:
    """Several firms arrive at the same moment."""
    everybody = [(desk, person) for desk in desks for person in desk.firm.going]
    check_in_all(desks[0].world, everybody)


def bind_all(world: World, people: Sequence[Someone], *, consent: bool = True) -> None:
    """Tie the phones of those who are not bound yet: all ask for a code, then all use it."""
    fresh = [(desk, person) for desk, person in people if not desk.phone(person).bound]
    marks = {person.id: world.inbox.mark(person.phone) for _, person in fresh}
    for desk, person in fresh:
        desk.phone(person).ask_bind_code(person.name, person.id_number)
    if fresh:
        world.tick()
    for desk, person in fresh:
        code = world.inbox.code(person.phone, after=marks[person.id])
        desk.phone(person).bind(person.name, person.id_number, code)
        if consent:
            desk.phone(person).consent(CONSENT_NOTICE)


def check_in_all(world: World, people: Sequence[Someone]) -> None:
    """All of them check in, side by side."""
    bind_all(world, people)
    prepared = [(desk, person, [desk.camera(person) for _ in range(TRIES)]) for desk, person in people]
    world.side_by_side(lambda one: one[0].check_in_one(one[1], one[2]), prepared)
