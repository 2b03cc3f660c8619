"""Random interleavings of enterprise, officer, people, clock, crash and second scheduler, against an oracle.

`DAKA_INTERLEAVINGS` sets how many sequences are tried (40 by default, some fifty steps each).
"""

import os
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.enterprises.models import ItemStatus, Origin
from registry.people.models import PersonCertificate
from tests.verify_api.cases.handwork_rules import Handwork
from tests.verify_api.cases.oracle import Oracle, months
from tests.verify_api.cases.oracle_of_handwork import HandworkOracle
from tests.verify_api.factories import ADMIN, REVIEWER, SECOND, Firm, make_firm
from verify_api.accounts.actor import SYSTEM
from verify_api.cases import handwork, lists, review, serving
from verify_api.cases.files import add_report
from verify_api.cases.models import Case, CheckIn
from verify_api.cases.openings import GivenReason, StockReason, open_first_cases, open_stock_case
from verify_api.cases.queries import history
from verify_api.cases.states import State
from verify_api.cases.timing import running
from verify_api.cases.transition import NotAllowedNow, lock
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.queries import approved_list
from verify_api.checkins.verdict import Verdict
from verify_api.checkins.verification import conclude
from verify_api.checkins.voiding import void_checkin, void_person
from verify_api.deadlines.sweep import act
from verify_api.evidence.store import StoredFile
from verify_api.notices.models import Notice

SEQUENCES = int(os.environ.get("DAKA_INTERLEAVINGS", "40"))
REPORT = StoredFile("a" * 64, 1, "application/pdf")
PEOPLE = st.integers(0, 5)


class CaseMachine(Handwork):
    """One case, driven at random; after each step the service and the oracle must agree."""

    engine: ClassVar[Engine]

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.engine.connect()
        self.outer = self.connection.begin()
        self.session = Session(
            self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )
        self.counter = 0

    def teardown(self) -> None:
        self.session.close()
        self.outer.rollback()
        self.connection.close()

    @initialize(
        track=st.sampled_from(["FIRST", "STOCK"]),
        # Within the published calendars, and so near their end that the deadlines lie beyond.
        start=st.dates(date(2024, 1, 2), date(2026, 3, 1)) | st.dates(date(2026, 10, 8), date(2026, 12, 20)),
        depth=st.integers(0, 5),
    )
    def begin(self, track: str, start: date, depth: int) -> None:
        self.now = datetime(start.year, start.month, start.day, 9, tzinfo=SHANGHAI)
        is_first = track == "FIRST"
        valid_to = date(start.year + 1, 6, 30) if is_first else date(2040, 1, 1)
        self.firm: Firm = make_firm(
            self.session,
            origin=Origin.COMMITMENT if is_first else Origin.ORDINARY,
            issued=start,
            valid_to=valid_to,
            permit_to=date(2040, 1, 1),
            now=self.now,
        )
        # Registrations that run out would change what a list needs; that is tested with the lists.
        self.session.execute(update(PersonCertificate).values(valid_to=None))
        self.people = self.firm.enough
        self.oracle = HandworkOracle(
            track, "OPEN" if is_first else "NOTIFYING", start, valid_to, set(self.people)
        )
        if is_first:
            [self.case] = open_first_cases(
                self.session, enterprise=self.firm.enterprise, actor=ADMIN, now=self.now
            )
            self.oracle.run(months(start, 10), since=start)
        else:
            self.case, _ = open_stock_case(
                self.session,
                enterprise=self.firm.enterprise,
                reasons=[GivenReason(StockReason.COMPLAINT, "举报")],
                item_ids=None,
                actor=ADMIN,
                now=self.now,
            )

        self._go_deeper(depth)

    def _go_deeper(self, depth: int) -> None:
        """Chance alone rarely leads beyond the first list: begin in the middle as often as at the start."""
        if depth >= 1:
            self.receipt_arrives()
            self.submit(is_enough=True)
            self.decide(is_approved=True)
        if depth >= 2 and self.oracle.track == "STOCK":
            self.wait_until_the_deadline_has_just_passed()
            self.sweep(times=1)
            self.receipt_arrives()
        if self.oracle.state != "RECTIFYING":
            return  # A FIRST case, or one whose deadline no calendar knows yet.
        if depth >= 3:
            self.report()
            self.submit(is_enough=True)
        if depth == 3:
            self.decide(is_approved=True)
        if depth == 5:
            self.the_bureau_takes_its_time(days=75, stood_days=self.oracle.issued.day % 2 * 8)

    @property
    def today(self) -> date:
        return self.now.astimezone(SHANGHAI).date()

    # The clock.

    @rule(days=st.integers(0, 25), hour=st.sampled_from([0, 9, 23]))
    def wait(self, days: int, hour: int) -> None:
        later = (self.now + timedelta(days=days)).replace(hour=hour)
        self.now = max(later, self.now + timedelta(minutes=1))

    @rule()
    def wait_until_the_deadline_has_just_passed(self) -> None:
        if self.oracle.due is not None:
            end = datetime.combine(self.oracle.due + timedelta(days=1), datetime.min.time(), SHANGHAI)
            self.now = max(self.now, end)

    @rule(times=st.integers(1, 2))
    def sweep(self, times: int) -> None:
        for _ in range(times):  # Twice: a second scheduler, or one that runs again after a crash.
            self.oracle.swept(self.today)
            act(self.session, self.case.id, now=self.now)

    @rule()
    def the_deadline_passes_and_the_sweep_comes(self) -> None:
        self.wait_until_the_deadline_has_just_passed()
        self.sweep(times=1)

    @precondition(lambda self: self.oracle.state in ("CHECKING_IN", "RECHECKING_IN"))
    @rule(index=PEOPLE)
    def a_checkin_is_handed_in_and_the_deadline_passes(self, index: int) -> None:
        self.submit_a_checkin(index)
        self.the_deadline_passes_and_the_sweep_comes()

    @rule()
    def sweep_that_crashes(self) -> None:
        nested = self.session.begin_nested()
        act(self.session, self.case.id, now=self.now)
        nested.rollback()
        self.session.expire_all()

    @rule()
    def receipt_arrives(self) -> None:
        self.oracle.delivered(self.today)
        serving.serve_by_receipt(
            self.session, self._locked(), delivered_at=self.now, message_id=1, now=self.now
        )

    # The enterprise.

    @rule(is_enough=st.booleans())
    def submit(self, is_enough: bool) -> None:
        people = self.people if is_enough else self.people[:1]
        if is_enough and self.oracle.may_submit(self.today):
            self.oracle.submitted()
            lists.submit(self.session, self._locked(), people=people, actor=self.firm.actor, now=self.now)
            return
        refusals = (NotAllowedNow, lists.DeadlineOver, lists.ReportMissing, lists.ListRefused)
        with pytest.raises(refusals):
            lists.submit(self.session, self._locked(), people=people, actor=self.firm.actor, now=self.now)

    @rule()
    def withdraw(self) -> None:
        if self.oracle.may_withdraw(self.today):
            self.oracle.withdrawn()
            lists.withdraw(self.session, self._locked(), actor=self.firm.actor, now=self.now)
            return
        with pytest.raises((NotAllowedNow, lists.AlreadyClaimed, lists.DeadlineOver)):
            lists.withdraw(self.session, self._locked(), actor=self.firm.actor, now=self.now)

    @precondition(lambda self: self.oracle.state in ("RECTIFYING", "RECTIFICATION_REJECTED"))
    @rule()
    def report(self) -> None:
        self.oracle.has_report = True
        self.now += timedelta(seconds=1)
        add_report(
            self.session, self._locked(), text="已整改", file=REPORT, actor=self.firm.actor, now=self.now
        )

    # The bureau.

    @precondition(lambda self: self.oracle.under_review)
    @rule()
    def claim(self) -> None:
        self.oracle.claimed = True
        review.claim(self.session, self._locked(), actor=REVIEWER, now=self.now)

    @precondition(lambda self: self.oracle.under_review)
    @rule(is_approved=st.sampled_from([True, True, False]))
    def decide(self, is_approved: bool) -> None:
        case = self._locked()
        if is_approved:
            self.oracle.approved(self.today)
            review.approve(self.session, case, opinion="", actor=REVIEWER, now=self.now)
        else:
            self.oracle.rejected(self.today)
            review.reject(self.session, case, opinion="不清晰", actor=REVIEWER, now=self.now)

    @precondition(lambda self: self.oracle.state not in Oracle.ENDED)
    @rule()
    def hold(self) -> None:
        self.oracle.holds += 1
        handwork.hold(self.session, self._locked(), reason="核实", actor=ADMIN, now=self.now)

    @precondition(lambda self: self.oracle.holds)
    @rule()
    def release(self) -> None:
        self.oracle.holds = 0
        handwork.release(self.session, self._locked(), reason="完毕", actor=ADMIN, now=self.now)

    @precondition(lambda self: self.oracle.state not in Oracle.ENDED and not self.oracle.appeal)
    @rule()
    def appeal(self) -> None:
        self.oracle.appeal = True
        handwork.appeal(self.session, self._locked(), reason="申辩", actor=self.firm.actor, now=self.now)

    @precondition(lambda self: self.oracle.appeal)
    @rule(is_upheld=st.booleans())
    def answer_appeal(self, is_upheld: bool) -> None:
        self.oracle.appeal = False
        self.oracle.holds += is_upheld
        handwork.decide_appeal(
            self.session, self._locked(), is_upheld=is_upheld, reason="审查", actor=SECOND, now=self.now
        )

    # The people.

    @precondition(lambda self: self.oracle.state in ("CHECKING_IN", "RECHECKING_IN"))
    @rule(index=PEOPLE)
    def submit_a_checkin(self, index: int) -> None:
        person = self.people[index]
        is_late = self.oracle.is_over(self.today)
        if is_late or person in self.oracle.came or person in self.oracle.pending:
            return  # The door refuses these; that is tested at the door.
        self.oracle.pending[person] = self.today
        self._attempt(person)

    @precondition(lambda self: self.oracle.pending)
    @rule(data=st.data(), state=st.sampled_from([AttemptState.ACCEPTED] * 3 + [AttemptState.REJECTED]))
    def a_verdict_arrives(self, data: st.DataObject, state: AttemptState) -> None:
        person = data.draw(st.sampled_from(sorted(self.oracle.pending)))
        self.oracle.pending.pop(person)
        if state is AttemptState.ACCEPTED:
            self.oracle.accepted(person)
        case = self._locked()
        attempt = self.session.scalars(
            select(Attempt)
            .where(Attempt.case_id == case.id, Attempt.person_id == person, Attempt.state == "verifying")
            .limit(1)
        ).one()
        conclude(self.session, case, attempt, Verdict(state, ()), actor=SYSTEM, now=self.now)

    @precondition(lambda self: self.oracle.came and self.oracle.state in ("CHECKING_IN", "RECHECKING_IN"))
    @rule(data=st.data())
    def a_checkin_is_voided(self, data: st.DataObject) -> None:
        person = data.draw(st.sampled_from(sorted(self.oracle.came)))
        standing = self.session.scalars(
            select(Attempt)
            .join(CheckIn, CheckIn.attempt_id == Attempt.id)
            .where(Attempt.case_id == self.case.id, CheckIn.person_id == person, CheckIn.voided_at.is_(None))
        ).one_or_none()
        self.oracle.voided(person)
        said: dict[str, Any] = {"reason": "冒名", "actor": REVIEWER, "now": self.now}
        if standing is None:  # Who came to the window left no attempt.
            void_person(self.session, self._locked(), person_id=person, **said)
        else:
            void_checkin(self.session, public_id=standing.public_id, **said)

    # What must always hold.

    @invariant()
    def the_service_and_the_rules_agree(self) -> None:
        if not hasattr(self, "case"):
            return
        self.session.flush()
        deadline = running(self.session, self.case.id)
        last_day = deadline.last_day if deadline else None
        assert (self.case.state, last_day) == (self.oracle.state, self.oracle.due)
        if deadline is not None:
            assert deadline.is_provisional is not self.oracle.is_known
        kinds = select(Notice.kind).where(Notice.case_id == self.case.id).order_by(Notice.id)
        assert list(self.session.scalars(kinds)) == self.oracle.notices

    @invariant()
    def the_registry_follows_the_case(self) -> None:
        if not hasattr(self, "case"):
            return
        expected = {
            State.REVOKED: ItemStatus.WITHDRAWN,
            State.LAPSED: ItemStatus.LAPSED,
        }.get(State(self.case.state), ItemStatus.VALID)
        assert self.firm.items[0].status == expected

    @invariant()
    def the_history_has_no_gap(self) -> None:
        if hasattr(self, "case"):
            seqs = [event.seq for event in history(self.session, self.case.id)]
            assert seqs == list(range(1, len(seqs) + 1))

    def _locked(self) -> Case:
        case = lock(self.session, self.case.id)
        assert case is not None
        return case

    def _attempt(self, person: int) -> None:
        self.counter += 1
        row = approved_list(self.session, self.case.id)
        assert row is not None
        attempt = Attempt(
            public_id=f"{id(self):x}{self.counter}"[-32:],
            case_id=self.case.id,
            list_id=row.id,
            person_id=person,
            state=AttemptState.VERIFYING.value,
            position={},
            place={"verdict": "inside"},
            fence=row.fence,
            device={},
            prompts=[],
            opened_at=self.now,
            received_at=self.now,
            reasons=[],
            risks=[],
            policy_version="test",
        )
        self.session.add(attempt)
        self.session.flush()


@pytest.mark.rule("T-01")
@pytest.mark.rule("T-02")
@pytest.mark.rule("T-03")
@pytest.mark.rule("T-05")
@pytest.mark.rule("SZ-33")
@pytest.mark.rule("SZ-37")
def test_no_interleaving_makes_the_service_and_the_rules_disagree(engine: Engine) -> None:
    CaseMachine.engine = engine
    run_machine(
        CaseMachine,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=50,
            deadline=None,
            derandomize="CI" in os.environ,
            # Shrinking a failure takes minutes; who looks into one sets DAKA_SHRINK.
            phases=[Phase.generate, *([Phase.shrink] if "DAKA_SHRINK" in os.environ else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_oracle_counts_as_the_rule_book_does() -> None:
    assert months(date(2024, 1, 31), 1) == date(2024, 2, 29)
