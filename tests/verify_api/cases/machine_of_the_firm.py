"""The enterprise and the people who check in as steps of the random interleavings."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.verify_api.cases.machine import Machine
from tests.verify_api.cases.oracle_of_facts import COMING, Pending
from tests.verify_api.factories import REVIEWER
from verify_api.accounts.actor import SYSTEM
from verify_api.cases import handwork, lists
from verify_api.cases.files import add_report
from verify_api.cases.transition import NotAllowedNow
from verify_api.checkins.models import Attempt, AttemptState
from verify_api.checkins.queries import approved_list
from verify_api.checkins.review import NotInReview, decide_review
from verify_api.checkins.verdict import Verdict, decide
from verify_api.checkins.verification import _case_facts, conclude
from verify_api.evidence.store import StoredFile
from verify_api.faces.rules import FaceVerdict, Outcome

REPORT = StoredFile("a" * 64, 1, "application/pdf")
FACES = st.sampled_from([Outcome.ACCEPTED] * 4 + [Outcome.REJECTED, Outcome.NEEDS_REVIEW])


class FirmSteps(Machine):
    """What the enterprise does."""

    @rule(is_enough=st.sampled_from([True, True, True, False]))
    def submit(self, is_enough: bool) -> None:
        people = self.people if is_enough else self.people[:1]
        if is_enough and self.oracle.may_submit(self.now):
            self.oracle.submitted(self.now)
            self._submit(people)
            return
        refusals = (NotAllowedNow, lists.DeadlineOver, lists.ReportMissing, lists.ListRefused)
        self.refused(lambda: self._submit(people), *refusals)

    def _submit(self, people: list[int]) -> None:
        lists.submit(self.session, self.locked(), people=people, actor=self.firm.actor, now=self.now)

    @precondition(lambda self: self.oracle.under_review)
    @rule()
    def withdraw(self) -> None:
        if self.oracle.may_withdraw(self.now):
            self.oracle.withdrawn(self.now, self.today)
            self._withdraw()
            return
        self.refused(self._withdraw, NotAllowedNow, lists.AlreadyClaimed, lists.DeadlineOver)

    def _withdraw(self) -> None:
        lists.withdraw(self.session, self.locked(), actor=self.firm.actor, now=self.now)

    @precondition(lambda self: self.oracle.state in ("RECTIFYING", "RECTIFICATION_REJECTED"))
    @rule()
    def report(self) -> None:
        self.oracle.has_report = True
        self.now += timedelta(seconds=1)
        add_report(
            self.session, self.locked(), text="已整改", file=REPORT, actor=self.firm.actor, now=self.now
        )

    @precondition(lambda self: self.oracle.state in ("RECTIFYING", "RECTIFICATION_REJECTED"))
    @rule()
    def report_and_submit(self) -> None:
        self.report()
        self.submit(is_enough=True)

    @precondition(lambda self: self.oracle.state not in self.oracle.ENDED and not self.oracle.appeal)
    @rule()
    def appeal(self) -> None:
        self.oracle.appeal = True
        handwork.appeal(self.session, self.locked(), reason="申辩", actor=self.firm.actor, now=self.now)


class PeopleSteps(Machine):
    """What the people on the list do, and how it is judged."""

    @precondition(lambda self: self.oracle.state in COMING)
    @rule(index=st.integers(0, 5))
    def submit_a_checkin(self, index: int) -> None:
        person = self.people[index]
        on_its_way = {one.person for one in self.oracle.pending if one.list_no == self.oracle.list_no}
        if self.oracle.is_over(self.now) or person in self.oracle.came | on_its_way:
            return  # The door refuses these; that is tested at the door.
        self._received(person)

    @precondition(lambda self: self.oracle.state in COMING)
    @rule(left=st.integers(0, 1))
    def nearly_everybody_comes(self, left: int) -> None:
        """All but at most one: chance alone rarely gets a case to its end."""
        for index in range(len(self.people) - left):
            if self.oracle.state in COMING:
                self.submit_a_checkin(index)
        for one in [one for one in self.oracle.pending if not one.is_window and not one.in_review]:
            self._judge(one, Outcome.ACCEPTED)

    @precondition(lambda self: any(not one.is_window and not one.in_review for one in self.oracle.pending))
    @rule(data=st.data(), face=FACES, is_searched=st.booleans())
    def a_verdict_arrives(self, data: st.DataObject, face: Outcome, is_searched: bool) -> None:
        found = [one for one in self.oracle.pending if not one.is_window and not one.in_review]
        self._judge(data.draw(st.sampled_from(found)), face, is_searched=is_searched)

    @precondition(lambda self: any(one.in_review for one in self.oracle.pending))
    @rule(data=st.data(), is_accepted=st.booleans())
    def an_officer_judges_a_face(self, data: st.DataObject, is_accepted: bool) -> None:
        one = data.draw(st.sampled_from([one for one in self.oracle.pending if one.in_review]))
        is_listed = self.oracle.state in COMING and one.list_no == self.oracle.list_no
        if is_accepted and (not is_listed or one.list_no in self.oracle.lists_void):
            self.refused(lambda: self._decide(one, is_accepted), NotAllowedNow, NotInReview)
            return
        self.oracle.pending.remove(one)
        if is_accepted and self.oracle.counts(one):
            self.oracle.accepted(one.person)
        self._decide(one, is_accepted)

    def _decide(self, one: Pending, is_accepted: bool) -> None:
        decide_review(
            self.session,
            public_id=one.key,
            is_accepted=is_accepted,
            reason="对照",
            actor=REVIEWER,
            now=self.now,
        )

    def _judge(self, one: Pending, face: Outcome, *, is_searched: bool = True) -> None:
        """A face that could not be looked for under other names is an officer's to judge."""
        case = self.locked()
        attempt = self.session.query(Attempt).filter_by(public_id=one.key).one()
        facts = replace(_case_facts(self.session, case, attempt), has_consent=True)
        verdict = decide(FaceVerdict(face, (), 0.3, 3, "test"), attempt.place, facts, is_searched=is_searched)
        doubted = Outcome.NEEDS_REVIEW if face is Outcome.ACCEPTED and not is_searched else face
        expected = doubted if self.oracle.counts(one) else Outcome.REJECTED
        assert verdict.state.value == expected.value
        if expected is Outcome.NEEDS_REVIEW:
            one.in_review = True
        else:
            self.oracle.pending.remove(one)
        if expected is Outcome.ACCEPTED:
            self.oracle.accepted(one.person)
        conclude(self.session, case, attempt, Verdict(verdict.state, ()), actor=SYSTEM, now=self.now)

    def _received(self, person: int) -> None:
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
        self.oracle.pending.append(Pending(person, self.now, self.oracle.list_no, key=attempt.public_id))
