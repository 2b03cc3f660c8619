"""What staff paste is read as it was meant, or refused with the line at fault."""

import json

import pytest

from geo import FenceInvalid, load_fence, polygon_from_text

SQUARE = [[114.057, 22.544], [114.059, 22.544], [114.059, 22.5425], [114.057, 22.5425]]
GEOMETRY = {"type": "Polygon", "coordinates": [[*SQUARE, SQUARE[0]]]}


@pytest.mark.parametrize(
    "line",
    [
        "{0},{1}",
        "{0}, {1}",
        "{0} {1}",
        "{0}\t{1}",
        "{0}，{1}",
        "[{0}, {1}],",
        "（{0}，{1}）；",
        "  {0} ; {1} \r",
    ],
)
def test_corners_are_read_however_they_were_copied(line: str) -> None:
    text = "\n".join(line.format(*corner) for corner in SQUARE)
    assert polygon_from_text(text) == {"type": "Polygon", "coordinates": [SQUARE]}


@pytest.mark.parametrize(
    "given",
    [
        GEOMETRY,
        {"type": "Feature", "properties": {"name": "厂区"}, "geometry": GEOMETRY},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": GEOMETRY}]},
        {"type": "MultiPolygon", "coordinates": [GEOMETRY["coordinates"]]},
    ],
)
def test_geojson_of_drawing_tools_is_read(given: dict[str, object]) -> None:
    found = polygon_from_text(json.dumps(given, indent=2))
    assert load_fence({"kind": "polygon", "geometry": found, "datum": "gcj02"})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "polygon_missing"),
        ("  \n ", "polygon_missing"),
        ("114.05, 22.54\n114.06", "corner_malformed"),
        ("114.05, 22.54, 3\n", "corner_malformed"),
        ("东经114度, 22.54", "corner_malformed"),
        ('{"type": "Polygon", "coordinates": [[[114', "geojson_malformed"),
        ("{" * 100_000, "geojson_malformed"),
        ('{"type": "Point", "coordinates": [114.05, 22.54]}', "geometry_unsupported"),
        ('{"type": "Feature", "geometry": null}', "geometry_unsupported"),
        ('{"type": "FeatureCollection", "features": []}', "features_not_one"),
        ('{"type": "FeatureCollection", "features": [1, 2]}', "features_not_one"),
        ('{"type": "FeatureCollection", "features": [1]}', "geometry_unsupported"),
    ],
)
def test_what_is_no_polygon_is_refused_with_its_code(text: str, code: str) -> None:
    with pytest.raises(FenceInvalid) as refused:
        polygon_from_text(text)
    assert refused.value.code == code


def test_the_line_at_fault_is_named() -> None:
    with pytest.raises(FenceInvalid, match="第 3 行"):
        polygon_from_text("114.05, 22.54\n114.06, 22.54\n114.06 北 22.53")


@pytest.mark.parametrize("text", ["nan, 22.5\n114, 22\n115, 23", "22.54,114.05\n22.55,114.05\n22.55,114.06"])
def test_numbers_that_cannot_be_meant_are_left_to_the_fence_which_refuses_them(text: str) -> None:
    geometry = polygon_from_text(text)
    with pytest.raises(FenceInvalid):
        load_fence({"kind": "polygon", "geometry": geometry, "datum": "wgs84"})
