"""What every piece of hand-work shares: a role, a reason, a fact that begins or ends, an entry of history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from registry.errors import Conflict, Invalid
from verify_api.accounts.actor import Actor, Role
from verify_api.cases import outcomes
from verify_api.cases.access import require_role
from verify_api.cases.facts import AlreadyStands, FactKind, begin, end, standing
from verify_api.cases.ground import ground_on
from verify_api.cases.models import Case, CaseFact
from verify_api.cases.states import Capability, Event, State
from verify_api.cases.steps import enter
from verify_api.cases.transition import move, note, require


class ReasonNeeded(Invalid):
    """Hand-work needs a reason that others can read later."""

    code = "reason_missing"
    message = "请填写理由"


class NothingStands(Conflict):
    """There is no such hold, pause or appeal to end."""

    code = "nothing_stands"
    message = "当前没有可以解除的事项"


def reasoned(reason: str) -> None:
    """Refuse without a reason.

    Raises:
        ReasonNeeded: There is none.
    """
    if not reason.strip():
        raise ReasonNeeded


def begin_fact(
    session: Session,
    case: Case,
    kind: FactKind,
    capability: Capability,
    what: str,
    reason: str,
    actor: Actor,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> CaseFact:
    """Let a fact of this kind stand, if the state allows it."""
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    reasoned(reason)
    require(case, capability)
    if kind is FactKind.PAUSE and standing(session, case.id, kind):
        raise AlreadyStands("已经中止计时")
    fact = begin(session, case.id, kind, by=actor.label, reason=reason.strip(), detail=detail, now=now)
    ground = ground_on(session, now=now)
    note(session, case, what, ground=ground, actor=actor, reason=reason, now=now)
    return fact


def end_fact(
    session: Session,
    case: Case,
    kind: FactKind,
    what: str,
    reason: str,
    actor: Actor,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> CaseFact:
    """End every standing fact of this kind; returns the oldest.

    Raises:
        NothingStands: There is none.
    """
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    reasoned(reason)
    found = standing(session, case.id, kind)
    if not found:
        raise NothingStands
    for fact in found:
        end(session, fact, by=actor.label, reason=reason.strip(), now=now)
    ground = ground_on(session, now=now)
    note(session, case, what, ground=ground, actor=actor, reason=reason, facts=facts, now=now)
    return found[0]


def restart_case(
    session: Session, case: Case, event: Event, reason: str, actor: Actor, now: datetime
) -> None:
    """Begin anew by an officer's event: the fresh deadline counts from today, and the enterprise is told."""
    ground = ground_on(session, now=now)
    after = move(session, case, event, ground=ground, actor=actor, reason=reason, now=now)
    case.first_submitted_at = None if after is State.OPEN else case.first_submitted_at
    deadline = enter(session, case, ground=ground, is_restart=True, now=now)
    if deadline is not None:
        outcomes.tell_reopened(session, case, deadline, now=now)
