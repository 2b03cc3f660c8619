"""An officer draws a polygon, looks at it, and stands for it."""

import html as markup
import re

import pytest
from sqlalchemy import delete, select

from registry.enterprises.models import RegisteredPoint
from tests.verify_api.pages.conftest import Site
from verify_api.accounts.actor import Role
from verify_api.cases.models import Case

Corners = list[tuple[float, float]]


def _here(site: Site) -> str:
    site.as_staff(Role.REVIEWER)
    return f"/console/enterprises/{site.bureau.firms['open'].enterprise.uscc}/fence"


def _points(site: Site) -> list[RegisteredPoint]:
    site.bureau.session.expire_all()
    mine = RegisteredPoint.enterprise_id == site.bureau.firms["open"].enterprise.id
    return list(site.bureau.session.scalars(select(RegisteredPoint).where(mine).order_by(RegisteredPoint.id)))


def _around(point: RegisteredPoint, *, east: float = 0.0) -> str:
    corners = [(-0.001, 0.001), (0.001, 0.001), (0.001, -0.001), (-0.001, -0.001)]
    return "\n".join(f"{point.lng + east + x:.6f}, {point.lat + y:.6f}" for x, y in corners)


def _confirm(page: str) -> dict[str, object]:
    """What the confirming form of a preview holds, as a browser would send it."""
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.S) if 'value="confirm"' in one)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    [corners] = re.findall(r'<textarea name="corners"[^>]*>(.*?)</textarea>', form, re.S)
    return fields | {"corners": markup.unescape(corners)}


def test_a_polygon_is_previewed_with_its_area_and_confirmed_without_any_script(site: Site) -> None:
    page = _here(site)
    [before] = _points(site)
    seen = site.post(page, {"step": "preview", "corners": _around(before), "datum": before.datum}, on=page)
    assert seen.status_code == 200
    assert "<svg" in seen.text and "登记位置在范围内" in seen.text
    assert re.search(r"4\.\d\d 万平方米", seen.text)
    assert len(_points(site)) == 1, "a preview stands for nothing"
    assert site.post(page, _confirm(seen.text), on=page).status_code == 303
    [_, now] = _points(site)
    assert (now.lng, now.lat, now.datum) == (before.lng, before.lat, before.datum)
    assert now.fence is not None and now.fence["kind"] == "polygon"
    assert now.confirmed_by == site.bureau.staff[Role.REVIEWER].label
    again = site.get(page).text
    first = f"{round(before.lng - 0.001, 6)}, {round(before.lat + 0.001, 6)}"
    assert first in again, "the polygon in force can be mended"


def test_what_was_previewed_is_what_an_approval_freezes(site: Site) -> None:
    firm = site.bureau.firms["submitted"].enterprise
    site.as_staff(Role.REVIEWER)
    page = f"/console/enterprises/{firm.uscc}/fence"
    point = site.bureau.session.scalars(
        select(RegisteredPoint).where(RegisteredPoint.enterprise_id == firm.id)
    ).one()
    seen = site.post(page, {"step": "preview", "corners": _around(point), "datum": point.datum}, on=page)
    assert site.post(page, _confirm(seen.text), on=page).status_code == 303
    review = f"/console/cases/{site.number('submitted')}/review"
    assert site.post(review, {"decision": "approve", "opinion": ""}, on=review).status_code == 303
    site.bureau.session.expire_all()
    case = site.bureau.session.get_one(Case, site.bureau.cases["submitted"].id)
    fences = [row.fence for row in site.bureau.session.scalars(_lists(case))]
    assert fences[0] is not None and fences[0]["kind"] == "polygon"


def _lists(case: Case):  # type: ignore[no-untyped-def]
    from verify_api.cases.models import PersonList

    return select(PersonList).where(PersonList.case_id == case.id, PersonList.status == "approved")


@pytest.mark.parametrize(
    ("corners", "datum", "said"),
    [
        ("", "gcj02", "请粘贴打卡范围的角点"),
        ("114.05, 22.54\n114.06, 22.54\n114.06, 22.53", "", "没有注明坐标系"),
        ("114.05, 22.54\n114.06, 22.54\n114.06, 22.53", "mars", "坐标系不认识"),
        ("114.05, 22.54\n114.06, 22.54", "gcj02", "至少要有三个不同的顶点"),
        ("114.05, 22.54\n114.06, 22.53\n114.06, 22.54\n114.05, 22.53", "gcj02", "相互交叉"),
        ("22.54, 114.05\n22.54, 114.06\n22.53, 114.06", "gcj02", "经度, 纬度"),
        ("114.05, 95\n114.06, 22.54\n114.06, 22.53", "gcj02", "坐标有误"),
        ("114.05, 22.54\n114.05001, 22.54\n114.05001, 22.53999", "gcj02", "面积不足"),
        ("114, 22\n115, 22\n115, 23", "gcj02", "公里"),
        ("114.05, 22.54\n<b>x</b>", "gcj02", "第 2 行"),
        ("114.05, 22.54\n" * 9_000, "gcj02", "内容过长"),
    ],
)
def test_what_cannot_be_a_fence_is_refused_and_what_was_typed_stays(
    site: Site, corners: str, datum: str, said: str
) -> None:
    page = _here(site)
    answer = site.post(page, {"step": "preview", "corners": corners, "datum": datum}, on=page)
    assert answer.status_code == 422
    assert said in answer.text
    assert markup.escape(corners.splitlines()[-1] if corners else "") in answer.text
    assert "确认打卡范围" not in answer.text
    final = {"step": "confirm", "corners": corners, "datum": datum, "point": str(_points(site)[0].id)}
    assert site.post(page, final, on=page).status_code == 422
    assert len(_points(site)) == 1


def test_a_point_outside_its_fence_must_be_meant(site: Site) -> None:
    page = _here(site)
    [before] = _points(site)
    away = {"step": "preview", "corners": _around(before, east=0.01), "datum": before.datum}
    seen = site.post(page, away, on=page)
    assert "登记位置在范围外" in seen.text
    final = _confirm(seen.text)
    refused = site.post(page, final, on=page)
    assert (refused.status_code, "请勾选后再确认" in refused.text) == (422, True)
    assert site.post(page, final | {"outside": "yes"}, on=page).status_code == 303


def test_a_preview_of_a_point_that_has_moved_is_not_confirmed(site: Site) -> None:
    page = _here(site)
    [before] = _points(site)
    seen = site.post(page, {"step": "preview", "corners": _around(before), "datum": before.datum}, on=page)
    elsewhere = {"lng": str(before.lng + 0.02), "lat": str(before.lat), "datum": before.datum}
    firm = page.removesuffix("/fence")
    assert site.post(f"{firm}/acts/point", elsewhere, on=firm).status_code == 303
    late = site.post(page, _confirm(seen.text), on=page)
    assert (late.status_code, "登记位置已被更新" in late.text) == (422, True)
    assert _points(site)[-1].fence is None


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.DECIDER])
def test_a_fence_is_drawn_by_those_who_confirm_points(site: Site, role: Role) -> None:
    page = _here(site)
    site.as_staff(role)
    assert site.get(page).status_code == 403


def test_without_a_point_the_way_to_one_is_shown(site: Site) -> None:
    page = _here(site)
    session = site.bureau.session
    session.execute(
        delete(RegisteredPoint).where(
            RegisteredPoint.enterprise_id == site.bureau.firms["open"].enterprise.id
        )
    )
    session.commit()
    assert "请先确认登记位置" in site.get(page).text
