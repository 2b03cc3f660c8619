"""What takes two officers, as steps of the interleavings: the second may refuse, be late, or be the first."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from registry.errors import Conflict
from tests.verify_api.cases.machine import Machine
from tests.verify_api.cases.oracle_of_facts import COMING, Pending, Void
from tests.verify_api.cases.oracle_of_handwork import BY_TWO
from tests.verify_api.factories import ADMIN, DECIDER, REVIEWER, SECOND
from verify_api.accounts.actor import Actor, Kind, Role
from verify_api.cases import handwork
from verify_api.cases.facts import AlreadyStands
from verify_api.cases.transition import NotAllowedNow
from verify_api.checkins import windows
from verify_api.checkins.restoring import RESTORE, STEPS, propose_restore
from verify_api.checkins.review import NotInReview
from verify_api.checkins.voiding import void_person

OTHER_DECIDER = Actor(Kind.STAFF, 906, "决定人己", Role.DECIDER)
# Who proposes; who confirms. The first could sign what others propose: only being the first stops him.
OFFICERS = dict.fromkeys(BY_TWO, (ADMIN, SECOND)) | {
    "revoke": (DECIDER, OTHER_DECIDER),
    "keep": (DECIDER, OTHER_DECIDER),
}


class TwoOfficerSteps(Machine):
    """Proposed in one step, signed in another; whatever happens between."""

    @precondition(lambda self: any(self.oracle.state in states for states in BY_TWO.values()))
    @rule(data=st.data())
    def propose(self, data: st.DataObject) -> None:
        fitting = [action for action, states in BY_TWO.items() if self.oracle.state in states]
        fitting = [action for action in fitting if action != RESTORE]
        if not fitting:
            return
        action = data.draw(st.sampled_from(fitting))
        if action in self.oracle.proposals:
            self.refused(lambda: self._propose(action), AlreadyStands)
            return
        self.proposals[action] = self._propose(action)
        self.oracle.proposals[action] = self.oracle.moves

    @rule(action=st.sampled_from(sorted(BY_TWO)))
    def propose_what_does_not_fit(self, action: str) -> None:
        if self.oracle.state not in BY_TWO[action]:
            self.refused(lambda: self._propose(action), NotAllowedNow)

    @precondition(lambda self: self.oracle.state in BY_TWO[RESTORE] and self.oracle.restorable())
    @rule(data=st.data())
    def propose_that_a_checkin_counts_again(self, data: st.DataObject) -> None:
        void = data.draw(st.sampled_from(self.oracle.restorable()))
        refusal = self.oracle.restore_refusal(void)
        if refusal or RESTORE in self.oracle.proposals:
            self.refused(lambda: self._propose(RESTORE, void.person), Conflict, code=refusal)
            return
        self._propose_restore(void)

    def _propose_restore(self, void: Void) -> None:
        self.proposals[RESTORE] = self._propose(RESTORE, void.person)
        self.oracle.proposals[RESTORE], self.oracle.to_restore = self.oracle.moves, void

    @precondition(lambda self: self.oracle.state in BY_TWO[RESTORE] and self.oracle.restorable())
    @rule()
    def a_void_is_taken_back_at_once(self) -> None:
        """Else the order has been answered, or its time is over, before two officers agree by chance."""
        found = [one for one in self.oracle.restorable() if not self.oracle.restore_refusal(one)]
        if RESTORE in self.oracle.proposals or not found:
            return
        self._propose_restore(found[0])
        self._sign(RESTORE, SECOND, is_agreed=True)
        del self.proposals[RESTORE], self.oracle.proposals[RESTORE]
        self.oracle.done(RESTORE, self.now, self.today)

    def _propose(self, action: str, person: int = 0) -> Any:
        if action == RESTORE:
            said: dict[str, Any] = {"reason": "查明", "actor": ADMIN, "now": self.now}
            return propose_restore(self.session, self.locked(), person_id=person, **said)
        given: dict[str, Any] = {"action": action, "reason": "查明", "now": self.now}
        return handwork.propose(self.session, self.locked(), actor=OFFICERS[action][0], **given)

    @precondition(lambda self: self.oracle.proposals)
    @rule(data=st.data(), is_agreed=st.sampled_from([True, True, False]), is_the_first=st.booleans())
    def second_signature(self, data: st.DataObject, is_agreed: bool, is_the_first: bool) -> None:
        action = data.draw(st.sampled_from(sorted(self.oracle.proposals)))
        first, second = OFFICERS[action]
        if is_the_first:
            self.refused(lambda: self._sign(action, first, is_agreed), handwork.SecondOfficerNeeded)
        refusal = self.oracle.refusal(action, self.now) if is_agreed else ""
        if refusal:
            self.refused(lambda: self._sign(action, second, is_agreed), Conflict, code=refusal)
            return
        self._sign(action, second, is_agreed)
        del self.proposals[action], self.oracle.proposals[action]
        if is_agreed:
            self.oracle.done(action, self.now, self.today)

    @precondition(lambda self: self.oracle.state in ("REVOKED", "LAPSED"))
    @rule()
    def the_decision_is_rescinded_at_once(self) -> None:
        """Else most of a sequence would be spent where nothing can happen any more."""
        if "rescind_decision" in self.oracle.proposals:
            self._sign("rescind_decision", SECOND, is_agreed=False)
        self.proposals["rescind_decision"] = self._propose("rescind_decision")
        self._sign("rescind_decision", SECOND, is_agreed=True)
        self.oracle.proposals.pop("rescind_decision", None)
        self.oracle.done("rescind_decision", self.now, self.today)

    def _sign(self, action: str, actor: Actor, is_agreed: bool) -> None:
        row, case = self.proposals[action], self.locked()
        self.session.refresh(row)
        given: dict[str, Any] = {"is_agreed": is_agreed, "reason": "", "now": self.now}
        handwork.confirm(self.session, case, row, actor=actor, steps=STEPS, **given)

    def somebody_came_and_it_does_not_count(self, day: int) -> None:
        """One, two or all of them at the window, and 打卡不合格 said of the first, or of the first two."""
        for index in range((1, 2, 6)[day % 3]):
            self.come_to_the_window(index)
            one = self.oracle.pending.pop()
            self.oracle.accepted(one.person)
            self._sign_window(one, SECOND, is_agreed=True)
        for person in self.people[: 1 + day // 3 % 2]:
            if person in self.oracle.came and self.oracle.state in (*COMING, "PASSED"):
                self.oracle.voided(person, self.now, self.today)
                said: dict[str, Any] = {"reason": "冒名", "actor": REVIEWER, "now": self.now}
                void_person(self.session, self.locked(), person_id=person, **said)

    # The window.

    @precondition(lambda self: self.oracle.state in COMING)
    @rule(index=st.integers(0, 5))
    def come_to_the_window(self, index: int) -> None:
        person = self.people[index]
        at_it = {one.person for one in self.oracle.pending if one.is_window}
        if person in self.oracle.came | at_it or self.oracle.is_over(self.now):
            return
        record = {"document": "居民身份证"}
        row = windows.propose_window(
            self.session, self.locked(), person_id=person, record=record, actor=REVIEWER, now=self.now
        )
        found = Pending(person, self.now, self.oracle.list_no, is_window=True, key=row)
        self.oracle.pending.append(found)

    @precondition(lambda self: any(one.is_window for one in self.oracle.pending))
    @rule(data=st.data(), is_agreed=st.sampled_from([True, True, False]), is_the_first=st.booleans())
    def second_signature_at_the_window(
        self, data: st.DataObject, is_agreed: bool, is_the_first: bool
    ) -> None:
        one = data.draw(st.sampled_from([one for one in self.oracle.pending if one.is_window]))
        if is_the_first:
            self.refused(lambda: self._sign_window(one, REVIEWER, is_agreed), windows.SecondOfficerNeeded)
        if is_agreed and not self.oracle.counts(one):
            wrong = (NotAllowedNow, NotInReview, Conflict)
            self.refused(lambda: self._sign_window(one, SECOND, is_agreed), *wrong)
            return
        self.oracle.pending.remove(one)
        if is_agreed:
            self.oracle.accepted(one.person)
        self._sign_window(one, SECOND, is_agreed)

    def _sign_window(self, one: Pending, actor: Actor, is_agreed: bool) -> None:
        case = self.locked()
        self.session.refresh(one.key)
        windows.confirm_window(self.session, case, one.key, is_agreed=is_agreed, actor=actor, now=self.now)
