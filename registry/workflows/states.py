"""What may happen to a filing, and who may do it. The one place that moves its state."""

from enum import StrEnum

from registry.errors import Conflict
from registry.workflows.models import Filing
from registry.workflows.models import FilingState as S


class Event(StrEnum):
    """What can happen to a filing."""

    SUBMITTED = "submitted"  # the firm hands in
    PASSED_ON = "passed_on"  # an authority agreed; another one is next
    HANDED_BACK = "handed_back"  # the port is open: the firm fills in
    CONFIRMED = "confirmed"
    DEEMED = "deemed"
    REJECTED = "rejected"
    OVERTAKEN = "overtaken"
    TAKEN_BACK = "taken_back"


TRANSITIONS: dict[tuple[S, Event], S] = {
    (S.FILLING, Event.SUBMITTED): S.REVIEWING,
    (S.FILLING, Event.TAKEN_BACK): S.WITHDRAWN,
    (S.REVIEWING, Event.PASSED_ON): S.REVIEWING,
    (S.REVIEWING, Event.HANDED_BACK): S.FILLING,
    (S.REVIEWING, Event.CONFIRMED): S.CONFIRMED,
    (S.REVIEWING, Event.DEEMED): S.DEEMED,
    (S.REVIEWING, Event.REJECTED): S.REJECTED,
    (S.REVIEWING, Event.OVERTAKEN): S.CONFLICT,
    (S.REVIEWING, Event.TAKEN_BACK): S.WITHDRAWN,
}
CLOSED = frozenset({S.CONFIRMED, S.DEEMED, S.REJECTED, S.CONFLICT, S.WITHDRAWN})


class NotNow(Conflict):
    """The filing is not in a state in which that can happen."""

    code = "filing_state_forbids"
    message = "当前状态不能进行此操作"


def move(filing: Filing, event: Event) -> None:
    """Move the filing.

    Raises:
        NotNow: The pair is not in the table.
    """
    target = TRANSITIONS.get((S(filing.state), event))
    if target is None:
        raise NotNow
    filing.state = target.value
