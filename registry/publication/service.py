"""Leaving publications for what was confirmed, delivering them, and what each target has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from registry.db import Sessions
from registry.errors import DakaError, Unavailable
from registry.projects.fields import STAGE_NAMES
from registry.projects.grades import is_public
from registry.projects.models import Grade, Project, Stage
from registry.projects.queries import false_projects, grades_as_of, newest_records
from registry.publication.models import Publication, Target
from registry.workflows.profile import Profile, PushFacts

PROMISE = timedelta(days=7)  # 一周内: an alarm when it is missed, not a legal default
LEASE = timedelta(minutes=2)
RETRY_MIN, RETRY_MAX = timedelta(minutes=1), timedelta(hours=6)


class PlatformUnavailable(Unavailable):
    """The target did not take the record now; it may later."""

    code = "platform_unavailable"
    message = "目标平台暂时无法访问"


class PlatformRefused(DakaError):
    """The target understood and refused; a person has to look."""

    code = "platform_refused"
    message = "目标平台拒绝了该项目信息"


class Platform(Protocol):
    """A target, by name. Raises `PlatformUnavailable` or `PlatformRefused`."""

    def publish(self, target: str, body: dict[str, Any]) -> None:
        """Show a project; the same `id` twice is one publication."""
        ...


def schedule(
    session: Session,
    project: Project,
    profile: Profile,
    push: PushFacts,
    *,
    cause: str,
    stages: Iterable[Stage],
    grades: Mapping[Stage, Grade],
    now: datetime,
) -> list[str]:
    """Leave a publication per target for what is confirmed; remarks on what may not be pushed.

    What waited for the permit goes along with whatever brings it (JS-01): a target is always sent every
    confirmed stage that it has not been sent yet.
    """
    confirmed = {stage for stage, grade in grades.items() if is_public(grade)}
    remarks = []
    for target in profile.workflows[push.kind].targets:
        refused = profile.push(push) if target is Target.NATIONAL else None
        if refused is not None:
            remarks.append(refused.to_reason().message)
            continue
        sent = _sent(session, project.id, target)
        due = sorted((confirmed - sent) | (confirmed & set(stages)))
        if due:
            session.add(_publication(project.id, target, due, cause, now=now))
    session.flush()
    return remarks


def _publication(
    project_id: int, target: Target, stages: list[Stage], cause: str, *, now: datetime
) -> Publication:
    return Publication(
        project_id=project_id,
        target=target.value,
        stages=[stage.value for stage in stages],
        cause=cause,
        created_at=now,
        promised_by=now + PROMISE,
        next_attempt_at=now,
    )


def _sent(session: Session, project_id: int, target: Target) -> set[Stage]:
    rows = session.scalars(
        select(Publication.stages).where(
            Publication.project_id == project_id,
            Publication.target == target,
            Publication.gave_up_at.is_(None),
        )
    )
    return {Stage(stage) for stages in rows for stage in stages}


def republish(session: Session, project: Project, *, cause: str, now: datetime) -> None:
    """Tell every target that shows the project how it stands now: after a downgrade or a mark."""
    for target in Target:
        sent = _sent(session, project.id, target)
        if sent:
            session.add(_publication(project.id, target, sorted(sent), cause, now=now))
    session.flush()


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many publications were taken, postponed and given up."""

    sent: int
    postponed: int
    given_up: int


def deliver_publications(
    sessions: Sessions, platform: Platform, now: datetime, *, limit: int = 200
) -> Delivered:
    """Send what is due, in order per project and target; no transaction is open while a target answers.

    A target that lost our answer, or ours that was lost, sees the same `id` again and knows it.
    """
    tally = {"sent": 0, "postponed": 0, "given_up": 0}
    for _ in range(limit):
        with sessions.begin() as session:
            leased = _lease(session, now=now)
        if leased is None:
            break
        key, target, body = leased
        error = _send(platform, target, body)
        with sessions.begin() as session:
            tally[_settle(session, key, error, now=now)] += 1
    return Delivered(**tally)


def _lease(session: Session, *, now: datetime) -> tuple[int, str, dict[str, Any]] | None:
    earlier = aliased(Publication)
    waits = exists().where(
        earlier.project_id == Publication.project_id,
        earlier.target == Publication.target,
        earlier.id < Publication.id,
        earlier.delivered_at.is_(None),
        earlier.gave_up_at.is_(None),
    )
    row = session.scalars(
        select(Publication)
        .where(
            Publication.delivered_at.is_(None),
            Publication.gave_up_at.is_(None),
            Publication.next_attempt_at <= now,
            ~waits,
        )
        .order_by(Publication.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    row.attempts += 1
    row.next_attempt_at = now + LEASE
    return row.id, row.target, body_of(session, row, now=now)


def body_of(session: Session, row: Publication, *, now: datetime) -> dict[str, Any]:
    """What the target is sent: the stages as they stand at the moment of sending."""
    project = session.get_one(Project, row.project_id)
    records = newest_records(session, project.id)
    grades = grades_as_of(session, [project.id], now).get(project.id, {})
    return {
        "id": str(row.reference),
        "project": {
            "code": project.code,
            "name": project.name,
            "location_code": project.location_code,
            "category": project.category,
            "work_type": project.work_type,
            "specialty": project.specialty,
        },
        "is_false": bool(false_projects(session, [project.id])),
        "stages": [
            {
                "stage": stage,
                "title": STAGE_NAMES[Stage(stage)],
                "grade": grades.get(Stage(stage), Grade.D).value,
                "version": records[Stage(stage)].version if Stage(stage) in records else 0,
                "content": records[Stage(stage)].content if Stage(stage) in records else {},
            }
            for stage in row.stages
        ],
        "cause": row.cause,
    }


def _send(platform: Platform, target: str, body: dict[str, Any]) -> DakaError | None:
    try:
        platform.publish(target, body)
    except (PlatformUnavailable, PlatformRefused) as error:
        return error
    return None


def _settle(session: Session, key: int, error: DakaError | None, *, now: datetime) -> str:
    row = session.get_one(Publication, key, with_for_update=True)
    if error is None:
        row.delivered_at, row.last_error = now, ""
        return "sent"
    row.last_error = error.code
    if isinstance(error, PlatformRefused):
        row.gave_up_at = now
        return "given_up"
    row.next_attempt_at = now + min(RETRY_MIN * 2 ** min(row.attempts - 1, 12), RETRY_MAX)
    return "postponed"


def status_of(session: Session, project_id: int) -> dict[Target, str]:
    """Per target (JS-12): none, waiting, refused, or shown."""
    standing: dict[Target, str] = dict.fromkeys(Target, "none")
    for row in session.scalars(
        select(Publication).where(Publication.project_id == project_id).order_by(Publication.id)
    ):
        state = "shown" if row.delivered_at else "refused" if row.gave_up_at else "waiting"
        standing[Target(row.target)] = state
    return standing


def overdue(session: Session, *, now: datetime) -> list[Publication]:
    """Those promised within a week and still not taken: for the alarm."""
    return list(
        session.scalars(
            select(Publication)
            .where(Publication.delivered_at.is_(None), Publication.promised_by <= now)
            .order_by(Publication.promised_by)
        )
    )
