"""Until when the faces of a case are kept. Pure.

PIPL 19: the shortest time that the purpose needs. The purpose ends when nobody can seek remedies any more:
60 days for 行政复议 (行政复议法 20), six months for 行政诉讼 (行政诉讼法 46), from the day it was known.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from verify_api.deadlines.rules import add_months, end_of
from verify_api.policy.values import Policy

# Whoever was not told of a decision may seek 复议 for up to a year (行政复议法 20); without proof of delivery
# the six months are counted from there.
UNTOLD_MONTHS = 12
SHORTEST_MONTH = 28


@dataclass(frozen=True, slots=True)
class CaseEnd:
    """What the rule looks at. `told_on` is the day of proven delivery of the decision that ended the case."""

    closed_on: date | None
    has_decision: bool
    told_on: date | None
    is_contested: bool


def kept_until(end: CaseEnd, policy: Policy) -> date | None:
    """The last day on which the faces are kept; None while there is no such day.

    A case that runs, and one with an open appeal, hold, pause or proposal to rescind, keeps everything.
    """
    if end.closed_on is None or end.is_contested:
        return None
    start = end.closed_on
    if end.has_decision:
        told_on = end.told_on or add_months(end.closed_on, UNTOLD_MONTHS)
        start = max(start, told_on)
    remedies = max(
        start + timedelta(days=policy.remedies.reconsideration_days),
        add_months(start, policy.remedies.litigation_months),
    )
    return remedies + timedelta(days=policy.retention.face_days_after_remedies)


def is_over(end: CaseEnd, policy: Policy, *, now: datetime) -> bool:
    """Whether the faces have to go."""
    last_day = kept_until(end, policy)
    return last_day is not None and now >= end_of(last_day)


def earliest_close(policy: Policy, *, now: datetime) -> datetime:
    """No case that closed after this moment can be over: what a nomination may ask the database."""
    return now - timedelta(days=SHORTEST_MONTH * policy.remedies.litigation_months)
