"""Reviewer and administrators as steps of the random interleavings, each also where it is not allowed."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from registry.errors import Conflict
from tests.verify_api.cases.machine import Machine
from tests.verify_api.cases.oracle_of_facts import COMING
from tests.verify_api.factories import ADMIN, REVIEWER, SECOND
from verify_api.cases import handwork, review
from verify_api.cases.facts import AlreadyStands
from verify_api.cases.handwork import DayWrong, NothingStands
from verify_api.cases.models import CheckIn
from verify_api.cases.transition import NotAllowedNow
from verify_api.checkins.models import Attempt
from verify_api.checkins.voiding import void_checkin, void_person

# What ends or restarts a case must leave room for what comes before.
RARELY = st.integers(0, 7)


class ReviewSteps(Machine):
    """Lists and check-ins are judged by officers."""

    @precondition(lambda self: self.oracle.under_review)
    @rule()
    def claim(self) -> None:
        self.oracle.claimed = True
        review.claim(self.session, self.locked(), actor=REVIEWER, now=self.now)

    @precondition(lambda self: self.oracle.under_review)
    @rule(is_approved=st.sampled_from([True, True, True, False]))
    def decide(self, is_approved: bool) -> None:
        case = self.locked()
        if is_approved:
            self.oracle.approved(self.now, self.today)
            review.approve(self.session, case, opinion="", actor=REVIEWER, now=self.now)
        else:
            self.oracle.rejected(self.now, self.today)
            review.reject(self.session, case, opinion="不清晰", actor=REVIEWER, now=self.now)

    @precondition(lambda self: self.oracle.came and self.oracle.state in (*COMING, "PASSED", "RECTIFIED"))
    @rule(data=st.data())
    def a_checkin_is_voided(self, data: st.DataObject) -> None:
        person = data.draw(st.sampled_from(sorted(self.oracle.came)))
        query = self.session.query(Attempt.public_id).join(CheckIn, CheckIn.attempt_id == Attempt.id)
        standing = query.filter(
            Attempt.case_id == self.case.id, CheckIn.person_id == person, CheckIn.voided_at.is_(None)
        )
        newest = standing.order_by(CheckIn.id.desc()).first()
        self.oracle.voided(person, self.now, self.today)
        said: dict[str, Any] = {"reason": "冒名", "actor": REVIEWER, "now": self.now}
        if newest is None or self.counter % 2:  # Who came to the window left no attempt.
            void_person(self.session, self.locked(), person_id=person, **said)
        else:
            void_checkin(self.session, public_id=newest.public_id, **said)


class DeskSteps(Machine):
    """Hand-work that one officer does alone."""

    @precondition(lambda self: self.oracle.state not in self.oracle.ENDED)
    @rule()
    def hold(self) -> None:
        self.oracle.holds += 1
        handwork.hold(self.session, self.locked(), reason="核实", actor=ADMIN, now=self.now)

    @precondition(lambda self: self.oracle.holds)
    @rule()
    def release(self) -> None:
        self.oracle.holds = 0
        handwork.release(self.session, self.locked(), reason="完毕", actor=ADMIN, now=self.now)

    @precondition(lambda self: self.oracle.appeal)
    @rule(is_upheld=st.booleans())
    def answer_appeal(self, is_upheld: bool) -> None:
        self.oracle.appeal = False
        self.oracle.holds += is_upheld
        handwork.decide_appeal(
            self.session, self.locked(), is_upheld=is_upheld, reason="审查", actor=SECOND, now=self.now
        )

    @precondition(lambda self: self.oracle.state not in self.oracle.ENDED)
    @rule()
    def force_majeure_begins(self) -> None:
        if self.oracle.paused:
            self.refused(self._pause, AlreadyStands)
            return
        self.oracle.pauses.append((self.now, None))
        self._pause()

    def _pause(self) -> None:
        handwork.pause(self.session, self.locked(), reason="台风", actor=ADMIN, now=self.now)

    @precondition(lambda self: self.oracle.paused)
    @rule(hours=st.sampled_from([0, 1, 30, 24 * 9]))
    def force_majeure_ends(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.oracle.resumed(self.now, self.today)
        handwork.resume(self.session, self.locked(), reason="恢复", actor=REVIEWER, now=self.now)

    @precondition(lambda self: self.oracle.clock is not None)
    @rule(days=st.integers(-3, 40))
    def extend(self, days: int) -> None:
        assert self.oracle.clock is not None
        last_day = self.oracle.clock.due + timedelta(days=days)
        given: dict[str, Any] = {"last_day": last_day, "reason": "批准", "actor": ADMIN, "now": self.now}
        if self.oracle.may_extend(self.now, self.today, last_day):
            self.oracle.extended(last_day)
            handwork.extend(self.session, self.locked(), **given)
            return
        wrong = (DayWrong, NothingStands, NotAllowedNow)
        self.refused(lambda: handwork.extend(self.session, self.locked(), **given), *wrong)

    @precondition(lambda self: self.oracle.drafts)
    @rule()
    def sign_the_draft(self) -> None:
        if self.oracle.may_sign(self.now):
            self._sign_draft()
            self.oracle.ordered(self.oracle.drafts, self.now, self.today)
        else:
            self.refused(self._sign_draft, NothingStands, Conflict)

    @precondition(lambda self: self.oracle.drafts)
    @rule()
    def refuse_to_sign_the_draft(self) -> None:
        if self.oracle.state == "PASSED":
            self.refused(self._refuse_draft, Conflict, code="pass_without_all")
        else:
            self._refuse_draft()
            self.oracle.not_signed()

    def _refuse_draft(self) -> None:
        handwork.refuse_draft(self.session, self.locked(), reason="证据不足", actor=ADMIN, now=self.now)

    def _sign_draft(self) -> None:
        handwork.issue_draft(self.session, self.locked(), reason="", actor=ADMIN, now=self.now)

    @precondition(lambda self: self.oracle.state == "AWAITING_LAPSE")
    @rule(is_done=st.booleans())
    def reopen(self, is_done: bool) -> None:
        if is_done:
            handwork.reopen(self.session, self.locked(), reason="批准", actor=ADMIN, now=self.now)
            self.oracle.restarted(self.today)

    @precondition(lambda self: self.oracle.state not in self.oracle.ENDED)
    @rule(rarely=RARELY)
    def cancel(self, rarely: int) -> None:
        if rarely == 0:
            handwork.cancel(self.session, self.locked(), reason="误建", actor=ADMIN, now=self.now)
            self.oracle.cancelled(self.now)

    @precondition(lambda self: self.oracle.policies[-1][0] <= self.today)
    @rule(
        mode=st.sampled_from(["automatic", "decision"]),
        issue=st.sampled_from(["automatic", "automatic", "draft"]),
        resubmit_days=st.sampled_from([10, 15]),
    )
    def another_policy_from_tomorrow(self, mode: str, issue: str, resubmit_days: int) -> None:
        changes = {
            "revocation.mode": mode,
            "rectification.issue": issue,
            "stock.resubmit_days": resubmit_days,
        }
        self.put_in_force(changes, since=self.today + timedelta(days=1))
