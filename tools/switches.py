"""Rules that `tools.mutations` switches off: each is one replacement in one file.

`tests/tools/test_mutations.py` fails for one whose place is no longer there.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is switched off, and where. `old` occurs once in the file."""

    name: str
    file: str
    old: str
    new: str


CASES = "verify_api/cases"


def _guard(letter: str, reason: str, fact: str) -> Mutation:
    """One line of the table of guards, made to never stand."""
    line = f"(WaitReason.{reason}, {fact})"
    return Mutation(
        f"guard ({letter}): {reason}", f"{CASES}/guards.py", line, f"(WaitReason.{reason}, False)"
    )


MUTATIONS = (
    _guard("a", "UNDECIDED_CHECKIN", "facts.undecided_checkins > 0"),
    _guard("b", "OPEN_APPEAL", "facts.has_appeal"),
    _guard("b", "PAUSED", "facts.has_pause"),
    _guard("c", "CALENDAR_UNKNOWN", "facts.is_provisional"),
    _guard("d", "NOT_SERVED", "facts.needs_service and not facts.has_service"),
    _guard("e", "HELD", "facts.has_hold"),
    Mutation(
        "an order left to an officer waits for the signature",
        "verify_api/deadlines/sweep.py",
        "    if _needs_officer(case, event, ground):",
        "    if False:",
    ),
    Mutation(
        "an order is not signed while a guard stands",
        f"{CASES}/handwork/steps.py",
        "if standing(session, case.id, FactKind.HOLD, FactKind.PAUSE, FactKind.APPEAL):",
        "if False:",
    ),
    Mutation(
        "a check-in voided under a guard leaves the order to an officer",
        "verify_api/checkins/voiding.py",
        "return bool(standing(session, case.id, FactKind.HOLD, FactKind.PAUSE, FactKind.APPEAL))",
        "return False",
    ),
    Mutation(
        "nobody is overdue in the minute after midnight",
        "verify_api/deadlines/sweep.py",
        "SETTLING = timedelta(minutes=1)",
        "SETTLING = timedelta(0)",
    ),
    Mutation(
        "the last day ends at 24:00, not before it",
        "verify_api/deadlines/rules.py",
        "return datetime.combine(day + ONE_DAY, time.min, tzinfo=SHANGHAI)",
        "return datetime.combine(day, time.max, tzinfo=SHANGHAI)",
    ),
    Mutation(
        "a last day that is off gives way to the next working day",
        "verify_api/deadlines/rules.py",
        "        if not off:\n            return day, guessed",
        "        if True:\n            return day, guessed",
    ),
    Mutation(
        "a period of months ends on the last day of a shorter month",
        "verify_api/deadlines/rules.py",
        "return date(year, index + 1, min(day.day, last))",
        "return date(year, index + 1, min(day.day, 28))",
    ),
    Mutation(
        "working days skip days off",
        "verify_api/deadlines/rules.py",
        "left -= not off",
        "left -= 1",
    ),
    Mutation(
        "the term of a certificate does not roll",
        f"{CASES}/timing.py",
        "on_day(facts.valid_to, calendar=ground.calendar, basis=basis)",
        "natural_days_after(facts.valid_to, 1, calendar=ground.calendar, basis=basis)",
    ),
    Mutation(
        "a day that was shown is not taken away when a year is published",
        f"{CASES}/timing.py",
        "if again.last_day < before.last_day:",
        "if False:",
    ),
    Mutation(
        "a guessed end stays a guess when it is extended by a little",
        "verify_api/deadlines/rules.py",
        "return deadline.provisional and day < deadline.last_day + LONGEST_BREAK",
        "return False",
    ),
    Mutation(
        "the clock of an order starts with its service and no sooner",
        f"{CASES}/timing.py",
        "        return None  # Guard (d): without proof of delivery no clock runs.",
        "        served = facts.today",
    ),
    Mutation(
        "a service proved later counts from its own day",
        f"{CASES}/serving.py",
        "case.rectification_served_on = service.served_on",
        "case.rectification_served_on = ground.today",
    ),
    Mutation(
        "the first proof of delivery counts",
        f"{CASES}/documents.py",
        "return notice if notice is not None and notice.proven_at is None else None",
        "return notice",
    ),
    Mutation(
        "a list in 整改 sent back ends with the three months",
        f"{CASES}/timing.py",
        "earlier_of(_resubmit(facts, ground), _cap(facts, ground))",
        "_resubmit(facts, ground)",
    ),
    Mutation(
        "a second check-in ends with the three months",
        f"{CASES}/timing.py",
        "return DeadlineKind.RECHECK_IN, earlier_of(own, _cap(facts, ground))",
        "return DeadlineKind.RECHECK_IN, own",
    ),
    Mutation(
        "an extension ends with the three months",
        f"{CASES}/handwork/clock.py",
        "if cap is not None and last_day > cap:",
        "if cap is None and last_day > cap:",
    ),
    Mutation(
        "days of 不可抗力 are no part of the three months",
        f"{CASES}/steps.py",
        "days_stood=days_stood(session, case, now=now)",
        "days_stood=0",
    ),
    Mutation(
        "time the bureau took leaves a hold",
        f"{CASES}/steps.py",
        "if (deadline.last_day - ground.today).days < ground.policy.rectification.hold_below_days:",
        "if False:",
    ),
    Mutation(
        "the start day is not counted, so no pause on it gives time back",
        f"{CASES}/pauses.py",
        "max(pause.since, end_of(start_day))",
        "pause.since",
    ),
    Mutation(
        "what was left before a pause is kept",
        f"{CASES}/pauses.py",
        "return ends + _inside(pause, start_day, until=now)",
        "return ends",
    ),
    Mutation(
        "the remainder after a pause gives way to a working day",
        f"{CASES}/pauses.py",
        "basis=basis, calendar=ground.calendar)",
        "basis=basis)",
    ),
    Mutation(
        "the day on which a pause ends is left in any case",
        f"{CASES}/handwork/clock.py",
        "    ends = max(ends, end_of(ground.today))\n",
        "",
    ),
    Mutation(
        "a list taken back finds what pauses took during the review",
        f"{CASES}/pauses.py",
        "if pause.ended_at is not None and pause.ended_at > since and pause.since < ends:",
        "if False:",
    ),
    Mutation(
        "a list is not taken back into a deadline that has passed",
        f"{CASES}/lists.py",
        "if is_gone(session, case.id, start_day=start_day, ends=ends, now=now):",
        "if False:",
    ),
    Mutation(
        "a list that was taken back has the clock of the order served meanwhile",
        f"{CASES}/lists.py",
        "begun = _begun_meanwhile(session, case, ground, now=now) if before is None else None",
        "begun = None",
    ),
    Mutation(
        "整改 needs a report of its own with every list",
        f"{CASES}/lists.py",
        "        _report_is_in(session, case)\n    given",
        "        pass\n    given",
    ),
    Mutation(
        "no list after the deadline, though the sweep has not been there",
        f"{CASES}/lists.py",
        "    if deadline is not None and receded(session, deadline, now=now) <= now:",
        "    if False:",
    ),
    Mutation(
        "all on the list come, not all but one",
        "verify_api/checkins/queries.py",
        "return self.total > 0 and self.done >= self.total",
        "return self.total > 0 and self.done >= self.total - 1",
    ),
    Mutation(
        "a check-in counts for the list in force only",
        "verify_api/checkins/queries.py",
        "return newest is not None and newest.id == row.id",
        'return row.status == "approved"',
    ),
    Mutation(
        "a rescission takes two officers",
        f"{CASES}/handwork/two_officers.py",
        "if proposal.proposed_by == actor.label:",
        "if proposal.proposed_by == actor:",
    ),
    Mutation(
        "the window takes two officers",
        "verify_api/checkins/windows.py",
        "if proposal.proposed_by == actor.label:",
        "if proposal.proposed_by == actor:",
    ),
    Mutation(
        "a proposal about an earlier stage is not confirmed",
        f"{CASES}/handwork/two_officers.py",
        'if _has_moved(session, case, since=proposal.detail.get("seq", 0)):',
        "if False:",
    ),
    Mutation(
        "a 撤回 is not decided before the proposal was served",
        f"{CASES}/handwork/two_officers.py",
        "if documents.unserved(session, case) is not None:",
        "if False:",
    ),
    Mutation(
        "a 撤回 is not decided while a guard stands",
        f"{CASES}/handwork/two_officers.py",
        "if standing(session, case.id, FactKind.APPEAL, FactKind.HOLD, FactKind.PAUSE):",
        "if False:",
    ),
    Mutation(
        "a 撤回 is not decided before the days to be heard are over",
        f"{CASES}/handwork/two_officers.py",
        "if current is None or current.is_provisional or now < current.due_at:",
        "if False:",
    ),
    Mutation(
        "a 撤回 takes effect when its decision is served",
        f"{CASES}/serving.py",
        "    if notice is not None and notice.kind == NoticeKind.REVOCATION:",
        "    if False:",
    ),
    Mutation(
        "a rescinded decision lifts the mark, since a new order has to be served",
        f"{CASES}/handwork/two_officers.py",
        '    outcomes.lift_marks(session, case, reason=f"决定已撤销：{proposal.reason}", now=now)\n',
        "",
    ),
    Mutation(
        "a rescinded decision reinstates the 资质",
        f"{CASES}/handwork/two_officers.py",
        "    outcomes.reinstate(session, case, reason=proposal.reason, actor=actor.label, now=now)\n",
        "",
    ),
    Mutation(
        "a new order has its own service",
        f"{CASES}/steps.py",
        "case.rectification_served_on = None  # A new notice",
        "pass  # A new notice",
    ),
    Mutation(
        "an appeal that is upheld leaves a hold",
        f"{CASES}/handwork/standing.py",
        "    if is_upheld:",
        "    if False:",
    ),
    Mutation(
        "a case that is cancelled leaves nothing standing",
        f"{CASES}/outcomes.py",
        "    for fact in standing(session, dossier.case.id):",
        "    for fact in ():",
    ),
    Mutation(
        "资质异常 comes back with a rectification that is not met after all",
        "verify_api/checkins/voiding.py",
        "        outcomes.mark_again(session, case, now=now)",
        "        pass",
    ),
    Mutation(
        "a policy counts from its day",
        "verify_api/policy/service.py",
        "StoredPolicy.status == PolicyStatus.ACTIVE, StoredPolicy.effective_from <= on)",
        "StoredPolicy.status == PolicyStatus.ACTIVE)",
    ),
)
