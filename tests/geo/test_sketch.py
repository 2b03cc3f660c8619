"""The sketch: sound XML, nothing a strict CSP would block, and the same bytes for the same place."""

import math
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import geo
from tests.geo.samples import GCJ, circle, fix, judged, moved, polygon, ring, square

SVG = "{http://www.w3.org/2000/svg}"
HOLED = polygon(square(), ring((-50, -50), (50, -50), (50, 50), (-50, 50)))
NASTY = "</title><script>alert(1)</script><img src=x onerror=\"alert('2')\"> & \x00\x0b\ud800"


def drawn(*fixes: Any, fence: geo.Fence | None = None, **options: Any) -> ET.Element:
    return ET.fromstring(geo.sketch(fence or circle(), fixes, **options))


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


class TestAccessible:
    def test_it_is_an_image_named_by_its_title_and_description(self) -> None:
        root = drawn(fix(), moved(500, 0), title="示例公司打卡位置")
        title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
        assert title is not None and description is not None
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert title.text == "示例公司打卡位置"
        assert description.text == (
            "打卡范围是半径 300 米的圆，上方为北。"
            "1 号定位在范围内，距边缘约 300 米，精度 20 米。"
            "2 号定位在范围外，距边缘约 200 米，精度 20 米。"
        )

    def test_a_fix_that_cannot_be_placed_is_named_and_not_drawn(self) -> None:
        root = drawn(fix(math.nan, 22.5), fix(datum=None), judged(fix(datum=None)), fix())
        description = root.find(f"{SVG}desc")
        assert description is not None and description.text is not None
        assert [f"{n} 号定位无法标注" in description.text for n in (1, 2, 3, 4)] == [True, True, True, False]
        assert len(of_class(root, "daka-fix")) == 1

    def test_states_differ_in_shape_and_not_only_in_colour(self) -> None:
        root = drawn(fix(), moved(500, 0), judged(fix(accuracy_m=150.0)))
        shapes = [next(iter(mark)).tag.removeprefix(SVG) for mark in of_class(root, "daka-fix")]
        assert shapes == ["circle", "path", "rect"]
        assert {"范围内", "范围外", "无法判断", "定位精度"} <= set(texts(root))

    def test_two_sketches_on_a_page_do_not_share_ids(self) -> None:
        a, b = geo.sketch(circle(), [fix()]), geo.sketch(circle(), [moved(1, 1)])
        ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (a, b)]
        assert len(ids[0]) == 3
        assert not ids[0] & ids[1]


class TestSafeInAPage:
    @pytest.mark.parametrize("fence", [circle(), HOLED], ids=["circle", "polygon"])
    def test_there_is_no_style_script_event_or_link(self, fence: geo.Fence) -> None:
        root = drawn(fix(), moved(500, 0), moved(60_000, 0), fence=fence, title=NASTY)
        names = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert names <= {"svg", "title", "desc", "defs", "clipPath", "g", "path", "circle", "rect", "text"}
        attributes = {name.lower() for element in root.iter() for name in element.attrib}
        assert not any(name == "style" or name.startswith("on") or "href" in name for name in attributes)

    def test_a_title_stays_text(self) -> None:
        svg = geo.sketch(circle(), [], title=NASTY)
        title = ET.fromstring(svg).find(f"{SVG}title")
        assert title is not None and title.text is not None
        assert title.text.startswith("</title><script>")
        assert "<script" not in svg

    def test_it_closes_every_element_for_html_too(self) -> None:
        svg = geo.sketch(circle(), [fix()])
        assert svg.startswith("<svg ") and svg.endswith("</svg>")
        assert "<?xml" not in svg

    @given(st.text())
    def test_any_title_gives_sound_xml(self, title: str) -> None:
        drawn(fix(), title=title)

    @given(
        st.floats(), st.floats(), st.floats(), st.sampled_from([circle(), circle(10), circle(10_000), HOLED])
    )
    def test_any_fix_gives_sound_xml_without_nan(
        self, lng: float, lat: float, accuracy_m: float, fence: geo.Fence
    ) -> None:
        svg = geo.sketch(fence, [fix(lng, lat, accuracy_m=accuracy_m)])
        ET.fromstring(svg)
        assert not re.search(r'="[^"]*\b(nan|inf)\b', svg)


class TestDrawn:
    def test_ink_is_the_pages_own_colour(self) -> None:
        root = drawn(fix())
        fills = {element.get("fill") for element in root.iter(f"{SVG}text")}
        assert fills <= {"currentColor", "#fff"}

    @pytest.mark.parametrize(
        ("radius_m", "bar"),
        [(10, "5 米"), (50, "20 米"), (300, "200 米"), (2_000, "1 公里"), (10_000, "5 公里")],
    )
    def test_the_distance_bar_is_a_round_length(self, radius_m: float, bar: str) -> None:
        assert bar in texts(drawn(fence=circle(radius_m)))

    def test_the_distance_bar_is_as_long_as_it_says(self) -> None:
        root = drawn(fence=circle(300))
        fence_circle = of_class(root, "daka-fence")[0]
        (bar,) = of_class(root, "daka-distance-bar")
        length = float(re.search(r"h([\d.]+)", bar.get("d", ""))[1])  # type: ignore[index]
        assert length / float(fence_circle.get("r", "0")) == pytest.approx(200 / 300, rel=0.01)

    def test_north_is_up(self) -> None:
        root = drawn(moved(0, 500), moved(0, -500))
        north, south = (float(list(mark)[1].get("y", "0")) for mark in of_class(root, "daka-fix"))
        assert north < south
        assert "北" in texts(root)

    def test_accuracy_circles_are_to_scale(self) -> None:
        root = drawn(fix(accuracy_m=60.0))
        (accuracy,) = of_class(root, "daka-accuracy")
        (fence,) = of_class(root, "daka-fence")
        assert float(accuracy.get("r", "0")) / float(fence.get("r", "0")) == pytest.approx(0.2, rel=0.01)

    def test_a_fix_far_away_is_an_arrow_and_leaves_the_fence_large(self) -> None:
        root = drawn(moved(60_000, 0))
        assert "1 号在东方，约 60 公里" in texts(root)
        assert float(of_class(root, "daka-fence")[0].get("r", "0")) > 150
        assert not of_class(root, "daka-fix")

    def test_a_hole_is_drawn_as_one(self) -> None:
        (path,) = of_class(drawn(fence=HOLED), "daka-fence")
        assert path.get("d", "").count("Z") == 2
        assert path.get("fill-rule") == "evenodd"

    def test_the_same_place_gives_the_same_bytes(self) -> None:
        assert geo.sketch(HOLED, [fix(), moved(9, 9)]) == geo.sketch(HOLED, [fix(), moved(9, 9)])

    def test_fences_in_other_datums_look_alike(self) -> None:
        there = geo.fence_in(circle(), geo.Datum.BD09)
        assert geo.sketch(there, [fix()]).count("<circle") == geo.sketch(circle(), [fix()]).count("<circle")


class TestTiles:
    LAYER = geo.TileLayer('https://tiles.example/{z}/{x}/{y}?a=1&b="2"', geo.Datum.GCJ02, "© 示例地图")

    def test_none_by_default(self) -> None:
        assert not list(drawn(fix()).iter(f"{SVG}image"))

    def test_they_cover_the_picture_and_are_credited(self) -> None:
        root = drawn(fix(), tiles=self.LAYER)
        images = list(root.iter(f"{SVG}image"))
        assert "© 示例地图" in texts(root)
        boxes = [tuple(float(i.get(name, "0")) for name in ("x", "y", "width", "height")) for i in images]
        for x in (0, 320, 640):
            for y in (0, 240, 480):
                covering = [
                    b for b in boxes if b[0] - 1 <= x <= b[0] + b[2] + 1 and b[1] - 1 <= y <= b[1] + b[3] + 1
                ]
                assert covering
        assert len(images) < 40

    def test_the_tile_under_the_centre_is_the_one_of_its_datum(self) -> None:
        root = drawn(tiles=self.LAYER)
        addresses = [image.get("href", "") for image in root.iter(f"{SVG}image")]
        zoom = int(addresses[0].split("/")[3])
        n = 2**zoom
        column = int((GCJ[0] + 180) / 360 * n)
        row = int((1 - math.asinh(math.tan(math.radians(GCJ[1]))) / math.pi) / 2 * n)
        assert any(
            address.startswith(f"https://tiles.example/{zoom}/{column}/{row}?") for address in addresses
        )
