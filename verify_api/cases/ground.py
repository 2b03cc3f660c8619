"""What every decision stands on: the policy in force today and the holiday calendar."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from verify_api.deadlines.calendar import HolidayCalendar
from verify_api.deadlines.service import current_calendar
from verify_api.policy.service import policy_on
from verify_api.policy.values import Policy


@dataclass(frozen=True, slots=True)
class Ground:
    """Policy with its version, calendar, and the day in Shanghai."""

    policy: Policy
    version: str
    calendar: HolidayCalendar
    today: date


def ground_on(session: Session, *, now: datetime) -> Ground:
    """The ground of a decision taken now.

    Raises:
        NoPolicy: No policy version is in force, so nothing can be decided.
    """
    today = now.astimezone(SHANGHAI).date()
    found = policy_on(session, on=today)
    return Ground(found.policy, found.version, current_calendar(session), today)
