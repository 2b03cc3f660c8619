"""The clock, the schedulers, the carrier and the calendar as steps of the random interleavings."""

from datetime import date, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from registry.clock import SHANGHAI
from tests.verify_api.cases.machine import Machine
from tests.verify_api.cases.oracle_of_days import OFF_2027, WORK_2027
from tests.verify_api.cases.oracle_of_facts import SETTLING
from tests.verify_api.factories import REVIEWER
from verify_api.cases import serving
from verify_api.cases.facts import FactKind, standing
from verify_api.deadlines.recompute import renew_one
from verify_api.deadlines.service import load_year
from verify_api.deadlines.sweep import act, sweep
from verify_api.deadlines.yearfile import make
from verify_api.notices.models import ServiceMethod


class ClockSteps(Machine):
    """What happens by itself."""

    @rule(days=st.integers(0, 25), hour=st.sampled_from([0, 9, 23]))
    def wait(self, days: int, hour: int) -> None:
        later = (self.now + timedelta(days=days)).replace(hour=hour)
        self.now = max(later, self.now + timedelta(minutes=1))

    @rule(seconds=st.sampled_from([0, 0, -1]))
    def wait_until_the_deadline(self, seconds: int) -> None:
        """Midnight after the last day, or a second before it."""
        if self.oracle.clock is not None:
            self.now = max(self.now, self.oracle.clock.end + timedelta(seconds=seconds))

    @rule(times=st.integers(1, 2))
    def visit(self, times: int) -> None:
        for _ in range(times):  # Twice: a second scheduler, or one that runs again after a crash.
            self._visit_at(self.now)

    @rule()
    def the_deadline_passes_and_the_sweep_comes(self) -> None:
        self.wait_until_the_deadline(seconds=0)
        self.visit(times=1)

    @rule(seconds=st.sampled_from([0, 59, 60, 61]))
    def the_scheduler_wakes_just_after_midnight(self, seconds: int) -> None:
        """Nobody is overdue while a request of the last second may still be on its way."""
        self.wait_until_the_deadline(seconds=0)
        self.now += timedelta(seconds=seconds)
        clock = self.oracle.clock
        if clock is not None and clock.end <= self.now - SETTLING:
            self.oracle.swept(self.now, self.today)
        sweep(self.sessions, now=self.now)
        self._looked_at()

    @rule()
    def the_scheduler_was_down_for_three_days(self) -> None:
        self.wait_until_the_deadline(seconds=0)
        self.now += timedelta(days=3)
        self.oracle.swept(self.now, self.today)
        sweep(self.sessions, now=self.now)
        self._looked_at()

    @rule(days=st.integers(0, 40))
    def visit_with_a_clock_that_stepped_back(self, days: int) -> None:
        earlier = self.now - timedelta(days=days)
        if earlier.date() > self.oracle.issued:
            self._visit_at(earlier)

    @rule()
    def visit_that_crashes(self) -> None:
        nested = self.session.begin_nested()
        act(self.session, self.case.id, now=self.now)
        nested.rollback()
        self.session.expire_all()

    def _visit_at(self, now: datetime) -> None:
        self.oracle.swept(now, now.astimezone(SHANGHAI).date())
        act(self.session, self.case.id, now=now)
        self._looked_at()

    def _looked_at(self) -> None:
        """Why the case waits is shown, every reason of it and no other."""
        self.session.flush()  # As a commit does; what is only in memory would be lost below.
        self.session.expire_all()
        shown = standing(self.session, self.case.id, FactKind.WAIT)
        assert {one.detail["reason"] for one in shown} == self.oracle.waiting
        Machine.seen.update(self.oracle.waiting)

    # The carrier, and officers who serve otherwise.

    @rule()
    def receipt_arrives(self) -> None:
        self.oracle.delivered(self.today, self.now)
        serving.serve_by_receipt(
            self.session, self.locked(), delivered_at=self.now, message_id=1, now=self.now
        )

    @precondition(lambda self: self.oracle.awaits_proof)
    @rule(days=st.integers(0, 45), has_proof=st.sampled_from([True, True, False]))
    def serve_by_other_means(self, days: int, has_proof: bool) -> None:
        """With proof, for a day that may lie back, but not before the document or after today."""
        sent = self.oracle.issued if self.oracle.unproved is None else self.oracle.unproved
        day = self.today - timedelta(days=days)
        if not has_proof or not sent <= day:
            wrong = (serving.ProofMissing, serving.ServiceDayWrong)
            self.refused(lambda: self._serve(day, "f" * 64 if has_proof else ""), *wrong)
            return
        self.oracle.delivered(day, self.now, by_receipt=False)
        self._serve(day, "f" * 64)

    def _serve(self, day: date, digest: str) -> None:
        serving.serve_otherwise(
            self.session,
            self.locked(),
            served_on=day,
            method=ServiceMethod.MAIL,
            proof="邮寄签收单",
            proof_sha256=digest,
            actor=REVIEWER,
            now=self.now,
        )

    # The State Council.

    @precondition(lambda self: not self.oracle.days.has_2027)
    @rule(rarely=st.integers(0, 7))
    def the_arrangement_of_2027_is_loaded(self, rarely: int) -> None:
        if rarely or self.oracle.clock is None or self.oracle.clock.due.year < 2027:
            return
        off, work = [(day, "休") for day in OFF_2027], [(day, "班") for day in WORK_2027]
        file = make(2027, "示例：2027年部分节假日安排", off, work)
        load_year(self.session, year_file=file, actor="staff:1", now=self.now)
        self.oracle.published()
        renew_one(self.session, self.case.id, now=self.now)
