"""企业: finding one, including it, opening a case, confirming its point, changing a lost contact."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session

from registry.enterprises.models import Enterprise
from registry.enterprises.points import confirm_point
from registry.enterprises.queries import certificates_of, items_of, open_marks, permits_of
from registry.errors import DakaError, NotFound
from verify_api.accounts.actor import Actor, Role
from verify_api.accounts.contact_change import override_contact
from verify_api.accounts.contacts import contact_of
from verify_api.accounts.deps import MailingDep, StaffDep
from verify_api.accounts.inclusion import include_enterprise, send_login_password
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.models import Onboarding
from verify_api.accounts.onboarding import newest_file
from verify_api.cases import queries, views
from verify_api.cases.access import require_role
from verify_api.cases.ground import ground_on
from verify_api.cases.openings import (
    REASON_LABELS,
    GivenReason,
    StockReason,
    open_first_cases,
    open_stock_case,
)
from verify_api.cases.states import State
from verify_api.console.bodies import PointGiven
from verify_api.console.common import known
from verify_api.console.desk import PAGE, counts, find_enterprises, points_of
from verify_api.console.operations import PointWrong, fence_given
from verify_api.console.sketches import DATUMS, point_sketch
from verify_api.http.deps import PartsDep, SessionDep
from verify_api.pages.files import shown_file
from verify_api.pages.forms import Fields, FormDep
from verify_api.pages.paging import Paging
from verify_api.pages.people import actors_named
from verify_api.pages.render import Frame, FrameDep, attempt, go
from verify_api.pages.states import tone_of
from verify_api.selection.pages import lights_shown

router = APIRouter(prefix="/console/enterprises", include_in_schema=False)

GATES = {
    "INVITED": "待确认信息",
    "INFO_CONFIRMED": "待上传执照",
    "LICENCE_UPLOADED": "待上传视频",
    "READY": "已就绪",
}


@router.get("")
def list_page(
    _actor: StaffDep,
    frame: FrameDep,
    session: SessionDep,
    q: Annotated[str, Query(max_length=60)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Enterprises of the registry."""
    found = find_enterprises(session, text=q, page=page)
    return frame.show(
        "console/enterprises.html",
        here="enterprises",
        counts=counts(session),
        rows=found.rows,
        gates=GATES,
        q=q,
        paging=Paging(page, found.total, PAGE, "/console/enterprises", {"q": q}),
    )


@router.get("/{uscc}")
def enterprise_page(uscc: str, _actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """One enterprise."""
    return _page(frame, session, known(session, uscc))


def _page(frame: Frame, session: Session, enterprise: Enterprise, error: DakaError | None = None) -> Response:
    points = points_of(session, enterprise.id)
    in_force = next((point for point in points if point.confirmed_at), None)
    shown = in_force or (points[0] if points else None)
    onboarding = session.get(Onboarding, enterprise.id)
    mine = queries.cases_of_enterprise(session, enterprise.id)
    return frame.show(
        "console/enterprise.html",
        here="enterprises",
        counts=counts(session),
        enterprise=enterprise,
        items=items_of(session, enterprise.id),
        certificates={one.id: one.number for one in certificates_of(session, enterprise.id)},
        permits=permits_of(session, enterprise.id),
        lights=lights_shown(session, enterprise.id),
        marks={one.item_id for one in open_marks(session, enterprise.id)},
        contact=contact_of(session, enterprise.id),
        onboarding=onboarding,
        gates=GATES,
        licence=newest_file(session, enterprise.id, "licence"),
        video=newest_file(session, enterprise.id, "video"),
        cases=[
            one | {"tone": tone_of(State(one["state"]))}
            for one in views.summaries(session, mine, now=frame.now)
        ],
        points=points,
        in_force=in_force,
        shown=shown,
        sketch=point_sketch(shown, ground_on(session, now=frame.now)) if shown else "",
        names=actors_named(session, [point.confirmed_by for point in points]),
        datums=DATUMS,
        datum_names=dict(DATUMS),
        reasons=[(code.value, label) for code, label in REASON_LABELS.items()],
        errors=error or (),
    )


def _include(
    session: Session, who: Enterprise, _form: Fields, actor: Actor, mailing: Mailing, now: Any
) -> None:
    require_role(actor, Role.ADMIN)
    include_enterprise(session, enterprise_id=who.id, actor=actor, mailing=mailing, now=now)
    open_first_cases(session, enterprise=who, actor=actor, now=now)


def _resend(
    session: Session, who: Enterprise, _form: Fields, actor: Actor, mailing: Mailing, now: Any
) -> None:
    require_role(actor, Role.ADMIN)
    send_login_password(session, enterprise_id=who.id, actor=actor, mailing=mailing, now=now)


def _open(session: Session, who: Enterprise, form: Fields, actor: Actor, mailing: Mailing, now: Any) -> None:
    code = form.text("reason")
    given = [GivenReason(StockReason(code), form.text("note"))] if code in set(StockReason) else []
    open_stock_case(
        session, enterprise=who, reasons=given, item_ids=form.numbers("items") or None, actor=actor, now=now
    )
    include_enterprise(session, enterprise_id=who.id, actor=actor, mailing=mailing, now=now)


def _point(
    session: Session, who: Enterprise, form: Fields, actor: Actor, _mailing: Mailing, now: Any
) -> None:
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    typed = {name: form.text(name) for name in ("lng", "lat", "datum", "radius_m") if form.text(name)}
    try:
        given = PointGiven.model_validate(typed)
    except ValidationError:
        raise PointWrong("请填写经度、纬度和坐标系") from None
    confirm_point(
        session,
        enterprise_id=who.id,
        lng=given.lng,
        lat=given.lat,
        datum=given.datum.value,
        fence=fence_given(given),
        by=actor.label,
        now=now,
    )


def _contact(
    session: Session, who: Enterprise, form: Fields, actor: Actor, mailing: Mailing, now: Any
) -> None:
    require_role(actor, Role.ADMIN)
    override_contact(
        session,
        actor=actor,
        enterprise_id=who.id,
        name=form.text("name"),
        phone=form.text("phone"),
        reason=form.text("reason"),
        mailing=mailing,
        now=now,
    )


ACTS = {
    "inclusion": (_include, "included"),
    "password": (_resend, "password_sent"),
    "case": (_open, "opened"),
    "point": (_point, "point"),
    "contact": (_contact, "contact_overridden"),
}


@router.post("/{uscc}/acts/{act}")
def do(
    uscc: str,
    act: str,
    form: FormDep,
    actor: StaffDep,
    frame: FrameDep,
    session: SessionDep,
    mailing: MailingDep,
) -> Response:
    """One step about an enterprise."""
    if act not in ACTS:
        raise NotFound
    enterprise = known(session, uscc)
    run, done = ACTS[act]
    outcome = attempt(session, lambda: run(session, enterprise, form, actor, mailing, frame.now))
    if isinstance(outcome, DakaError):
        return _page(frame, session, enterprise, outcome)
    return go(f"/console/enterprises/{enterprise.uscc}", done)


@router.get("/{uscc}/files/{kind}")
def uploaded(
    uscc: str,
    kind: str,
    actor: StaffDep,
    session: SessionDep,
    parts: PartsDep,
    part: Annotated[str, Header(alias="Range")] = "",
) -> Response:
    """The licence or video of an enterprise, for the reviewer."""
    require_role(actor, Role.REVIEWER, Role.ADMIN, Role.DECIDER)
    row = newest_file(session, known(session, uscc).id, kind)
    if row is None:
        raise NotFound
    return shown_file(parts.evidence, row.sha256, row.media_type, part=part)
