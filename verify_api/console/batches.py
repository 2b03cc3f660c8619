"""`/api/v1/console/batches` and `/draws`: STOCK cases from a file and by 双随机 (SZ-31)."""

import csv
import io
from typing import Annotated, Any

from fastapi import APIRouter, Query
from openpyxl import Workbook
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from registry.db import Json
from verify_api.accounts.deps import StaffDep
from verify_api.accounts.uploads import UploadDep
from verify_api.cases import batches, draws
from verify_api.cases.batch_models import BatchRow, CaseBatch, CaseDraw, RowStatus
from verify_api.cases.batchfile import MAX_BYTES, BatchUnreadable
from verify_api.cases.openings import REASON_LABELS, StockReason
from verify_api.cases.views import iso
from verify_api.console.bodies import Nothing, Said
from verify_api.http.deps import Body, NowDep, SessionDep

router = APIRouter(prefix="/api/v1/console", tags=["console"])
Answer = dict[str, Any]

STATUS_LABELS = {
    RowStatus.PENDING: "待处理",
    RowStatus.OPENED: "已建立任务",
    RowStatus.ATTACHED: "已追加到进行中的任务",
    RowStatus.REPEATED: "此前已处理",
    RowStatus.REFUSED: "不能处理",
    RowStatus.FAILED: "系统出错，可重试",
}
HEAD = ("行号", "统一社会信用代码", "核查原因", "说明", "资质项", "结果", "任务编号", "错误代码", "错误说明")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A cell that begins so is a formula to a spreadsheet; what was uploaded must not run on a colleague's desk.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Draw(Body):
    """A random draw."""

    size: Annotated[int, Field(ge=1, le=5000)]
    reason: Said
    districts: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    categories: Annotated[tuple[str, ...], Field(max_length=60)] = ()
    not_verified_months: Annotated[int, Field(ge=0, le=120)] = 0
    public_seed: Annotated[str, Field(max_length=200)] = ""


class DrawDecision(Body):
    """The other officer's answer."""

    agreed: bool
    reason: Said = ""


@router.post("/batches", status_code=201)
def receive_batch(actor: StaffDep, upload: UploadDep, session: SessionDep, now: NowDep) -> Answer:
    """Take a CSV or XLSX; its rows are worked off by the scheduler. Watch `progress`."""
    if upload.size > MAX_BYTES:
        raise BatchUnreadable("文件超过 10 MB", code="file_too_large")
    upload.file.seek(0)
    name = upload.fields.get("name", "") or "批量发起"
    batch = batches.receive(session, name=name, data=upload.file.read(), actor=actor, now=now)
    return batch_view(session, batch)


@router.get("/batches")
def list_batches(_actor: StaffDep, session: SessionDep) -> list[Answer]:
    """The newest batches with their progress."""
    return [batch_view(session, batch) for batch in batches.batches(session)]


@router.get("/batches/template", response_class=Response)
def template(_actor: StaffDep) -> Response:
    """An empty workbook with the columns, and the reasons on a second sheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "核查对象"
    sheet.append(["统一社会信用代码", "核查原因", "说明", "资质项"])
    reasons = book.create_sheet("核查原因")
    for code, label in REASON_LABELS.items():
        if code is not StockReason.RANDOM_DRAW:
            reasons.append([label, code.value])
    out = io.BytesIO()
    book.save(out)
    headers = {"Content-Disposition": 'attachment; filename="batch-template.xlsx"'}
    return Response(out.getvalue(), media_type=XLSX, headers=headers)


@router.get("/batches/{batch_id}")
def show_batch(
    batch_id: int,
    _actor: StaffDep,
    session: SessionDep,
    status: Annotated[list[RowStatus] | None, Query()] = None,
    after: Annotated[int, Query(ge=0)] = 0,
) -> Answer:
    """A batch with a page of its rows; `after` is the last line of the page before."""
    batch = batches.batch_of(session, batch_id)
    rows = batches.rows_of(session, batch.id, statuses=status or (), after=after)
    return batch_view(session, batch) | {"rows": [row_view(row, number) for row, number in rows]}


@router.get("/batches/{batch_id}/report", response_class=Response)
def report(batch_id: int, _actor: StaffDep, session: SessionDep) -> Response:
    """What became of every row, as CSV for a spreadsheet."""
    batch = batches.batch_of(session, batch_id)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(HEAD)
    for row, number in batches.rows_of(session, batch.id, limit=None):
        table.writerow([_cell(value) for value in _line(row, number)])
    headers = {"Content-Disposition": f'attachment; filename="batch-{batch.id}.csv"'}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/batches/{batch_id}/retry")
def retry(batch_id: int, _body: Nothing, actor: StaffDep, session: SessionDep) -> Answer:
    """Try the rows again at which the service itself failed."""
    again = batches.resume(session, batch_id, actor=actor)
    return {"retried": again} | batch_view(session, batches.batch_of(session, batch_id))


@router.post("/draws", status_code=201)
def propose_draw(body: Draw, actor: StaffDep, session: SessionDep, now: NowDep) -> Answer:
    """Draw. Cases are opened only after another officer has approved."""
    criteria = draws.Criteria(body.districts, body.categories, body.not_verified_months)
    row = draws.propose_draw(
        session,
        size=body.size,
        criteria=criteria,
        reason=body.reason,
        public_seed=body.public_seed,
        actor=actor,
        now=now,
    )
    return draw_view(row) | {"record": draws.record_of(row)}


@router.get("/draws")
def list_draws(_actor: StaffDep, session: SessionDep) -> list[Answer]:
    """The newest draws, refused ones too."""
    return [draw_view(row) for row in draws.draws(session)]


@router.get("/draws/{draw_id}")
def show_draw(draw_id: int, _actor: StaffDep, session: SessionDep) -> Answer:
    """A draw with the record that `daka draw replay` reads."""
    row = draws.draw_of(session, draw_id)
    return draw_view(row) | {"record": draws.record_of(row)}


@router.post("/draws/{draw_id}/decision")
def decide_draw(
    draw_id: int, body: DrawDecision, actor: StaffDep, session: SessionDep, now: NowDep
) -> Answer:
    """Approve or refuse; approval makes a batch of the drawn."""
    batch = draws.decide_draw(
        session, draw_id, is_agreed=body.agreed, reason=body.reason, actor=actor, now=now
    )
    found: Answer = {"batch": batch_view(session, batch) if batch is not None else None}
    return draw_view(draws.draw_of(session, draw_id)) | found


def batch_view(session: Session, batch: CaseBatch) -> Answer:
    """A batch with its progress."""
    how_far = batches.progress(session, batch)
    return {
        "batch": batch.id,
        "name": batch.name,
        "draw": batch.draw_id,
        "received_by": batch.received_by,
        "received_at": iso(batch.received_at),
        "total": batch.total,
        "progress": {
            "done": how_far.done,
            "total": how_far.total,
            "is_finished": how_far.is_finished,
            "by_status": {status.value: number for status, number in how_far.by_status.items()},
        },
    }


def row_view(row: BatchRow, number: str | None) -> Answer:
    """A row: what was given and what became of it."""
    return {
        "line": row.line,
        "given": row.given,
        "status": row.status,
        "status_label": STATUS_LABELS[RowStatus(row.status)],
        "case": number,
        "code": row.code or None,
        "message": row.message or None,
        "done_at": iso(row.done_at),
    }


def draw_view(row: CaseDraw) -> Json:
    """A draw without its population."""
    return {
        "draw": row.id,
        "reason": row.reason,
        "criteria": row.criteria,
        "size": row.size,
        "population": len(row.population),
        "population_digest": row.population_digest,
        "seed": row.seed,
        "seed_source": row.seed_source,
        "drawn": row.drawn,
        "proposed_by": row.proposed_by,
        "proposed_at": iso(row.proposed_at),
        "is_approved": row.is_approved,
        "decided_by": row.decided_by,
        "decided_at": iso(row.decided_at),
        "decision_reason": row.decision_reason,
    }


def _line(row: BatchRow, number: str | None) -> list[object]:
    given = row.given
    labels = "、".join(REASON_LABELS[StockReason(code)] for code in given["reasons"])
    told = STATUS_LABELS[RowStatus(row.status)]
    items = "、".join(given["items"])
    return [row.line, given["uscc"], labels, given["note"], items, told, number or "", row.code, row.message]


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
