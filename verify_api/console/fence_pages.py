"""A polygon as 打卡范围: pasted, drawn back for the officer to look at, then confirmed."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Response
from markupsafe import Markup
from sqlalchemy.orm import Session

import geo
from registry.enterprises.models import Enterprise, RegisteredPoint
from registry.enterprises.points import confirm_point
from registry.errors import Conflict, DakaError, Invalid
from verify_api.accounts.actor import Actor, Role
from verify_api.accounts.deps import StaffDep
from verify_api.cases.access import require_role
from verify_api.console.common import known
from verify_api.console.desk import counts, points_of
from verify_api.console.operations import PointWrong
from verify_api.console.sketches import DATUMS, point_on
from verify_api.http.deps import SessionDep
from verify_api.pages.forms import Fields, FormDep
from verify_api.pages.render import Frame, FrameDep, attempt, go

router = APIRouter(prefix="/console/enterprises/{uscc}/fence", include_in_schema=False)


LONGEST = 100_000  # A thousand corners with all their decimals take half of that.


class PointMissing(Invalid):
    """A fence belongs to a registered point, and there is none yet."""

    code = "point_missing"
    message = "请先确认登记位置，再画打卡范围"


class PointMoved(Conflict):
    """Another officer has confirmed another point since the preview."""

    code = "point_moved"
    message = "预览之后登记位置已被更新，请核对后重新预览"


class PointOutside(Invalid):
    """The registered point lies outside, and the officer has not said that this is meant."""

    code = "point_outside_fence"
    message = "登记位置在打卡范围之外，请核对坐标系和角点；确实如此的，请勾选后再确认"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A polygon that can be a fence, as the officer sees it before standing for it."""

    fence: geo.PolygonFence
    corners: int
    area_m2: float
    width_m: float
    height_m: float
    point_distance_m: float  # From the registered point to the edge: negative inside.
    sketch: Markup


def drawn(form: Fields, point: RegisteredPoint) -> Drawn:
    """The pasted polygon against the registered point.

    Raises:
        PointWrong: It makes no fence; the sentence says why.
    """
    text = form.text("corners", most=LONGEST)
    if len(text) >= LONGEST:  # Cut somewhere, and what is left might still make a fence.
        raise PointWrong("粘贴的内容过长，请简化图形后重试", code="polygon_too_long")
    try:
        geometry = geo.polygon_from_text(text)
        fence = geo.load_fence({"kind": "polygon", "geometry": geometry, "datum": form.text("datum")})
    except geo.FenceInvalid as error:
        raise PointWrong(error.message, code=error.code, hint=error.hint) from None
    assert isinstance(fence, geo.PolygonFence)
    shape = fence.shape
    west, south, east, north = shape.bounds
    place = geo.to_datum(geo.Point(point.lng, point.lat, geo.Datum(point.datum)), geo.Datum.WGS84)
    distance_m = shape.edge_distance(*shape.frame.to_metres(place.lng, place.lat))
    corners = sum(len(ring) - 1 for polygon in fence.rings() for ring in polygon)
    return Drawn(
        fence, corners, shape.area_m2, east - west, north - south, distance_m, point_on(fence, point)
    )


@router.get("")
def fence_page(uscc: str, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """The form, with the polygon in force if there is one."""
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    enterprise = known(session, uscc)
    point = newest_point(session, enterprise)
    fence = point.fence if point is not None and point.fence else {}
    is_polygon = fence.get("kind") == "polygon"
    return _page(
        frame,
        session,
        enterprise,
        corners=corner_lines(fence["geometry"]) if is_polygon else "",
        datum=str(fence["datum"]) if is_polygon else "",
    )


@router.post("")
def draw(uscc: str, form: FormDep, actor: StaffDep, frame: FrameDep, session: SessionDep) -> Response:
    """Preview what was pasted, or confirm what was previewed."""
    require_role(actor, Role.REVIEWER, Role.ADMIN)
    enterprise = known(session, uscc)
    is_final = form.text("step") == "confirm"
    outcome = attempt(
        session, lambda: _confirmed(session, enterprise, form, actor, frame) if is_final else None
    )
    if is_final and not isinstance(outcome, DakaError):
        return go(f"/console/enterprises/{enterprise.uscc}", "fence")
    seen = attempt(session, lambda: drawn(form, _point(session, enterprise)))
    found, errors = (None, seen) if isinstance(seen, DakaError) else (seen, outcome)
    typed = {"corners": form.text("corners", most=LONGEST), "datum": form.text("datum")}
    return _page(frame, session, enterprise, seen=found, error=errors, **typed)


def _confirmed(session: Session, enterprise: Enterprise, form: Fields, actor: Actor, frame: Frame) -> None:
    point = _point(session, enterprise)
    if form.number("point") != point.id:
        raise PointMoved
    found = drawn(form, point)
    if found.point_distance_m > 0 and not form.text("outside"):
        raise PointOutside
    confirm_point(
        session,
        enterprise_id=enterprise.id,
        lng=point.lng,
        lat=point.lat,
        datum=point.datum,
        fence=found.fence.to_mapping(),
        by=actor.label,
        now=frame.now,
    )


def newest_point(session: Session, enterprise: Enterprise) -> RegisteredPoint | None:
    """The confirmed point in force, else the newest that waits for an officer."""
    points = points_of(session, enterprise.id)
    return next((one for one in points if one.confirmed_at), points[0] if points else None)


def _point(session: Session, enterprise: Enterprise) -> RegisteredPoint:
    point = newest_point(session, enterprise)
    if point is None:
        raise PointMissing
    return point


def corner_lines(geometry: dict[str, Any]) -> str:
    """The polygon as it may be pasted: corners a line each, or GeoJSON where lines cannot say it."""
    rings = geometry["coordinates"]
    if geometry["type"] != "Polygon" or len(rings) != 1:
        return json.dumps(geometry)
    return "\n".join(f"{lng}, {lat}" for lng, lat in rings[0][:-1])


def _page(
    frame: Frame,
    session: Session,
    enterprise: Enterprise,
    *,
    corners: str,
    datum: str,
    seen: Drawn | None = None,
    error: DakaError | None = None,
) -> Response:
    return frame.show(
        "console/fence.html",
        here="enterprises",
        counts=counts(session),
        enterprise=enterprise,
        point=newest_point(session, enterprise),
        corners=corners,
        datum=datum,
        datums=[("", "请选择底图的坐标系"), *DATUMS],
        datum_names=dict(DATUMS),
        seen=seen,
        errors=error or (),
    )
