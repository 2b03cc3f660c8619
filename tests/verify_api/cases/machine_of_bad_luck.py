"""Several steps in a row that chance alone would hardly ever put in this order."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.verify_api.cases.machine_of_the_bureau import RARELY, DeskSteps, ReviewSteps
from tests.verify_api.cases.machine_of_the_clock import ClockSteps
from tests.verify_api.cases.machine_of_the_firm import FirmSteps, PeopleSteps
from tests.verify_api.cases.machine_of_two_officers import TwoOfficerSteps
from tests.verify_api.cases.oracle_of_facts import COMING

STORMS = st.lists(st.tuples(st.integers(1, 24 * 20), st.integers(0, 8)), max_size=3)


class BadLuck(FirmSteps, PeopleSteps, ReviewSteps, DeskSteps, TwoOfficerSteps, ClockSteps):
    """What the rules are hardest on. Each step is compared with the oracle like any other."""

    @precondition(lambda self: self.oracle.state in ("OPEN", "REJECTED", "RECTIFYING"))
    @rule(storms=STORMS, is_storming=st.booleans(), is_served=st.booleans())
    def a_list_is_taken_back_after_storms(
        self, storms: list[tuple[int, int]], is_storming: bool, is_served: bool
    ) -> None:
        """The clock was stopped by the list; what the pauses took has to be found again."""
        if self.oracle.state == "RECTIFYING":
            self.report()
        self.submit(is_enough=True)
        if not self.oracle.under_review:
            return
        if is_served:
            self.receipt_arrives()
        for hours, days in storms:
            self._storm(hours)
            self.now += timedelta(days=days)
        if is_storming and not self.oracle.paused:
            self.force_majeure_begins()
            self.now += timedelta(hours=30)
        self.withdraw()

    def _storm(self, hours: int) -> None:
        if not self.oracle.paused:
            self.force_majeure_begins()
        self.force_majeure_ends(hours)

    @precondition(lambda self: self.oracle.state in COMING and not self.oracle.is_over(self.now))
    @rule(data=st.data(), days=st.integers(0, 20))
    def all_have_come_and_one_is_found_false(self, data: st.DataObject, days: int) -> None:
        self.nearly_everybody_comes(left=0)
        self.now += timedelta(days=days)
        if self.oracle.came and self.oracle.state in ("PASSED", "RECTIFIED"):
            self.a_checkin_is_voided(data)

    @precondition(lambda self: self.oracle.clock is not None and not self.oracle.paused)
    @rule(hours=st.integers(1, 24 * 20), before=st.integers(0, 12), is_swept=st.booleans())
    def a_storm_over_the_deadline(self, hours: int, before: int, is_swept: bool) -> None:
        """It begins a few days before the last day and ends after it."""
        assert self.oracle.clock is not None
        self.now = max(self.now, self.oracle.clock.end - timedelta(days=before, hours=1))
        if self.oracle.state in self.oracle.ENDED:
            return
        self.force_majeure_begins()
        if is_swept:
            self.the_deadline_passes_and_the_sweep_comes()
        self.force_majeure_ends(hours)

    @precondition(lambda self: self.oracle.state in COMING and not self.oracle.is_over(self.now))
    @rule(index=st.integers(0, 5))
    def a_checkin_is_handed_in_and_the_deadline_passes(self, index: int) -> None:
        """Guard (a): a queue must never cost a person their check-in."""
        self.wait_until_the_deadline(seconds=-1)
        self.submit_a_checkin(index)
        self.the_deadline_passes_and_the_sweep_comes()

    @precondition(lambda self: self.oracle.state == "RECTIFYING" and self.oracle.served is None)
    @rule(days=st.integers(0, 3))
    def the_firm_reports_before_the_order_is_proved_to_have_arrived(self, days: int) -> None:
        """Guard (d): its month to check in may pass, and nobody has proved yet that it was told."""
        self.report_and_submit()
        if self.oracle.under_review:
            self.now += timedelta(days=days)
            self.decide(is_approved=True)
            self.the_deadline_passes_and_the_sweep_comes()

    @precondition(lambda self: self.oracle.clock is not None and self.oracle.clock.start == self.today)
    @rule(hours=st.integers(20, 24 * 9))
    def a_storm_on_the_day_the_clock_starts(self, hours: int) -> None:
        """The start day is not counted, so that no pause on it gives time back (民法典 201)."""
        if self.oracle.state not in self.oracle.ENDED:
            self._storm(hours)

    @precondition(lambda self: self.oracle.state == "RECTIFICATION_SUBMITTED")
    @rule(days=st.integers(50, 88), stood_days=st.sampled_from([0, 0, 5, 12]))
    def the_bureau_takes_its_time(self, days: int, stood_days: int) -> None:
        """The month of a second check-in, and the days of a rejected one, may then reach beyond the cap."""
        if stood_days:
            self._storm(24 * stood_days)
        self.now += timedelta(days=days)
        self.decide(is_approved=True)

    @precondition(lambda self: self.oracle.clock is not None and self.oracle.state not in self.oracle.ENDED)
    @rule()
    def the_deadline_passes_under_a_hold(self) -> None:
        self.hold()
        self.the_deadline_passes_and_the_sweep_comes()

    @precondition(lambda self: self.oracle.state in ("RECTIFYING", "RECHECKING_IN") and self.oracle.served)
    @rule(rarely=RARELY)
    def a_revocation_comes_and_is_rescinded(self, rarely: int) -> None:
        if rarely:
            return
        self.the_deadline_passes_and_the_sweep_comes()
        if self.oracle.state == "REVOKED":
            self.the_decision_is_rescinded_at_once()
