"""Choosing people: draft, submission as an immutable version, withdrawal (SZ-16 … SZ-29)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.errors import Conflict, Invalid, Reason
from verify_api.accounts.actor import Actor
from verify_api.cases.choosing import files_by_person, plain, question
from verify_api.cases.ground import Ground, ground_on
from verify_api.cases.models import (
    Case,
    CaseDeadline,
    CaseEvent,
    Draft,
    ListedPerson,
    PersonList,
    RectificationReport,
)
from verify_api.cases.pauses import begun_earlier, carry_on, is_gone, receded, woken
from verify_api.cases.states import RECTIFICATION, Capability, Event, State, Track
from verify_api.cases.steps import days_of, enter
from verify_api.cases.timing import DeadlineKind, planned, renew, restart, running
from verify_api.cases.transition import move, require
from verify_api.deadlines.rules import Deadline
from verify_api.selection.report import check_mapping
from verify_api.selection.rules import check
from verify_api.selection.values import CheckResult, SelectionInput


class ListRefused(Invalid):
    """The chosen people do not satisfy the rule; every reason is given at once."""

    code = "list_insufficient"
    message = "所选打卡人员不符合要求"


TAKEN_BACK_TOO_LATE = "提交期限已过，名单撤回后将无法再次提交，请等待审核结果"


class DeadlineOver(Conflict):
    """The time for this is over (SZ-15, SZ-32, SZ-33, SZ-35)."""

    code = "deadline_over"
    message = "提交期限已过，不能再提交名单"


class ReportMissing(Invalid):
    """In 整改 both the report and a new list are due (SZ-35)."""

    code = "report_missing"
    message = "整改期间须先提交整改报告，再提交打卡人员名单"


class AlreadyClaimed(Conflict):
    """A reviewer has taken the list, so it can no longer be withdrawn (SZ-27)."""

    code = "list_claimed"
    message = "审核人员已开始审核，名单不能撤回"


def save_draft(session: Session, case: Case, *, people: Sequence[int], now: datetime) -> None:
    """Keep what has been chosen so far. Nothing is judged yet."""
    require(case, Capability.CHOOSE_PEOPLE)
    chosen = sorted(set(people))
    row = insert(Draft).values(case_id=case.id, people=chosen, updated_at=now)
    row = row.on_conflict_do_update(index_elements=["case_id"], set_={"people": chosen, "updated_at": now})
    session.execute(row)


def draft_of(session: Session, case: Case) -> list[int]:
    """The people chosen so far."""
    return list(session.scalar(select(Draft.people).where(Draft.case_id == case.id)) or [])


def check_people(session: Session, case: Case, *, people: Sequence[int], now: datetime) -> CheckResult:
    """What the rule says about these people, without sending anything."""
    ground = ground_on(session, now=now)
    return check(question(session, case, ground=ground), [str(person) for person in people])


def submit(session: Session, case: Case, *, people: Sequence[int], actor: Actor, now: datetime) -> PersonList:
    """Send a list for review. The case must be locked.

    Raises:
        NotAllowedNow: The state does not allow it.
        DeadlineOver: The deadline has passed, whether or not the sweep has been there.
        ReportMissing: 整改 without a report.
        ListRefused: The people do not satisfy the rule, with every reason.
    """
    require(case, Capability.SUBMIT)
    _in_time(session, case, now=now)
    ground = ground_on(session, now=now)
    if State(case.state) in RECTIFICATION:
        _report_is_in(session, case)
    given = question(session, case, ground=ground)
    result = check(given, [str(person) for person in people])
    if not result.ok:
        reasons = [Reason(reason.code, reason.message, reason.remedy) for reason in result.reasons]
        raise ListRefused(reasons=reasons)
    row = _store(session, case, sorted(set(people)), given, result, ground, actor, now)
    case.first_submitted_at = case.first_submitted_at or now
    facts = {"version": row.version, "people": len(row.people)}
    move(session, case, Event.SUBMITTED, ground=ground, actor=actor, facts=facts, now=now)
    enter(session, case, ground=ground, now=now)
    return row


def withdraw(session: Session, case: Case, *, actor: Actor, now: datetime) -> PersonList:
    """Take a list back before a reviewer has claimed it (SZ-27). The case must be locked.

    The deadline that ran before runs on: a list sent and taken back has not been sent.

    Raises:
        NotAllowedNow, AlreadyClaimed: Nothing to take back, or too late.
        DeadlineOver: The deadline passed during the review; taken back it would be missed at once.
    """
    require(case, Capability.WITHDRAW)
    row = current_list(session, case)
    if row.claimed_at is not None:
        raise AlreadyClaimed
    ground = ground_on(session, now=now)
    before = _stopped_by(session, row)
    begun = _begun_meanwhile(session, case, ground, now=now) if before is None else None
    ends = _end_of_what_runs_on(session, case, before, begun, now=now)
    row.status = "withdrawn"
    if _first_of_case(session, case) == row.submitted_at:
        case.first_submitted_at = None
    event = Event.WITHDRAWN_LATER if _was_rejected(session, case) else Event.WITHDRAWN_FIRST
    move(session, case, event, ground=ground, actor=actor, facts={"version": row.version}, now=now)
    if ends is not None:
        _run_on(session, case, before, begun, ends=ends, ground=ground, now=now)
    renew(session, case, ground=ground, now=now)  # A year may have been loaded while it stood.
    return row


def current_list(session: Session, case: Case) -> PersonList:
    """The newest list of the case.

    Raises:
        Conflict: Nothing was ever sent.
    """
    query = select(PersonList).where(PersonList.case_id == case.id).order_by(PersonList.version.desc())
    row = session.scalar(query.limit(1))
    if row is None:
        raise Conflict("该任务尚未提交名单", code="no_list")
    return row


def _in_time(session: Session, case: Case, *, now: datetime) -> None:
    deadline = running(session, case.id)
    if deadline is not None and receded(session, deadline, now=now) <= now:
        raise DeadlineOver


def _report_is_in(session: Session, case: Case) -> None:
    """A report uploaded since the notice and the newest list, so that each round has one of its own."""
    newest_list = select(func.max(PersonList.submitted_at)).where(
        PersonList.case_id == case.id, PersonList.round == "rectification", PersonList.status != "withdrawn"
    )
    notice = select(func.max(CaseEvent.at)).where(
        CaseEvent.case_id == case.id,
        CaseEvent.to_state == State.RECTIFYING.value,
        CaseEvent.from_state.not_in([state.value for state in RECTIFICATION]),
    )
    since = func.greatest(newest_list.scalar_subquery(), notice.scalar_subquery())
    query = select(RectificationReport.id).where(RectificationReport.case_id == case.id)
    if session.scalar(query.where(RectificationReport.uploaded_at > since).limit(1)) is None:
        raise ReportMissing


def _store(
    session: Session,
    case: Case,
    people: list[int],
    given: SelectionInput,
    result: CheckResult,
    ground: Ground,
    actor: Actor,
    now: datetime,
) -> PersonList:
    newest = select(func.coalesce(func.max(PersonList.version), 0)).where(PersonList.case_id == case.id)
    row = PersonList(
        case_id=case.id,
        version=(session.scalar(newest) or 0) + 1,
        round="rectification" if State(case.state) in RECTIFICATION else "initial",
        status="submitted",
        people=_snapshot(session, case, people, given),
        requirement={"permit": given.permit.value, "items": [plain(asdict(item)) for item in given.items]},
        findings=check_mapping(result),
        has_safety_permit=given.is_half,
        submitted_at=now,
        submitted_by=actor.label,
        policy_version=ground.version,
    )
    session.add(row)
    session.flush()
    session.add_all([ListedPerson(list_id=row.id, person_id=person) for person in people])
    session.flush()
    return row


def _snapshot(session: Session, case: Case, people: list[int], given: SelectionInput) -> list[dict[str, Any]]:
    """What was sent, as it was then: the person's certificates and the digests of the files."""
    files = files_by_person(session, case.enterprise_id)
    known = {person.id: person for person in given.people}
    return [
        {
            "person": person,
            "files": [plain(asdict(file)) for file in files.get(person, [])],
            "as_known": plain(asdict(known[str(person)])),
        }
        for person in people
    ]


def _was_rejected(session: Session, case: Case) -> bool:
    """Whether the list under review followed a rejection: it goes back to where it was sent from."""
    query = select(CaseEvent.from_state).where(
        CaseEvent.case_id == case.id, CaseEvent.event == Event.SUBMITTED.value
    )
    sent_from = session.scalar(query.order_by(CaseEvent.seq.desc()).limit(1))
    return sent_from in (State.REJECTED, State.RECTIFICATION_REJECTED)


def _first_of_case(session: Session, case: Case) -> datetime | None:
    query = select(func.min(PersonList.submitted_at)).where(PersonList.case_id == case.id)
    return session.scalar(query)


def _stopped_by(session: Session, row: PersonList) -> CaseDeadline | None:
    """The deadline that ran until the list was sent; None where the notice had not been served yet."""
    query = select(CaseDeadline).where(
        CaseDeadline.case_id == row.case_id, CaseDeadline.ended_at == row.submitted_at
    )
    return session.scalar(query.order_by(CaseDeadline.id.desc()).limit(1))


def _begun_meanwhile(
    session: Session, case: Case, ground: Ground, *, now: datetime
) -> tuple[DeadlineKind, Deadline] | None:
    """The clock of an order that was served while the list was under review; None if it is not served yet."""
    return planned(Track(case.track), State.RECTIFYING, days_of(session, case, ground, now=now), ground)


def _end_of_what_runs_on(
    session: Session,
    case: Case,
    before: CaseDeadline | None,
    begun: tuple[DeadlineKind, Deadline] | None,
    *,
    now: datetime,
) -> datetime | None:
    """Where the clock ends into which a list taken back falls; None if no clock has begun."""
    if before is not None:
        start_day, ends = before.start_day, woken(session, before)
    elif begun is not None:
        start_day, ends = begun[1].start_day, begun_earlier(session, case.id, begun[1])
    else:
        return None
    if is_gone(session, case.id, start_day=start_day, ends=ends, now=now):
        raise DeadlineOver(TAKEN_BACK_TOO_LATE)
    return ends


def _run_on(
    session: Session,
    case: Case,
    before: CaseDeadline | None,
    begun: tuple[DeadlineKind, Deadline] | None,
    *,
    ends: datetime,
    ground: Ground,
    now: datetime,
) -> None:
    if before is not None:
        before.ended_at, before.ended_reason = None, ""
        case.due_at = before.due_at
        session.flush()
    current = before or restart(session, case, begun, ground=ground, now=now)
    if current is not None and ends > current.due_at:
        basis = "审核期间因不可抗力中止计时"
        carry_on(session, case, current, ends=ends, basis=basis, ground=ground, now=now)
