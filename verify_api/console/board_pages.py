"""整改看板, 今晚, 等候区: what stands where, what happens next and when, and what waits and why."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Response

from registry.clock import SHANGHAI
from verify_api.accounts.deps import StaffDep
from verify_api.cases import queries, views
from verify_api.cases.ground import ground_on
from verify_api.cases.states import RECTIFICATION, State
from verify_api.console.courses import with_courses
from verify_api.console.desk import counts
from verify_api.console.waiting import KINDS, waiting
from verify_api.deadlines.foresight import tonight
from verify_api.http.deps import NowDep, SessionDep
from verify_api.pages.charts import Bar, columns
from verify_api.pages.render import FrameDep
from verify_api.pages.states import tone_of

router = APIRouter(prefix="/console", include_in_schema=False)

_OPEN = (*RECTIFICATION, State.REVOCATION_PROPOSED)
_CLOSED = (State.RECTIFIED, State.REVOKED, State.NOT_REVOKED)
# What `show` may ask for: its label, its tone, its states.
_SHOWN = {
    "rectifying": ("整改中", "bad", (State.RECTIFYING, State.RECTIFICATION_REJECTED)),
    "reviewing": ("整改审核", "warn", (State.RECTIFICATION_SUBMITTED,)),
    "rechecking": ("整改打卡", "brand", (State.RECHECKING_IN,)),
    "proposed": ("拟撤回", "bad", (State.REVOCATION_PROPOSED,)),
    "rectified": ("整改通过", "ok", (State.RECTIFIED,)),
    "revoked": ("已撤回", "", (State.REVOKED, State.NOT_REVOKED)),
}
_FILTERS = {"open": ("进行中", _OPEN), "closed": ("已结束", _CLOSED), "all": ("全部", (*_OPEN, *_CLOSED))}


@router.get("")
def board_page(
    _actor: StaffDep, frame: FrameDep, session: SessionDep, now: NowDep, show: str = "open"
) -> Response:
    """The rectification board: notice issued → viewed → report in → re-check-in → end."""
    cases = queries.rectification_board(session)
    number = queries.count_by_state(session)
    show = show if show in _SHOWN | _FILTERS else "open"
    states = _SHOWN[show][2] if show in _SHOWN else _FILTERS[show][1]
    wanted = [case for case in cases if State(case.state) in states]
    lines = [
        line | {"tone": tone_of(State(line["state"]))} for line in views.summaries(session, wanted, now=now)
    ]
    coming = _coming([line for line in lines if line["deadline"]], today=now.astimezone(SHANGHAI).date())
    return frame.show(
        "console/board.html",
        here="board",
        counts=counts(session),
        lines=with_courses(session, wanted, lines),
        show=show,
        tiles=[(key, *one[:2], _sum(number, one[2])) for key, one in _SHOWN.items()],
        filters=[(key, label, _sum(number, states)) for key, (label, states) in _FILTERS.items()],
        chart=columns(coming, title="未来14天到期的整改") if any(bar.value for bar in coming) else "",
    )


def _sum(number: dict[State, int], states: Iterable[State]) -> int:
    return sum(number.get(state, 0) for state in states)


def _coming(lines: list[dict[str, Any]], *, today: date) -> list[Bar]:
    """How many fall due on each of the next fourteen days, today first."""
    days = Counter(line["deadline"]["days_left"] for line in lines)
    names = {0: "今天", 1: "明天"}
    return [
        Bar(
            names.get(n) or "{0.month}/{0.day}".format(today + timedelta(days=n)),
            days[n],
            "bad" if n <= 3 else "warn" if n <= 7 else "",
        )
        for n in range(14)
    ]


@router.get("/tonight")
def tonight_page(
    _actor: StaffDep, frame: FrameDep, session: SessionDep, now: NowDep, days: int = 0
) -> Response:
    """What the sweep would do at midnight, today or on a day to come. Nothing is changed by looking."""
    days = min(max(days, 0), 90)
    midnight = datetime.combine(now.astimezone(SHANGHAI).date() + timedelta(days=days + 1), time(0), SHANGHAI)
    found = tonight(session, at=midnight)
    grouped: dict[str, list[dict[str, Any]]] = {}
    for step in found["steps"]:
        grouped.setdefault(step["to"], []).append(step)
    return frame.show(
        "console/tonight.html",
        here="tonight",
        counts=counts(session),
        found=found,
        groups=[(steps[0]["to_label"], tone_of(State(to)), steps) for to, steps in grouped.items()],
        midnight=midnight,
        days=days,
    )


@router.get("/waiting")
def waiting_page(
    _actor: StaffDep, frame: FrameDep, session: SessionDep, now: NowDep, kind: str = ""
) -> Response:
    """The waiting room: why nothing adverse happens, since when, and who has to act."""
    ground = ground_on(session, now=now)
    rows = waiting(session, ground=ground)
    number = Counter(row.kind for row in rows)
    return frame.show(
        "console/waiting.html",
        here="waiting",
        counts=counts(session),
        rows=[row for row in rows if not kind or row.kind == kind],
        kinds=[(key, label, number[key]) for key, label in KINDS.items()],
        kind=kind,
        late=sum(row.is_late for row in rows),
        target_days=ground.policy.review.target_working_days,
    )
