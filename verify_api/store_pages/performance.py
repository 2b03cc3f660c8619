"""What the store knows beside a case: performance of firm, people and lead, and the cross-checks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.crosschecks.service import CheckKind, newest_checks
from registry.eligibility.rules import Use
from registry.eligibility.service import eligible, lead_performance
from registry.enterprises.models import Enterprise, Origin, QualificationItem


def performance_of(
    session: Session,
    enterprise: Enterprise,
    items: Sequence[QualificationItem],
    people: Sequence[int],
    *,
    now: datetime,
) -> dict[str, Any]:
    """For the case page and the reviewer; nothing here decides anything.

    `people` are those on the list. An item obtained by commitment shows whether its technical lead's claimed
    performance reaches what it needs.
    """
    today = now.astimezone(SHANGHAI).date()
    answer = eligible(session, uscc=enterprise.uscc, use=Use.PROVINCIAL, on=today)
    usable = {verdict.person: verdict.projects for verdict in answer.people}
    checks = {person: newest_checks(session, person) for person in people}
    return {
        "projects": len(answer.projects),
        "usable": sum(verdict.serves_firm for verdict in answer.projects),
        "blocking": [clause.message for clause in answer.blocking if clause.rule == "MO-13"],
        "people": {person: len(usable.get(person, ())) for person in people},
        "abnormal": {
            person: [_CHECKS[kind] for kind, row in found.items() if row is not None and row.is_abnormal]
            for person, found in checks.items()
        },
        "leads": [
            {"title": item.title, "verdict": lead_performance(session, item, on=today)}
            for item in items
            if item.origin == Origin.COMMITMENT
        ],
    }


_CHECKS = {CheckKind.EDUCATION: "学历", CheckKind.TITLE: "职称", CheckKind.INSURANCE: "社保"}
