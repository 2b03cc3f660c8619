"""An independent reading of DOMAIN §0 and A.1 for one case: what must be true after each event.

Written from the rule texts, with its own arithmetic; it shares no code with the service.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tests.verify_api.cases.oracle_of_days import Clock, day_of, midnight, months
from tests.verify_api.cases.oracle_of_facts import COMING, Facts, Pending, Void


@dataclass
class Oracle(Facts):
    """What the rules demand of one case."""

    # What the enterprise and the reviewer do.

    def may_submit(self, now: datetime) -> bool:
        """Whether a sufficient list would be taken now."""
        if self.state in ("RECTIFYING", "RECTIFICATION_REJECTED") and not self.has_report:
            return False
        open_states = ("OPEN", "REJECTED", "RECTIFYING", "RECTIFICATION_REJECTED")
        return self.state in open_states and not self.is_over(now)

    def submitted(self, now: datetime) -> None:
        """The deadline is met while the bureau has the list."""
        self.stopped, self.stopped_at = self.clock, now
        self.rejected_before = self.state in ("REJECTED", "RECTIFICATION_REJECTED")
        self.go("RECTIFICATION_SUBMITTED" if self.in_rectification else "SUBMITTED")
        self.claimed = self.has_report = False
        self.order_by = []
        self.run(None)

    def _ran_meanwhile(self, now: datetime) -> tuple[Clock | None, datetime | None]:
        """The clock a list taken back falls into, and since when pauses have to be added to it."""
        if self.stopped is None and self.served is not None:
            begun = Clock(self.days, self.served, months(self.served, 1), cap=self.cap_day(now))
            return begun, midnight(self.served)
        return self.stopped, self.stopped_at

    def may_withdraw(self, now: datetime) -> bool:
        """Only unclaimed, and only while the deadline that ran before has not passed."""
        clock, since = self._ran_meanwhile(now)
        is_over = clock is not None and self.stretched(clock, now, since=since) <= now
        return self.under_review and not self.claimed and not is_over

    def withdrawn(self, now: datetime, today: date) -> None:
        """Back to where it was, with the deadline that ran and what pauses took of it meanwhile."""
        back = {True: ("REJECTED", "RECTIFICATION_REJECTED"), False: ("OPEN", "RECTIFYING")}
        clock, since = self._ran_meanwhile(now)
        self.go(back[self.rejected_before][self.state != "SUBMITTED"])
        self.run(None)
        self.clock = clock
        if clock is not None:
            whole, self.pauses = self.pauses, [one for one in self.pauses if one[1] is not None]
            end = self.stretched(clock, now, since=since)
            self.pauses = whole
            if end > clock.end:
                clock.move(max(clock.due, day_of(end)), rolls=True)
            clock.publish()
        self.has_report = self.in_rectification  # The one that went with it still counts.

    def rejected(self, now: datetime, today: date) -> None:
        """FIRST: until the certificate ends. STOCK: so many natural days, in 整改 never beyond the cap."""
        is_again = self.in_rectification
        self.go("RECTIFICATION_REJECTED" if is_again else "REJECTED")
        last = today + timedelta(days=self.rule(today, "stock.resubmit_days"))
        if self.track == "FIRST":
            self.term()
            assert self.clock is not None
            self.holds += self.clock.end <= now  # The term ended while the bureau had the list.
        elif is_again:
            self.capped(last, now, today)
        else:
            self.run(last, since=today)

    def approved(self, now: datetime, today: date) -> None:
        """A month for everybody on the list, in 整改 never beyond the cap."""
        is_again = self.in_rectification
        self.go("RECHECKING_IN" if is_again else "CHECKING_IN")
        self.list_no, self.came = self.list_no + 1, set()
        if is_again:
            self.capped(months(today, 1), now, today)
        else:
            self.run(months(today, 1), since=today)

    # Documents and service.

    def issue(self, kind: str, today: date) -> None:
        """A document of which nobody has proved yet that it arrived."""
        self.notices.append(kind)
        self.unproved = today

    def delivered(self, served_on: date, now: datetime, *, by_receipt: bool = True) -> None:
        """Proof of delivery starts the clock, from the day of the service; the first one counts."""
        if not self.awaits_proof:
            return
        if self.state == "NOTIFYING":
            self.go("OPEN")
            self.run(months(served_on, 1), since=served_on)
            self._proved_late(now)
            self.notices += [] if by_receipt else ["送达回证"]
            return
        self.unproved = None
        self.notices.append("送达回证")
        if self.in_rectification:
            self.served = served_on
        if self.state == "RECTIFYING":
            self.run(months(served_on, 1), since=served_on, cap=self.cap_day(now))
            self._proved_late(now)
        if self.state == "REVOCATION_PROPOSED":
            self.run(served_on, since=served_on, working_days=5)

    def _proved_late(self, now: datetime) -> None:
        """Nobody was shown a clock that had run out by the time its start was proved: an officer looks."""
        assert self.clock is not None
        self.holds += self.clock.end <= now

    # What the clock does.

    def reasons(self) -> frozenset[str]:
        """Why an adverse step waits (§0)."""
        clock = self.clock
        undecided = [one for one in self.pending if clock and one.at < clock.end]
        found = {
            "undecided_checkin": any(one.list_no not in self.lists_void for one in undecided),
            "open_appeal": self.appeal,
            "paused": self.paused,
            "calendar_unknown": clock is not None and not clock.is_known,
            "not_served": self.in_rectification and self.served is None,
            "held": self.holds > 0,
        }
        return frozenset(reason for reason, stands in found.items() if stands)

    def swept(self, now: datetime, today: date) -> None:
        """One visit of the sweep."""
        if self.clock is None or now < self.clock.end or self.state == "REVOCATION_PROPOSED":
            return
        reasons = self.reasons()
        first_round = self.track == "STOCK" and self.state in ("OPEN", "REJECTED", "CHECKING_IN")
        if first_round and self.rule(today, "rectification.issue") == "draft":
            if not reasons and not self.drafts:
                self.drafts.append("missed")
            reasons |= {"notice_awaits_officer"}
        self.waiting = reasons
        if not reasons:
            self._step(today)

    def _step(self, today: date) -> None:
        match (self.track, self.state):
            case ("FIRST", "OPEN" | "CHECKING_IN"):
                self.go("AWAITING_LAPSE")
                self.term()
            case ("FIRST", "REJECTED" | "AWAITING_LAPSE"):
                self.end_with("LAPSED", "资质到期失效告知书", today)
            case ("STOCK", "OPEN" | "REJECTED" | "CHECKING_IN"):
                self.rectifying(today)
            case ("STOCK", "RECTIFYING" | "RECTIFICATION_REJECTED" | "RECHECKING_IN"):
                if self.rule(today, "revocation.mode") == "decision":
                    self.end_with("REVOCATION_PROPOSED", "撤回告知书", today)
                else:
                    self.end_with("REVOKED", "撤回决定书", today)
            case other:
                raise AssertionError(f"a deadline ran in {other}")

    def end_with(self, state: str, kind: str, today: date) -> None:
        """A state that begins with a document; no clock until that has been served."""
        self.go(state)
        self.issue(kind, today)
        self.run(None)

    def rectifying(self, today: date) -> None:
        """责令整改: no clock until the notice is served."""
        self.served, self.has_report, self.order_by = None, False, []
        self.end_with("RECTIFYING", "责令整改通知书", today)
        self.drafts = []

    # What people do.

    def counts(self, one: Pending) -> bool:
        """Whether a check-in, judged now, would be one of the list in force (SZ-30a)."""
        is_due = self.state in COMING and one.list_no == self.list_no
        return is_due and one.list_no not in self.lists_void and one.person not in self.came

    def accepted(self, person: int) -> None:
        """A check-in counts once; the last one passes the case."""
        self.came.add(person)
        if self.state in COMING and self.came == self.people:
            self.go("PASSED" if self.state == "CHECKING_IN" else "RECTIFIED")
            self.run(None)

    def voided(self, person: int, now: datetime, today: date) -> None:
        """打卡不合格. STOCK, first round: an order to rectify. Else the person has to come again."""
        self.came.discard(person)
        self.voids.append(void := Void(person, self.list_no))
        if self.track == "STOCK" and self.state in ("CHECKING_IN", "PASSED"):
            guarded = self.appeal or self.paused or self.holds
            if guarded or self.rule(today, "rectification.issue") == "draft":
                self.drafts.append(void)  # The notice waits for an officer.
            else:
                self.ordered([*self.drafts, void], now, today)
        elif self.state == "PASSED":
            self.go("CHECKING_IN")
            self.run(months(today, 1), since=today)
        elif self.state == "RECTIFIED":
            self.go("RECHECKING_IN")
            self.capped(months(today, 1), now, today)

    def ordered(self, drafts: Sequence[str | Void], now: datetime, today: date) -> None:
        """责令整改 for what was drafted last; who had missed the window would have got it in any case."""
        is_late = self.state == "CHECKING_IN" and self.clock is not None and self.clock.end <= now
        rests = [] if is_late or drafts[-1] == "missed" else [one for one in drafts if isinstance(one, Void)]
        self.rectifying(today)
        self.order_by = rests
