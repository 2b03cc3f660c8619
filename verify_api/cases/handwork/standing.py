"""Holds and 陈述申辩: facts beside the state that keep every adverse step back while they stand."""

from datetime import datetime

from sqlalchemy.orm import Session

from verify_api.accounts.actor import Actor, Role
from verify_api.cases.access import require_role
from verify_api.cases.facts import AlreadyStands, FactKind, begin, standing
from verify_api.cases.ground import ground_on
from verify_api.cases.handwork.reasons import begin_fact, end_fact, reasoned
from verify_api.cases.models import Case, CaseFact
from verify_api.cases.states import Capability
from verify_api.cases.transition import note


def hold(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> CaseFact:
    """Guard (e): no adverse step while the hold stands."""
    return begin_fact(session, case, FactKind.HOLD, Capability.HOLD, "held", reason, actor, now)


def release(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> None:
    """End every hold. A step that is due follows by itself at the next sweep."""
    end_fact(session, case, FactKind.HOLD, "released", reason, actor, now)


def appeal(session: Session, case: Case, *, reason: str, actor: Actor, now: datetime) -> CaseFact:
    """陈述申辩: while it is open no adverse step is taken (guard b)."""
    reasoned(reason)
    if standing(session, case.id, FactKind.APPEAL):
        raise AlreadyStands("已有正在处理的陈述申辩")
    ground = ground_on(session, now=now)
    fact = begin(session, case.id, FactKind.APPEAL, by=actor.label, reason=reason.strip(), now=now)
    note(session, case, "appealed", ground=ground, actor=actor, reason=reason, now=now)
    return fact


def decide_appeal(
    session: Session, case: Case, *, is_upheld: bool, reason: str, actor: Actor, now: datetime
) -> None:
    """The authority answers; an upheld appeal leaves a hold, so that an officer takes the next step."""
    require_role(actor, Role.ADMIN, Role.DECIDER)
    end_fact(session, case, FactKind.APPEAL, "appeal_decided", reason, actor, now, {"upheld": is_upheld})
    if is_upheld:
        said = f"陈述申辩成立：{reason.strip()}"
        begin(session, case.id, FactKind.HOLD, by=actor.label, reason=said, now=now)
