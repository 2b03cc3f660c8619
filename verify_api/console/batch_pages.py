"""批量发起 and 双随机抽查: a file or a draw becomes STOCK cases, row by row."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from registry.clock import SHANGHAI
from registry.errors import DakaError
from verify_api.accounts.actor import Role
from verify_api.accounts.deps import StaffDep
from verify_api.accounts.uploads import UploadDep
from verify_api.cases import batches, draws
from verify_api.cases.batch_models import CaseBatch, RowStatus
from verify_api.cases.batchfile import MAX_BYTES, BatchUnreadable
from verify_api.console.batches import STATUS_LABELS, batch_view, draw_view, row_view
from verify_api.console.desk import counts, moved_lines
from verify_api.http.deps import SessionDep
from verify_api.pages.forms import Fields, FormDep
from verify_api.pages.people import actors_named
from verify_api.pages.render import Frame, FrameDep, attempt, go

router = APIRouter(prefix="/console", include_in_schema=False)

TONES = {
    RowStatus.PENDING: "",
    RowStatus.OPENED: "ok",
    RowStatus.ATTACHED: "ok",
    RowStatus.REPEATED: "",
    RowStatus.REFUSED: "bad",
    RowStatus.FAILED: "bad",
}
MOST_DRAWN = 5000


@router.get("/batches")
def batches_page(_actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """The forms, the newest batches and the newest draws."""
    return _overview(frame, session)


def _overview(
    frame: Frame, session: Session, error: DakaError | None = None, typed: Fields | None = None
) -> Response:
    found = batches.batches(session)
    drawn = draws.draws(session)
    months = frame.rules.publication.mobility_months
    labels = [one.received_by for one in found]
    labels += [label for one in drawn for label in (one.proposed_by, one.decided_by) if label]
    return frame.show(
        "console/batches.html",
        here="cases",
        counts=counts(session),
        batches=[batch_view(session, one) for one in found],
        draws=[draw_view(one) for one in drawn],
        names=actors_named(session, labels),
        may_open=frame.actor is not None and frame.actor.role is Role.ADMIN,
        me=frame.actor.label if frame.actor else "",
        most=MOST_DRAWN,
        moved=moved_lines(session, today=frame.now.astimezone(SHANGHAI).date(), months=months),
        months=months,
        typed=typed,
        errors=error or (),
    )


@router.post("/batches")
def receive(upload: UploadDep, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """Take a CSV or XLSX; the scheduler works its rows off."""

    def take() -> CaseBatch:
        if upload.size > MAX_BYTES:
            raise BatchUnreadable("文件超过 10 MB", code="file_too_large")
        upload.file.seek(0)
        name = upload.fields.get("name", "").strip() or "批量发起"
        return batches.receive(session, name=name, data=upload.file.read(), actor=actor, now=frame.now)

    outcome = attempt(session, take)
    if isinstance(outcome, DakaError):
        return _overview(frame, session, outcome)
    return go(f"/console/batches/{outcome.id}", "batch")


@router.get("/batches/{batch_id}")
def batch_page(
    batch_id: int,
    actor: StaffDep,
    frame: FrameDep,
    session: SessionDep,
    status: str = "",
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """One batch: its progress, and its rows a page at a time."""
    batch = batches.batch_of(session, batch_id)
    wanted = [RowStatus(status)] if status in set(RowStatus) else []
    rows = batches.rows_of(session, batch.id, statuses=wanted, after=after)
    view = batch_view(session, batch)
    by_status = view["progress"]["by_status"]
    return frame.show(
        "console/batch.html",
        here="cases",
        counts=counts(session),
        batch=view,
        statuses=[(one.value, STATUS_LABELS[one], TONES[one], by_status[one.value]) for one in RowStatus],
        tones={one.value: tone for one, tone in TONES.items()},
        rows=[row_view(row, number) for row, number in rows],
        next_after=rows[-1][0].line if len(rows) == batches.PAGE else None,
        chosen=status if wanted else "",
        names=actors_named(session, [batch.received_by]),
        may_retry=actor.role is Role.ADMIN and by_status[RowStatus.FAILED.value] > 0,
    )


@router.post("/batches/{batch_id}/retry")
def retry(batch_id: int, _form: FormDep, actor: StaffDep, session: SessionDep) -> Response:
    """Try the rows again at which the service itself failed."""
    batches.resume(session, batch_id, actor=actor)
    return go(f"/console/batches/{batch_id}", "retried")


@router.post("/draws")
def propose(form: FormDep, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """Draw; nothing is opened before another officer approves."""
    outcome = attempt(
        session,
        lambda: draws.propose_draw(
            session,
            size=form.number("size") or 0,
            criteria=draws.Criteria(not_verified_months=min(form.number("months") or 0, 120)),
            reason=form.text("reason"),
            public_seed=form.text("seed")[:200],
            actor=actor,
            now=frame.now,
        ),
    )
    if isinstance(outcome, DakaError):
        return _overview(frame, session, outcome, form)
    return go("/console/batches", "drawn")


@router.post("/draws/{draw_id}/decision")
def decide(draw_id: int, form: FormDep, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """Approve or refuse a draw; approval makes a batch of the drawn."""
    outcome = attempt(
        session,
        lambda: draws.decide_draw(
            session,
            draw_id,
            is_agreed=form.text("agreed") == "yes",
            reason=form.text("reason"),
            actor=actor,
            now=frame.now,
        ),
    )
    if isinstance(outcome, DakaError):
        return _overview(frame, session, outcome)
    return go(f"/console/batches/{outcome.id}" if outcome else "/console/batches", "signed")
