"""What the rules demand after the bureau's hand-work (DOMAIN §0, A.1.2): the oracle's second half."""

from datetime import date, datetime, timedelta

from tests.verify_api.cases.oracle import Oracle, midnight, months, rolled

EXTENDABLE = frozenset(
    {"OPEN", "REJECTED", "CHECKING_IN", "RECTIFYING", "RECTIFICATION_REJECTED", "RECHECKING_IN"}
)
LAST_SURE_DAY = date(2026, 11, 30)  # Later ends lie where no calendar is published: tested elsewhere.


class HandworkOracle(Oracle):
    """The case's oracle, with what officers do to it."""

    @property
    def is_term(self) -> bool:
        """Whether what runs is the certificate's own term, which nobody moves (T-03)."""
        return self.track == "FIRST" and self.state in ("REJECTED", "AWAITING_LAPSE")

    def may_extend(self, today: date, last_day: date) -> bool:
        """Later than before, not gone by, and in 整改 never beyond the cap (22号令 28)."""
        if self.due is None or self.is_term or self.state not in EXTENDABLE:
            return False
        cap = self.cap_day(today) if self.in_rectification and self.served else date.max
        return self.due < last_day <= cap and last_day >= today

    def extended(self, last_day: date) -> None:
        """The day is taken as given."""
        self.due = self.unrolled = last_day

    def stood(self, since: datetime, until: datetime) -> None:
        """不可抗力: the clock stood from `since` until `until`, and what was left of it is kept."""
        self.pauses.append((since, until))
        if self.due is None or self.is_term:
            return
        end = midnight(self.due, 1)
        if since < end:  # Of what was over before, nothing was left to keep.
            counted = since if self.counted_from is None else max(since, midnight(self.counted_from, 1))
            end += max(timedelta(), until - counted)
        # Nobody is struck in the hour in which the clock runs again: that day is left in any case.
        last_day = max(self.due, until.date(), (end - timedelta(microseconds=1)).date())
        if last_day != self.due:
            self.due, _ = rolled(last_day)
            self.unrolled = last_day

    def cancelled(self) -> None:
        """The authority ends it, and with it whatever was held, asked or still on its way."""
        self.state, self.holds, self.appeal, self.unproved = "CANCELLED", 0, False, False
        self.run(None)

    def restarted(self, today: date) -> None:
        """A fresh month, for everybody anew."""
        self.state, self.served, self.unproved = "OPEN", None, False
        self.came, self.pending, self.has_report = set(), {}, False
        self.run(months(today, 1), since=today)

    def approval_voided(self, today: date) -> None:
        """SZ-27: the list falls; the firm has the time of a rejected one."""
        is_again = self.state == "RECHECKING_IN"
        self.state = "RECTIFICATION_SUBMITTED" if is_again else "SUBMITTED"
        self.came, self.pending = set(), {}
        self.rejected(today)

    def decision_rescinded(self, today: date) -> None:
        """A lapse: a fresh month. A 撤回: the order to rectify is made anew."""
        if self.state == "LAPSED":
            self.restarted(today)
        else:
            self.rectifying()
