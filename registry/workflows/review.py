"""An authority's way with a filing: claim, agree, refuse, open the port, carry out; and deemed approval."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from registry.clauses import Clause, refuse_if
from registry.clock import SHANGHAI
from registry.db import Sessions
from registry.errors import Conflict, DakaError, Forbidden
from registry.ledger.service import SYSTEM, Actor, append
from registry.projects.models import Level
from registry.workflows.effects import Overtaken, apply
from registry.workflows.facts import difference, profile_of
from registry.workflows.jilin import METHODS
from registry.workflows.models import Filing, FilingDecision, FilingState
from registry.workflows.officers import NotCompetent, Officer, is_competent
from registry.workflows.profile import Action, Kind, Profile
from registry.workflows.service import FilingUnknown, go_to, start_clock
from registry.workflows.states import Event, NotNow, move
from registry.workflows.workdays import Calendar, last_workday

log = logging.getLogger(__name__)


class ClaimedByAnother(Conflict):
    """Another officer is at work on it."""

    code = "claimed_by_another"
    message = "该申请已由其他审核人员受理"


class TimeIsUp(Conflict):
    """The reviewer's days are over: the filing counts as approved and can no longer be decided (GX-10)."""

    code = "time_is_up"
    message = "审核期限已过，该申请视为审核通过"


class SameEyes(Forbidden):
    """Somebody who has decided on this filing cannot decide on it again (JL-22: four eyes)."""

    code = "four_eyes"
    message = "同一人员不能办理同一申请的两个环节"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an officer decides. `methods` and `document` where the step asks for them."""

    is_approved: bool
    reason: str = ""
    methods: Sequence[str] = ()
    document: Mapping[str, str] | None = None  # {number, sha256}
    push_override: str = ""


def reviewed_filing(session: Session, filing_id: int, officer: Officer) -> tuple[Filing, Profile]:
    """The filing, locked, with its profile.

    Raises:
        FilingUnknown: There is none.
        NotNow: Nothing is to be decided.
        NotCompetent: Another authority's matter.
    """
    filing = session.get(Filing, filing_id, with_for_update=True, populate_existing=True)
    if filing is None:
        raise FilingUnknown
    profile = profile_of(session, filing)
    if filing.state != FilingState.REVIEWING:
        raise NotNow
    if not is_competent(officer, filing, profile.departments):
        raise NotCompetent
    return filing, profile


def claim(session: Session, *, filing_id: int, officer: Officer, now: datetime) -> Filing:
    """Take a filing on. It does not stop the clock (GX-10).

    Raises:
        FilingUnknown, NotNow, NotCompetent: As `reviewed_filing`.
        ClaimedByAnother: An officer has it.
    """
    filing, _ = reviewed_filing(session, filing_id, officer)
    if filing.claimed_by not in {"", officer.account}:
        raise ClaimedByAnother
    filing.claimed_by = officer.account
    append(session, action="filing_claimed", subject=f"filing:{filing.id}", actor=officer.actor, now=now)
    return filing


def decide(
    session: Session, *, filing_id: int, officer: Officer, verdict: Verdict, calendar: Calendar, now: datetime
) -> Filing:
    """Decide the step. Agreeing to the last one writes the data; a conflict found then is kept as one.

    Raises:
        FilingUnknown, NotNow, NotCompetent: As `reviewed_filing`.
        ClaimedByAnother: An officer has it.
        SameEyes: The officer decided an earlier step.
        TimeIsUp: It counts as approved.
        RulesBroken: No reason, no method, no official document where one is due.
    """
    filing, profile = reviewed_filing(session, filing_id, officer)
    if filing.claimed_by not in {"", officer.account}:
        raise ClaimedByAnother
    if profile.is_deemed_approved and is_time_up(filing, now=now):
        raise TimeIsUp
    _four_eyes(session, filing, officer)
    step = filing.steps[filing.step]
    refuse_if(_verdict_faults(verdict, step))
    if not verdict.is_approved:
        return _reject(session, filing, officer, verdict, now=now)
    if filing.step + 1 < len(filing.steps):
        return _pass_on(session, filing, profile, officer, verdict, calendar, now=now)
    return _finish(session, filing, profile, officer, verdict, now=now)


def _verdict_faults(verdict: Verdict, step: Mapping[str, Any]) -> list[Clause]:
    faults = []
    if not verdict.is_approved and not verdict.reason.strip():
        faults.append(Clause("GX-09", "reason_missing", "审核不通过须说明原因"))
    if verdict.is_approved and step["needs_method"]:
        if not verdict.methods or not set(verdict.methods) <= set(METHODS):
            faults.append(Clause("JL-20", "method_missing", "请勾选至少一种核对方式"))
        if not verdict.reason.strip():
            faults.append(Clause("JL-20", "note_missing", "请填写核对说明"))
    if step["needs_document"] and verdict.is_approved:
        document = verdict.document or {}
        if not document.get("number", "").strip() or len(document.get("sha256", "")) != 64:
            faults.append(Clause("JL-22", "document_missing", "请上传本级主管部门的公文"))
    return faults


def _four_eyes(session: Session, filing: Filing, officer: Officer) -> None:
    before = select(FilingDecision.id).where(
        FilingDecision.filing_id == filing.id, FilingDecision.actor == officer.account
    )
    if session.scalar(before.limit(1)) is not None:
        # Two turns of one reviewer at the same authority (first the request, then the data) are its own work.
        turns = session.scalars(
            select(FilingDecision.level).where(
                FilingDecision.filing_id == filing.id, FilingDecision.actor == officer.account
            )
        )
        if Kind(filing.kind) is Kind.ERRATUM or any(level != officer.level for level in turns):
            raise SameEyes


def _decision(
    session: Session, filing: Filing, officer: Officer, verdict: Verdict, outcome: str, *, now: datetime
) -> FilingDecision:
    decision = FilingDecision(
        filing_id=filing.id, step=filing.step, outcome=outcome, level=officer.level.value,
        authority=officer.authority, actor=officer.account, ip=officer.ip, at=now,
        reason=verdict.reason.strip(), methods=list(verdict.methods),
        document=dict(verdict.document) if verdict.document else None,
        diff=difference(session, filing) if Kind(filing.kind) is Kind.ERRATUM else None,
    )  # fmt: skip
    session.add(decision)
    session.flush()
    return decision


def _reject(session: Session, filing: Filing, officer: Officer, verdict: Verdict, *, now: datetime) -> Filing:
    decision = _decision(session, filing, officer, verdict, "rejected", now=now)
    move(filing, Event.REJECTED)
    filing.closed_at = filing.locked_at = now
    append(
        session, action="filing_rejected", subject=f"filing:{filing.id}",
        actor=officer.actor, now=now, reason=verdict.reason, rows=[decision],
    )  # fmt: skip
    return filing


def _pass_on(
    session: Session,
    filing: Filing,
    profile: Profile,
    officer: Officer,
    verdict: Verdict,
    calendar: Calendar,
    *,
    now: datetime,
) -> Filing:
    """The step is agreed to; the next one is another authority's, or the firm's through an open port."""
    action = Action(filing.steps[filing.step]["action"])
    outcome = "port_opened" if action is Action.OPEN_PORT else "approved"
    decision = _decision(session, filing, officer, verdict, outcome, now=now)
    if Action(filing.steps[filing.step + 1]["action"]) is Action.FILE:
        today = now.astimezone(SHANGHAI).date()
        filing.port_open_until = today + timedelta(days=profile.port_days)
        go_to(filing, filing.step + 1, Event.HANDED_BACK)
    else:
        go_to(filing, filing.step + 1, Event.PASSED_ON)
        start_clock(filing, profile, calendar, now=now)
    append(
        session, action=f"filing_{outcome}", subject=f"filing:{filing.id}",
        actor=officer.actor, now=now, reason=verdict.reason, rows=[decision],
    )  # fmt: skip
    return filing


def _finish(
    session: Session, filing: Filing, profile: Profile, officer: Officer, verdict: Verdict, *, now: datetime
) -> Filing:
    is_executing = Action(filing.steps[filing.step]["action"]) is Action.EXECUTE
    try:
        with session.begin_nested():
            project, written, remarks = apply(
                session, filing, profile, level=officer.level, authority=officer.authority,
                cause="confirmed", actor=officer.actor, now=now, push_override=verdict.push_override,
            )  # fmt: skip
    except Overtaken as error:
        return _conflict(session, filing, officer.actor, officer.level, officer.authority, error, now=now)
    decision = _decision(
        session, filing, officer, verdict, "executed" if is_executing else "approved", now=now
    )
    _close(filing, Event.CONFIRMED, project.id, now=now)
    append(
        session, action="filing_confirmed", subject=f"filing:{filing.id}", actor=officer.actor, now=now,
        reason=verdict.reason, rows=[*written.rows, decision], facts={"not_pushed": remarks},
    )  # fmt: skip
    return filing


def _conflict(
    session: Session,
    filing: Filing,
    actor: Actor,
    level: Level,
    authority: str,
    error: Overtaken,
    *,
    now: datetime,
) -> Filing:
    """First confirmed wins; what came second is kept as it stands (JL-11)."""
    decision = FilingDecision(
        filing_id=filing.id, step=filing.step, outcome="conflict", level=level.value, authority=authority,
        actor=actor.account, ip=actor.ip, at=now, reason=error.message, methods=[], document=None, diff=None,
    )  # fmt: skip
    session.add(decision)
    move(filing, Event.OVERTAKEN)
    filing.closed_at = filing.locked_at = now
    append(
        session, action="filing_overtaken", subject=f"filing:{filing.id}",
        actor=actor, now=now, reason=error.message, rows=[decision],
    )  # fmt: skip
    return filing


def _close(filing: Filing, event: Event, project_id: int, *, now: datetime) -> None:
    move(filing, event)
    filing.project_id = project_id
    filing.closed_at = filing.locked_at = now


def is_time_up(filing: Filing, *, now: datetime) -> bool:
    """The last working day is over, at midnight in Shanghai (T-02). Unknown days are never over."""
    return filing.due_on is not None and now.astimezone(SHANGHAI).date() > filing.due_on


def deem_overdue(sessions: Sessions, calendar: Calendar, now: datetime) -> list[int]:
    """Give every filing whose reviewer let the time pass its deemed approval (GX-10); their ids.

    Only profiles that say so; claimed or not. The sweep only nominates: each filing is locked and judged
    again in a transaction of its own, so two sweeps at once are harmless.
    """
    with sessions() as session:
        nominated = session.scalars(
            select(Filing.id)
            .where(
                Filing.state == FilingState.REVIEWING,
                or_(Filing.due_on < now.astimezone(SHANGHAI).date(), Filing.due_is_unknown),
            )
            .order_by(Filing.id)
        ).all()
    deemed = []
    for filing_id in nominated:
        try:
            with sessions.begin() as session:
                if deem(session, filing_id, calendar=calendar, now=now):
                    deemed.append(filing_id)
        except (DakaError, SQLAlchemyError) as error:
            # One filing in trouble must not cost the others their time; it stays, and is tried again.
            log.warning("filing %s could not be deemed approved (%s)", filing_id, type(error).__name__)
    return deemed


def deem(session: Session, filing_id: int, *, calendar: Calendar, now: datetime) -> bool:
    """Act on one filing; False if its time is not up, or nobody can tell."""
    filing = session.scalars(
        select(Filing).where(Filing.id == filing_id).with_for_update(skip_locked=True)
    ).first()
    if filing is None or filing.state != FilingState.REVIEWING:
        return False
    profile = profile_of(session, filing)
    if filing.due_is_unknown:
        _count_again(filing, profile, calendar)
    if not (profile.is_deemed_approved and is_time_up(filing, now=now)):
        return False
    level = Level(filing.at_level)
    try:
        with session.begin_nested():
            project, written, remarks = apply(
                session, filing, profile, level=level, authority="", cause="deemed", actor=SYSTEM, now=now
            )
    except Overtaken as error:
        _conflict(session, filing, SYSTEM, level, "", error, now=now)
        return False
    decision = FilingDecision(
        filing_id=filing.id, step=filing.step, outcome="deemed", level=level.value, actor=SYSTEM.account,
        at=now, reason="逾期不出具审核意见，视为审核通过（GX-10）", methods=[], document=None, diff=None,
    )  # fmt: skip
    session.add(decision)
    _close(filing, Event.DEEMED, project.id, now=now)
    append(
        session, action="filing_deemed", subject=f"filing:{filing.id}", actor=SYSTEM, now=now,
        reason=decision.reason, rows=[*written.rows, decision], facts={"not_pushed": remarks},
    )  # fmt: skip
    return True


def _count_again(filing: Filing, profile: Profile, calendar: Calendar) -> None:
    """The calendar may have learnt the year meanwhile."""
    if filing.submitted_at is None or profile.review_workdays is None:
        return
    begun = filing.submitted_at.astimezone(SHANGHAI).date()
    filing.due_on = last_workday(begun, profile.review_workdays, calendar)
    filing.due_is_unknown = filing.due_on is None
