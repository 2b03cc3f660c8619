"""What the rules demand after the bureau's hand-work (DOMAIN §0, A.1.2): the oracle's second half."""

from dataclasses import dataclass, field
from datetime import date, datetime

from tests.verify_api.cases.oracle import Oracle
from tests.verify_api.cases.oracle_of_days import day_of, months
from tests.verify_api.cases.oracle_of_facts import COMING, Void

EXTENDABLE = frozenset(
    {"OPEN", "REJECTED", "CHECKING_IN", "RECTIFYING", "RECTIFICATION_REJECTED", "RECHECKING_IN"}
)
# In which states two officers may propose, and confirm, what.
BY_TWO = {
    "void_approval": frozenset(COMING),
    "restore_checkin": frozenset({*COMING, "PASSED", "RECTIFYING"}),
    "rescind_notice": frozenset({"RECTIFYING", "RECTIFICATION_REJECTED", "RECHECKING_IN"}),
    "rescind_decision": frozenset({"LAPSED", "REVOKED"}),
    "revoke": frozenset({"REVOCATION_PROPOSED"}),
    "keep": frozenset({"REVOCATION_PROPOSED"}),
}


@dataclass
class HandworkOracle(Oracle):
    """The case's oracle, with what officers do to it."""

    proposals: dict[str, int] = field(
        default_factory=dict
    )  # how often the case had moved when it was proposed
    to_restore: Void | None = None  # of which void the proposal speaks

    # The clock.

    def may_extend(self, now: datetime, today: date, last_day: date) -> bool:
        """Later than before, not gone by, and in 整改 never beyond the cap (22号令 28)."""
        if self.clock is None or self.clock.is_term or self.state not in EXTENDABLE:
            return False
        cap = self.cap_day(now) if self.in_rectification and self.served else date.max
        return self.clock.due < last_day <= cap and last_day >= today

    def extended(self, last_day: date) -> None:
        """The day is taken as given; who waited because the old one had passed waits no longer."""
        assert self.clock is not None
        self.clock.move(last_day, rolls=False)
        self._another_end()

    def resumed(self, now: datetime, today: date) -> None:
        """不可抗力 is over: what was left of the clock runs from now, and this day is left in any case."""
        clock = self.clock
        end = None if clock is None else self.stretched(clock, now)
        self._end_pause(now)
        if clock is None or end is None or clock.is_term:
            return
        last_day = max(clock.due, today, day_of(end))
        if last_day != clock.due:
            clock.move(last_day, rolls=True)
            self._another_end()

    def published(self) -> None:
        """The arrangement of a year is known now."""
        self.days.has_2027 = True
        if self.clock is not None and self.clock.publish():
            self._another_end()

    def _end_pause(self, now: datetime) -> None:
        if self.paused:
            self.pauses[-1] = (self.pauses[-1][0], now)

    def _another_end(self) -> None:
        self.drafts = [one for one in self.drafts if one != "missed"]
        self.waiting = frozenset()

    # One officer.

    def may_sign(self, now: datetime) -> bool:
        """Whether the draft of an order may be signed now."""
        if not self.drafts or self.holds or self.appeal or self.paused:
            return False
        clock = self.clock
        is_missed = clock is not None and clock.is_known and clock.end <= now
        return self.drafts[-1] != "missed" or is_missed

    def not_signed(self) -> None:
        """不予签发: a deadline stays missed, so that an officer has to take the next step."""
        self.holds += "missed" in self.drafts
        self.drafts = []

    def cancelled(self, now: datetime) -> None:
        """The authority ends it, and with it whatever was held, asked or still on its way."""
        self.go("CANCELLED")
        self.holds, self.appeal, self.unproved = 0, False, None
        self._end_pause(now)
        self.run(None)
        self.drafts = []

    def restarted(self, today: date) -> None:
        """A fresh month, for everybody anew."""
        self.go("OPEN")
        self.served = self.unproved = None
        self.came, self.has_report = set(), False
        self.run(months(today, 1), since=today)

    # Two officers.

    def refusal(self, action: str, now: datetime) -> str:
        """Why the second signature under a proposal is refused; empty if it is taken."""
        if self.state not in BY_TWO[action]:
            return "not_allowed_in_state"
        if self.moves != self.proposals[action]:
            return "proposal_outdated"
        if action == "restore_checkin":
            assert self.to_restore is not None
            return self.restore_refusal(self.to_restore)
        return self._decision_waits(now) if action == "revoke" else ""

    def restorable(self) -> list[Void]:
        """Of whom it may be asked that a check-in counts again: the newest void of each on the list."""
        newest = {
            one.person: one for one in self.voids if one.list_no == self.list_no and not one.is_taken_back
        }
        return list(newest.values())

    def restore_refusal(self, void: Void) -> str:
        """Who came again needs nothing; an order of another cause, or one answered, is not undone so."""
        if void.person in self.came:
            return "already_accepted"
        if void not in self.restorable():
            return "no_voided_checkin"
        if self.state != "RECTIFYING":
            return ""
        if void not in self.order_by:
            return "order_for_other_cause"
        return "rectification_begun" if self.has_report else ""

    def _restored(self, today: date) -> None:
        """It counts again, and what came of the void alone is undone."""
        void, self.to_restore = self.to_restore, None
        assert void is not None
        void.is_taken_back = True
        self.drafts = [one for one in self.drafts if one is not void]
        if self.state == "RECTIFYING" and all(one.is_taken_back for one in self.order_by):
            self.go("CHECKING_IN")
            self.served = self.unproved = None
            self.run(months(today, 1), since=today)
        self.accepted(void.person)

    def _decision_waits(self, now: datetime) -> str:
        """Nobody is struck before he was told, was heard, and had his days to be heard (SZ-37)."""
        if self.unproved is not None:
            return "proposal_not_served"
        if self.appeal or self.holds or self.paused:
            return "guard_stands"
        clock = self.clock
        is_over = clock is not None and clock.is_known and clock.end <= now
        return "" if is_over else "defence_period_runs"

    def done(self, action: str, now: datetime, today: date) -> None:
        """The step that two officers agreed upon."""
        match action:
            case "void_approval":
                self._approval_voided(now, today)
            case "restore_checkin":
                self._restored(today)
            case "rescind_notice":
                self.restarted(today)
            case "rescind_decision" if self.state == "LAPSED":
                self.restarted(today)
            case "rescind_decision":  # The order to rectify is made anew.
                self.rectifying(today)
            case "revoke":
                self.end_with("REVOKED", "撤回决定书", today)
            case "keep":
                self.go("NOT_REVOKED")
                self.run(None)

    def _approval_voided(self, now: datetime, today: date) -> None:
        """SZ-27: the list falls; the firm has the time of a rejected one."""
        self.lists_void |= set(range(1, self.list_no + 1))
        self.came, self.drafts = set(), []
        self.rejected(now, today)

    # What others read.

    @property
    def status(self) -> str:
        """What the registry says of the 资质: a 撤回 takes effect when its decision is served."""
        is_served = self.unproved is None
        ended = {"LAPSED": "lapsed", "REVOKED": "withdrawn" if is_served else "valid"}
        return ended.get(self.state, "valid")

    @property
    def is_marked(self) -> bool:
        """资质异常: from the service of an order until it is met or undone, or the 资质 ends (MO-13)."""
        if self.in_rectification:
            return self.served is not None
        return self.state == "REVOCATION_PROPOSED" or (self.state == "REVOKED" and self.status == "valid")
