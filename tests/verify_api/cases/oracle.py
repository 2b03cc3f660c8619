"""An independent reading of DOMAIN §0 and A.1 for one case: what must be true after each event.

Written from the rule texts, with its own arithmetic; it shares no code with the service. Dates are days in
Shanghai; a deadline is the last day, and is over when the day after it begins.
"""

import calendar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

import chinese_calendar

SHANGHAI = timezone(timedelta(hours=8))

KNOWN_UNTIL = 2026


def months(start: date, n: int) -> date:
    """The same-numbered day n months on, or that month's last (民法典 202)."""
    index = start.month - 1 + n
    year, month = start.year + index // 12, index % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def rolled(day: date) -> tuple[date, bool]:
    """(the last day moved past days off, whether the calendar knew them all) (民法典 203)."""
    while True:
        if day.year > KNOWN_UNTIL:
            return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0)), False
        if not chinese_calendar.is_holiday(day):
            return day, True
        day += timedelta(days=1)


def midnight(day: date, later: int = 0) -> datetime:
    """The beginning of the day that comes so many days later, in Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(days=later)


@dataclass
class Oracle:
    """What the rules demand of one case."""

    track: str
    state: str
    issued: date
    valid_to: date
    people: set[int]
    due: date | None = None
    unrolled: date | None = None
    is_known: bool = True
    served: date | None = None
    awaits_receipt: bool = False
    has_report: bool = False
    rejected_before: bool = False
    claimed: bool = False
    came: set[int] = field(default_factory=set)
    pending: dict[int, date] = field(default_factory=dict)
    holds: int = 0
    appeal: bool = False
    before_submission: tuple[date | None, bool] = (None, True)
    unproved: bool = False
    notices: list[str] = field(default_factory=list)
    counted_from: date | None = None
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)

    ENDED = frozenset({"PASSED", "RECTIFIED", "LAPSED", "REVOKED", "CANCELLED"})

    def run(
        self, day: date | None, *, since: date | None = None, roll: bool = True, known: bool = True
    ) -> None:
        """Let a deadline run to this day; the day it starts on is not counted (民法典 201)."""
        self.unrolled, self.counted_from = day, since
        self.due, self.is_known = (None, True) if day is None else rolled(day) if roll else (day, known)

    def is_over(self, today: date) -> bool:
        """Whether the running deadline has passed."""
        return self.due is not None and today > self.due

    # What the enterprise and the bureau do.

    def may_submit(self, today: date) -> bool:
        """Whether a sufficient list would be taken today."""
        if self.state in ("RECTIFYING", "RECTIFICATION_REJECTED") and not self.has_report:
            return False
        open_states = ("OPEN", "REJECTED", "RECTIFYING", "RECTIFICATION_REJECTED")
        return self.state in open_states and not self.is_over(today)

    def submitted(self) -> None:
        """The clock stops while the bureau has the list."""
        self.before_submission = (self.due, self.is_known)
        self.rejected_before = self.state in ("REJECTED", "RECTIFICATION_REJECTED")
        self.state = "RECTIFICATION_SUBMITTED" if self.state.startswith("RECTIF") else "SUBMITTED"
        self.claimed = self.has_report = False
        self.run(None)

    def may_withdraw(self, today: date) -> bool:
        """Only unclaimed, and only while the deadline that ran before has not passed."""
        due = self.before_submission[0]
        return self.under_review and not self.claimed and not (due is not None and today > due)

    @property
    def under_review(self) -> bool:
        """Whether the bureau has a list."""
        return self.state in ("SUBMITTED", "RECTIFICATION_SUBMITTED")

    def withdrawn(self) -> None:
        """Back to where it was, with the deadline that ran."""
        back = {True: ("REJECTED", "RECTIFICATION_REJECTED"), False: ("OPEN", "RECTIFYING")}
        self.state = back[self.rejected_before][self.state != "SUBMITTED"]
        self.due, self.is_known = self.before_submission
        self.has_report = self.state.startswith("RECTIF")  # The one that went with it still counts.

    def rejected(self, today: date) -> None:
        """FIRST: until the certificate ends. STOCK: ten natural days, in 整改 never beyond the cap."""
        is_again = self.state != "SUBMITTED"
        self.state = "RECTIFICATION_REJECTED" if is_again else "REJECTED"
        if self.track == "FIRST":
            self.run(self.valid_to, roll=False)
        else:
            self.run(today + timedelta(days=10), since=today)
        if is_again:
            self.cap(today)

    def approved(self, today: date) -> None:
        """A month for everybody on the list, in 整改 never beyond the cap."""
        is_again = self.state != "SUBMITTED"
        self.state = "RECHECKING_IN" if is_again else "CHECKING_IN"
        self.came, self.pending = set(), {}
        self.run(months(today, 1), since=today)
        if is_again:
            self.cap(today)

    def cap(self, today: date) -> None:
        """Three months after service, hard (22号令 28); who reports before it is proved, after today.

        If little of them is left, an officer has to look.
        """
        assert self.due is not None and self.unrolled is not None
        end = self.cap_day(today)
        if end < self.due:
            # A roll nobody can know yet might still turn out to end before the cap.
            self.due, self.is_known = end, self.is_known or end <= self.unrolled
        elif end == self.due:
            self.is_known = True
        self.holds += (self.due - today).days < 7

    def cap_day(self, today: date) -> date:
        """Days on which the clock stood after service are no part of the three months."""
        served = self.served or today
        counts = [max(timedelta(), until - max(since, midnight(served, 1))) for since, until in self.pauses]
        stood = -(-sum(counts, timedelta()) // timedelta(days=1))
        return months(served + timedelta(days=stood), 3)

    def delivered(self, today: date) -> None:
        """Proof of delivery starts the clock; the first one counts."""
        if self.state == "NOTIFYING":
            self.state = "OPEN"
            self.run(months(today, 1), since=today)
        elif self.unproved:
            self.unproved = False
            self.notices.append("送达回证")
            if self.in_rectification:
                self.served = today
            not_begun = self.state == "RECTIFICATION_SUBMITTED" and self.before_submission[0] is None
            if self.state == "RECTIFYING" or not_begun:
                self.run(months(today, 1), since=today)
                self.cap(today)
            if not_begun:  # It runs for the firm if the list is taken back.
                self.before_submission = (self.due, self.is_known)
                self.run(None)

    def issue(self, kind: str) -> None:
        """A document of which nobody has proved yet that it arrived."""
        self.notices.append(kind)
        self.unproved = True

    @property
    def in_rectification(self) -> bool:
        """Whether an order to rectify stands and is worked off."""
        states = ("RECTIFYING", "RECTIFICATION_SUBMITTED", "RECTIFICATION_REJECTED", "RECHECKING_IN")
        return self.state in states

    # What the clock does.

    def waits(self, today: date) -> bool:
        """Whether a guard holds the adverse step back."""
        due = self.due
        undecided = any(day <= due for day in self.pending.values()) if due else False
        unserved = self.in_rectification and self.served is None
        held = self.appeal or self.holds or unserved
        return bool(undecided or held or not self.is_known)

    def swept(self, today: date) -> None:
        """One run of the sweep."""
        if not self.is_over(today) or self.waits(today) or self.state in self.ENDED:
            return
        match (self.track, self.state):
            case ("FIRST", "OPEN" | "CHECKING_IN"):
                self.state = "AWAITING_LAPSE"
                self.run(self.valid_to, roll=False)
            case ("FIRST", "REJECTED" | "AWAITING_LAPSE"):
                self.state = "LAPSED"
                self.issue("资质到期失效告知书")
                self.run(None)
            case ("STOCK", "OPEN" | "REJECTED" | "CHECKING_IN"):
                self.rectifying()
            case ("STOCK", "RECTIFYING" | "RECTIFICATION_REJECTED" | "RECHECKING_IN"):
                self.state = "REVOKED"
                self.issue("撤回决定书")
                self.run(None)
            case other:
                raise AssertionError(f"a deadline ran in {other}")

    def rectifying(self) -> None:
        """责令整改: no clock until the notice is served."""
        self.state, self.served, self.has_report = "RECTIFYING", None, False
        self.issue("责令整改通知书")
        self.run(None)

    # What people do.

    def accepted(self, person: int) -> None:
        """A check-in counts once; the last one passes the case."""
        self.came.add(person)
        if self.came == self.people:
            self.state = "PASSED" if self.state == "CHECKING_IN" else "RECTIFIED"
            self.run(None)

    def voided(self, person: int) -> None:
        """打卡不合格."""
        self.came.discard(person)
        if self.appeal or self.holds:
            return  # The notice waits for an officer.
        if self.track == "STOCK" and self.state == "CHECKING_IN":
            self.rectifying()
