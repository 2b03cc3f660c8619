"""Hand-work of the bureau as steps of the state machine, each by those who may and after one who may not."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy.orm import Session

from tests.verify_api.cases.oracle_of_handwork import LAST_SURE_DAY, HandworkOracle
from tests.verify_api.factories import ADMIN, REVIEWER, SECOND
from verify_api.cases import handwork
from verify_api.cases.handwork.clock import DayWrong
from verify_api.cases.models import Case
from verify_api.checkins import windows
from verify_api.deadlines.sweep import act

PEOPLE = st.integers(0, 5)
COMING = ("CHECKING_IN", "RECHECKING_IN")


def is_rare(number: int) -> bool:
    """One draw in eight: what ends or restarts a case must leave room for what comes before."""
    return number == 0


RARELY = st.integers(0, 7)


class Handwork(RuleBasedStateMachine):
    """Steps of officers. What they work on is set up by the machine that inherits them."""

    session: Session
    case: Case
    oracle: HandworkOracle
    now: datetime
    people: list[int]

    def _locked(self) -> Case:
        raise NotImplementedError

    def the_deadline_passes_and_the_sweep_comes(self) -> None:
        """Given by the machine."""
        raise NotImplementedError

    def hold(self) -> None:
        """Given by the machine."""
        raise NotImplementedError

    def decide(self, is_approved: bool) -> None:
        """Given by the machine."""
        raise NotImplementedError

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        raise NotImplementedError

    @precondition(lambda self: self.oracle.due is not None and self.oracle.is_known)
    @rule(days=st.integers(-3, 40))
    def extend(self, days: int) -> None:
        assert self.oracle.due is not None
        last_day = self.oracle.due + timedelta(days=days)
        if last_day > LAST_SURE_DAY or self.oracle.is_term:
            return
        given: dict[str, Any] = {"last_day": last_day, "reason": "批准", "actor": ADMIN, "now": self.now}
        if self.oracle.may_extend(self.today, last_day):
            self.oracle.extended(last_day)
            handwork.extend(self.session, self._locked(), **given)
            return
        with pytest.raises(DayWrong):
            handwork.extend(self.session, self._locked(), **given)

    @precondition(lambda self: self.oracle.state not in HandworkOracle.ENDED and self.oracle.is_known)
    @rule(hours=st.integers(1, 24 * 20), is_swept=st.booleans())
    def force_majeure(self, hours: int, is_swept: bool) -> None:
        since, until = self.now, self.now + timedelta(hours=hours)
        latest = max(self.oracle.due or self.today, until.date()) + timedelta(days=hours // 24 + 12)
        if latest > LAST_SURE_DAY:
            return
        handwork.pause(self.session, self._locked(), reason="台风", actor=ADMIN, now=since)
        self.now = until
        if is_swept:  # Guard (b): nothing happens while the clock stands.
            assert act(self.session, self.case.id, now=self.now) is None
        handwork.resume(self.session, self._locked(), reason="恢复", actor=REVIEWER, now=until)
        self.oracle.stood(since, until)

    @precondition(lambda self: self.oracle.due is not None and self.oracle.counted_from == self.today)
    @rule(hours=st.integers(20, 24 * 9))
    def force_majeure_on_the_day_the_clock_starts(self, hours: int) -> None:
        if self.oracle.is_known and self.oracle.state not in HandworkOracle.ENDED:
            self.force_majeure(hours=hours, is_swept=False)

    @precondition(lambda self: self.oracle.state == "RECTIFICATION_SUBMITTED" and self.oracle.is_known)
    @rule(days=st.integers(50, 88), stood_days=st.sampled_from([0, 0, 5, 12]))
    def the_bureau_takes_its_time(self, days: int, stood_days: int) -> None:
        """The month of a second check-in, and the days of a rejected one, may then reach beyond the cap."""
        if self.today + timedelta(days=days + 40) > LAST_SURE_DAY:
            return
        if stood_days:
            self.force_majeure(hours=24 * stood_days, is_swept=False)
        self.now += timedelta(days=days)
        self.decide(is_approved=True)

    @precondition(lambda self: self.oracle.due is not None and self.oracle.state not in HandworkOracle.ENDED)
    @rule()
    def the_deadline_passes_under_a_hold(self) -> None:
        self.hold()
        self.the_deadline_passes_and_the_sweep_comes()

    @rule(days=st.integers(0, 40))
    def sweep_with_a_clock_that_stepped_back(self, days: int) -> None:
        earlier = self.now - timedelta(days=days)
        self.oracle.swept(earlier.date())
        act(self.session, self.case.id, now=earlier)

    @precondition(lambda self: self.oracle.state in COMING)
    @rule(index=PEOPLE, is_agreed=st.sampled_from([True, True, False]), is_late=st.booleans())
    def come_to_the_window(self, index: int, is_agreed: bool, is_late: bool) -> None:
        person = self.people[index]
        taken = person in self.oracle.came or person in self.oracle.pending
        if taken or self.oracle.is_over(self.today):
            return
        record = {"document": "居民身份证"}
        row = windows.propose_window(
            self.session, self._locked(), person_id=person, record=record, actor=REVIEWER, now=self.now
        )
        self.oracle.pending[person] = self.today
        if is_late:  # Guard (a): the second officer's lunch costs nobody his check-in.
            self.the_deadline_passes_and_the_sweep_comes()
        with pytest.raises(windows.SecondOfficerNeeded):
            self._sign_window(row, REVIEWER, is_agreed)
        self.oracle.pending.pop(person)
        if is_agreed:
            self.oracle.accepted(person)
        self._sign_window(row, SECOND, is_agreed)

    def _sign_window(self, row: Any, actor: Any, is_agreed: bool) -> None:
        windows.confirm_window(
            self.session, self._locked(), row, is_agreed=is_agreed, actor=actor, now=self.now
        )

    @precondition(lambda self: self.oracle.state in COMING and not self.oracle.pending)
    @rule(rarely=RARELY)
    def void_the_approval(self, rarely: int) -> None:
        if is_rare(rarely):
            self._by_two("void_approval")
            self.oracle.approval_voided(self.today)

    @precondition(
        lambda self: (
            self.oracle.in_rectification
            and self.oracle.state != "RECTIFICATION_SUBMITTED"
            and not self.oracle.pending
        )
    )
    @rule(rarely=RARELY)
    def rescind_the_notice(self, rarely: int) -> None:
        if is_rare(rarely):
            self._by_two("rescind_notice")
            self.oracle.restarted(self.today)

    @precondition(lambda self: self.oracle.state in ("RECTIFYING", "RECHECKING_IN") and self.oracle.served)
    @rule(rarely=RARELY)
    def a_revocation_comes_and_is_rescinded(self, rarely: int) -> None:
        if is_rare(rarely):
            self.the_deadline_passes_and_the_sweep_comes()
            if self.oracle.state == "REVOKED":
                self.rescind_the_decision(is_done=True)

    @precondition(lambda self: self.oracle.state in ("REVOKED", "LAPSED"))
    @rule(is_done=st.booleans())
    def rescind_the_decision(self, is_done: bool) -> None:
        if is_done:
            self._by_two("rescind_decision")
            self.oracle.decision_rescinded(self.today)

    def _by_two(self, action: str) -> None:
        """Proposed by one, refused to the same one, confirmed by another."""
        case = self._locked()
        row = handwork.propose(self.session, case, action=action, reason="查明", actor=ADMIN, now=self.now)
        given: dict[str, Any] = {"is_agreed": True, "reason": "", "now": self.now}
        with pytest.raises(handwork.SecondOfficerNeeded):
            handwork.confirm(self.session, case, row, actor=ADMIN, **given)
        handwork.confirm(self.session, case, row, actor=SECOND, **given)

    @precondition(lambda self: self.oracle.state == "AWAITING_LAPSE")
    @rule(is_done=st.booleans())
    def reopen(self, is_done: bool) -> None:
        if is_done:
            handwork.reopen(self.session, self._locked(), reason="批准", actor=ADMIN, now=self.now)
            self.oracle.restarted(self.today)

    @precondition(lambda self: self.oracle.state not in HandworkOracle.ENDED)
    @rule(rarely=RARELY)
    def cancel(self, rarely: int) -> None:
        if is_rare(rarely):
            handwork.cancel(self.session, self._locked(), reason="误建", actor=ADMIN, now=self.now)
            self.oracle.cancelled()
