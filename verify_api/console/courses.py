"""The course of cases for staff pages: stations with dates, whose turn it is, for many cases at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from verify_api.cases import queries
from verify_api.cases.models import Case, CaseEvent
from verify_api.cases.states import State, Track
from verify_api.console.desk import newest_notices
from verify_api.notices.models import Notice
from verify_api.pages.course import Happening, Seen, course, turn


def with_courses(
    session: Session, cases: Sequence[Case], lines: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Each line with its course, whose turn it is, and the 责令整改通知书 in force. Four queries in all."""
    ids = [case.id for case in cases]
    histories, done = queries.histories(session, ids), queries.checkins_done(session, ids)
    notices = newest_notices(session, ids)
    found = []
    for case, line in zip(cases, lines, strict=True):
        notice = notices.get(case.id)
        seen = _seen(case, histories[case.id], notice, done.get(case.id, (0, 0)))
        more = {"notice": notice, "course": course(seen), "turn": turn(seen, line["facts"])}
        found.append(line | more)
    return found


def _seen(case: Case, history: Sequence[CaseEvent], notice: Notice | None, done: tuple[int, int]) -> Seen:
    return Seen(
        track=Track(case.track),
        state=State(case.state),
        history=[Happening(one.event, one.at, State(one.to_state)) for one in history],
        viewed_at=notice.viewed_at if notice else None,
        done=done[0],
        total=done[1],
        closed_at=case.closed_at,
    )
